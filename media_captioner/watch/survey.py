"""What is new below a watched folder, compared with what is known of it."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from media_captioner.errors import reason_of
from media_captioner.model import Fingerprint
from media_captioner.system import identity
from media_captioner.system.clock import Clock
from media_captioner.watch.memory import FINAL, Known, Memory
from media_captioner.watch.rules import IGNORE_FILE, Rules
from media_captioner.watch.scanning import Listing, Scanner

log: Final = logging.getLogger(__name__)

_YEARS: Final = 20 * 365 * 86400.0  # seconds; a file that claims to be older tells nothing by its age


@dataclass(frozen=True, slots=True)
class Finding:
    """A file about which something is to be decided.

    Attributes:
        path: The file.
        seen: What ``stat`` says of it.
        age: Seconds since it was last changed in any way; 0 where nobody knows.
        known: What was decided before, or None.

    """

    path: Path
    seen: Fingerprint
    age: float
    known: Known | None


@dataclass(slots=True)
class News:
    """What a look brought.

    Attributes:
        found: Files about which something is to be decided.
        gone: Files that are known and not there any more.
        rescan: Whether all of it has to be looked at, because patterns changed.

    """

    found: list[Finding] = field(default_factory=list)
    gone: list[Known] = field(default_factory=list)
    rescan: bool = False


class Survey:
    """Looks below one watched folder. Its methods read the disk and belong into a thread, one at a time.

    Args:
        rules: What is media.
        memory: What is known.
        clock: Where time comes from.
        remote: Whether another machine's clock stamps the files.

    """

    def __init__(self, rules: Rules, memory: Memory, clock: Clock, *, remote: bool = False) -> None:
        self.rules = rules
        self.scanner = Scanner(rules)
        self._memory = memory
        self._clock = clock
        self._remote = remote
        self._identity: tuple[int, int] | None = None
        self._closed: frozenset[Path] = frozenset()

    def absence(self) -> str | None:
        """Return why the folder cannot be looked at now, or None.

        An empty folder where files are known is the mount point of a disk that is not there; that it was emptied
        makes no difference, for then nothing is to be done.
        """
        root = self.rules.root
        try:
            status = root.stat()
            if not stat.S_ISDIR(status.st_mode):
                return "it is not a folder"
            with os.scandir(root) as entries:
                empty = next(iter(entries), None) is None
        except OSError as error:
            return reason_of(error)
        identity = (status.st_dev, status.st_ino)
        if empty and (self._identity not in {None, identity} or self._memory.knows_any()):
            return "it is empty, as the mount point of a disk that is not there"
        self._identity = identity
        return None

    def everything(self, *, thorough: bool, in_hand: Container[Path] = ()) -> News:
        """Look at the whole folder.

        Args:
            thorough: List every folder; else only those in which names came or went, and some of the others.
            in_hand: Files that somebody works on, or will next: he looks at them himself.

        Raises:
            OSError: the folder cannot be listed.

        """
        news = News()
        now = int(self._clock.now().timestamp() * 1e9)
        for listing in self.scanner.scan(now, everything=thorough):
            self._compare(listing, news, in_hand)
        self._tell_closed()
        there = self.scanner.folders
        for folder in self._memory.folders():
            if str(folder) not in there:
                news.gone += self._missing(self._memory.inside(folder).values())
        listed = {finding.path for finding in news.found}
        for known in self._memory.unfinished():
            if known.path not in listed and known.path not in in_hand:
                self._add(known.path, known, news)
        return news

    def _tell_closed(self) -> None:
        """Log once which folders cannot be looked into: what lies in them is not captioned."""
        for folder in self.scanner.closed.keys() - self._closed:
            log.warning("cannot look into %s: %s", folder, self.scanner.closed[folder])
        self._closed = frozenset(self.scanner.closed)

    def hinted(self, paths: Iterable[Path]) -> News:
        """Look at single places that the system named."""
        news = News()
        for path in paths:
            if path == self.rules.root:
                continue  # whether it is there is looked at first at every turn
            if path.name == IGNORE_FILE:
                news.rescan = True
                continue
            try:
                mode = path.lstat().st_mode
            except OSError:
                self._vanished(path, news)
                continue
            if not stat.S_ISDIR(mode):
                self._add(path, self._memory.of(path), news)
            elif self.rules.explain_folder(path) is None:
                now = int(self._clock.now().timestamp() * 1e9)
                for listing in self._scan_below(path, now):
                    self._compare(listing, news)
        return news

    def _scan_below(self, path: Path, now: int) -> Iterator[Listing]:
        try:
            yield from self.scanner.scan(now, below=path, everything=True)
        except OSError:
            return  # gone meanwhile

    def _compare(self, listing: Listing, news: News, in_hand: Container[Path] = ()) -> None:
        settled = self._memory.settled(listing.folder)
        changed = [
            name
            for name, seen in listing.media.items()
            if settled.pop(name, None) != (seen.size, seen.mtime_ns, seen.inode)
        ]
        if not changed and not settled:
            return
        known = self._memory.inside(listing.folder)
        for name in changed:
            if (path := listing.folder / name) not in in_hand:
                self._add(path, known.get(name), news, judged=True)
        missing = known.keys() - listing.media.keys()
        news.gone += self._missing(known[name] for name in missing)

    def _add(self, path: Path, known: Known | None, news: News, *, judged: bool = False) -> None:
        """Add a file to the news if it is media; ``judged`` says that the rules were asked already."""
        try:
            status = path.lstat()
        except OSError:
            if known is not None and known.state != "gone":
                news.gone.append(known)
            return
        if not judged and self.rules.explain(path) is not None:
            return
        seen = identity.fingerprint_of(status)
        if known is not None and known.state in FINAL and known.is_same(seen):
            return
        age = 0.0 if self._remote else self._clock.now().timestamp() - status.st_ctime
        news.found.append(Finding(path, seen, age if 0 < age < _YEARS else 0.0, known))

    def _vanished(self, path: Path, news: News) -> None:
        known = self._memory.of(path)
        if known is not None:
            news.gone += self._missing([known])
        elif not path.suffix:
            for folder in self._memory.folders():
                if folder.is_relative_to(path):
                    news.gone += self._missing(self._memory.inside(folder).values())

    @staticmethod
    def _missing(known: Iterable[Known]) -> list[Known]:
        return [each for each in known if each.state != "gone" and not os.path.lexists(each.path)]
