"""Media files among everything that lies in folders."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media_captioner.errors import MediaCaptionerError, MediaNotFound, reason_of
from media_captioner.media.policy import MEDIA_SUFFIXES
from media_captioner.system.clock import Clock

_FRESH: Final = 60.0  # seconds that a listing serves


def siblings_of(paths: Sequence[Path]) -> dict[Path, list[Path]]:
    """Return the media beside each path that are named alike up to their suffix: they might want the same names.

    Letter case makes no difference, as on many disks. A path that has no such neighbours is left out.
    """
    named: dict[Path, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in dict.fromkeys(paths):
        named[path.parent][path.stem.casefold()].append(path)
    found: dict[Path, list[Path]] = {}
    for folder, stems in named.items():
        there = _alike(folder)
        for stem, members in stems.items():
            alike = dict.fromkeys([*members, *(folder / name for name in there.get(stem, ()))])
            for path in members:
                if len(alike) > 1:
                    found[path] = [each for each in alike if each != path]
    return found


@dataclass(frozen=True, slots=True)
class _Listing:
    at: float
    alike: dict[str, list[str]]  # names of media by what they share


class Neighbours:
    """The media beside files that come one by one, as :func:`siblings_of` finds them, without listing a folder for each.

    A listing serves for every file that it holds. Whoever comes later is not in it, so the folder is listed again
    and shows whom it might get in the way of: of two rivals the later one always sees the earlier.

    Args:
        clock: Where time comes from.

    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listings: dict[Path, _Listing] = {}

    def of(self, path: Path) -> list[Path]:
        """Return the media beside ``path`` that are named alike up to their suffix, whatever their letter case."""
        now, folder, stem = self._clock.monotonic(), path.parent, path.stem.casefold()
        listing = self._listings.get(folder)
        if listing is None or now - listing.at > _FRESH or path.name not in listing.alike.get(stem, ()):
            listing = _Listing(now, _alike(folder))
            fresh = {each: held for each, held in list(self._listings.items()) if now - held.at <= _FRESH}
            self._listings = fresh | {folder: listing}
        return [folder / name for name in listing.alike.get(stem, ()) if name != path.name]


def _alike(folder: Path) -> dict[str, list[str]]:
    """Return the names of the media in a folder by what those that are named alike share."""
    found: dict[str, list[str]] = defaultdict(list)
    with contextlib.suppress(OSError):  # it may be gone
        for name in os.listdir(folder):  # noqa: PTH208 - a path for each of ten thousand names takes its time
            if is_media_name(name):
                found[name.rpartition(".")[0].casefold()].append(name)
    return dict(found)


def is_media_name(name: str) -> bool:
    """Return whether a file name looks like media; resource forks and hidden files of other systems do not."""
    return not name.startswith(".") and f".{name.rpartition('.')[2]}".lower() in MEDIA_SUFFIXES


def find_media(paths: Sequence[Path]) -> list[Path | MediaCaptionerError]:
    """Return the media files that ``paths`` name: files as they are, folders searched to their depth.

    A file that is named is taken whatever it is called; in a folder the name decides. Links to folders are
    not followed, so a loop of links ends. What cannot be found, and a folder that may not be searched, stands in
    the list as its error.
    """
    found: list[Path | MediaCaptionerError] = []
    for path in dict.fromkeys(paths):
        if not _is_folder(path):
            found.append(path)
            continue
        closed: list[OSError] = []
        inside: list[Path | MediaCaptionerError] = list(media_below(path, closed.append))
        inside += map(_unsearched, closed)
        nothing = MediaNotFound(
            f"No media files in {path}", hint="Name a file, or another folder.", path=path
        )
        found.extend(inside or [nothing])
    seen: set[Path] = set()
    unique: list[Path | MediaCaptionerError] = []
    for item in found:
        if isinstance(item, Path):
            if item.absolute() in seen:
                continue
            seen.add(item.absolute())
        unique.append(item)
    return unique


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # whoever reads it says why it cannot be


def _unsearched(error: OSError) -> MediaNotFound:
    return MediaNotFound(
        f"Cannot search {error.filename}: {reason_of(error)}",
        hint="Check who may read the folder.",
        path=Path(error.filename),
    )


def media_below(folder: Path, closed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Return the media files in a folder, to its depth, as they are found; links to folders are not followed.

    Args:
        folder: Where to search.
        closed: Told of each folder that may not be searched; ``lost+found``, which is root's on every disk, is none.

    """
    for base, folders, names in os.walk(folder, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "lost+found")
        for name in sorted(names):
            if is_media_name(name):
                yield Path(base, name)
