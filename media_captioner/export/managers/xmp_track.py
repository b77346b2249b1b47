"""The markers of our own track in XMP (Adobe XMP Specification part 2, 1.2.6: Dynamic Media)."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from html import escape
from typing import Any, Final

from lxml import etree

from media_captioner.export.base import frame_rate
from media_captioner.export.managers.rdf import NAMESPACES, tag
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import comment_of
from media_captioner.model import Captions, Cue
from media_captioner.timing import nearest

TRACK_NAME: Final = "media_captioner"
_FIELDS: Final = {
    tag(f"xmpDM:{name}"): f"xmpDM:{name}"
    for name in (
        "trackName", "startTime", "duration", "name", "comment", "type", "speaker", "cuePointParams", "key", "value",
        "trackType", "frameRate", "markers",
    )
}  # fmt: skip
_NAME, _START, _DURATION, _CUE, _COMMENT, _TYPE, _SPEAKER, _PARAMETERS, _KEY, _VALUE, *_ = _FIELDS
_TRACK_TYPE, _FRAME_RATE, _MARKERS = list(_FIELDS)[-3:]
_MARKERS_OF_OURS: Final = bytes.fromhex("6f0f9bfe3b5f5c3e9c556d6564696163")  # the name space of our UUIDs
_VERSION_AND_VARIANT: Final = 0xF000 << 64 | 0xC000 << 48  # the bits of a UUID that say what kind it is


def text(parent: etree._Element, name: str, value: str) -> None:
    """Add a simple property."""
    etree.SubElement(parent, tag(name)).text = value


def structure(parent: etree._Element) -> etree._Element:
    """Add an item that is a structure."""
    item = etree.SubElement(parent, tag("rdf:li"))
    item.set(tag("rdf:parseType"), "Resource")
    return item


def array(parent: etree._Element, name: str, kind: str) -> etree._Element:
    """Add a property that is an array, and return the array."""
    return etree.SubElement(etree.SubElement(parent, tag(name)), tag(f"rdf:{kind}"))


Structure = dict[str, Any]
"""What a structure of XMP says: a text, a list or a structure by the expanded name of each field."""


def track_of(captions: Captions) -> Structure:
    """Return our track. Counts within a track are in that track's frame rate."""
    rate = frame_rate(captions) or Fraction(1000)
    return {
        _NAME: TRACK_NAME,
        _TRACK_TYPE: "Comment",
        _FRAME_RATE: rate_text(rate),
        _MARKERS: [_marker(cue, rate) for cue in captions.cues],
    }


def structure_element(told: Structure, indent: str) -> etree._Element:
    """Return an item that holds a structure, its fields on lines of their own.

    It is written as text, laid out at once, and parsed: to make the markers of ten hours element by element, or to
    indent them afterwards, takes three times as long.

    Args:
        told: What it says.
        indent: A line feed and the spaces before the item.

    """
    parts = ["<rdf:li", *(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("rdf", "xmpDM"))]
    parts.append(' rdf:parseType="Resource">')
    _write_fields(parts, told, indent + " ")
    parts.append(f"{indent}</rdf:li>")
    # Our own text, which XML can hold: the limits of the parser are for that of others.
    return etree.fromstring("".join(parts), etree.XMLParser(resolve_entities=False, huge_tree=True))


def _write_fields(parts: list[str], told: Structure, indent: str) -> None:
    for key, value in told.items():
        name = _FIELDS[key]
        if isinstance(value, str):
            parts.append(f"{indent}<{name}>{escape(value, quote=False)}</{name}>")
            continue
        parts.append(f"{indent}<{name}>{indent} <rdf:Seq>")
        for each in value:
            parts.append(f'{indent}  <rdf:li rdf:parseType="Resource">')
            _write_fields(parts, each, indent + "   ")
            parts.append(f"{indent}  </rdf:li>")
        parts.append(f"{indent} </rdf:Seq>{indent}</{name}>")


def _marker(cue: Cue, rate: Fraction) -> Structure:
    start = max(0, nearest(cue.start, rate))
    marker: Structure = {
        _START: str(start),
        _DURATION: str(max(1, nearest(cue.end, rate) - start)),
        _CUE: one_line(cue.text, 250) or "…",
        _COMMENT: comment_of(cue),
        _TYPE: "Comment",
    }
    if cue.speaker and (speaker := one_line(cue.speaker, 80)):
        marker[_SPEAKER] = speaker
    # The same cue at the same time has the same id in every run, so an editor can tell a marker it knows.
    identity = _identity(f"{start} {cue.category} {clean(cue.text)}")
    parameters = (("marker_guid", identity), ("category", cue.category))
    marker[_PARAMETERS] = [{_KEY: key, _VALUE: value} for key, value in parameters]
    return marker


def _identity(name: str) -> str:
    """Return the UUID of version 5 (RFC 9562, 5.5) of a name among our markers, in a quarter of uuid.uuid5's time."""
    held = int.from_bytes(hashlib.sha1(_MARKERS_OF_OURS + name.encode(), usedforsecurity=False).digest()[:16])
    held = held & ~_VERSION_AND_VARIANT | 0x5000 << 64 | 0x8000 << 48
    digits = f"{held:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def rate_text(rate: Fraction) -> str:
    """Write a frame rate as XMP does: ``f25``, ``f30000s1001`` (XMP part 2, FrameRate)."""
    return f"f{rate.numerator}" if rate.denominator == 1 else f"f{rate.numerator}s{rate.denominator}"
