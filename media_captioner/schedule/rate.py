"""The limiter: first come, first served, without polling, shared by all who use one keeper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from media_captioner.errors import Postponed
from media_captioner.schedule import pace as paces
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.pace import Busy, Closed, Flight, Pace, Patience, Verdict
from media_captioner.schedule.protocols import PaceKeeper
from media_captioner.schedule.retry import CHANCE, Chance
from media_captioner.schedule.waiting import woken
from media_captioner.system.clock import Clock

T = TypeVar("T")

_ELSEWHERE: Final = 0.5
"""Seconds between two looks while the room is taken by another process: it cannot wake us."""


class MemoryPaces:
    """Keeps paces in memory, for one process.

    Args:
        clock: Where time comes from.

    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paces: dict[str, Pace] = {}

    @property
    def owner(self) -> int:
        """There is one process only."""
        return 1

    async def change(self, account: str, work: Callable[[Pace, float], tuple[Pace, T]]) -> T:
        """Apply ``work`` to the pace of ``account``."""
        self._paces[account], result = work(self._paces.get(account, Pace()), self._clock.monotonic())
        return result

    def monotonic(self) -> float:
        """Return the clock's time."""
        return self._clock.monotonic()


class PacedLimiter:
    """Lets requests of one account through.

    Only the first in line holds a reservation, so a pause, a correction or a change of pace concerns everybody
    behind it, and whoever gives up wastes one place at most.

    Args:
        account: Whose limits they are; everybody with the same keeper and account shares them.
        limits: What the service allows.
        keeper: Where the pace is kept.
        clock: Where waiting is done.
        patience: How long to bear with a service that refuses or fails.
        chance: Spreads pauses.

    """

    def __init__(
        self,
        account: str,
        limits: Limits,
        keeper: PaceKeeper,
        clock: Clock,
        *,
        patience: Patience | None = None,
        chance: Chance = CHANCE,
    ) -> None:
        self._account = account
        self._limits = limits
        self._keeper = keeper
        self._clock = clock
        self._patience = patience or Patience()
        self._chance = chance
        self._line = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def limits(self) -> Limits:
        """What the service allows."""
        return self._limits

    async def acquire(self, tokens: int = 0) -> Flight:
        """Wait for the turn; see :class:`~media_captioner.schedule.protocols.Limiter`."""
        async with self._line:
            while True:
                self._changed.clear()
                found = await self._reserve(tokens)
                if isinstance(found, Closed):
                    raise self._postponed(found.seconds)
                if isinstance(found, Busy):
                    await woken(self._clock, self._changed, _ELSEWHERE if found.others else None)
                elif await self._may_begin(found):
                    return found

    async def _reserve(self, tokens: int) -> Flight | Busy | Closed:
        work = partial(
            paces.reserve,
            tokens=tokens,
            owner=self._keeper.owner,
            limits=self._limits,
            patience=self._patience,
        )
        change = asyncio.ensure_future(self._keeper.change(self._account, work))
        try:
            return await asyncio.shield(change)
        except asyncio.CancelledError:
            # The change may have been made all the same: nobody else will ever give that place back.
            found = await change
            if isinstance(found, Flight):
                await self.settle(found, "unsent")
            raise

    async def _may_begin(self, flight: Flight) -> bool:
        wait: float | None = flight.start - self._keeper.monotonic()
        if wait is not None and wait <= 0:
            return True
        try:
            while wait:
                await self._clock.wait(wait)
                wait = await self._keeper.change(
                    self._account, lambda pace, now: paces.confirm(pace, now, flight, self._limits)
                )
        except BaseException:
            await asyncio.shield(self.settle(flight, "unsent"))
            raise
        return wait is not None

    def _postponed(self, seconds: float) -> Postponed:
        until = self._clock.now() + timedelta(seconds=seconds)
        return Postponed(
            f"{self._account} asks us to wait until {until:%H:%M:%S} UTC",
            hint="Run the same command again then: what is done is kept.",
            until=until,
        )

    async def settle(
        self,
        flight: Flight,
        verdict: Verdict,
        *,
        tokens: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Give a permit back; see :class:`~media_captioner.schedule.protocols.Limiter`."""

        def work(pace: Pace, now: float) -> tuple[Pace, None]:
            settled = paces.settle(
                pace,
                now,
                flight,
                verdict,
                limits=self._limits,
                tokens=tokens,
                retry_after=retry_after,
                chance=self._chance(),
            )
            return settled, None

        await self._keeper.change(self._account, work)
        self._changed.set()

    async def trouble(self) -> datetime | None:
        """Return when the service is worth trying again where it does not answer now, else None."""

        def work(pace: Pace, now: float) -> tuple[Pace, float | None]:
            return pace, max(0.0, pace.paused_until - now) if pace.unproved else None

        seconds = await self._keeper.change(self._account, work)
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
