"""XMP metadata for asset managers and editors (Adobe XMP Specification, parts 1 and 2).

Written: ``dc:description`` (the summary), ``dc:subject`` (keywords), ``dc:language`` (languages heard), one
``xmpDM`` track of markers of our own, and one ``xmpMM:History`` event that says who wrote the metadata. Nothing is
said about how the footage itself came to be: ``Iptc4xmpExt:DigitalSourceType`` describes the media, and captions by
a machine do not make camera footage synthetic.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from lxml import etree

from media_captioner.export.base import ExportContext, frame_rate
from media_captioner.export.text import clean, one_line
from media_captioner.model import Captions, Cue

TRACK_NAME: Final = "media_captioner"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAMESPACES: Final = {
    "rdf": _RDF,
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
}
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_PACKET: Final = re.compile(rb"\A<\?xpacket begin=[^?]*\?>\n<!-- media_captioner sha256:([0-9a-f]{64}) -->\n")
_MARKER_NAMESPACE: Final = uuid.UUID("6f0f9bfe-3b5f-5c3e-9c55-6d6564696163")


class XmpSidecar:
    """Description, keywords and a track of markers, for asset managers and editors."""

    name = "xmp"
    suffix = ".xmp"
    readers = (
        "digiKam, Immich, PhotoPrism, ResourceSpace, exiftool; Adobe programs for formats without embedding"
    )
    loss = "speaker, language and evidence of a cue are only in its marker's comment"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole packet."""
        body = _serialised(captions, context)
        digest = hashlib.sha256(body).hexdigest()
        head = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<!-- media_captioner sha256:{digest} -->\n'
        return head.encode() + body + b'<?xpacket end="w"?>\n'

    def is_ours(self, data: bytes) -> bool:
        """Return whether the packet is ours and unchanged."""
        packet = _PACKET.match(data)
        body = data[packet.end() :].removesuffix(b'<?xpacket end="w"?>\n') if packet else b""
        return packet is not None and hashlib.sha256(body).hexdigest().encode() == packet[1]


def _serialised(captions: Captions, context: ExportContext) -> bytes:
    meta = etree.Element("{adobe:ns:meta/}xmpmeta", nsmap={"x": "adobe:ns:meta/"})
    rdf = etree.SubElement(meta, _tag("rdf", "RDF"), nsmap={"rdf": _RDF})
    about = {prefix: uri for prefix, uri in _NAMESPACES.items() if prefix != "rdf"}
    description = etree.SubElement(rdf, _tag("rdf", "Description"), nsmap=about)
    description.set(_tag("rdf", "about"), "")
    if captions.summary:
        _alternative(description, "description", clean(captions.summary))
    _list(description, "dc", "subject", "Bag", (one_line(word, 200) for word in captions.keywords))
    _list(description, "dc", "language", "Bag", captions.spoken)
    _text(description, "xmp", "MetadataDate", context.now.isoformat(timespec="seconds"))
    _history(description, context)
    _tracks(description, captions)
    etree.indent(meta, " ")
    return etree.tostring(meta, encoding="UTF-8") + b"\n"


def _tag(prefix: str, name: str) -> str:
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _text(parent: etree._Element, prefix: str, name: str, text: str) -> None:
    etree.SubElement(parent, _tag(prefix, name)).text = text


def _alternative(parent: etree._Element, name: str, text: str) -> None:
    """A language alternative; its first item is the default (XMP part 1, 8.2.2.4)."""
    holder = etree.SubElement(etree.SubElement(parent, _tag("dc", name)), _tag("rdf", "Alt"))
    item = etree.SubElement(holder, _tag("rdf", "li"))
    item.set(_LANG, "x-default")
    item.text = text


def _list(parent: etree._Element, prefix: str, name: str, kind: str, items: Iterable[str]) -> None:
    texts = list(items)
    if not texts:
        return
    holder = etree.SubElement(etree.SubElement(parent, _tag(prefix, name)), _tag("rdf", kind))
    for text in texts:
        etree.SubElement(holder, _tag("rdf", "li")).text = text


def _structure(parent: etree._Element) -> etree._Element:
    item = etree.SubElement(parent, _tag("rdf", "li"))
    item.set(_tag("rdf", "parseType"), "Resource")
    return item


def _history(parent: etree._Element, context: ExportContext) -> None:
    events = etree.SubElement(etree.SubElement(parent, _tag("xmpMM", "History")), _tag("rdf", "Seq"))
    event = _structure(events)
    _text(event, "stEvt", "action", "saved")
    _text(event, "stEvt", "when", context.now.isoformat(timespec="seconds"))
    _text(event, "stEvt", "softwareAgent", f"media_captioner {context.version}")
    _text(event, "stEvt", "changed", "/metadata")


def _tracks(parent: etree._Element, captions: Captions) -> None:
    """One track of markers (XMP part 2, xmpDM:Tracks): counts within a track are in that track's frame rate."""
    if not captions.cues:
        return
    rate = frame_rate(captions) or Fraction(1000)
    tracks = etree.SubElement(etree.SubElement(parent, _tag("xmpDM", "Tracks")), _tag("rdf", "Bag"))
    track = _structure(tracks)
    _text(track, "xmpDM", "trackName", TRACK_NAME)
    _text(track, "xmpDM", "trackType", "Comment")
    _text(track, "xmpDM", "frameRate", rate_text(rate))
    markers = etree.SubElement(etree.SubElement(track, _tag("xmpDM", "markers")), _tag("rdf", "Seq"))
    for cue in captions.cues:
        _marker(markers, cue, rate)


def _marker(parent: etree._Element, cue: Cue, rate: Fraction) -> None:
    start = round(cue.start * rate)
    marker = _structure(parent)
    _text(marker, "xmpDM", "startTime", str(start))
    _text(marker, "xmpDM", "duration", str(max(1, round(cue.end * rate) - start)))
    _text(marker, "xmpDM", "name", one_line(cue.text, 120))
    sentences = dict.fromkeys(
        one_line(evidence.sentence, 500) for evidence in cue.evidence if evidence.sentence
    )
    _text(marker, "xmpDM", "comment", " ".join(sentences) or one_line(cue.text))
    _text(marker, "xmpDM", "type", "Comment")
    if cue.speaker:
        _text(marker, "xmpDM", "speaker", one_line(cue.speaker, 80))
    parameters = etree.SubElement(
        etree.SubElement(marker, _tag("xmpDM", "cuePointParams")), _tag("rdf", "Seq")
    )
    # The same cue at the same time has the same id in every run, so an editor can tell a marker it knows.
    identity = uuid.uuid5(_MARKER_NAMESPACE, f"{start} {cue.category} {clean(cue.text)}")
    for key, value in (("marker_guid", str(identity)), ("category", cue.category)):
        parameter = _structure(parameters)
        _text(parameter, "xmpDM", "key", key)
        _text(parameter, "xmpDM", "value", value)


def rate_text(rate: Fraction) -> str:
    """Write a frame rate as XMP does: ``f25``, ``f30000s1001`` (XMP part 2, FrameRate)."""
    return f"f{rate.numerator}" if rate.denominator == 1 else f"f{rate.numerator}s{rate.denominator}"
