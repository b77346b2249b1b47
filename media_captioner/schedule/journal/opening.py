"""Opening a journal: whatever lies there, there is a sound journal afterwards, or a clear error."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from media_captioner.errors import ConfigError, OutputNotWritable, reason_of
from media_captioner.model import Description
from media_captioner.schedule.journal import upkeep
from media_captioner.schedule.journal.database import Database
from media_captioner.schedule.journal.owners import Owners
from media_captioner.schedule.journal.paces import SqlitePaces
from media_captioner.schedule.journal.register import Register
from media_captioner.schedule.journal.schema import check_version, migrate, refuse_foreign, version_of
from media_captioner.schedule.journal.sqlite import DAMAGE, as_output_error, primary_code
from media_captioner.schedule.journal.store import TableStore
from media_captioner.schedule.question import Question
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.space import is_over_a_network

log: Final = logging.getLogger(__name__)
T = TypeVar("T")

_CHECKED: Final = 64 * 1024 * 1024  # bytes; a journal up to here is looked through after a crash (0.1 s)


class Journal:
    """A journal file and its parts; open one with :func:`open_journal`.

    Attributes:
        path: The file; None for one in memory.
        store: Questions, answers and what they cost.
        paces: The pace of every account.
        register: The assets.
        set_aside: Where a damaged journal was put that lay there before, or None.

    """

    def __init__(self, database: Database, owners: Owners, clock: Clock) -> None:
        self.path = database.path
        self.store = TableStore(database, owners, clock)
        self.paces = SqlitePaces(database, owners, clock)
        self.register = Register(database, owners, clock)
        self.set_aside: Path | None = None
        self._database = database
        self._owners = owners
        self._clock = clock

    @property
    def lasting(self) -> bool:
        """Whether what is remembered outlasts the process."""
        return self.path is not None

    @property
    def owner(self) -> int:
        """Number of this process in the journal, unlike that of any other, past or present."""
        return self._owners.me

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or written; a clock that tests turn asks this."""
        return self._database.idle

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what ``query`` finds in a read-only connection."""
        return await self._database.read(query)

    async def restore(self, answers: Iterable[tuple[Question, Description]]) -> int:
        """Put answers that are known from elsewhere into the journal; return how many were new."""
        known = list(answers)
        return await self._database.write(
            lambda connection: upkeep.restore(connection, known, self._clock.now())
        )

    def close(self) -> None:
        """Finish what is being written and close the file. It can be called again."""
        self._database.close(lambda connection: self._owners.leave(connection, self._clock.now()))
        self._owners.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_journal(path: Path | None, *, doing: str = "captioning", clock: Clock = SYSTEM_CLOCK) -> Journal:
    """Open a journal, making it or bringing it up to date where needed. Several processes may, at once.

    A damaged one is set aside first; ``set_aside`` of what is returned says where.

    Args:
        path: The file; its folder is made. None gives a journal in memory, which ends with the process.
        doing: What this process does, for others to read.
        clock: Where time comes from.

    Raises:
        ConfigError: a newer program wrote it, it is no journal of ours, or it lies on a network disk.
        OutputNotWritable: it cannot be written.
        DiskFull: there is no room for it.
        AlreadyRunning: it is damaged while another process has it open.

    """
    if path is not None:
        path = path.absolute()
        refuse_foreign(path)
        files.make_folder(path.parent)
        _refuse_network(path)
        files.create_private(path)
    try:
        return _open(path, doing, clock)
    except sqlite3.Error as error:
        if path is None or primary_code(error) not in DAMAGE:
            raise as_output_error(error, path) from error
        aside = upkeep.set_aside(path, clock.now())
        log.warning("The journal %s is damaged (%s) and was set aside as %s", path, error, aside.name)
        files.create_private(path)
        try:
            journal = _open(path, doing, clock)
        except sqlite3.Error as again:
            raise as_output_error(again, path) from again
        journal.set_aside = aside
        return journal


def _refuse_network(path: Path) -> None:
    if is_over_a_network(path.parent):
        raise ConfigError(
            f"The journal {path} would lie on a network disk, where its write-ahead log cannot work",
            hint="Name a file on a disk of this machine with --journal; several machines share a Postgres (media-captioner fleet).",
        )


def _open(path: Path | None, doing: str, clock: Clock) -> Journal:
    owners = Owners(path)

    def prepare(connection: sqlite3.Connection) -> None:
        migrate(connection, version_of(connection))
        owners.enter(connection, pid=os.getpid(), doing=doing, now=clock.now())
        if owners.bury(connection, clock.now()) and path is not None and path.stat().st_size <= _CHECKED:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise _damaged(str(state))

    try:
        database = Database(path)
    except OSError as error:
        raise OutputNotWritable(
            f"Cannot write the journal {path}: {reason_of(error)}",
            hint="Name another file with --journal.",
        ) from error
    try:
        database.start(lambda connection: check_version(connection, path), prepare)
    except BaseException:
        database.close()
        owners.close()
        raise
    if database.ballast is not None and not database.ballast.hold():
        log.warning("There is hardly any room for the journal %s", path)
    return Journal(database, owners, clock)


def _damaged(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def vacuum(path: Path) -> int:
    """Make a journal as small as it can be and return the bytes that were saved.

    Raises:
        OutputError: it cannot be written, or another process keeps it busy.

    """
    before = path.stat().st_size
    with open_journal(path, doing="tidying up"):
        pass  # brings it up to date, and settles what the dead left
    database = Database(path)
    try:
        database.exclusively("VACUUM")
    except (sqlite3.Error, TimeoutError) as error:
        raise as_output_error(error, path) from error
    finally:
        database.close()
    return before - path.stat().st_size
