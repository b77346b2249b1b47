"""When a sound starts and stops, to a hundredth of a second.

A tagger sees patches of almost a second, so it knows the moment only roughly. The moment itself is where the
spectrum rises (or falls) most near there: bands are weighed alike, so that a dog is found above music.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.naming import Event
from media_captioner.captioners.local.spectrum import Signal, yamnet_mel

STEP: Final = 0.01  # seconds between two frames of the spectrum

_BEFORE: Final = 10  # frames that are compared with ...
_AFTER: Final = 8  # ... these
_EARLY: Final = 0.55  # seconds before the tagger's moment where the rise may be (half a patch and a bit)
_LATE: Final = 0.75
_LEAST: Final = 0.35  # mean rise over the bands in natural log units (3 dB) below which nothing is snapped to


class Flux:
    """How much the spectrum rises and falls around each frame.

    Args:
        signal: 16 kHz mono, -1..1.

    """

    def __init__(self, signal: Signal) -> None:
        mel = np.maximum(yamnet_mel(np.pad(signal, (0, 400))), -6.0)
        cumulated = np.concatenate([np.zeros((1, mel.shape[1]), np.float32), np.cumsum(mel, axis=0)])
        count = len(mel)
        here = np.arange(count)
        left = np.maximum(0, here - _BEFORE)
        right = np.minimum(count, here + _AFTER)
        past = (cumulated[here] - cumulated[left]) / np.maximum(1, here - left)[:, None]
        coming = (cumulated[right] - cumulated[here]) / np.maximum(1, right - here)[:, None]
        past[0] = coming[-1] = -6.0  # silence before the first and after the last sample
        change = coming - past
        self.rise: npt.NDArray[np.float32] = np.maximum(change, 0).mean(axis=1)
        self.fall: npt.NDArray[np.float32] = np.maximum(-change, 0).mean(axis=1)
        self.seconds = len(signal) / 16_000


def _peak(curve: npt.NDArray[np.float32], low: float, high: float) -> float | None:
    first, last = max(0, round(low / STEP)), min(len(curve), round(high / STEP) + 1)
    if first >= last:
        return None
    best = first + int(np.argmax(curve[first:last]))
    return best * STEP if curve[best] >= _LEAST else None


def snapped(event: Event, flux: Flux) -> Event:
    """Return ``event`` with its start and end at the strongest rise and fall near them."""
    start, end = event.start, min(event.end, flux.seconds)
    rise = _peak(flux.rise, start - _EARLY, min(start + _LATE, end))
    start = rise if rise is not None else (0.0 if start < _EARLY else start)
    fall = _peak(flux.fall, max(start + 0.05, end - _LATE), end + _EARLY)
    if fall is not None:
        end = fall
    elif end > flux.seconds - _LATE:
        end = flux.seconds
    return replace(event, start=round(start, 2), end=round(max(end, start + 0.1), 2))
