"""One watched folder: what is new in it, when it is complete, and what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from media_captioner.batch import Batch
from media_captioner.config.tables import WatchedRoot
from media_captioner.errors import MediaCaptionerError
from media_captioner.listening import in_thread
from media_captioner.model import Fingerprint
from media_captioner.outcomes import AssetReport
from media_captioner.system import identity
from media_captioner.system.clock import SYSTEM_CLOCK, Clock, wait_for_news
from media_captioner.watch import hints
from media_captioner.watch.desk import Desk, Job
from media_captioner.watch.hours import quiet_until
from media_captioner.watch.memory import Decision, Known, Memory, noted
from media_captioner.watch.readiness import examine
from media_captioner.watch.relatives import Relatives
from media_captioner.watch.settling import Candidate, Pace
from media_captioner.watch.survey import Finding, News, Survey
from media_captioner.watch.verdicts import Verdict, verdict

log: Final = logging.getLogger(__name__)

_MOST_EXAMINED: Final = (
    64  # files at a time, so that what is complete gets in line while the rest is looked at
)
_ABSENT: Final = 5.0  # seconds between two looks for a folder that is not there
_POLL: Final = 10.0  # seconds between two looks where nobody tells of changes
_UNTOLD: Final = 600.0  # seconds after which the system is asked again to tell of changes
_THOROUGH: Final = 16  # looks after which one lists everything


@dataclass(slots=True)
class WatchedFolder:
    """A watched folder at work.

    Attributes:
        table: Its settings.
        batch: How its files are captioned.
        desk: Where.
        memory: What is known of its files.
        survey: Looks at it.
        relatives: Finds captions of the same bytes elsewhere.
        clock: Where time comes from.
        retry_seconds: Seconds until the second try of what failed and may pass; each further one takes four times
            as long.
        paused: Why it is not looked at, or None.
        looked: Monotonic time of the last look at all of it, or None.

    """

    table: WatchedRoot
    batch: Batch
    desk: Desk
    memory: Memory
    survey: Survey
    relatives: Relatives
    clock: Clock = SYSTEM_CLOCK
    retry_seconds: float = 60.0
    paused: str | None = None
    looked: float | None = None
    candidates: dict[Path, Candidate] = field(default_factory=dict)
    pace: Pace = field(init=False)
    _queued: set[Path] = field(default_factory=set)
    _hinted: set[Path] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stale: asyncio.Event = field(default_factory=asyncio.Event)
    _held: tuple[datetime, str] | None = None
    _told: bool = False
    _due: float = 0.0
    _looks: int = 0

    def __post_init__(self) -> None:
        self.pace = Pace(self.table.settle_seconds)

    @property
    def root(self) -> Path:
        """The folder."""
        return self.table.root

    @property
    def priority(self) -> int:
        """Files of folders with a higher one go first."""
        return self.table.priority

    async def run(self) -> None:
        """Watch until cancelled."""
        told = asyncio.create_task(self._listen())
        try:
            while True:
                await self._turn()
                await self._sleep()
        finally:
            told.cancel()
            await asyncio.gather(told, return_exceptions=True)

    async def _turn(self) -> None:
        now = self.clock.monotonic()
        if now >= self._due or self.paused:
            self.paused = await self._absent()
        if self.paused:
            self._due = self.clock.monotonic() + _ABSENT
            return
        hinted, self._hinted = self._hinted, set()
        if hinted:
            self._take(await in_thread(self.survey.hinted, hinted))
        if now >= self._due:
            await self._look()
        await self._examine()

    async def _look(self) -> None:
        thorough = self._looks % _THOROUGH == 0
        in_hand = self._queued | self.desk.busy.keys()
        self._due = math.inf  # whoever asks for a look from here on gets another one
        try:
            news = await in_thread(lambda: self.survey.everything(thorough=thorough, in_hand=in_hand))
        except OSError as error:
            log.warning("cannot look at %s: %s", self.root, error)
            return
        finally:
            pause = self.table.rescan_seconds if self._told else min(_POLL, self.table.rescan_seconds)
            self._due = min(self._due, self.clock.monotonic() + pause)
        self._looks += 1
        # Whatever is missing may be missing because the disk is: then nothing of it is believed.
        if news.gone and (absent := await in_thread(self.survey.absence)):
            self.paused = absent
            return
        self._take(news)
        await in_thread(self.memory.forget_old)
        self.looked = self.clock.monotonic()

    async def _absent(self) -> str | None:
        absent = await in_thread(self.survey.absence)
        if absent and not self.paused:
            log.warning("%s is paused: %s", self.root, absent, extra={"root": str(self.root)})
        elif self.paused and not absent:
            log.info("%s is there again", self.root, extra={"root": str(self.root)})
            self._looks, self._due = 0, 0.0
            self._stale.set()  # hints are of the disk that was there before
        return absent

    async def _sleep(self) -> None:
        now = self.clock.monotonic()
        due = min((candidate.due for candidate in self.candidates.values()), default=self._due)
        if self.paused:
            due = self._due
        self._wake.clear()
        if self._hinted and not self.paused:
            return
        try:
            async with asyncio.timeout(max(0.0, min(due, self._due) - now)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _listen(self) -> None:
        """Take hints, if there are any; where they fail, looking goes on without them."""
        polls = await in_thread(hints.reason_to_poll, self.root, self.table.polling)
        if polls:
            log.info("%s is looked at every %g s: %s", self.root, _POLL, polls)
            return
        failed = ""
        while True:
            self._stale.clear()
            try:
                self._told = True
                await hints.follow(self.root, self._look_again, self._hint, self._stale)
            except OSError as error:
                if str(error) != failed and await in_thread(
                    os.path.isdir, self.root
                ):  # else it was said already
                    failed = str(error)
                    log.warning("%s is looked at every %g s: %s", self.root, _POLL, failed)
                self._told = False
                self._look_again()
                # Asking again takes up all that the limit leaves to others, so it is not done often.
                await wait_for_news(self._stale, _UNTOLD, self.clock)
            self._look_again()  # for whatever happened meanwhile

    def _look_again(self) -> None:
        self._due = 0.0
        self._wake.set()

    def _hint(self, paths: set[Path]) -> None:
        self._hinted |= paths
        self._wake.set()

    def look_now(self) -> None:
        """Look at all of it as soon as possible."""
        self._looks, self._due = 0, 0.0
        self._wake.set()

    def _take(self, news: News) -> None:
        now = self.clock.monotonic()
        if news.rescan:
            self.look_now()
        notes = [
            noted(finding.path, finding.seen, "settling", "it was just found", finding.known)
            for finding in news.found
            if self._is_new(finding, now)
        ]
        for known in news.gone:
            self.candidates.pop(known.path, None)
            log.info("%s is gone", known.path, extra=_fields(known))
        self.memory.note(notes)
        self.memory.gone(news.gone)

    def _is_new(self, finding: Finding, now: float) -> bool:
        """Take note of a file, and return whether that is news."""
        path, known = finding.path, finding.known
        if path in self.desk.busy or path in self._queued:
            return False  # whoever works on it looks again when he is done
        candidate = self.candidates.get(path)
        if candidate is not None:
            # What waits for a time waits for it, unless the file is another one or somebody asked for it.
            if finding.seen != candidate.seen or known is None or known.state != "waiting":
                candidate.due = min(candidate.due, now)
            return False
        candidate = Candidate.found(finding.seen, now, age=finding.age)
        self.candidates[path] = candidate
        if known is not None and known.until is not None and known.state == "waiting":
            left = (datetime.fromisoformat(known.until) - self.clock.now()).total_seconds()
            candidate.held = not known.tries
            candidate.due = now if candidate.held else now + max(0.0, left)
            candidate.reason = known.reason or candidate.reason
            return False
        return known is None or known.state != "settling" or not known.is_same(finding.seen)

    async def _examine(self) -> None:
        """Look at the candidates whose time has come, and put in line what is complete."""
        now = self.clock.monotonic()
        due = [path for path, candidate in self.candidates.items() if candidate.due <= now]
        for first in range(0, len(due), _MOST_EXAMINED):
            some = {
                path: self.candidates[path]
                for path in due[first : first + _MOST_EXAMINED]
                if not self._waits_on(path)
            }
            result = await in_thread(
                lambda some=some: examine(
                    some, self.pace, self.clock, patience=self.table.patience_minutes * 60
                )
            )
            notes = []
            for path in result.gone:
                self.candidates.pop(path, None)
                if known := self.memory.of(path):
                    self.memory.gone([known])
            for path, reason in result.put_off.items():
                known = self.memory.of(path)
                if known is None or known.reason != reason or known.state != "settling":
                    notes.append(noted(path, some[path].seen, "settling", reason, known))
            for path, content in result.ready.items():
                notes.append(self._ready(path, some[path], content))
            self.memory.note(notes)

    def _waits_on(self, path: Path) -> bool:
        """Return whether a file that waited before the start has to wait on; it is not read then."""
        candidate = self.candidates[path]
        if not candidate.held or (held := self._not_before()) is None:
            return False
        until, candidate.reason = held
        candidate.due = self.clock.monotonic() + (until - self.clock.now()).total_seconds()
        known = self.memory.of(path)
        if known is not None and known.until != (text := until.isoformat(timespec="seconds")):
            self.memory.note([replace(known, until=text, reason=candidate.reason)])
        return True

    def _ready(self, path: Path, candidate: Candidate, content: str) -> Known:
        del self.candidates[path]
        self.pace.finished(candidate.longest)
        known = self.memory.of(path)
        tries = known.tries if known is not None and known.is_same(candidate.seen) else 0
        ready = noted(path, candidate.seen, "ready", "it is complete and in line", known)
        self._queued.add(path)
        self.desk.submit(Job(path, candidate.seen, content, tries, self))
        return ready

    def _back(self, path: Path, seen: Fingerprint, reason: str, *, until: datetime | None = None) -> None:
        now = self.clock.monotonic()
        candidate = Candidate.found(seen, now)
        candidate.reason = reason
        if until is not None:
            candidate.due = now + max(0.0, (until - self.clock.now()).total_seconds())
        self.candidates[path] = candidate
        self._wake.set()

    async def begin(self, job: Job) -> bool:
        """Return whether the file is still as it was and may be begun now; else it waits again."""
        self._queued.discard(job.path)
        found = await in_thread(identity.standing, job.path)
        if found is None:
            if not await in_thread(self.survey.absence):
                await self._lost(job)
            return False
        if found != job.seen:
            self._back(job.path, found, "it changed while it was in line")
            return False
        if (held := self._not_before()) is not None:
            until, reason = held
            self._back(job.path, found, reason, until=until)
            self._note(job, "waiting", reason, until=until)
            return False
        if (copy := self.desk.copy_under_way(job)) is not None:
            self._back(job.path, found, f"{copy} has the same bytes and is being captioned")
            return False
        log.info("begins %s", job.path, extra={"path": str(job.path), "root": str(self.root)})
        await in_thread(self._adopt, job)
        return True

    def _adopt(self, job: Job) -> None:
        with contextlib.suppress(MediaCaptionerError):  # which is told when the file is captioned
            if self.relatives.adopt(job.path, job.content, self.batch.settings_for(job.path)):
                # Should it be renamed before it is looked at, they are found here.
                self._note(job, "ready", "it has captions of the same bytes", content=job.content)

    def _not_before(self) -> tuple[datetime, str] | None:
        now = self.clock.now()
        end = quiet_until(self.table.quiet_hours, now.astimezone())
        if end is not None:
            return end, f"quiet hours last until {end:%H:%M}"
        if self._held is not None and self._held[0] > now:
            return self._held
        self._held = None
        return None

    async def ended(self, job: Job, report: AssetReport) -> None:
        """Take note of how the work on a file ended."""
        found = await in_thread(identity.standing, job.path)
        if found is None:
            if await in_thread(self.survey.absence):
                self._back(job.path, job.seen, "the folder is not there")
            else:
                # Renamed as soon as it was captioned, perhaps: then its captions are to be found.
                await self._lost(job, captioned=bool(report.results))
            return
        if found != job.seen:
            self._back(job.path, found, "it changed while it was captioned")
            self._note(job, "settling", "it changed while it was captioned", seen=found)
            log.info("%s changed while it was captioned", job.path, extra={"path": str(job.path)})
            return
        decided = verdict(report, job.tries, self.clock.now(), self.retry_seconds)
        self._apply(job, report, decided)

    def _apply(self, job: Job, report: AssetReport, decided: Verdict) -> None:
        if decided.holds_folder and decided.until is not None:
            self._held = (decided.until, decided.reason or "the budget is reached")
        if decided.until is not None:
            self._back(job.path, job.seen, decided.reason or "", until=decided.until)
        tries = job.tries + 1 if decided.counts else 0
        content = job.content if decided.state in {"done", "done with gaps", "up to date"} else None
        self._note(job, decided.state, decided.reason, until=decided.until, tries=tries, content=content)
        level = logging.WARNING if decided.state in {"failed", "quarantined"} else logging.INFO
        shown = f"{job.path}: {decided.state}" + (f" ({decided.reason})" if decided.reason else "")
        where = {"path": str(job.path), "root": str(self.root)}
        told = {"state": decided.state, "reason": decided.reason, "elapsed": round(report.elapsed, 3)}
        log.log(level, shown, extra={**where, **told})

    async def _lost(self, job: Job, *, captioned: bool = False) -> None:
        known = self.memory.of(job.path)
        content = job.content if captioned else known.content if known is not None else None
        self.memory.gone([Known(job.path, job.seen, "gone", content=content)])
        log.info("%s is gone", job.path, extra={"path": str(job.path), "root": str(self.root)})

    def _note(
        self,
        job: Job,
        state: Decision,
        reason: str | None,
        *,
        until: datetime | None = None,
        tries: int = 0,
        content: str | None = None,
        seen: Fingerprint | None = None,
    ) -> None:
        text = None if until is None else until.isoformat(timespec="seconds")
        self.memory.note([Known(job.path, seen or job.seen, state, reason, text, content, tries)])


def _fields(known: Known) -> dict[str, str]:
    return {"path": str(known.path), "state": "gone"}
