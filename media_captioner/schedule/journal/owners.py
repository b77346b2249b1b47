"""The processes that share a journal: who they are, which of them live, and what the dead left behind."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path

from media_captioner.errors import OutputError
from media_captioner.schedule.journal.database import beside
from media_captioner.schedule.journal.tables import Connection, settle
from media_captioner.system import files
from media_captioner.system.locks import FileLock, is_held


class Owners:
    """The owners of one journal.

    A process is an owner as long as it holds the lock on a file of its own, so neither a reused process id
    nor a frozen clock can make a dead one look alive.

    Args:
        path: The journal; None for one in memory, which has one owner.

    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock: FileLock | None = None
        self.me = 0
        """Our own number, once we have entered."""

    def enter(self, connection: sqlite3.Connection, *, pid: int, doing: str, now: datetime) -> None:
        """Become an owner, inside the caller's transaction."""
        cursor = connection.execute(
            "INSERT INTO owner (pid, doing, began) VALUES (?, ?, ?)", (pid, doing, stamp(now))
        )
        self.me = cursor.lastrowid or 0
        if self._path is not None:
            # Locked before anybody can read the number: nobody ever sees us dead.
            self._lock = FileLock(self._file(self.me))
            self._lock.take()

    def leave(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Stop being an owner, inside the caller's transaction; what is still under way is given up."""
        settle(connection, self.me, stamp(now), died=False)

    def close(self) -> None:
        """Give up the lock, after :meth:`leave` was committed."""
        if self._lock is not None:
            with contextlib.suppress(OutputError):
                files.remove(self._file(self.me))
            self._lock.close()
            self._lock = None

    def _file(self, owner: int) -> Path:
        assert self._path is not None  # noqa: S101 - for the type checker; callers asked
        return beside(self._path, f"owner-{owner}")

    def lives(self, connection: Connection, owner: int) -> bool:
        """Return whether the process with this number runs; its lock tells, not the connection."""
        del connection
        return owner == self.me or (self._path is not None and is_held(self._file(owner)))

    @staticmethod
    def describe(connection: Connection, owner: int) -> str:
        """Return what a person can know an owner by."""
        row = connection.execute("SELECT pid, doing FROM owner WHERE id = ?", (owner,)).fetchone()
        return "another process" if row is None else f"process {row[0]} ({row[1]})"

    def bury(self, connection: Connection, now: datetime) -> frozenset[int]:
        """Settle what dead owners left behind, inside the caller's transaction, and return their numbers."""
        others = connection.execute("SELECT id FROM owner WHERE id <> ?", (self.me,)).fetchall()
        dead = frozenset(owner for (owner,) in others if not self.lives(connection, owner))
        for owner in dead:
            settle(connection, owner, stamp(now), died=True)
            if self._path is not None:
                with contextlib.suppress(OutputError):
                    files.remove(self._file(owner))
        return dead


def anybody(path: Path) -> bool:
    """Return whether any process has the journal ``path`` open, without looking into it."""
    return any(is_held(file) for file in path.parent.glob(f"{path.name}.owner-*"))


def stamp(moment: datetime) -> str:
    """Return a moment as the journal writes it: ISO 8601, UTC, to the microsecond, so that texts sort by time."""
    return moment.isoformat(timespec="microseconds")
