"""Final Cut Pro 7 XML (xmeml 5), which Premiere Pro imports: a sequence with the asset and its markers."""

from __future__ import annotations

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_xml, xml_file
from media_captioner.export.text import one_line
from media_captioner.export.timeline import Timeline, media_uri, timeline_of
from media_captioner.model import Captions


class Xmeml:
    """A sequence with markers, for Premiere Pro."""

    name = "xmeml"
    suffix = ".premiere.xml"
    readers = "Premiere Pro (File > Import), DaVinci Resolve, Final Cut Pro 7"
    loss = "times fall on frames; cues on one frame become one marker; no colours; names the media by its full path"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole document; markers count frames from the beginning of the sequence."""
        timeline = timeline_of(captions, context)
        root = etree.Element("xmeml", version="5")
        sequence = etree.SubElement(root, "sequence", id="sequence-1")
        _text(sequence, "name", one_line(captions.media.path.stem, 200) or "media")
        _text(sequence, "duration", timeline.length)
        _rate(sequence, timeline)
        _timecode(sequence, timeline)
        media = etree.SubElement(sequence, "media")
        kinds = ["video"] if captions.media.video else ["audio"]
        for kind in kinds:
            track = etree.SubElement(etree.SubElement(media, kind), "track")
            _clip(track, captions, timeline, kind)
        for marker in timeline.markers:
            element = etree.SubElement(sequence, "marker")
            _text(element, "comment", marker.comment)
            _text(element, "name", marker.name)
            _text(element, "in", marker.frame)
            _text(element, "out", -1 if marker.length == 1 else marker.frame + marker.length)  # -1 is a point
        return xml_file(root, doctype="xmeml")

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_xml(data)


def _text(parent: etree._Element, name: str, value: str | int) -> None:
    etree.SubElement(parent, name).text = str(value)


def _rate(parent: etree._Element, timeline: Timeline) -> None:
    rate = etree.SubElement(parent, "rate")
    _text(rate, "timebase", timeline.rate.nominal)
    _text(rate, "ntsc", "TRUE" if timeline.rate.rate.denominator == 1001 else "FALSE")


def _timecode(parent: etree._Element, timeline: Timeline) -> None:
    timecode = etree.SubElement(parent, "timecode")
    _rate(timecode, timeline)
    _text(timecode, "string", timeline.start)
    _text(timecode, "frame", timeline.first)
    _text(timecode, "displayformat", "DF" if timeline.rate.drop_frame else "NDF")


def _clip(track: etree._Element, captions: Captions, timeline: Timeline, kind: str) -> None:
    name = one_line(captions.media.path.name, 250) or "media"
    item = etree.SubElement(track, "clipitem", id="clipitem-1")
    _text(item, "name", name)
    _text(item, "duration", timeline.length)
    _rate(item, timeline)
    for member, value in (("start", 0), ("end", timeline.length), ("in", 0), ("out", timeline.length)):
        _text(item, member, value)
    file = etree.SubElement(item, "file", id="file-1")
    _text(file, "name", name)
    _text(file, "pathurl", media_uri(captions).replace("file:///", "file://localhost/", 1))
    _rate(file, timeline)
    _text(file, "duration", timeline.length)
    _timecode(file, timeline)
    held = etree.SubElement(file, "media")
    if captions.media.video:
        shape = etree.SubElement(etree.SubElement(held, "video"), "samplecharacteristics")
        _text(shape, "width", captions.media.video.width)
        _text(shape, "height", captions.media.video.height)
    sound = etree.SubElement(held, "audio")
    _text(sound, "channelcount", captions.track.channels)
    if kind == "audio":
        _text(etree.SubElement(item, "sourcetrack"), "mediatype", "audio")
