"""What can be heard, measured from the mix: when each event is audible above everything else."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from street_scene.score import EVENTS, Event
from street_scene.sources import RATE, Sound

_HOP: Final = RATE // 200
_FRAME: Final = RATE // 50
_FLOOR_DB: Final = -62.0
_MASKED_DB: Final = -4.0
_EDGES: Final = (60, 200, 400, 700, 1_100, 1_700, 2_500, 3_600, 5_200, 7_500, 11_000, 16_000)


def measure(stems: Mapping[str, Sound]) -> list[dict[str, object]]:
    """Return the truth: one entry per event, in order of its start.

    An event is audible in a frame of 20 ms (every 5 ms) when in one of eleven bands between 60 Hz and 16 kHz
    its own sound is above -62 dBFS and not more than 4 dB below all other sounds together. Its start and end
    are the first and the last such moment, to 0.01 s.
    """
    power = {name: _bands(stem) for name, stem in stems.items()}
    total = np.sum(list(power.values()), axis=0)
    entries = [_entry(event, power[event.name], total - power[event.name]) for event in EVENTS]
    return sorted(entries, key=lambda entry: float(str(entry["start"])))


def silences(mix: Sound, shortest: float = 0.5) -> list[dict[str, float]]:
    """Return the spans of digital silence (below -90 dBFS) that last at least ``shortest`` seconds."""
    quiet = np.abs(mix).max(axis=0) < 10 ** (-90 / 20)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    spans = [(float(start) / RATE, float(end) / RATE) for start, end in edges.reshape(-1, 2)]
    return [{"start": round(s, 2), "end": round(e, 2)} for s, e in spans if e - s >= shortest]


def _entry(event: Event, own: np.ndarray, others: np.ndarray) -> dict[str, object]:
    audible = (own > 10 ** (_FLOOR_DB / 10)) & (own > others * 10 ** (_MASKED_DB / 10))
    frames = np.flatnonzero(audible.any(axis=1))
    entry: dict[str, object] = {
        "start": round(float(frames[0]) * _HOP / RATE, 2),
        "end": round(float(frames[-1]) * _HOP / RATE, 2),
        "kind": event.kind,
        "label": event.label,
        "accept": list(event.accept),
    }
    if event.text:
        entry |= {"text": event.text, "language": event.language}
    return entry


def _bands(stem: Sound) -> np.ndarray:
    """Return the power of ``stem`` per frame and band, both channels added; frame 0 is centred on 0 s."""
    padded = np.pad(stem, ((0, 0), (_FRAME // 2, _FRAME)))
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    frequency = np.fft.rfftfreq(_FRAME, 1 / RATE)
    masks = np.stack(
        [(frequency >= low) & (frequency < high) for low, high in pairwise(_EDGES)],
        axis=1,
    ).astype(np.float32)
    result = np.zeros((stem.shape[1] // _HOP, masks.shape[1]), np.float32)
    scale = 2 / np.square(window).sum() / _FRAME
    for channel in padded:
        frames = np.lib.stride_tricks.sliding_window_view(channel, _FRAME)[::_HOP][: len(result)]
        for start in range(0, len(result), 2_000):
            spectrum = np.abs(np.fft.rfft(frames[start : start + 2_000] * window, axis=1)) ** 2
            result[start : start + 2_000] += spectrum.astype(np.float32) @ masks * np.float32(scale)
    return result
