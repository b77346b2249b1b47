"""What is measured of the sound against what a description says of the recording.

Of 79 descriptions of short sounds that somebody checked, many heard clipping where no sample reached full scale. What
is said stays; where a measurement rules it out, it is marked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from media_captioner.model import Facts, Measurements, Quality

_QUIET: Final = -75.0
"""dBFS: noise that lasts cannot be heard in a clip whose quietest twentieth lies below this, some 20 dB under the
hiss of a good tape."""
_UNCLIPPED: Final = -1.0  # dBFS: a flat top is not flat at full scale only, but it is not this far below
_NOISES: Final = frozenset({"hiss", "hum", "static"})
_TWO_CHANNELS: Final = frozenset({"stereo", "inverted", "split", "surround"})


def weigh(facts: Facts, measured: Measurements | None) -> Facts:
    """Return the facts with every remark about the recording marked that the measurements contradict.

    Args:
        facts: What a description states.
        measured: Of the same stretch of sound; None where nothing was measured.

    """
    if measured is None:
        return facts
    weighed = (replace(quality, contradicted=_is_ruled_out(quality, measured)) for quality in facts.qualities)
    return replace(facts, qualities=tuple(weighed))


def _is_ruled_out(quality: Quality, measured: Measurements) -> bool:
    denied = quality.polarity == "negated"
    if quality.term == "clipping":
        return measured.clipped > 0 if denied else measured.clipped == 0 and measured.peak < _UNCLIPPED
    if denied:
        return False  # that something cannot be heard is no claim about levels
    if quality.term == "mono":
        return measured.channels in _TWO_CHANNELS
    return quality.term in _NOISES and measured.noise_floor < _QUIET
