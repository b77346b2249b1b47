"""Where sounds begin: sudden rises of the level, as a bark or a knock makes.

Changes of the scene (:func:`media_captioner.media.boundaries.change_points`) compare a second with a second, so
they find rain and traffic but pass over what is shorter; and they find ends as well as beginnings. Rises find the
short ones, and tell the ends from the beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from media_captioner.media.boundaries import level
from media_captioner.model import Pcm

_FRAMES: Final = 100  # frames of ``level`` a second
_BEFORE: Final = 15  # frames before a rise that are its ground: 150 ms
_AFTER: Final = 6
_RISE: Final = 8.0  # dB from which a rise is an onset
_OVER_FLOOR: Final = 10.0  # dB above the 10th percentile that it must reach
_APART: Final = 25  # frames between two onsets
_FULL: Final = 30.0  # dB of rise that count as strength 1
_FALL: Final = 4.0  # dB by which the level must drop for a change to be an end


@dataclass(frozen=True, slots=True)
class Onset:
    """A sudden rise of the level.

    Attributes:
        seconds: From the first sample.
        strength: 0 to 1, by how much it rises.

    """

    seconds: float
    strength: float


def onsets(pcm: Pcm, rate: int) -> tuple[Onset, ...]:
    """Return every sudden rise of the level, ascending.

    Args:
        pcm: ``int16``, shape ``(samples,)``.
        rate: Samples per second.

    """
    loudness = level(pcm, rate)
    count = len(loudness)
    if count < _BEFORE + _AFTER:
        return ()
    padded = np.concatenate([np.full(_BEFORE, loudness[:3].min(), np.float32), loudness])
    ground = np.lib.stride_tricks.sliding_window_view(padded, _BEFORE)[:count].mean(axis=1)
    ahead = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([loudness, np.full(_AFTER - 1, loudness[-1], np.float32)]), _AFTER
    ).max(axis=1)
    rise = np.where(ahead >= np.percentile(loudness, 10) + _OVER_FLOOR, ahead - ground, 0)
    found: list[Onset] = []
    blocked = -1
    for frame in np.flatnonzero(rise >= _RISE):
        if frame <= blocked:
            continue
        window = rise[frame : frame + _BEFORE]
        peak = int(frame) + int(np.argmax(window))
        # The sound begins where it leaves its ground, not where it is loudest.
        above = np.flatnonzero(loudness[frame : peak + _AFTER] > ground[frame] + _RISE / 2)
        start = int(frame) + (int(above[0]) if len(above) else 0)
        found.append(Onset(start / _FRAMES, min(1.0, float(rise[peak]) / _FULL)))
        blocked = peak + _APART
    return tuple(found)


def is_end(pcm: Pcm, rate: int, seconds: float) -> bool:
    """Return whether the level drops at a moment, so that what changes there is that something ends."""
    loudness = level(pcm, rate)
    at, half = round(seconds * _FRAMES), _FRAMES // 2
    before, after = loudness[max(0, at - half) : at], loudness[at : at + half]
    if len(before) == 0 or len(after) == 0:
        return False
    return float(np.mean(before)) - float(np.mean(after)) > _FALL
