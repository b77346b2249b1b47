"""An archive, once: what is in it that is to be captioned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from media_captioner.config.tables import WatchedRoot
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.watch.rules import Rules
from media_captioner.watch.scanning import Scanner


def media_below(table: WatchedRoot, clock: Clock = SYSTEM_CLOCK) -> Iterator[Path]:
    """Yield the media below a folder that a daemon watching it would caption, folder by folder.

    Raises:
        OSError: the folder cannot be listed.

    """
    now = int(clock.now().timestamp() * 1e9)
    for listing in Scanner(Rules(table)).scan(now, everything=True):
        for name in sorted(listing.media):
            yield listing.folder / name
