"""The daemon: every watched folder at work, with the captioners that they share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_captioner.assets import check_looks
from media_captioner.batch import HANDED_AT_ONCE, Batch
from media_captioner.captioners.options import Options, options_of
from media_captioner.config import Settings, settings_below, settings_beside
from media_captioner.config.tables import WatchedRoot
from media_captioner.errors import ConfigError, spelled_out
from media_captioner.hooks import attended, captioner_named
from media_captioner.pipeline import voice_detector
from media_captioner.protocols import Captioner, Notice, Progress, Reporter
from media_captioner.schedule.budget import Allowance
from media_captioner.schedule.journal.ledger import Ledger
from media_captioner.session import open_session
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.space import is_over_a_network
from media_captioner.watch.desk import Desk
from media_captioner.watch.folder import WatchedFolder
from media_captioner.watch.memory import Memory, memory_file
from media_captioner.watch.relatives import Relatives
from media_captioner.watch.rules import Rules
from media_captioner.watch.survey import Survey

log: Final = logging.getLogger(__name__)

_AGAIN: Final = (
    30.0  # seconds after which a folder is taken up again at which a mistake of ours ended the work
)

_THREADS: Final = 4  # for each folder and each file under way: to look, to read, to encode, to write

SettingsBeside = Callable[[Path | None], Settings]
"""Gives the settings that hold for the media in a folder, its own settings file included; None for none."""


CaptionerFor = Callable[[str, Options, Reporter], Captioner]
"""Makes a captioner by its name."""

LedgerFor = Callable[[Settings, str], Ledger | None]
"""Opens the journal that machines share, for settings and in words of what is done; None where there is none."""


class LogReporter:
    """Tells the log what a person should know."""

    def progress(self, progress: Progress) -> None:
        """Ignore ``progress``: nobody looks at it."""

    def notice(self, level: Notice, message: str) -> None:
        """Log ``message``."""
        log.log(logging.INFO if level == "info" else logging.WARNING, "%s", message)


@dataclass(slots=True)
class Daemon:
    """Watched folders at work.

    Attributes:
        folders: The folders.
        desks: Where their files are captioned.
        settings: What holds for the daemon as a whole.
        reporter: Whom to tell what a person should know.
        clock: Where time comes from.
        started: Monotonic time of the start.

    """

    folders: list[WatchedFolder]
    desks: list[Desk]
    settings: Settings
    reporter: Reporter
    clock: Clock = SYSTEM_CLOCK
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock.monotonic()

    async def run(self) -> None:
        """Watch and caption until cancelled; what is under way then gets ten seconds.

        Raises:
            MediaCaptionerError: a journal cannot be opened.

        """
        # Work on a disk that hangs keeps its thread: there have to be enough for all that can be under way at once.
        threads = _THREADS * (1 + len(self.folders) + sum(desk.most_places for desk in self.desks))
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, "watching"))
        try:
            async with attended(self.settings, self.reporter) as host, asyncio.TaskGroup() as group:
                for desk in self.desks:
                    desk.host = host
                    group.create_task(desk.run())
                for folder in self.folders:
                    group.create_task(self._kept(folder))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            for desk in self.desks:
                await desk.captioner.close()

    async def _kept(self, folder: WatchedFolder) -> None:
        """Keep one folder at work: a mistake of ours there is no matter for the others."""
        while True:
            try:
                await folder.run()
            except Exception:
                log.exception("Watching %s failed; it is taken up again", folder.root)
            await self.clock.wait(_AGAIN)


@contextlib.contextmanager
def open_daemon(
    tables: Sequence[WatchedRoot],
    beside: SettingsBeside,
    *,
    remember: bool = True,
    clock: Clock = SYSTEM_CLOCK,
    retry_seconds: float = 60.0,
    reporter: Reporter | None = None,
    captioner_for: CaptionerFor = captioner_named,
    handed: Callable[[Batch], Batch] | None = None,
    ledger_for: LedgerFor = lambda _settings, _doing: None,
) -> Iterator[Daemon]:
    """Give a daemon for watched folders, each locked against other processes while the block runs.

    Args:
        tables: The folders.
        beside: Gives settings.
        remember: Whether what is found out outlasts the process.
        clock: Where time comes from.
        retry_seconds: Seconds until the second try of what failed and may pass.
        reporter: Whom to tell what a person should know; the log by default.
        captioner_for: Makes the captioner of a name.
        handed: Gives what captions files in place of this process; by default they are captioned here.
        ledger_for: Opens the journal that machines share; by default it is the file that the settings name.

    Raises:
        AlreadyRunning: another process watches one of them.
        ConfigError: there is none, a folder does not exist, or a setting cannot be used.

    """
    tables = placed(tables)
    roots = [each.root for each in tables]
    with contextlib.ExitStack() as stack:
        for root in roots:
            file = memory_file(root)
            stack.enter_context(files.locked(file.with_suffix(".lock"), doing=_watching([root])))
        memories = [Memory(root, memory_file(root) if remember else None, clock) for root in roots]
        for memory in memories:
            stack.callback(memory.close)
        reporter = reporter or LogReporter()
        build = _Builder(
            tables, beside, memories, clock, retry_seconds, reporter, captioner_for, ledger_for, handed
        )
        folders = [build.folder(number) for number in range(len(tables))]
        yield Daemon(folders, build.desks, beside(None), reporter, clock)


def placed(tables: Sequence[WatchedRoot]) -> list[WatchedRoot]:
    """Return the tables with their folders as they really lie.

    Raises:
        ConfigError: there is none, one is named twice, or is not there and never was watched. One that was watched
            before may be away: its disk may be mounted later.

    """
    if not tables:
        raise ConfigError("There is no folder to watch", hint="Name one, or write [[watch]] tables.")
    found = [each.model_copy(update={"root": each.root.resolve()}) for each in tables]
    roots = [each.root for each in found]
    if twice := [root for number, root in enumerate(roots) if root in roots[:number]]:
        raise ConfigError(
            f"Cannot watch {twice[0]} twice", hint="Name it once; leave one of its [[watch]] tables out."
        )
    for root in roots:
        if root.exists() and not root.is_dir():
            raise ConfigError(
                f"Cannot watch {root}: it is not a folder", hint="Caption it with media-captioner caption."
            )
        if not root.is_dir() and not memory_file(root).exists():
            raise ConfigError(
                f"Cannot watch {root}: there is no such folder",
                hint="Make it, or mount its disk. Once it was watched, it may come and go.",
            )
    return found


@dataclass(slots=True)
class _Builder:
    tables: Sequence[WatchedRoot]
    beside: SettingsBeside
    memories: Sequence[Memory]
    clock: Clock
    retry_seconds: float
    reporter: Reporter
    captioner_for: CaptionerFor
    ledger_for: LedgerFor
    handed: Callable[[Batch], Batch] | None = None
    desks: list[Desk] = field(default_factory=list)
    _keys: list[tuple[Any, ...]] = field(default_factory=list)

    def folder(self, number: int) -> WatchedFolder:
        table, memory = self.tables[number], self.memories[number]
        below = [
            each.root for each in self.tables if each is not table and each.root.is_relative_to(table.root)
        ]
        settings = settings_below(table, self.beside(None))
        check_looks(settings)
        desk = self._desk(settings)
        batch = Batch(
            lambda path: self._settings_for(table, path),
            desk.captioner,
            self.reporter,
            voice_detector(),
            clock=self.clock,
            root=table.root,
            priority=table.priority,
        )
        survey = Survey(Rules(table, below), memory, self.clock, remote=is_over_a_network(table.root))
        relatives = Relatives(self.memories, table.renamed)
        return WatchedFolder(
            table,
            batch if self.handed is None else self.handed(batch),
            desk,
            memory,
            survey,
            relatives,
            self.clock,
            retry_seconds=self.retry_seconds,
        )

    def _settings_for(self, table: WatchedRoot, path: Path) -> Settings:
        with settings_beside(path.parent):
            return settings_below(table, self.beside(path.parent))

    def _desk(self, settings: Settings) -> Desk:
        """Return the desk with the captioner that ``settings`` want; folders share one where they agree."""
        limits = (settings.requests_per_minute, settings.tokens_per_minute, settings.requests_at_once)
        key = (settings.captioner, options_of(settings), *limits)
        if key in self._keys:
            desk = self.desks[self._keys.index(key)]
            desk.folders += 1
            return desk
        captioner = self.captioner_for(settings.captioner, options_of(settings), self.reporter)
        allowances = {str(table.root): _allowance(table) for table in self.tables}

        def session() -> Any:
            doing = _watching([table.root for table in self.tables])
            return open_session(
                captioner,
                settings,
                reporter=self.reporter,
                clock=self.clock,
                doing=doing,
                roots=allowances,
                journal=self.ledger_for(settings, doing),
            )

        self._keys.append(key)
        at_once = None if self.handed is None else HANDED_AT_ONCE
        self.desks.append(Desk(captioner, session, self.clock, at_once=at_once))
        return self.desks[-1]


def _watching(roots: Sequence[Path]) -> str:
    """Say for others to read what a process does."""
    return f"watching {spelled_out(', '.join(map(str, roots)))}"


def _allowance(table: WatchedRoot) -> Allowance:
    dollars = None if table.max_dollars is None else Fraction(str(table.max_dollars))
    return Allowance(dollars, table.max_tokens, table.max_requests)
