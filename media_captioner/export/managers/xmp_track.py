"""The markers of our own track in XMP (Adobe XMP Specification part 2, 1.2.6: Dynamic Media)."""

from __future__ import annotations

import uuid
from fractions import Fraction
from typing import Final

from lxml import etree

from media_captioner.export.base import frame_rate
from media_captioner.export.managers.rdf import tag
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import comment_of
from media_captioner.model import Captions, Cue

TRACK_NAME: Final = "media_captioner"
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


def track_item(bag: etree._Element, captions: Captions) -> etree._Element:
    """Add our track to a bag of tracks. Counts within a track are in that track's frame rate."""
    rate = frame_rate(captions) or Fraction(1000)
    track = structure(bag)
    text(track, "xmpDM:trackName", TRACK_NAME)
    text(track, "xmpDM:trackType", "Comment")
    text(track, "xmpDM:frameRate", rate_text(rate))
    markers = array(track, "xmpDM:markers", "Seq")
    for cue in captions.cues:
        _marker(markers, cue, rate)
    return track


def _marker(parent: etree._Element, cue: Cue, rate: Fraction) -> None:
    start = max(0, round(cue.start * rate))
    marker = structure(parent)
    text(marker, "xmpDM:startTime", str(start))
    text(marker, "xmpDM:duration", str(max(1, round(cue.end * rate) - start)))
    text(marker, "xmpDM:name", one_line(cue.text, 250) or "…")
    text(marker, "xmpDM:comment", comment_of(cue))
    text(marker, "xmpDM:type", "Comment")
    if cue.speaker:
        text(marker, "xmpDM:speaker", one_line(cue.speaker, 80))
    parameters = array(marker, "xmpDM:cuePointParams", "Seq")
    # The same cue at the same time has the same id in every run, so an editor can tell a marker it knows.
    identity = uuid.uuid5(_MARKER_NAMESPACE, f"{start} {cue.category} {clean(cue.text)}")
    for key, value in (("marker_guid", str(identity)), ("category", cue.category)):
        parameter = structure(parameters)
        text(parameter, "xmpDM:key", key)
        text(parameter, "xmpDM:value", value)


def rate_text(rate: Fraction) -> str:
    """Write a frame rate as XMP does: ``f25``, ``f30000s1001`` (XMP part 2, FrameRate)."""
    return f"f{rate.numerator}" if rate.denominator == 1 else f"f{rate.numerator}s{rate.denominator}"
