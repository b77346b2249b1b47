"""Who has a file open for writing, where the system tells (Linux)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from media_captioner.model import Fingerprint

_PROCESSES: Final = Path("/proc")
_ACCESS: Final = os.O_WRONLY | os.O_RDWR


def writers(wanted: Iterable[Fingerprint]) -> dict[Fingerprint, str]:
    """Return those of the files that a process has open for writing, each with the process in a few words.

    One look at all open files answers for any number of them. Processes of other users, and those of other
    machines on a shared disk, are not seen.

    Args:
        wanted: What ``stat`` said of the files.

    """
    by_place = {(each.device, each.inode): each for each in wanted}
    found: dict[Fingerprint, str] = {}
    if not by_place or not _PROCESSES.is_dir():
        return found
    for process in _numbered(_PROCESSES):
        for descriptor in _numbered(process / "fd"):
            file = _open_for_writing(process, descriptor, by_place)
            if file is not None and file not in found:
                found[file] = f"{_name_of(process)} (process {process.name})"
    return found


def _numbered(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
    except OSError:
        return  # another user's process, or one that has ended
    for name in names:
        yield folder / name


def _open_for_writing(
    process: Path, descriptor: Path, by_place: dict[tuple[int, int], Fingerprint]
) -> Fingerprint | None:
    try:
        status = descriptor.stat()
        file = by_place.get((status.st_dev, status.st_ino))
        if file is None or not stat.S_ISREG(status.st_mode):
            return None
        for line in (process / "fdinfo" / descriptor.name).read_text("ascii", "replace").splitlines():
            if line.startswith("flags:"):
                return file if int(line.split()[1], 8) & _ACCESS else None
    except (OSError, ValueError, IndexError):
        pass  # closed meanwhile
    return None


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip() or "a program"
    except OSError:
        return "a program"
