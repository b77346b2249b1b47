"""Small things to remember for good: one SQLite file each, in the system's state folder.

Unlike the journal, which many write at once, these are written by one process or two, so they keep to SQLite's
rollback journal: slower, and simple.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from media_captioner.errors import ConfigError, DiskFull, MediaCaptionerError, OutputError
from media_captioner.system import files

log: Final = logging.getLogger(__name__)

_DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PATIENCE: Final = 30.0  # seconds to wait for another process's transaction


class Records:
    """An open file of records. It can be used from several threads, one at a time.

    A file that is damaged is set aside, and a new one begun: nothing that is kept here cannot be found again.

    Args:
        path: The file; None for one in memory.
        schema: SQL that makes its tables, each ``IF NOT EXISTS``.
        version: Version of the tables.
        durable: Whether a transaction outlasts a power failure; what can be found out again need not.

    Raises:
        ConfigError: a newer program wrote it.
        OutputError: it cannot be opened or written.

    """

    def __init__(self, path: Path | None, schema: str, *, version: int = 1, durable: bool = True) -> None:
        self.path = path
        self._mutex = threading.RLock()
        if path is not None:
            files.make_folder(path.parent)
            files.create_private(path)
        try:
            self._connection = self._opened(schema, version, durable=durable)
        except sqlite3.Error as error:
            if path is None or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
                raise _output_error(error, path) from error
            log.warning("%s is damaged (%s); it was set aside, and a new one begun", path, error)
            files.move_aside(path, path.with_name(f"{path.name}.damaged"))
            files.remove(path.with_name(f"{path.name}-journal"))
            files.create_private(path)
            try:
                self._connection = self._opened(schema, version, durable=durable)
            except sqlite3.Error as again:
                raise _output_error(again, path) from again

    def _opened(self, schema: str, version: int, *, durable: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path or ":memory:", isolation_level=None, check_same_thread=False, timeout=_PATIENCE
        )
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            self._examine(connection, version)
            connection.executescript(f"BEGIN IMMEDIATE;{schema};PRAGMA user_version = {version};COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _examine(self, connection: sqlite3.Connection, version: int) -> None:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > version:
            raise ConfigError(
                f"A newer media-captioner wrote {self.path}", hint="Update this one, or move the file away."
            )
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            damaged = sqlite3.DatabaseError(str(state))
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction, which happens wholly or, where the block raises, not at all.

        Raises:
            DiskFull: there is no room.
            OutputError: the file cannot be written.

        """
        with self._mutex:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise _output_error(error, self.path) from error

    def close(self) -> None:
        """Close the file. It can be called again."""
        with self._mutex:
            self._connection.close()


def _output_error(error: sqlite3.Error, path: Path | None) -> MediaCaptionerError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return DiskFull(f"Cannot write {path}: no space left on its disk", hint="Free some space.")
    return OutputError(f"Cannot write {path}: {error}")
