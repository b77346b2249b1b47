"""Halving a segment that a captioner cannot digest whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from media_captioner.media.levels import SILENCE
from media_captioner.model import CutReason, Pcm, Segment
from media_captioner.timing import from_samples

SHORTEST: Final = Fraction(8)
"""Seconds: a shorter segment is not halved. The halves are not below four seconds, of which a description can
still make something."""

_FRAME: Final = 0.05  # seconds over which the level is looked at


def halve(segment: Segment) -> tuple[Segment, Segment]:
    """Return the two halves of a segment, cut where its middle is quietest.

    The cut depends on the sound alone, so it is the same in every run. The halves keep the segment's number.

    Args:
        segment: At least :data:`SHORTEST` long.

    """
    cut = _quietest(segment.pcm, segment.rate)
    middle = segment.time_at(from_samples(cut, segment.rate))
    first = tuple(anchor for anchor in segment.anchors if anchor[0] < cut)
    second = tuple((sample - cut, time) for sample, time in segment.anchors if sample > cut)
    if second:
        first = (*first, (cut, middle))  # time goes on running straight to where it bent later
    return (
        _part(segment, segment.pcm[:cut], segment.start, middle, first, "pause", segment.overlap),
        _part(
            segment,
            segment.pcm[cut:],
            middle,
            segment.end,
            ((0, middle), *second),
            segment.cut,
            Fraction(0),
        ),
    )


def _quietest(pcm: Pcm, rate: int) -> int:
    """Return the sample in the middle half at which the sound is quietest for a moment."""
    frame = max(1, round(_FRAME * rate))
    first, last = len(pcm) // 4 // frame, len(pcm) * 3 // 4 // frame
    samples = pcm[first * frame : last * frame].astype(np.float32).reshape(-1, frame)
    return (first + int(np.argmin((samples**2).sum(axis=1)))) * frame + frame // 2


def _part(
    whole: Segment,
    pcm: Pcm,
    start: Fraction,
    end: Fraction,
    anchors: tuple[tuple[int, Fraction], ...],
    cut: CutReason,
    overlap: Fraction,
) -> Segment:
    swing = (float(pcm.max()) - float(pcm.min())) / 2 / 32768
    return replace(
        whole,
        pcm=pcm,
        start=start,
        end=end,
        anchors=anchors,
        cut=cut,
        overlap=overlap,
        silent=swing < 10 ** (SILENCE / 20),
        measurements=None,  # those of the whole say nothing of a part
    )
