"""Looking at what lies below a watched folder: the truth, where events are only hints.

A folder's time of change tells whether names came or went. While it stands, the folder is not listed again; one
in sixteen is all the same, each time others, for what was changed in its place without anybody telling.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from media_captioner.errors import reason_of
from media_captioner.model import Fingerprint
from media_captioner.system import identity
from media_captioner.watch.rules import Rules, skips_name

_TURNS: Final = 16  # looks after which every folder was listed
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})  # it went away, or became a file, meanwhile
_RACY: Final = 2_000_000_000  # nanoseconds: a folder that changed so shortly before may change again unseen


@dataclass(slots=True)
class _Seen:
    """A folder when it was listed."""

    mtime: int
    listed: int
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one folder.

    Attributes:
        folder: The folder.
        media: Media in it, by name.

    """

    folder: Path
    media: dict[str, Fingerprint]


@dataclass(slots=True)
class Scanner:
    """Lists the folders below one that is watched.

    Attributes:
        rules: What is media.
        listed: Folders listed at the last look.
        passed: Folders that were not, because nothing came or went.
        closed: Folders that could not be listed at the last look, each with the reason.

    """

    rules: Rules
    listed: int = 0
    passed: int = 0
    closed: dict[Path, str] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _turn: int = 0

    @property
    def folders(self) -> AbstractSet[str]:
        """The folders that were there at the last look."""
        return self._seen.keys()

    def scan(self, now_ns: int, *, below: Path | None = None, everything: bool = False) -> Iterator[Listing]:
        """Yield every folder in which something may have changed.

        Args:
            now_ns: The time of day, nanoseconds since 1970.
            below: Begin here instead of at the watched folder.
            everything: List all folders, whatever their times say.

        Raises:
            OSError: the folder to begin with cannot be listed.

        """
        start = below or self.rules.root
        self.rules.refresh()
        if below is None:
            self._turn, self.listed, self.passed = self._turn + 1, 0, 0
            self.closed = {}
        met: set[str] = set()
        todo = [str(start)]
        while todo:
            name = todo.pop()
            met.add(name)
            try:
                mtime = os.stat(name).st_mtime_ns
                seen = self._seen.get(name)
                if seen is not None and not everything and self._passes(name, seen, mtime):
                    self.passed += 1
                    todo.extend(os.path.join(name, inner) for inner in seen.folders)
                    continue
                listing, folders = self._list(name)
            except OSError as error:
                self._seen.pop(name, None)
                if name == str(start):
                    raise
                if error.errno not in _GONE:
                    self.closed[Path(name)] = reason_of(error)
                continue
            self.listed += 1
            self._seen[name] = _Seen(mtime, now_ns, folders)
            todo.extend(os.path.join(name, inner) for inner in folders)
            yield listing
        if below is None:
            for name in self._seen.keys() - met:
                del self._seen[name]

    def _passes(self, name: str, seen: _Seen, mtime: int) -> bool:
        return (
            mtime == seen.mtime and seen.listed - mtime > _RACY and hash(name) % _TURNS != self._turn % _TURNS
        )

    def _list(self, name: str) -> tuple[Listing, tuple[str, ...]]:
        folder = Path(name)
        rules = self.rules.within(folder)
        media: dict[str, Fingerprint] = {}
        folders: list[str] = []
        with os.scandir(name) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if rules.skips_folder(entry.name) is None:
                        folders.append(entry.name)
                elif skips_name(entry.name) is None:
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    if rules.skips_entry(entry.name, status.st_mode) is None:
                        media[entry.name] = identity.fingerprint_of(status)
        return Listing(folder, media), tuple(folders)
