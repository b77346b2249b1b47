"""Many assets: find them, caption several at once, let no bad one stop the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from media_captioner.assets import check_looks, process
from media_captioner.config import Settings, settings_beside
from media_captioner.errors import (
    AlreadyRunning,
    BudgetExceeded,
    CorruptMedia,
    DiskFull,
    MediaCaptionerError,
    MediaNotFound,
    Postponed,
)
from media_captioner.finding import find_media, is_media_name, siblings_of
from media_captioner.hooks.events import AssetFound, BudgetReached
from media_captioner.listening import in_thread
from media_captioner.media.trial import brings_down
from media_captioner.outcomes import AssetReport, ending_of, exit_code, news_of, state_of
from media_captioner.protocols import Captioner, Reporter, VoiceDetector
from media_captioner.schedule.dispatch import LocalDispatcher
from media_captioner.schedule.journal.register import Before
from media_captioner.schedule.journal.tables import DIED
from media_captioner.schedule.states import QUARANTINE_AFTER
from media_captioner.session import Session, passing_session
from media_captioner.system import identity
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

__all__ = ["AssetReport", "Batch", "exit_code", "find_media", "is_media_name"]

log: Final = logging.getLogger(__name__)

GRACE: Final = 10.0
"""Seconds that requests under way get when a run is stopped."""

HANDED_AT_ONCE: Final = 32
"""Files that a watched folder or a door hands to a fleet at once, and waits for: it takes nothing but patience."""

_MOST_AT_ONCE: Final = 16  # each decodes on its own; more would only fight for the processor
_PAUSE: Final = 60.0  # seconds between two tries where nobody says how long to wait


@dataclass(slots=True)
class Batch:
    """Captions assets, several at once, with one captioner.

    Attributes:
        settings_for: Gives the settings for a file; they may differ by folder.
        captioner: Who listens.
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.
        clock: Where the time comes from.
        reports: How each asset ended so far, in the order in which they ended.
        session: What the assets share; by default one that remembers nothing beyond the batch.
        at_once: Assets under way at once; by default enough to keep the captioner busy with short ones.
        wait_hours: Hours to wait in all for what passes by itself: a service that does not answer, a full disk.
        root: The folder that the assets lie below, for whoever is told of them, or None.
        job: The request that asked for the assets, for whoever is told of them, or None.
        priority: Assets of a batch with a higher one are described first.

    """

    settings_for: Callable[[Path], Settings]
    captioner: Captioner
    reporter: Reporter
    voice: VoiceDetector | None = None
    clock: Clock = SYSTEM_CLOCK
    reports: list[AssetReport] = field(default_factory=list)
    session: Session | None = None
    at_once: int | None = None
    wait_hours: float = 0.0
    root: Path | None = None
    job: str | None = None
    priority: int = 0

    async def run(
        self, found: Sequence[Path | MediaCaptionerError], tell: Callable[[AssetReport], None]
    ) -> None:
        """Caption every file that was found, and report each as it ends.

        When this is cancelled, requests under way are waited for, ten seconds at most, and their answers kept.

        Raises:
            MediaCaptionerError: a failure that reaches beyond its asset (a full disk, a wrong key).

        """
        session = self.session or passing_session(self.captioner, self.clock)
        work = _Run(self, session, siblings_of([path for path in found if isinstance(path, Path)]), tell)
        try:
            await work.all(found)
        finally:
            await session.drain(GRACE)
            if self.session is None:
                session.close()

    async def one(self, source: Path) -> AssetReport:
        """Caption one file with the session that was given, whatever else it is doing; return how it ended.

        What makes it wait is not waited for. Requests under way outlast a cancellation; the session's owner drains
        them.
        """
        if self.session is None:
            raise ValueError("a batch needs a session to caption one file with")
        siblings = {source: await in_thread(self.session.neighbours.of, source)}
        return await _Run(self, self.session, siblings, self.reports.append)._one(source)  # noqa: SLF001 - ours


@dataclass(slots=True)
class _Run:
    """One run of a batch."""

    batch: Batch
    session: Session
    siblings: dict[Path, list[Path]]
    tell: Callable[[AssetReport], None]
    _waited: float = 0.0

    async def all(self, found: Sequence[Path | MediaCaptionerError]) -> None:
        todo = list(found)
        while todo:
            waiting, held = await self._round(todo)
            pause = self._pause(list(waiting.values()))
            if pause is None:
                self._end(list(waiting.values()))
                return
            await self._wait(pause, list(waiting.values()), len(held))
            todo = [todo[number] for number in sorted({*waiting, *held})]

    async def _round(
        self, todo: Sequence[Path | MediaCaptionerError]
    ) -> tuple[dict[int, AssetReport], list[int]]:
        """Work on each item once, and report those that ended.

        Returns:
            Those that have to wait, by their place, and the places of those that were not begun because of it:
            what one waits for, the others would wait for too.

        """
        waiting: dict[int, AssetReport] = {}
        held: list[int] = []
        paused, ended = asyncio.Event(), asyncio.Event()
        queue = LocalDispatcher()

        async def feed() -> None:
            for number in range(len(todo)):
                await queue.submit(str(number))
            await queue.close()

        async def one(name: str) -> None:
            number = int(name)
            if paused.is_set():
                held.append(number)
                return
            report = await self._one(todo[number])
            if report.state == "waiting":
                waiting[number] = report
                if not isinstance(report.error, AlreadyRunning):  # that is this asset's own affair
                    if isinstance(report.error, BudgetExceeded) and not paused.is_set():
                        await self._tell_budget(report.error, report.source)
                    paused.set()
                return
            everybody = report.error is not None and report.error.scope == "queue"
            if everybody and ended.is_set():
                return  # it was said already, and ends the run
            self._report(report)
            if everybody and report.error is not None:
                ended.set()
                raise report.error

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed())
                for _ in range(self._at_once(len(todo))):
                    group.create_task(queue.run_worker(one))
        except BaseExceptionGroup as failed:
            # The first failure ended the others; callers want it, not the group around it.
            raise failed.exceptions[0] from None
        return waiting, held

    def _at_once(self, count: int) -> int:
        concurrency = self.session.limiter.limits.concurrency
        return min(count, self.batch.at_once or min(_MOST_AT_ONCE, concurrency + 1))

    def _report(self, report: AssetReport) -> None:
        self.batch.reports.append(report)
        self.tell(report)

    def _pause(self, reports: Sequence[AssetReport]) -> float | None:
        """Return the seconds after which to go on with what waits, or None where the run ends instead."""
        passing = [report for report in reports if not isinstance(report.error, BudgetExceeded)]
        if not passing:
            return None  # a cap that a person set is not waited out
        now = self.batch.clock.now()
        pauses = [
            (report.until - now).total_seconds() if report.until is not None else _PAUSE for report in passing
        ]
        pause = max(1.0, min(pauses))
        return pause if self._waited + pause <= self.batch.wait_hours * 3600 else None

    async def _wait(self, pause: float, waiting: Sequence[AssetReport], held: int) -> None:
        count = len(waiting) + held
        until = (self.batch.clock.now() + timedelta(seconds=pause)).astimezone()  # people's own time
        name = waiting[0].source.name
        self.batch.reporter.notice(
            "info",
            (f"{name} waits" if count == 1 else f"{name} and {count - 1} more wait")
            + f" until {until:%H:%M:%S}: {waiting[0].reason}. Ctrl-C stops; the next run goes on from here.",
        )
        self._waited += pause
        await self.batch.clock.wait(pause)

    def _end(self, waiting: Sequence[AssetReport]) -> None:
        for report in waiting:
            self._report(report)
        for report in waiting:
            if isinstance(report.error, DiskFull):
                raise report.error

    async def _one(self, item: Path | MediaCaptionerError) -> AssetReport:
        if isinstance(item, MediaCaptionerError):
            named = item.path if isinstance(item, MediaNotFound) else None
            return AssetReport(named or Path(), "failed", error=item)
        source = item.absolute()  # noqa: ASYNC240 - no file is touched
        alone = await self.session.journal.register.is_suspect(source)
        async with self.session.company.join(alone=alone):
            return await self._begun(item, source)

    async def _begun(self, item: Path, source: Path) -> AssetReport:
        register, started = self.session.journal.register, self.batch.clock.monotonic()
        before = await register.begin(source)
        if before.holder is not None:
            at_work = AlreadyRunning(
                f"Left {item} alone: {before.holder} is at work on it", hint="Wait until it is done."
            )
            return AssetReport(item, "waiting", error=at_work)
        try:
            await self.session.host.tell(AssetFound(source, self.batch.root, self.batch.job))
            report = await self._attempt(item, source, before)
        except asyncio.CancelledError:
            await asyncio.shield(register.interrupt(source))
            raise
        report = replace(report, elapsed=self.batch.clock.monotonic() - started)
        await register.end(source, await in_thread(ending_of, report))
        if (news := news_of(report, self.batch.root, self.batch.job)) is not None:
            await self.session.host.tell(news)
        return report

    async def _tell_budget(self, error: BudgetExceeded, item: Path) -> None:
        source = item.absolute()  # noqa: ASYNC240 - no file is touched
        await self.session.host.tell(BudgetReached(error.message, error.until, source, self.batch.root))

    async def _attempt(self, item: Path, source: Path, before: Before) -> AssetReport:
        batch = self.batch
        try:
            if before.failures >= QUARANTINE_AFTER and await self._is_dangerous(source):
                if not (before.reason or "").startswith(DIED) or before.failures >= 2 * QUARANTINE_AFTER:
                    return _quarantined(item, before)
                if (crash := await in_thread(brings_down, source)) is not None:
                    return _quarantined(item, replace(before, reason=crash))
            results = await process(
                item,
                await in_thread(self._settings, item),
                batch.captioner,
                siblings=self.siblings.get(item, ()),
                reporter=batch.reporter,
                voice=batch.voice,
                clock=batch.clock,
                session=self.session,
                root=None if batch.root is None else str(batch.root),
                priority=batch.priority,
            )
        except (Postponed, BudgetExceeded, DiskFull) as error:
            return AssetReport(item, "waiting", error=error)
        except MediaCaptionerError as error:
            return AssetReport(item, "failed", error=error)
        except Exception as error:
            # A mistake of ours, or of a library, at one file: the others go on.
            log.exception("Captioning %s failed", item)
            bug = MediaCaptionerError(
                f"Captioning {item} failed: {type(error).__name__}: {error}",
                hint="This is a bug. Run the command again with --debug and report what it prints.",
            )
            bug.__cause__ = error
            return AssetReport(item, "failed", error=bug)
        return AssetReport(item, state_of(results), results)

    def _settings(self, item: Path) -> Settings:
        settings = self.batch.settings_for(item)  # a file beside the media may say more
        with settings_beside(item.parent):
            check_looks(settings)
        return settings

    async def _is_dangerous(self, source: Path) -> bool:
        """Return whether the failures that are on record were at the bytes that lie there now."""
        try:
            content = await in_thread(identity.content_id, source)
        except OSError:
            return False  # what is wrong with it is found out in the usual way
        return await self.session.journal.register.identify(source, content) >= QUARANTINE_AFTER


def _quarantined(item: Path, before: Before) -> AssetReport:
    error = CorruptMedia(
        f"Left {item} alone: it failed {before.failures} times in a row in a way that can bring a program down"
        + (f" ({before.reason})" if before.reason else ""),
        hint=f"To try it again: media-captioner retry {item}",
    )
    return AssetReport(item, "quarantined", error=error)
