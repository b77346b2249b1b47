"""Further WebVTT tracks, in the asset's own folder: prose, chapters, and each layer of the soundtrack by itself."""

from __future__ import annotations

import json
from typing import ClassVar

from media_captioner.export.base import ExportContext
from media_captioner.export.players.webvtt import (
    MADE_BY_A_MACHINE,
    escape,
    is_sealed_vtt,
    sealed_vtt,
    write_block,
    write_cue,
)
from media_captioner.export.text import clean, one_line
from media_captioner.model import Captions, Category


class Soundtrack:
    """The description of each segment as a metadata cue (``kind="metadata"``), for scripts on a page.

    It is not a ``descriptions`` track: that kind describes the picture to those who cannot see it.
    """

    name = "soundtrack"
    suffix = ".media_captioner/soundtrack.{language}.vtt"
    readers = "scripts on a web page (kind=metadata; each cue is JSON)"
    loss = "only the prose, its captioner and the summary of each segment"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole track. Each payload is JSON on one line, so no text can end a cue."""
        blocks = []
        for segment in captions.segments:
            if segment.description is None:
                continue
            held = {
                "prose": clean(segment.description.prose),
                "summary": clean(segment.facts.summary or ""),
                "captioner": clean(segment.description.captioner),
                "model": clean(segment.description.model),
            }
            payload = json.dumps(held, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
            blocks.append(
                write_block(segment.start, segment.end, payload.replace("&", "\\u0026"), segment.index + 1)
            )
        return sealed_vtt(blocks, context, ["Descriptions of the soundtrack as JSON (kind: metadata)."])

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_vtt(data)


class Chapters:
    """Where the scene of sound changes (``kind="chapters"``)."""

    name = "chapters"
    suffix = ".media_captioner/chapters.{language}.vtt"
    readers = "browsers and players (kind=chapters)"
    loss = "titles are one line"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole track."""
        blocks = [
            write_block(chapter.start, chapter.end, escape(one_line(chapter.title, 200)) or "…", number)
            for number, chapter in enumerate(captions.chapters, 1)
        ]
        return sealed_vtt(blocks, context, ["Chapters by sound (kind: chapters)."])

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_vtt(data)


class _Layer:
    """The cues of one layer of the soundtrack."""

    category: ClassVar[Category]
    readers = "players; whoever wants only this layer"
    loss = "as for vtt, and the other layers"

    @property
    def name(self) -> str:
        """The layer."""
        return self.category

    @property
    def suffix(self) -> str:
        """In the asset's own folder: players would take it for another translation beside the media."""
        return f".media_captioner/{self.category}.{{language}}.vtt"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole track."""
        cues = [cue for cue in captions.cues if cue.category == self.category]
        blocks = [write_cue(cue, number) for number, cue in enumerate(cues, 1)]
        return sealed_vtt(blocks, context, [f"Only the layer {self.category}. {MADE_BY_A_MACHINE}"])

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_vtt(data)


class SpeechTrack(_Layer):
    """Who speaks and what is said."""

    category = "speech"


class MusicTrack(_Layer):
    """Music and song."""

    category = "music"


class AmbienceTrack(_Layer):
    """What lasts: rain, traffic, a crowd."""

    category = "ambience"


class EffectsTrack(_Layer):
    """What happens: a door, a dog, a shot."""

    category = "effects"
