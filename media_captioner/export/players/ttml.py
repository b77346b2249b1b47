"""IMSC 1.1 text profile (W3C TTML Profiles for Internet Media Subtitles and Captions 1.1) for delivery."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_xml, xml_file
from media_captioner.export.text import cue_lines, one_line
from media_captioner.model import Captions, Cue
from media_captioner.timing import clock_time

_TT: Final = "http://www.w3.org/ns/ttml"
_TTP: Final = f"{_TT}#parameter"
_TTS: Final = f"{_TT}#styling"
_TTM: Final = f"{_TT}#metadata"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_PROFILE: Final = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"  # IMSC 1.1, 6.1: Profile designators
_ROLES: Final = {
    "speech": "dialog",
    "music": "music",
    "ambience": "sound",
    "effects": "sound",
}  # TTML2, 14.2.3


class Imsc:
    """Captions for delivery to broadcasters and streaming services."""

    name = "ttml"
    suffix = ".{language}.ttml"
    readers = "delivery to streaming services, transcoders, ttconv"
    loss = "evidence and confidence; cues that overlap share one region"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole document; times are media times, so they hold at every frame rate."""
        names: Any = {None: _TT, "ttp": _TTP, "tts": _TTS, "ttm": _TTM}
        root = etree.Element(f"{{{_TT}}}tt", nsmap=names)
        root.set(f"{{{_XML}}}lang", captions.language)
        root.set(f"{{{_TTP}}}contentProfiles", _PROFILE)
        root.set(f"{{{_TTP}}}timeBase", "media")
        _head(root, captions, context)
        body = _under(root, "body")
        division = _under(body, "div")
        for number, cue in enumerate(captions.cues, 1):
            _paragraph(division, cue, number)
        return xml_file(root)

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_xml(data)


def _under(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_TT}}}{name}", attributes)


def _head(root: etree._Element, captions: Captions, context: ExportContext) -> None:
    head = _under(root, "head")
    metadata = _under(head, "metadata")
    etree.SubElement(metadata, f"{{{_TTM}}}title").text = one_line(captions.media.path.stem, 200)
    etree.SubElement(
        metadata, f"{{{_TTM}}}desc"
    ).text = f"Captions of the whole soundtrack, made by media_captioner {context.version}"
    style = _under(_under(head, "styling"), "style")
    style.set(f"{{{_XML}}}id", "caption")
    for name, value in {
        "fontFamily": "proportionalSansSerif",
        "fontSize": "100%",
        "color": "white",
        "backgroundColor": "black",
        "textAlign": "center",
    }.items():
        style.set(f"{{{_TTS}}}{name}", value)
    region = _under(_under(head, "layout"), "region")
    region.set(f"{{{_XML}}}id", "bottom")
    # The lowest fifth of the picture within the title-safe area.
    for name, value in {"origin": "10% 70%", "extent": "80% 20%", "displayAlign": "after"}.items():
        region.set(f"{{{_TTS}}}{name}", value)


def _paragraph(parent: etree._Element, cue: Cue, number: int) -> None:
    end = max(cue.end, cue.start + Fraction(1, 1000))
    paragraph = _under(
        parent, "p", begin=clock_time(cue.start), end=clock_time(end), region="bottom", style="caption"
    )
    paragraph.set(f"{{{_XML}}}id", f"c{number}")
    paragraph.set(f"{{{_TTM}}}role", _ROLES[cue.category])
    first, *others = cue_lines(cue.text)
    paragraph.text = first
    for line in others:
        _under(paragraph, "br").tail = line
