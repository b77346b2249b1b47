"""Marker EDL, as DaVinci Resolve reads it: Timelines, Import, Timeline Markers from EDL."""

from __future__ import annotations

from media_captioner.export.base import ExportContext
from media_captioner.export.editors.colours import RESOLVE
from media_captioner.export.text import one_line
from media_captioner.export.timeline import Marker, Timeline, timeline_of
from media_captioner.model import Captions

_START = "01:00:00:00"  # a new timeline in Resolve begins there


class ResolveMarkers:
    """Markers on a timeline of DaVinci Resolve."""

    name = "edl"
    suffix = ".markers.edl"
    readers = "DaVinci Resolve (Timelines > Import > Timeline Markers from EDL)"
    loss = "times fall on frames; cues on one frame become one marker; | becomes /; one line; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole list. The timeline must begin where its title says."""
        timeline = timeline_of(captions, context, otherwise=_START)
        title = _plain(f"{captions.media.path.stem} (first frame {timeline.start}: {timeline.origin})")
        drop = "DROP FRAME" if timeline.rate.drop_frame else "NON-DROP FRAME"
        events = [_event(marker, number, timeline) for number, marker in enumerate(timeline.markers, 1)]
        return "\n".join([f"TITLE: {title}", f"FCM: {drop}", "", *events]).encode() + b"\n"

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: what Resolve does not know in an EDL makes it refuse the file, so there is no seal."""
        return False


def _plain(text: str) -> str:
    """Return ``text`` on one line without the bar that parts the fields of a marker."""
    return one_line(text).replace("|", "/") or "…"


def _event(marker: Marker, number: int, timeline: Timeline) -> str:
    start, end = timeline.timecode(marker.frame), timeline.timecode(marker.frame + 1)
    place = f"{number:03d}  001      V     C        {start} {end} {start} {end}  "
    colour = RESOLVE[marker.category]
    what = f"{_plain(marker.comment)} |C:ResolveColor{colour} |M:{_plain(marker.name)} |D:{marker.length}"
    return f"{place}\n{what}\n"
