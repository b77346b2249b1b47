"""An archive, once: what is in it that is to be captioned, and what a daemon need not look at again afterwards."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media_captioner.config.tables import WatchedRoot
from media_captioner.errors import MediaCaptionerError, MediaNotFound
from media_captioner.export import sidecar
from media_captioner.model import Fingerprint
from media_captioner.outcomes import AssetReport
from media_captioner.system import identity
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.watch.memory import Known, Memory, memory_file
from media_captioner.watch.rules import Rules
from media_captioner.watch.scanning import Scanner

log: Final = logging.getLogger(__name__)


def media_below(
    table: WatchedRoot, clock: Clock = SYSTEM_CLOCK
) -> tuple[dict[Path, Fingerprint], list[MediaNotFound]]:
    """Find the media below a folder that a daemon watching it would caption.

    Returns:
        The files, folder by folder, as they are now, and what to say of folders that cannot be searched.

    Raises:
        OSError: the folder cannot be listed.

    """
    now = int(clock.now().timestamp() * 1e9)
    scanner = Scanner(Rules(table))
    found = {
        listing.folder / name: listing.media[name]
        for listing in scanner.scan(now, everything=True)
        for name in sorted(listing.media)
    }
    return found, [
        MediaNotFound(f"Cannot search {folder}: {why}", hint="Check who may read the folder.", path=folder)
        for folder, why in sorted(scanner.closed.items())
    ]


@dataclass(frozen=True, slots=True)
class Noting:
    """Notes what was captioned where a daemon looks first: it would read every file to its end otherwise.

    What failed is not noted, so a daemon tries it in its own way.

    Attributes:
        memory: What a daemon knows of the folder.
        found: The files as they were before the work began.

    """

    memory: Memory
    found: Mapping[Path, Fingerprint]

    def __call__(self, report: AssetReport) -> None:
        """Note how one file ended."""
        seen = self.found.get(report.source)
        if seen is None or report.state not in {"done", "done with gaps", "up to date"}:
            return
        if identity.standing(report.source) != seen:
            return  # it changed meanwhile, so what was captioned may be something else
        known = Known(report.source, seen, report.state, report.reason, content=_content(report))
        try:
            self.memory.note([known])
        except MediaCaptionerError as error:  # it is found out again, then
            log.warning("%s is not noted for a daemon: %s", report.source, error.message)


def _content(report: AssetReport) -> str | None:
    """Return the identity of the bytes that were captioned, as the sidecar has it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return sidecar.read(report.results[0].written[-1].path).content_id or None
    return None


@contextlib.contextmanager
def noting(table: WatchedRoot, found: Mapping[Path, Fingerprint]) -> Iterator[Noting]:
    """Give what notes how files ended, for the length of a run.

    Raises:
        OutputError: what a daemon knows cannot be opened.
        ConfigError: a newer program wrote it.

    """
    memory = Memory(table.root, memory_file(table.root))
    try:
        yield Noting(memory, found)
    finally:
        memory.close()
