"""OpenTimelineIO (``.otio``), written as plain JSON.

Both ``name`` and ``comment`` of a marker are set, because programs show one or the other, and frames are whole numbers.
"""

from __future__ import annotations

import json
from typing import Any

from media_captioner.export.base import ExportContext
from media_captioner.export.editors.colours import OTIO
from media_captioner.export.seals import json_digest
from media_captioner.export.text import one_line
from media_captioner.export.timeline import Marker, Timeline, media_uri, timeline_of
from media_captioner.model import Captions


class OpenTimeline:
    """A timeline with the asset on it and a marker for each cue."""

    name = "otio"
    suffix = ".otio"
    readers = "DaVinci Resolve 18, Kdenlive 25.04, RV, Hiero, Premiere Pro 25"
    loss = "times fall on frames; cues on one frame become one marker; names the media file by its full path"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole timeline. Markers lie on the clip, in its own time, which begins at source timecode."""
        timeline = timeline_of(captions, context)
        name = one_line(captions.media.path.stem, 200) or "media"
        whole = _range(timeline.first, timeline.length, timeline)
        clip = {
            "OTIO_SCHEMA": "Clip.1",
            "metadata": {},
            "name": one_line(captions.media.path.name, 250) or "media",
            "source_range": whole,
            "effects": [],
            "markers": [_marker(marker, timeline) for marker in timeline.markers],
            "media_reference": {
                "OTIO_SCHEMA": "ExternalReference.1",
                "metadata": {},
                "name": "",
                "available_range": whole,
                "target_url": media_uri(captions),
            },
        }
        track: dict[str, Any] = {
            "OTIO_SCHEMA": "Track.1",
            "metadata": {},
            "name": "V1" if captions.media.video else "A1",
            "kind": "Video" if captions.media.video else "Audio",
            "source_range": None,
            "effects": [],
            "markers": [],
            "children": [clip],
        }
        stack: dict[str, Any] = {
            "OTIO_SCHEMA": "Stack.1",
            "metadata": {},
            "name": "tracks",
            "source_range": None,
            "effects": [],
            "markers": [],
            "children": [track],
        }
        document: dict[str, Any] = {
            "OTIO_SCHEMA": "Timeline.1",
            "name": name,
            "global_start_time": _time(timeline.first, timeline),
            "tracks": stack,
            "metadata": {"media_captioner": {"version": context.version, "origin": timeline.origin}},
        }
        document["metadata"]["media_captioner"]["digest"] = json_digest(document)
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    def is_ours(self, data: bytes) -> bool:
        """Return whether the digest in the metadata holds."""
        try:
            document = json.loads(data)
            sealed = document["metadata"]["media_captioner"].pop("digest")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return False
        return bool(sealed == json_digest(document))


def _time(frame: int, timeline: Timeline) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(timeline.rate.rate), "value": float(frame)}


def _range(first: int, length: int, timeline: Timeline) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(first, timeline),
        "duration": _time(length, timeline),
    }


def _marker(marker: Marker, timeline: Timeline) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"media_captioner": {"category": marker.category}},
        "name": marker.name,
        "comment": marker.comment,
        "color": OTIO[marker.category],
        "marked_range": _range(timeline.first + marker.frame, marker.length, timeline),
    }
