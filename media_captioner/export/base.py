"""What an exporter is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from media_captioner._version import __version__
from media_captioner.export.layouts import LAYOUTS
from media_captioner.model import Captions

if TYPE_CHECKING:
    from media_captioner.config import Settings


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How files are written, where a format leaves a choice.

    Attributes:
        voice_tags: Whether WebVTT names the speaker in a voice tag.
        caption_style: Whether WebVTT colours music and effects with a STYLE block.
        hls_segment_seconds: Length of a segment of HLS captions, seconds.
        hls_first_pts: The 90 kHz time stamp of the picture's first frame in the HLS stream, or None for that of the
            source.
        start_timecode: Timecode of the first frame in marker files, or None for the source's own.
        xmp_naming: ``stem`` (clip.xmp), ``full`` (clip.mp4.xmp) or ``both``.
        layout: The program whose names the files get (``export.layouts``).

    """

    voice_tags: bool = False
    caption_style: bool = False
    hls_segment_seconds: int = 6
    hls_first_pts: int | None = None
    start_timecode: str | None = None
    xmp_naming: str = "stem"
    layout: str = "plain"

    @property
    def tags_list(self) -> bool:
        """Whether XMP holds the keywords as ``digiKam:TagsList`` as well."""
        return LAYOUTS[self.layout].tags_list

    @classmethod
    def of(cls, settings: Settings) -> ExportOptions:
        """Return what ``settings`` say of how files are written."""
        return cls(
            voice_tags=settings.voice_tags,
            caption_style=settings.caption_style,
            hls_segment_seconds=settings.hls_segment_seconds,
            hls_first_pts=settings.hls_first_pts,
            start_timecode=settings.start_timecode,
            xmp_naming=LAYOUTS[settings.layout].xmp_naming or settings.xmp_naming,
            layout=settings.layout,
        )


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What an exporter may know besides the captions.

    Attributes:
        now: When the captions were made, with its zone.
        content_id: Identity of the source's bytes (``system.identity.content_id``).
        settings: The settings that shaped the result, JSON-ready.
        version: Version of this program.
        written: SHA-256 of the files that stand or were written for the same captions, by name: relative to the
            folder of the JSON sidecar, with forward slashes.
        options: Choices that formats leave.
        path_name: Name of the file being written, as in ``written``; empty where nobody knows it yet.

    """

    now: datetime
    content_id: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__
    written: Mapping[str, str] = field(default_factory=dict)
    options: ExportOptions = field(default_factory=ExportOptions)
    path_name: str = ""


@runtime_checkable
class Exporter(Protocol):
    """Writes one format."""

    @property
    def name(self) -> str:
        """Name in settings (``vtt``)."""
        ...

    @property
    def suffix(self) -> str:
        """End of the file's name, after the stem.

        ``{language}`` takes the tag of the caption text (``.{language}.vtt``) and ``{extension}`` the media file's
        own suffix; a folder in it (``.media_captioner/chapters.vtt``) is made.
        """
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
        """Return the whole file. The same arguments give the same bytes."""
        ...

    def is_ours(self, data: bytes) -> bool:
        """Return whether ``data`` is a file that this exporter wrote and nobody edited since.

        Where the format has no place for a seal this is False, and only the hash in the JSON sidecar tells.
        """
        ...


@runtime_checkable
class Merging(Protocol):
    """An exporter whose files other programs write into as well."""

    def can_merge(self, data: bytes) -> bool:
        """Return whether :meth:`merge` could keep everything foreign in ``data``."""
        ...

    def merge(self, data: bytes, captions: Captions, context: ExportContext) -> bytes:
        """Return ``data`` with our part brought up to date and everything else as it was.

        Where our part is up to date already, ``data`` comes back byte for byte.

        Raises:
            ValueError: it cannot be merged into.

        """
        ...


@runtime_checkable
class WithCompanions(Protocol):
    """An exporter whose file refers to others that lie beside it."""

    def companions(self, captions: Captions, context: ExportContext) -> Mapping[str, bytes]:
        """Return the other files whole, by their names within the folder of the main one."""
        ...


def frame_rate(captions: Captions) -> Fraction | None:
    """Return the frames per second of the asset's picture, or None without one."""
    video = captions.media.video
    return video.frame_rate.rate if video and video.frame_rate else None
