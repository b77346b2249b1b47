"""Where complete files are captioned: one captioner with its session, and a line of files in front of it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from media_captioner.batch import GRACE, Batch
from media_captioner.errors import BudgetExceeded, DiskFull, Postponed
from media_captioner.hooks.host import Host
from media_captioner.model import Fingerprint
from media_captioner.outcomes import AssetReport
from media_captioner.protocols import Captioner
from media_captioner.session import Session
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

log: Final = logging.getLogger(__name__)

_MOST_AT_ONCE: Final = 8  # each decodes on its own; more would only fight for the processor
_LONGER: Final = 15  # times the usual pause, after a failure that only a person can mend
_LOOK: Final = 60.0  # seconds between two looks at the time of day, which can jump


@dataclass(frozen=True, slots=True)
class Job:
    """A file that is complete.

    Attributes:
        path: The file.
        seen: What ``stat`` said of it then.
        content: Identity of its bytes.
        tries: How often it failed or had to wait before.
        owner: Whose it is.

    """

    path: Path
    seen: Fingerprint
    content: str
    tries: int
    owner: Owner


class Owner(Protocol):
    """A watched folder, as its files' captioner sees it."""

    @property
    def priority(self) -> int:
        """Files of folders with a higher one go first."""
        ...

    @property
    def batch(self) -> Batch:
        """How its files are captioned."""
        ...

    async def begin(self, job: Job) -> bool:
        """Return whether the file is still as it was and may be begun now; else it waits again."""
        ...

    async def ended(self, job: Job, report: AssetReport) -> None:
        """Take note of how the work on the file ended."""
        ...


@dataclass(slots=True)
class Desk:
    """A captioner, its session and the files in line.

    Attributes:
        captioner: Who listens.
        open_session: Opens its session.
        clock: Where time comes from.
        busy: Files under way, each with the identity of its bytes, the earliest first.
        paused: Why nothing is begun, or None.
        host: Whom to tell of what happens to files.
        pause_seconds: Time to leave the captioner alone where nobody says how long.
        at_once: Files of one folder under way at once; by default as the captioner takes them.
        folders: How many folders bring their files here. Each is sure of one place, so that one whose disk hangs holds
            up its own files alone.

    """

    captioner: Captioner
    open_session: Callable[[], Session]
    clock: Clock = SYSTEM_CLOCK
    busy: dict[Path, str] = field(default_factory=dict)
    paused: str | None = None
    host: Host = field(default_factory=Host)
    pause_seconds: float = 60.0
    at_once: int | None = None
    folders: int = 1
    _session: Session | None = None
    _lines: dict[int, list[tuple[int, int, Job]]] = field(default_factory=dict)  # by folder
    _holds: Counter[int] = field(default_factory=Counter)  # places, by folder
    _places: int = 0
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _until: datetime | None = None

    @property
    def waiting(self) -> int:
        """How many files are in line."""
        return sum(map(len, self._lines.values()))

    @property
    def most_places(self) -> int:
        """How many files can be under way at once, at most."""
        return (self.at_once or _MOST_AT_ONCE) + self.folders - 1

    def copy_under_way(self, job: Job) -> Path | None:
        """Return a file with the same bytes that work began on before, or None: its captions will do for both."""
        first = next(path for path, content in self.busy.items() if content == job.content)
        return None if first == job.path else first

    def submit(self, job: Job) -> None:
        """Put a file in line."""
        line = self._lines.setdefault(id(job.owner), [])
        heapq.heappush(line, (-job.owner.priority, next(self._numbers), job))
        self._came.set()

    async def run(self) -> None:
        """Caption what is in line until cancelled; then what is under way gets ten seconds.

        Raises:
            MediaCaptionerError: the journal cannot be opened.

        """
        self._session = self._opened()
        wanted = self.at_once or self._session.limiter.limits.concurrency + 1
        self._places = min(wanted + self.folders - 1, self.most_places)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._places):
                    group.create_task(self._work())
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            await self._session.drain(GRACE)
            self._session.close()
            self._session = None

    async def _work(self) -> None:
        while True:
            await self._pause_over()
            job = await self._next()
            if job.path in self.busy:
                continue  # found twice: who works on it looks at it again afterwards
            self.busy[job.path] = job.content
            self._holds[id(job.owner)] += 1
            try:
                if await job.owner.begin(job):
                    report = await self._one(job)
                    self._heed(report)
                    await job.owner.ended(job, report)
            except Exception as error:
                # A full disk under what is remembered, or a mistake of ours: the file is found again.
                log.exception("The work on %s failed", job.path)
                self._pause(f"the work on {job.path} failed: {error}")
            finally:
                del self.busy[job.path]
                self._holds[id(job.owner)] -= 1
                self._came.set()  # a place is free again, perhaps for a folder that had no right to a further one

    async def _next(self) -> Job:
        while (job := self._first()) is None:
            self._came.clear()
            await self._came.wait()
        return job

    def _first(self) -> Job | None:
        """Take the first file out of the line, of those whose folders may have a further place."""
        holds = +self._holds
        free = self._places - holds.total()
        spare = free - (
            self.folders - len(holds)
        )  # what is left once every folder without a place has its one
        lines = [line for owner, line in self._lines.items() if line and (not holds[owner] or spare > 0)]
        return heapq.heappop(min(lines, key=lambda line: line[0][:2]))[2] if lines else None

    async def _one(self, job: Job) -> AssetReport:
        batch = job.owner.batch
        batch.session = self._session
        return await batch.one(job.path)

    def _heed(self, report: AssetReport) -> None:
        """Pause where a failure would meet the next file too."""
        error = report.error
        if error is None or error.scope != "queue" or isinstance(error, BudgetExceeded):
            return
        passing = isinstance(error, (Postponed, DiskFull))
        if not passing and report.state == "waiting":
            return  # another process is at work on this one file
        self._pause(error.message, report.until, times=1 if passing else _LONGER)

    def _pause(self, reason: str, until: datetime | None = None, *, times: int = 1) -> None:
        until = until or self.clock.now() + timedelta(seconds=times * self.pause_seconds)
        if self._until is None or until > self._until:
            self._until, self.paused = until, reason
            log.warning("nothing is begun until %s: %s", f"{until:%H:%M:%S} UTC", reason)

    async def _pause_over(self) -> None:
        while self._until is not None and (left := (self._until - self.clock.now()).total_seconds()) > 0:
            await self.clock.wait(min(left, _LOOK))
        if self._until is None:
            return
        self._until = self.paused = None
        if self._session is not None and self._session.scheduler.stopped is not None and not self.busy:
            self._session.close()
            self._session = self._opened()

    def _opened(self) -> Session:
        session = self.open_session()
        session.host = self.host
        return session
