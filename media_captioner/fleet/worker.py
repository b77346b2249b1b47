"""A worker of a fleet: takes assets, captions them, looks after what others left behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from media_captioner.batch import GRACE, Batch
from media_captioner.errors import AlreadyRunning, MediaCaptionerError, OutputConflict, Postponed
from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ProcrastinateDispatcher
from media_captioner.fleet.journal import PostgresJournal
from media_captioner.fleet.sources import Sources
from media_captioner.outcomes import AssetReport
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

log: Final = logging.getLogger(__name__)

_PAUSE: Final = 60.0  # seconds until work goes on where nobody says how long to wait


@dataclass(slots=True)
class Worker:
    """Works on a fleet's assets until it is told to stop.

    Attributes:
        journal: The fleet's.
        dispatcher: Gives the assets out; opened.
        batch: Captions one; its session is on ``journal``.
        backlog: What is to be done.
        sources: Brings assets here.
        tags: The tags of assets to take.
        tell: Called with the asset's name in the fleet and how it ended.
        until_done: Whether to end when nothing is left to be done, by anybody.
        clock: Where time comes from.

    """

    journal: PostgresJournal
    dispatcher: ProcrastinateDispatcher
    batch: Batch
    backlog: Backlog
    sources: Sources
    tags: Sequence[str]
    tell: Callable[[str, AssetReport], None]
    until_done: bool = False
    clock: Clock = SYSTEM_CLOCK
    _until: datetime | None = None
    _failure: MediaCaptionerError | None = None
    _leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Work until a person has the fleet drained, or until nothing is left where that was asked for.

        When this is cancelled, assets under way are put back, and requests under way get ten seconds, for they are
        paid for.

        Raises:
            MediaCaptionerError: nothing can be captioned here until a person does something (a wrong key, a disk
                that is full), or the tables are no longer those of this program.

        """
        loop = asyncio.get_running_loop()
        self.journal.owners.begin_beating(
            lambda error: _from_thread(loop, self._leave, error),
        )
        looking = asyncio.create_task(self._look_after())
        try:
            await self.dispatcher.run_worker(self._one)
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
            if self.batch.session is not None:
                await self.batch.session.drain(GRACE)
        if self._failure is not None:
            raise self._failure

    def _leave(self, error: MediaCaptionerError | None) -> None:
        self._failure = self._failure or error
        self._leaving.set()
        self.dispatcher.leave()

    async def _look_after(self) -> None:
        while not self._leaving.is_set():
            for look in (self.backlog.tidy, self.dispatcher.rescue, self._refill, self._end_when_done):
                await self._harmlessly(look)
            await self.clock.wait(self.journal.owners.silence / 6)

    async def _refill(self) -> int:
        return await self.backlog.refill(self.tags)

    async def _end_when_done(self) -> None:
        if self.until_done and not await self.backlog.left():
            self._leave(None)

    @staticmethod
    async def _harmlessly(look: Callable[[], Awaitable[object]]) -> None:
        # What cannot be looked after now is looked after at the next turn, here or elsewhere.
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - a database that is away must not end the worker
            log.info("Could not look after the fleet: %s", error)

    async def _one(self, name: str) -> None:
        if self._until is not None:
            await self._wait_out()
        try:
            async with self.sources.at_hand(name) as path:
                report = await self.batch.one(path)
                if isinstance(report.error, OutputConflict):
                    # A worker that froze, and was taken for dead, may have woken up and written the same files just
                    # now; then they are found to be up to date. What is really somebody else's stays in the way.
                    report = await self.batch.one(path)
        except MediaCaptionerError as error:  # it could not be brought here, or not be taken back
            state: Final = "waiting" if isinstance(error, Postponed) else "failed"
            report = AssetReport(Path(name), state, error=error)
            await self.backlog.mark(name, state, error.message, error=type(error).__name__)
        self.journal.owners.ended += 1
        self.tell(name, report)
        reason = report.error
        if reason is None or isinstance(reason, AlreadyRunning):
            return
        if report.state == "waiting":
            self._until = report.until or self.clock.now() + timedelta(seconds=_PAUSE)
        elif reason.scope == "queue":
            await self.backlog.mark(name, "interrupted", reason.message)  # it is not this asset's fault
            self._leave(reason)

    async def _wait_out(self) -> None:
        """Wait until what made another asset wait is over: it would make the next one wait too."""
        until, self._until = self._until, None
        if until is not None and (left := (until - self.clock.now()).total_seconds()) > 0:
            self._until = until
            await self.clock.wait(min(left, _PAUSE))


def _from_thread(
    loop: asyncio.AbstractEventLoop,
    work: Callable[[MediaCaptionerError | None], None],
    error: MediaCaptionerError | None,
) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and the work with it
        loop.call_soon_threadsafe(work, error)
