"""What an exporter is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, Protocol, runtime_checkable

from media_captioner._version import __version__
from media_captioner.model import Captions


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What an exporter may know besides the captions.

    Attributes:
        now: When the captions were made, with its zone.
        content_id: Identity of the source's bytes (``system.files.content_id``).
        settings: The settings that shaped the result, JSON-ready.
        version: Version of this program.
        written: SHA-256 of the files written so far for the same captions, by file name.

    """

    now: datetime
    content_id: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__
    written: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Exporter(Protocol):
    """Writes one format."""

    @property
    def name(self) -> str:
        """Name in settings (``vtt``)."""
        ...

    @property
    def suffix(self) -> str:
        """End of the file's name; ``{language}`` takes the tag of the caption text (``.{language}.vtt``)."""
        ...

    @property
    def readers(self) -> str:
        """Who reads it, for people."""
        ...

    @property
    def loss(self) -> str:
        """What the format cannot hold, or an empty string."""
        ...

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file."""
        ...

    def is_ours(self, data: bytes) -> bool:
        """Return whether ``data`` is a file that this exporter wrote and nobody edited since."""
        ...


def frame_rate(captions: Captions) -> Fraction | None:
    """Return the frames per second of the asset's picture, or None without one."""
    video = captions.media.video
    return video.frame_rate.rate if video and video.frame_rate else None
