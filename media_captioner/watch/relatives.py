"""Captions that exist already for the same bytes: under an older name, or beside a copy."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from media_captioner.config import Settings
from media_captioner.errors import MediaCaptionerError
from media_captioner.export.base import ExportOptions
from media_captioner.export.finding import Known, known_at, sidecars_of
from media_captioner.export.following import follow
from media_captioner.export.layout import layout_for
from media_captioner.finding import siblings_of
from media_captioner.watch.memory import Memory

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Relatives:
    """Finds captions of the same bytes.

    Attributes:
        memories: What is known of all watched folders.
        renamed: Whether the captions of a file that was renamed follow it, or are written anew (``copy``).

    """

    memories: Sequence[Memory]
    renamed: Literal["follow", "copy"] = "follow"

    def adopt(self, path: Path, content: str, settings: Settings) -> bool:
        """Give a file the captions of the same bytes elsewhere, if it has none; return whether there were any.

        Whether they fit the settings is found out afterwards, as for all that is captioned already. Failures
        are no matter: then the file is captioned as if it were new, and answers are remembered by content.
        """
        if self._own(path, settings):
            return False
        for memory in self.memories:
            for known in memory.same_content(content, path):
                move = self.renamed == "follow" and not known.path.exists()
                try:
                    taken = [
                        self._follow(each, path, content, settings, further=number > 0, move=move)
                        for number, each in enumerate(self._own(known.path, settings))
                    ]
                except (OSError, MediaCaptionerError) as error:
                    log.info("captions of %s were not taken for %s: %s", known.path, path, error)
                    continue
                if any(taken):
                    log.info("%s has the captions of %s", path, known.path)
                    return True
        return False

    @staticmethod
    def _own(path: Path, settings: Settings) -> list[Path]:
        """Return the sidecars of a media file, whether it is still there or not."""
        try:
            return list(sidecars_of((settings.out or path.parent).absolute() / path.name))
        except (OSError, MediaCaptionerError):
            return []

    @staticmethod
    def _follow(
        sidecar: Path, path: Path, content: str, settings: Settings, *, further: bool, move: bool
    ) -> bool:
        known: Known = known_at(sidecar)
        if known.sidecar.content_id != content or known.sidecar.edited:
            return False
        siblings = siblings_of([path]).get(path, ())
        out = None if settings.out is None else settings.out.absolute()
        number = known.sidecar.captions.track.number if further else None
        layout = layout_for(
            path, out=out, language=known.sidecar.captions.language, siblings=siblings, track=number
        )
        if layout.sidecar.exists():
            return False
        follow(known, path, layout, ExportOptions.of(settings), move=move)
        return True
