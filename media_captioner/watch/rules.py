"""What below a watched folder is media to be captioned, decided by name and kind alone, each time with a reason."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from media_captioner.config.tables import WatchedRoot
from media_captioner.export.layout import INFIX
from media_captioner.finding import is_media_name

IGNORE_FILE: Final = ".captionignore"
"""Patterns as in ``.gitignore``, for its folder and those below."""

_LARGEST: Final = 256 * 1024  # bytes of an ignore file that are read
_TEMPORARY: Final = re.compile(
    r".*\.(part|partial|tmp|temp|crdownload|download|opdownload|filepart|!ut|aria2|swp|lock)"
    r"|.*~|~\$.*|\.~.*",
    re.IGNORECASE,
)
"""Names under which browsers, download managers, copy programs and editors keep what is not whole yet.

``rsync`` writes ``.name.XXXXXX``, resource forks are ``._name`` and cameras leave ``.DS_Store``-like files: all
begin with a dot, and nothing that does is taken for media.
"""


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules for what lies in one folder.

    Attributes:
        folder: The folder.
        prefix: How the patterns of the watched folder name it: ``""``, or a path that ends in a slash.
        include: Patterns of which one must match, or None.
        exclude: Patterns of which none may match.
        ignored: Ignore files that hold here, the nearest first: each with its own patterns and how they name it.
        others: Watched folders that lie below.

    """

    folder: Path
    prefix: str
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec | None
    ignored: tuple[tuple[Path, GitIgnoreSpec, str], ...]
    others: frozenset[Path]

    def skips_folder(self, name: str) -> str | None:
        """Return why nothing below the folder of that name is looked at, or None."""
        if name.startswith("."):
            return "the folder is hidden"
        if name == "lost+found":
            return "the folder is the disk's own"
        if name.endswith(f".{INFIX}"):
            return "the folder holds captions of ours"
        if self.others and self.folder / name in self.others:
            return "the folder is watched by itself"
        if self.exclude is not None and self.exclude.match_file(f"{self.prefix}{name}/"):
            return "exclude names the folder"
        return self._ignored(f"{name}/")

    def skips_file(self, name: str, mode: int) -> str | None:
        """Return why the file of that name is not captioned, or None.

        Args:
            name: Its name.
            mode: Its ``st_mode``, links not followed.

        """
        return skips_name(name) or self.skips_entry(name, mode)

    def skips_entry(self, name: str, mode: int) -> str | None:
        """Return why a file is not captioned whose name is that of media, or None."""
        if stat.S_ISLNK(mode):
            return "it is a link: what it points to is captioned where it lies"
        if not stat.S_ISREG(mode):
            return "it is not a regular file"
        if self.include is not None and not self.include.match_file(self.prefix + name):
            return "include does not name it"
        if self.exclude is not None and self.exclude.match_file(self.prefix + name):
            return "exclude names it"
        return self._ignored(name)

    def _ignored(self, name: str) -> str | None:
        for file, spec, prefix in self.ignored:
            decided = spec.check_file(prefix + name).include
            if decided is not None:  # the nearest file that says something decides
                return f"{file} names it" if decided else None
        return None


def skips_name(name: str) -> str | None:
    """Return why a file of that name is not media, or None."""
    if is_media_name(name) and not name.startswith("~$"):
        return None
    if name.startswith("."):
        return "its name begins with a dot, as those of files that are still being copied do"
    if _TEMPORARY.fullmatch(name):
        return "its name is that of a file that is not whole yet"
    return "its name does not end like that of a media file"


class Rules:
    """Says of each file below a folder whether it is to be captioned.

    Args:
        root: The folder's table.
        others: Watched folders that lie below this one: what is in them is theirs.

    """

    def __init__(self, root: WatchedRoot, others: Sequence[Path] = ()) -> None:
        self.root = root.root
        self._include = GitIgnoreSpec.from_lines(root.include) if root.include else None
        self._exclude = GitIgnoreSpec.from_lines(root.exclude) if root.exclude else None
        self._others = frozenset(others)
        self._ignore: dict[Path, GitIgnoreSpec | None] = {}

    def refresh(self) -> None:
        """Read the ignore files again when they are next needed."""
        self._ignore.clear()

    def within(self, folder: Path) -> FolderRules:
        """Return the rules for what lies in ``folder``, which is the watched one or lies below it."""
        ignored = []
        inner = ""
        for above in (folder, *folder.parents):
            spec = self._ignore_file(above)
            if spec is not None:
                ignored.append((above / IGNORE_FILE, spec, inner))
            if above == self.root:
                break
            inner = f"{above.name}/{inner}"
        return FolderRules(folder, inner, self._include, self._exclude, tuple(ignored), self._others)

    def _ignore_file(self, folder: Path) -> GitIgnoreSpec | None:
        if folder not in self._ignore:
            self._ignore[folder] = _read(folder / IGNORE_FILE)
        return self._ignore[folder]

    def explain(self, path: Path) -> str | None:
        """Return why ``path`` is not captioned, its folders included, or None."""
        if reason := self.explain_folder(path.parent):
            return reason
        try:
            return self.within(path.parent).skips_file(path.name, path.lstat().st_mode)
        except OSError:
            return "there is no such file"

    def explain_folder(self, folder: Path) -> str | None:
        """Return why nothing in ``folder`` is captioned, or None."""
        above = [each for each in (folder, *folder.parents) if each.is_relative_to(self.root)]
        for inner, outer in zip(reversed(above[:-1]), reversed(above[1:]), strict=True):
            if inner.is_symlink():
                return f"{inner} is a link: what it points to is captioned where it lies"
            if reason := self.within(outer).skips_folder(inner.name):
                return f"{inner}: {reason}"
        return None


def _read(file: Path) -> GitIgnoreSpec | None:
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return None
        with file.open("rb") as opened:
            text = opened.read(_LARGEST).decode("utf-8-sig", "replace")
        return GitIgnoreSpec.from_lines(text.splitlines())
    except (OSError, ValueError):  # none, not readable, or not patterns: then it hides nothing
        return None
