"""Does what was asked for, several jobs at once, by a fleet many; jobs for one and the same file one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from media_captioner.batch import HANDED_AT_ONCE, Batch
from media_captioner.captioners.http import fetch_public
from media_captioner.config import Settings
from media_captioner.config.tables import Listening
from media_captioner.errors import MediaCaptionerError, MediaNotFound
from media_captioner.listen.places import Places, name_for
from media_captioner.listen.register import Job, Register
from media_captioner.listen.wishes import Refused
from media_captioner.listening import in_thread
from media_captioner.outcomes import AssetReport, news_of
from media_captioner.protocols import Reporter, VoiceDetector
from media_captioner.session import Session
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK, Clock, wait_for_news

T = TypeVar("T")

log: Final = logging.getLogger(__name__)

_FETCH_SECONDS: Final = 6 * 3600.0
_LOOK_EVERY: Final = 60.0  # seconds between two looks for jobs that had to wait
_AGAIN: Final = 600.0  # seconds after which a job that has to wait is tried again, where nobody says when
_MOST_AT_ONCE: Final = 8  # each file decodes on its own; more would only fight for the processor


@dataclass(slots=True)
class Worker:
    """Works on the jobs of a register.

    Attributes:
        register: The jobs.
        places: What may be asked for.
        table: Where to fetch to, and how much.
        settings_for: Gives the settings for a file.
        session: Who listens, what is remembered, and who is told.
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.
        tell: Told of each file that ended.
        at_once: Jobs under way at once; by default enough to keep the captioner busy with short files.
        clock: Where time comes from.
        handed: Gives what captions files in place of this process; by default they are captioned here.
        wait_hours: Hours that a job waits in all for what passes by itself.
        news: Set when a job came in.

    """

    register: Register
    places: Places
    table: Listening
    settings_for: Callable[[Path], Settings]
    session: Session
    reporter: Reporter
    tell: Callable[[AssetReport], None]
    voice: VoiceDetector | None = None
    at_once: int | None = None
    clock: Clock = SYSTEM_CLOCK
    handed: Callable[[Batch], Batch] | None = None
    wait_hours: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: dict[Path, list[Job]] = field(default_factory=dict)

    async def run(self) -> None:
        """Work until cancelled; what is under way then is gone on with at the next start."""
        await asyncio.to_thread(self.register.resume)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._count()):
                group.create_task(self._work())

    def _count(self) -> int:
        if self.handed is not None:
            return HANDED_AT_ONCE
        return self.at_once or min(_MOST_AT_ONCE, self.session.limiter.limits.concurrency + 1)

    async def _work(self) -> None:
        while True:
            self.news.clear()
            job = await self._kept(self.register.take, self._now())
            if job is None:
                await wait_for_news(self.news, _LOOK_EVERY, self.clock)
                continue
            self.news.set()  # there may be another one, and somebody else to take it
            await self._one(job)

    async def _one(self, job: Job) -> None:
        try:
            path, root = await self._found(job)
        except (Refused, MediaCaptionerError) as failure:
            error = MediaNotFound(failure.message) if isinstance(failure, Refused) else failure
            path, root = self._named(job)
            await self._ended(job, AssetReport(path, "failed", error=error), root)
            return
        if path in self._under_way:
            self._under_way[path].append(job)  # whoever works on the file goes on with it
            return
        self._under_way[path] = [job]
        try:
            while self._under_way[path]:
                await self._captioned(self._under_way[path].pop(0), path, root)
        finally:
            del self._under_way[path]

    async def _captioned(self, job: Job, path: Path, root: Path) -> None:
        batch = Batch(
            lambda file: job.wish.apply(self.settings_for(file)),
            self.session.captioner,
            self.reporter,
            self.voice,
            self.clock,
            session=self.session,
            wait_hours=self.wait_hours,
            root=root,
            job=job.id,
        )
        try:
            if self.handed is not None:
                await self._ended(job, await self.handed(batch).one(path), root)
                return
            await batch.run([path], self.tell)
        except MediaCaptionerError as error:
            # It reaches beyond this file: a wrong key, a full disk. Whoever set this up can put it right meanwhile.
            log.warning("%s waits: %s", job.id, error.message)
            await self._kept(self.register.postpone, job.id, error.message, self._now() + _AGAIN)
            return
        [report] = batch.reports
        await self._noted(job, report, root)

    async def _ended(self, job: Job, report: AssetReport, root: Path) -> None:
        """Take note of a job whose asset was nobody's here, and tell whoever wants to know."""
        self.tell(report)
        await self._noted(job, report, root)
        if (news := news_of(report, root, job.id)) is not None:
            await self.session.host.tell(news)

    async def _noted(self, job: Job, report: AssetReport, root: Path) -> None:
        if report.state in {"waiting", "interrupted"}:
            due = report.until.timestamp() if report.until is not None else self._now() + _AGAIN
            await self._kept(self.register.postpone, job.id, report.reason or report.state, due)
            return
        written = [each.path for result in report.results for each in result.written]
        names = [
            path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name for path in written
        ]
        reason = None if report.reason is None else report.reason.replace(f"{root}/", "")
        await self._kept(self.register.end, job.id, report.state, reason, names, self._now())

    async def _kept(self, note: Callable[..., T], *values: object) -> T:
        """Read or write the register, and where its disk is full or fails, until it does: no job may be lost sight of."""
        while True:
            try:
                return await in_thread(note, *values)
            except MediaCaptionerError as error:
                self.reporter.notice("warning", f"{error.message}. Jobs wait a minute.")
                await self.clock.wait(_LOOK_EVERY)

    async def _found(self, job: Job) -> tuple[Path, Path]:
        """Return the file of a job and the folder it is told relative to, fetched if need be.

        Raises:
            Refused: it is not there, or not allowed any more.
            MediaCaptionerError: it could not be fetched.

        """
        if job.wish.url is None:
            return await in_thread(self.places.file, job.wish.file or "")
        url, (target, root) = self.places.url(job.wish.url), self._target(job)
        if not target.exists():
            await in_thread(files.make_folder, target.parent)
            with files.written_whole(target) as file:
                await fetch_public(
                    url,
                    file,
                    doing=f"fetching {target.name}",
                    max_bytes=self.table.most_megabytes * 1_000_000,
                    seconds=_FETCH_SECONDS,
                    redirects=0,  # the list holds for what is fetched, not for where it says to go
                    private=self.table.private,
                )
        return target, root

    def _named(self, job: Job) -> tuple[Path, Path]:
        """Return how a file is called that is not there, and the folder it is told relative to."""
        if job.wish.url is not None or not self.places.roots:
            return self._target(job)
        root = self.places.roots[0].absolute()
        return root / (job.wish.file or ""), root

    def _target(self, job: Job) -> tuple[Path, Path]:
        # A folder for each job: two addresses can end in the same name.
        root = (self.table.downloads or Path()).absolute()
        return root / job.id / name_for(job.wish.url or ""), root

    def _now(self) -> float:
        now: datetime = self.clock.now()
        return now.timestamp()
