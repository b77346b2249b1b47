"""A clock that tests turn by hand, or that turns itself whenever nobody has anything else to do."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from media_captioner.system.clock import SYSTEM_CLOCK

# Wednesday noon, and far from the change of a day, a month or a year.
_START: Final = datetime(2026, 3, 18, 12, tzinfo=UTC)

# A chain of tasks that wake one another needs a round each; thirty rounds outlast any chain of ours.
_ROUNDS: Final = 30


def _always() -> bool:
    return True


class FakeClock:
    """A :class:`~media_captioner.system.clock.Clock` whose time passes only when somebody says so.

    Tasks wait with :meth:`wait` and go on when time is moved by :meth:`advance` or, inside
    :meth:`running`, as soon as every task waits for it. :meth:`sleep`, which would block the thread that
    has to move the time, moves it itself.

    Args:
        now: The time of day at the start, with its zone.
        monotonic: What the monotonic clock shows at the start, seconds.

    """

    def __init__(self, now: datetime = _START, *, monotonic: float = 1000.0) -> None:
        self._now = now
        self._monotonic = monotonic
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._mutex = threading.Lock()
        self.slept: list[float] = []
        """Every wait that was asked for, seconds, in order."""

    def now(self) -> datetime:
        """Return the time of day."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that the monotonic clock shows."""
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self.slept.append(seconds)
        self._pass_to(self._monotonic + max(0.0, seconds))

    async def wait(self, seconds: float) -> None:
        """Suspend this task until ``seconds`` have passed on this clock."""
        self.slept.append(seconds)
        if seconds <= 0:
            await SYSTEM_CLOCK.wait(0)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._monotonic + seconds, next(self._order), turn))
        await turn

    def jump(self, seconds: float) -> None:
        """Set the time of day forward, or back, without any time passing: what an administrator can do."""
        self._now += timedelta(seconds=seconds)

    async def advance(self, seconds: float, *, idle: Callable[[], bool] = _always) -> None:
        """Let ``seconds`` pass, waking each task at its moment.

        Args:
            seconds: How long.
            idle: Says whether threads that tasks may wait for (a database's) have nothing to do.

        """
        end = self._monotonic + seconds
        await _let_others_run(idle)
        while (moment := self._next()) is not None and moment <= end:
            self._wake(moment)
            await _let_others_run(idle)
        self._pass_to(end)
        await _let_others_run(idle)

    @contextlib.asynccontextmanager
    async def running(self, *, idle: Callable[[], bool] = _always) -> AsyncIterator[FakeClock]:
        """Let time pass by itself while the block runs: whenever all tasks wait, the next moment comes.

        Args:
            idle: Says whether threads that tasks may wait for (a database's) have nothing to do. Time stands
                still while they have.

        """
        driver = asyncio.create_task(self._drive(idle))
        try:
            yield self
        finally:
            driver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await driver

    async def _drive(self, idle: Callable[[], bool]) -> None:
        while True:
            await _let_others_run(idle)
            moment = self._next()
            if moment is not None:
                self._wake(moment)
            else:
                await SYSTEM_CLOCK.wait(0.0002)  # nobody waits for us

    def _next(self) -> float | None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)  # its task was cancelled
        return self._waiting[0][0] if self._waiting else None

    def _wake(self, moment: float) -> None:
        self._pass_to(moment)
        while self._waiting and self._waiting[0][0] <= moment:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)

    def _pass_to(self, moment: float) -> None:
        with self._mutex:
            if moment > self._monotonic:
                self._now += timedelta(seconds=moment - self._monotonic)
                self._monotonic = moment  # exactly: who waits for a moment must not wake before it


async def _let_others_run(idle: Callable[[], bool]) -> None:
    """Return when no task has anything to do, and no thread either.

    A thread that ends hands its result to the loop a moment before it counts as idle, and the task that waits
    for it has yet to wake. So the rounds are counted from the last one in which anybody was busy.
    """
    quiet = 0
    while quiet < _ROUNDS:
        busy = not idle()
        await SYSTEM_CLOCK.wait(0.0002 if busy else 0)
        quiet = 0 if busy or not idle() else quiet + 1
