"""What media servers and photo managers look for beside a video: which formats, under which names.

Sources: Jellyfin, "External files" and "Local .nfo metadata"; Plex, "Adding local subtitles to your media"; Kodi wiki,
"Subtitles" and "NFO files/Movies"; Immich, "XMP sidecars"; PhotoPrism, "Metadata".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from media_captioner.config import Settings


@dataclass(frozen=True, slots=True)
class ServerLayout:
    """What one program looks for.

    Attributes:
        formats: Formats it reads, written where none are asked for by name.
        suffixes: Ends of file names that differ from the usual ones, by format.
        xmp_naming: How it names XMP files, or None where any naming does.
        tags_list: Whether it takes keywords from ``digiKam:TagsList`` and not from ``dc:subject``.

    """

    formats: tuple[str, ...] = ("vtt", "json", "xmp")
    suffixes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    xmp_naming: Literal["stem", "full", "both"] | None = None
    tags_list: bool = False


LAYOUTS: Final[Mapping[str, ServerLayout]] = MappingProxyType(
    {
        "plain": ServerLayout(),
        # "sdh" marks captions for the hard of hearing; "hi" alone would be Hindi.
        "jellyfin": ServerLayout(
            ("vtt", "nfo", "json"),
            MappingProxyType({"vtt": ".{language}.sdh.vtt", "srt": ".{language}.sdh.srt"}),
        ),
        "plex": ServerLayout(("srt", "json"), MappingProxyType({"srt": ".{language}.sdh.srt"})),
        # Kodi takes the last word before the suffix for the language.
        "kodi": ServerLayout(("srt", "nfo", "json"), MappingProxyType({"srt": ".{language}.srt"})),
        "immich": ServerLayout(("vtt", "json", "xmp"), xmp_naming="full", tags_list=True),
        "photoprism": ServerLayout(),
    }
)
"""By name, as in the setting ``layout``."""


def wanted_formats(settings: Settings) -> tuple[str, ...]:
    """Return the formats that ``settings`` ask for by name, or else those that their layout's program reads."""
    return settings.formats if "formats" in settings.model_fields_set else LAYOUTS[settings.layout].formats
