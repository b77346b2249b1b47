"""Guides of Kdenlive as JSON: Guides widget, Import guides."""

from __future__ import annotations

import json

from media_captioner.export.base import ExportContext
from media_captioner.export.editors.colours import KDENLIVE
from media_captioner.export.timeline import timeline_of
from media_captioner.model import Captions


class KdenliveGuides:
    """Guides on the timeline of a Kdenlive project whose frame rate is that of the asset."""

    name = "kdenlive"
    suffix = ".guides.json"
    readers = "Kdenlive (Guides > Import guides); the project has the asset's frame rate"
    loss = "a guide is a point on a frame, counted from 0; cues on one frame become one guide; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return a list of guides: text, frame, number of the category."""
        guides = [
            {"comment": marker.name, "pos": marker.frame, "type": KDENLIVE[marker.category]}
            for marker in timeline_of(captions, context).markers
        ]
        return (json.dumps(guides, ensure_ascii=False, indent=1) + "\n").encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: a list of guides has no place for a seal."""
        return False
