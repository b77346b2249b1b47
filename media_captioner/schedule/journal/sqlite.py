"""What SQLite is asked for and what it complains about, without anything that writes: a report needs no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, Literal

from media_captioner.errors import DiskFull, MediaCaptionerError, OutputError, OutputNotWritable

FULL: Final = {sqlite3.SQLITE_FULL}
"""Primary result codes that mean the disk is full."""

_NOT_WRITABLE: Final = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}
DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""Primary result codes that mean the file itself is no good."""


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of an error; 0 where it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def as_output_error(
    error: sqlite3.Error | TimeoutError, path: Path | None, doing: Literal["read", "write"] = "write"
) -> MediaCaptionerError:
    """Return what SQLite, or the lock, complains about as an error of ours."""
    code = primary_code(error) if isinstance(error, sqlite3.Error) else 0
    if code in FULL:
        return DiskFull(
            f"Cannot write the journal {path}: no space left on its disk",
            hint="Free some space; the work goes on by itself, or when it is started again.",
        )
    if code in _NOT_WRITABLE:
        return OutputNotWritable(
            f"Cannot {doing} the journal {path}: {error}", hint="Name another file with --journal."
        )
    if code in DAMAGE:
        return OutputError(
            f"The journal {path} is damaged: {error}",
            hint="Start again: it is set aside then, and media-captioner journal rebuild reads the sidecars.",
        )
    return OutputError(f"Cannot {doing} the journal {path}: {error}")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a journal for reading: such a connection neither writes nor checkpoints.

    Raises:
        sqlite3.Error: it cannot be opened.

    """
    reader = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    reader.execute("PRAGMA busy_timeout = 60000")
    return reader
