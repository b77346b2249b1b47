"""Time, as an argument: whoever waits or stamps takes a :class:`Clock`, so tests need no patching."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio  # imported where something waits: a command that only asks for the time starts without it


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the time of day, with its zone (UTC). It can jump."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment. It never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block this thread for ``seconds``."""
        ...

    async def wait(self, seconds: float) -> None:
        """Suspend this task for ``seconds``."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread for ``seconds``."""
        time.sleep(seconds)

    async def wait(self, seconds: float) -> None:
        """Suspend this task for ``seconds``."""
        import asyncio

        await asyncio.sleep(seconds)


SYSTEM_CLOCK = SystemClock()


async def wait_for_news(news: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Wait until ``news`` is set, ``seconds`` at most."""
    import asyncio

    waits = [asyncio.ensure_future(news.wait()), asyncio.ensure_future(clock.wait(seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
