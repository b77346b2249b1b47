"""What was decided about every file below a watched folder, for the next start and for whoever asks why.

The files' own sidecars tell whether they are captioned. This only saves looking at a hundred thousand of them,
and keeps the reasons; where it is lost, it is found out again at no cost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from media_captioner.errors import spelled_out
from media_captioner.model import Fingerprint
from media_captioner.system import identity
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.places import state_folder
from media_captioner.system.records import Records

Decision: TypeAlias = Literal[
    "settling", "ready", "done", "done with gaps", "up to date", "failed", "quarantined", "waiting", "gone"
]
"""``settling`` until the file is complete, ``ready`` in line, then how the work on it ended; ``gone`` from its place."""

FINAL: Final = frozenset({"done", "done with gaps", "up to date", "failed", "quarantined"})
"""Decisions that stand until the file changes."""

_KEPT: Final = timedelta(days=30)  # how long what is gone is remembered, should it come back
_UNFINISHED: Final = "state IN ('settling', 'ready', 'waiting')"
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS file (
    folder BLOB NOT NULL, name BLOB NOT NULL,
    size INTEGER NOT NULL, mtime INTEGER NOT NULL, inode INTEGER NOT NULL, device INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT, until TEXT, content TEXT, tries INTEGER NOT NULL, changed TEXT NOT NULL,
    PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_content ON file (content) WHERE content IS NOT NULL;
CREATE INDEX IF NOT EXISTS file_unfinished ON file (state) WHERE {_UNFINISHED};
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
"""
_COLUMNS: Final = "folder, name, size, mtime, inode, device, state, reason, until, content, tries, changed"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one file.

    Attributes:
        path: The file, absolute.
        seen: What ``stat`` said of it when that was decided. The device is not compared: its number is another
            one whenever a disk is mounted.
        state: What was decided.
        reason: Why, in words.
        until: When it is looked at again, ISO 8601, or None.
        content: Identity of its bytes when it was captioned, or None.
        tries: How often it failed or had to wait.
        changed: When that was decided, ISO 8601.

    """

    path: Path
    seen: Fingerprint
    state: Decision
    reason: str | None = None
    until: str | None = None
    content: str | None = None
    tries: int = 0
    changed: str = ""

    def is_same(self, found: Fingerprint) -> bool:
        """Return whether ``found`` is the file that was decided about."""
        return (found.size, found.mtime_ns, found.inode) == (
            self.seen.size,
            self.seen.mtime_ns,
            self.seen.inode,
        )


def noted(path: Path, seen: Fingerprint, state: Decision, reason: str, before: Known | None) -> Known:
    """Return what is decided of a file now; what was known of its bytes stays, if they are still those.

    Args:
        path: The file.
        seen: What ``stat`` says of it.
        state: What is decided.
        reason: Why.
        before: What was known of it, or None.

    """
    if before is None or not before.is_same(seen):
        return Known(path, seen, state, reason)
    return Known(path, seen, state, reason, content=before.content, tries=before.tries)


def memory_file(root: Path) -> Path:
    """Return where what is known of a watched folder is kept."""
    return state_folder() / "watch" / f"{identity.sha256_hex(os.fsencode(root))[:16]}.db"


class Memory:
    """What is known of the files below one watched folder.

    Args:
        root: The folder, absolute.
        path: The file that keeps it; None keeps it until the process ends.
        clock: Where the time of day comes from.

    Raises:
        ConfigError: a newer program wrote the file.
        OutputError: it cannot be opened or written.

    """

    def __init__(self, root: Path, path: Path | None, clock: Clock = SYSTEM_CLOCK) -> None:
        self.root = root
        self._clock = clock
        self._records = Records(path, _SCHEMA, durable=False)

    def inside(self, folder: Path) -> dict[str, Known]:
        """Return what is known of the files in ``folder`` (not below it), by name."""
        return {known.path.name: known for known in self._find("folder = ?", self._name(folder))}

    def settled(self, folder: Path) -> dict[str, tuple[int, int, int]]:
        """Return size, time and inode of the files in ``folder`` about which nothing is to be done, by name."""
        rows = self._all(
            "SELECT name, size, mtime, inode FROM file WHERE folder = ? AND state IN"
            " ('done', 'up to date', 'done with gaps', 'failed', 'quarantined')",
            (self._name(folder),),
        )
        return {os.fsdecode(name): (size, mtime, _unsigned(inode)) for name, size, mtime, inode in rows}

    def folders(self) -> list[Path]:
        """Return every folder in which a file is known that is not gone."""
        rows = self._all("SELECT DISTINCT folder FROM file WHERE state <> 'gone'", ())
        return [self.root / os.fsdecode(folder) for (folder,) in rows]

    def knows_any(self) -> bool:
        """Return whether any file is known that is not gone."""
        return bool(self._all("SELECT 1 FROM file WHERE state <> 'gone' LIMIT 1", ()))

    def of(self, path: Path) -> Known | None:
        """Return what is known of one file, or None."""
        found = self._find("folder = ? AND name = ?", self._name(path.parent), os.fsencode(path.name))
        return found[0] if found else None

    def same_content(self, content: str, other_than: Path) -> list[Known]:
        """Return the files that are known to hold the same bytes, the latest first."""
        found = self._find("content = ? ORDER BY changed DESC LIMIT 8", content)
        return [known for known in found if known.path != other_than]

    def unfinished(self) -> list[Known]:
        """Return the files about which something is still to be done."""
        return self._find(_UNFINISHED)

    def counts(self) -> dict[str, int]:
        """Return how many files are in each state."""
        return dict(self._all("SELECT state, count(*) FROM file GROUP BY state", ()))

    def note(self, known: Iterable[Known]) -> None:
        """Remember decisions, in one transaction."""
        now = self._clock.now().isoformat(timespec="seconds")
        rows = [self._row(each, now) for each in known]
        if not rows:
            return
        marks = ", ".join("?" * 12)
        with self._records.transaction() as connection:
            connection.executemany(f"INSERT OR REPLACE INTO file ({_COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - names of ours

    def gone(self, known: Iterable[Known]) -> None:
        """Remember that files are not where they were."""
        self.note(
            replace(each, state="gone", reason="it is not there any more", until=None) for each in known
        )

    def forget_old(self) -> None:
        """Forget what has been gone for a month."""
        before = (self._clock.now() - _KEPT).isoformat(timespec="seconds")
        with self._records.transaction() as connection:
            connection.execute("DELETE FROM file WHERE state = 'gone' AND changed < ?", (before,))

    def fact(self, name: str) -> str | None:
        """Return something that was remembered of the folder as a whole, or None."""
        rows = self._all("SELECT value FROM fact WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def keep(self, facts: Mapping[str, str]) -> None:
        """Remember something of the folder as a whole."""
        with self._records.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", list(facts.items()))

    def close(self) -> None:
        """Close the file."""
        self._records.close()

    def _all(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with self._records.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def _find(self, condition: str, *values: object) -> list[Known]:
        rows = self._all(f"SELECT {_COLUMNS} FROM file WHERE {condition}", values)  # noqa: S608 - texts of ours
        return [self._known(row) for row in rows]

    def _name(self, folder: Path) -> bytes:
        return os.fsencode(folder.relative_to(self.root))

    def _row(self, each: Known, now: str) -> tuple[Any, ...]:
        seen = each.seen
        numbers = (seen.size, seen.mtime_ns, _signed(seen.inode), _signed(seen.device))
        where = (self._name(each.path.parent), os.fsencode(each.path.name))
        reason = None if each.reason is None else spelled_out(each.reason)  # it may name another file
        return (*where, *numbers, each.state, reason, each.until, each.content, each.tries, now)

    def _known(self, row: tuple[Any, ...]) -> Known:
        folder, name, size, mtime, inode, device, *rest = row
        path = self.root / os.fsdecode(folder) / os.fsdecode(name)
        return Known(path, Fingerprint(size, mtime, _unsigned(inode), _unsigned(device)), *rest)


def _signed(number: int) -> int:
    """Return a 64-bit number as SQLite holds it."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _unsigned(number: int) -> int:
    return number + (1 << 64) if number < 0 else number
