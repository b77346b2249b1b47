"""The markers of our own track in XMP (Adobe XMP Specification part 2, 1.2.6: Dynamic Media)."""

from __future__ import annotations

import uuid
from fractions import Fraction
from typing import Any, Final

from lxml import etree

from media_captioner.export.base import frame_rate
from media_captioner.export.managers.rdf import tag
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import comment_of
from media_captioner.model import Captions, Cue

TRACK_NAME: Final = "media_captioner"
_NAME, _START, _DURATION, _CUE, _COMMENT, _TYPE, _SPEAKER, _PARAMETERS, _KEY, _VALUE = (
    tag(f"xmpDM:{name}")
    for name in (
        "trackName", "startTime", "duration", "name", "comment", "type", "speaker", "cuePointParams", "key", "value",
    )
)  # fmt: skip
_SEQ, _LI, _PARSE_TYPE = tag("rdf:Seq"), tag("rdf:li"), tag("rdf:parseType")
_MARKER_NAMESPACE: Final = uuid.UUID("6f0f9bfe-3b5f-5c3e-9c55-6d6564696163")


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
        tag("xmpDM:trackType"): "Comment",
        tag("xmpDM:frameRate"): rate_text(rate),
        tag("xmpDM:markers"): [_marker(cue, rate) for cue in captions.cues],
    }


def write_structure(item: etree._Element, told: Structure, indent: str) -> None:
    """Write the fields of a structure into an empty item, on lines of their own.

    It is laid out while it is written: to indent the markers of ten hours afterwards takes longer than to write them.
    """
    item.set(_PARSE_TYPE, "Resource")
    item.text = indent + " "
    child = item
    for name, value in told.items():
        child = etree.SubElement(item, name)
        child.tail = indent + " "
        if isinstance(value, str):
            child.text = value
            continue
        sequence = etree.SubElement(child, _SEQ)
        child.text, sequence.tail = indent + "  ", indent + " "
        member = sequence
        for each in value:
            member = etree.SubElement(sequence, _LI)
            member.tail = indent + "   "
            write_structure(member, each, indent + "   ")
        sequence.text, member.tail = indent + "   ", indent + "  "
    child.tail = indent


def _marker(cue: Cue, rate: Fraction) -> Structure:
    start = max(0, round(cue.start * rate))
    marker: Structure = {
        _START: str(start),
        _DURATION: str(max(1, round(cue.end * rate) - start)),
        _CUE: one_line(cue.text, 250) or "…",
        _COMMENT: comment_of(cue),
        _TYPE: "Comment",
    }
    if cue.speaker and (speaker := one_line(cue.speaker, 80)):
        marker[_SPEAKER] = speaker
    # The same cue at the same time has the same id in every run, so an editor can tell a marker it knows.
    identity = uuid.uuid5(_MARKER_NAMESPACE, f"{start} {cue.category} {clean(cue.text)}")
    parameters = (("marker_guid", str(identity)), ("category", cue.category))
    marker[_PARAMETERS] = [{_KEY: key, _VALUE: value} for key, value in parameters]
    return marker


def rate_text(rate: Fraction) -> str:
    """Write a frame rate as XMP does: ``f25``, ``f30000s1001`` (XMP part 2, FrameRate)."""
    return f"f{rate.numerator}" if rate.denominator == 1 else f"f{rate.numerator}s{rate.denominator}"
