"""Marker text of Avid Media Composer: Markers window, Import Markers."""

from __future__ import annotations

from media_captioner.export.base import ExportContext
from media_captioner.export.editors.colours import AVID
from media_captioner.export.text import one_line
from media_captioner.export.timeline import timeline_of
from media_captioner.model import Captions


class AvidMarkers:
    """Markers on a sequence or clip of Media Composer."""

    name = "avid"
    suffix = ".avid.txt"
    readers = "Avid Media Composer (Markers window, Import Markers)"
    loss = (
        "a marker is a point on a frame with one line of text; cues on one frame become one marker; no seal"
    )

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return one line a marker, parted by tabs: user, timecode, track, colour, comment, frames."""
        timeline = timeline_of(captions, context)
        lines = [
            "\t".join(
                [
                    "media_captioner",
                    timeline.timecode(marker.frame),
                    "V1" if captions.media.video else "A1",
                    AVID[marker.category],
                    one_line(marker.name),  # holds no tab: white space is one blank
                    "1",
                ]
            )
            for marker in timeline.markers
        ]
        return "".join(f"{line}\n" for line in lines).encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: every line is a marker, so there is no place for a seal."""
        return False
