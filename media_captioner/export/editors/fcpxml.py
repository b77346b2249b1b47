"""FCPXML 1.10 for Final Cut Pro: markers, keywords over ranges, and iTT captions.

All times are rational seconds on the frame grid, because Final Cut Pro refuses others. Within a clip the order is
captions, then markers and keywords.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_xml, xml_file
from media_captioner.export.text import cue_lines, one_line
from media_captioner.export.timeline import Timeline, media_uri, timeline_of
from media_captioner.model import Captions


class FinalCut:
    """A project with the asset, for Final Cut Pro."""

    name = "fcpxml"
    suffix = ".fcpxml"
    readers = "Final Cut Pro 10.6, DaVinci Resolve"
    loss = "times fall on frames; cues on one frame become one marker and captions that overlap are cut; no colours; names the media by its full path"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole document."""
        timeline = timeline_of(captions, context)
        grid = _Grid(timeline)
        root = etree.Element("fcpxml", version="1.10")
        _resources(root, captions, grid)
        event = etree.SubElement(etree.SubElement(root, "library"), "event", name="media_captioner")
        name = one_line(captions.media.path.stem, 200) or "media"
        project = etree.SubElement(event, "project", name=name)
        sequence = etree.SubElement(
            project,
            "sequence",
            format="r1",
            duration=grid.time(timeline.length),
            tcStart=grid.time(timeline.first),
            tcFormat=grid.counting,
        )
        clip = etree.SubElement(
            etree.SubElement(sequence, "spine"),
            "asset-clip",
            ref="r2",
            name=name,
            offset=grid.time(timeline.first),
            start=grid.time(timeline.first),
            duration=grid.time(timeline.length),
            format="r1",
            tcFormat=grid.counting,
            audioRole="dialogue",
        )
        _note(clip, captions, timeline, context)
        _captions(clip, captions, grid)
        _markers(clip, captions, grid)
        return xml_file(root, doctype="fcpxml")

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_xml(data)


class _Grid:
    """Writes frames as the rational seconds of FCPXML."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.frame = timeline.rate.frame_duration
        self.counting = "DF" if timeline.rate.drop_frame else "NDF"

    def time(self, frames: int) -> str:
        """Return ``frames`` as seconds: numerator over the denominator of one frame."""
        return f"{frames * self.frame.numerator}/{self.frame.denominator}s" if frames else "0s"

    def within(self, frame: int) -> str:
        """Return the time of a frame of the asset, in the time of the clip."""
        return self.time(self.timeline.first + frame)


def _resources(root: etree._Element, captions: Captions, grid: _Grid) -> None:
    resources = etree.SubElement(root, "resources")
    shape = etree.SubElement(resources, "format", id="r1", frameDuration=grid.time(1))
    if captions.media.video:
        shape.set("width", str(captions.media.video.width))
        shape.set("height", str(captions.media.video.height))
    asset = etree.SubElement(
        resources,
        "asset",
        id="r2",
        name=one_line(captions.media.path.stem, 200) or "media",
        start=grid.time(grid.timeline.first),
        duration=grid.time(grid.timeline.length),
        hasAudio="1",
        audioSources="1",
        audioChannels=str(captions.track.channels),
        audioRate=str(captions.track.sample_rate),
        format="r1",
    )
    if captions.media.video:
        asset.set("hasVideo", "1")
    etree.SubElement(asset, "media-rep", kind="original-media", src=media_uri(captions))


def _note(clip: etree._Element, captions: Captions, timeline: Timeline, context: ExportContext) -> None:
    said = [
        one_line(captions.summary or ""),
        f"media_captioner {context.version}",
        f"Origin: {timeline.origin}",
    ]
    etree.SubElement(clip, "note").text = ". ".join(part.rstrip(".") for part in said if part) + "."


def _captions(clip: etree._Element, captions: Captions, grid: _Grid) -> None:
    """Add iTT captions; no two of one role may overlap, and each has styles with an id of its own."""
    language = captions.language.split("-", maxsplit=1)[0]
    free, styles = 0, 0
    for start, end, lines in _spans(captions, grid):
        first = max(start, free)
        if end <= first:
            continue  # nothing is left of it; its marker and its text stay
        free, styles = end, styles + 1
        caption = etree.SubElement(
            clip,
            "caption",
            lane="1",
            offset=grid.within(first),
            start="3600s",
            duration=grid.time(end - first),
            name=one_line(" ".join(lines), 250),
            role=f"iTT?captionFormat=ITT.{language}",
        )
        text = etree.SubElement(caption, "text", placement="bottom")
        etree.SubElement(text, "text-style", ref=f"ts{styles}").text = "\n".join(lines)
        definition = etree.SubElement(caption, "text-style-def", id=f"ts{styles}")
        etree.SubElement(
            definition,
            "text-style",
            font=".AppleSystemUIFont",
            fontSize="13",
            fontFace="Regular",
            fontColor="1 1 1 1",
            backgroundColor="0 0 0 1",
        )


def _spans(captions: Captions, grid: _Grid) -> Iterator[tuple[int, int, list[str]]]:
    rate = grid.timeline.rate
    for cue in sorted(captions.cues, key=lambda cue: cue.start):
        start = max(0, rate.frame_at(cue.start))
        yield start, max(start + 1, rate.frame_at(cue.end)), cue_lines(cue.text)


def _markers(clip: etree._Element, captions: Captions, grid: _Grid) -> None:
    for marker in grid.timeline.markers:
        etree.SubElement(
            clip,
            "marker",
            start=grid.within(marker.frame),
            duration=grid.time(1),
            value=marker.name,
            note=marker.comment,
        )
    for marker in grid.timeline.markers:
        etree.SubElement(
            clip,
            "keyword",
            start=grid.within(marker.frame),
            duration=grid.time(marker.length),
            value=marker.category,
        )
    words = [one_line(word, 100).replace(",", " ") for word in captions.keywords]
    if any(words):
        etree.SubElement(
            clip,
            "keyword",
            start=grid.within(0),
            duration=grid.time(grid.timeline.length),
            value=", ".join(word for word in words if word),
        )
