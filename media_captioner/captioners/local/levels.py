"""What can be measured of the recording: loudness, silence, clipping, bandwidth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from media_captioner.captioners.local.spectrum import RATE, Signal, envelope, framed
from media_captioner.model import Measurements, Pcm

_STEP: Final = 0.1  # seconds of one level
_SILENT: Final = -60.0  # dBFS; below the noise floor of any room recorded at a usual level
_PAUSE: Final = 1.0  # seconds; a shorter gap is no silence worth telling
_QUIET: Final = -40.0  # dBFS of the loud part
_LOUD: Final = -15.0
_CLIPPED: Final = 32767 - 1
_CLIPPED_RUN: Final = 3  # samples in a row at full scale; one alone is a peak
_CLIPPED_RUNS: Final = 5
_NARROW: Final = 3800.0  # Hz; telephone bandwidth ends at 3400
_BELOW: Final = 45.0  # dB below the strongest band that count as nothing


@dataclass(frozen=True, slots=True)
class Levels:
    """Measured of one window.

    Attributes:
        peak: Highest sample, dBFS.
        loudness: Level of the loud part, dBFS (LUFS where the segment was measured).
        floor: Level of the quietest moments, dBFS.
        clipped: Whether the recording is driven into full scale again and again.
        bandwidth: Highest frequency that holds anything, Hz, or None where too little is heard to say.
        silences: Stretches of silence, seconds.

    """

    peak: float
    loudness: float
    floor: float
    clipped: bool
    bandwidth: float | None
    silences: tuple[tuple[float, float], ...]

    @property
    def silent(self) -> bool:
        """Whether nothing at all is heard."""
        return self.peak < _SILENT

    @property
    def volume(self) -> str:
        """``quiet``, ``moderate`` or ``loud``."""
        if self.loudness < _QUIET:
            return "quiet"
        return "loud" if self.loudness > _LOUD else "moderate"

    @property
    def narrow(self) -> bool:
        """Whether the sound has no more bandwidth than a telephone."""
        return self.bandwidth is not None and self.bandwidth < _NARROW


def measure(pcm: Pcm, signal: Signal, measured: Measurements | None) -> Levels:
    """Measure one window; what the segment's own measurements know better is taken from them."""
    levels = envelope(signal, round(_STEP * RATE))
    peak = float(20 * np.log10(max(1e-6, float(np.abs(signal).max(initial=0.0)))))
    if len(levels) == 0:
        return Levels(-120.0, -120.0, -120.0, clipped=False, bandwidth=None, silences=())
    loud = levels[levels > levels.max() - 20]
    loudness = float(10 * np.log10(np.mean(10 ** (loud / 10))))
    known = measured is not None and np.isfinite(measured.loudness)
    return Levels(
        peak=round(measured.peak if measured and np.isfinite(measured.peak) else peak, 1),
        loudness=round(measured.loudness if measured and known else loudness, 1),
        floor=round(measured.noise_floor if measured else float(np.quantile(levels, 0.05)), 1),
        clipped=measured.clipped > 0 and _clipped(pcm) if measured else _clipped(pcm),
        bandwidth=_bandwidth(signal, levels),
        silences=_silences(levels, len(signal) / RATE),
    )


def _clipped(pcm: Pcm) -> bool:
    full = np.abs(pcm.astype(np.int32)) >= _CLIPPED
    edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return int((runs >= _CLIPPED_RUN).sum()) >= _CLIPPED_RUNS


def _silences(levels: Signal, seconds: float) -> tuple[tuple[float, float], ...]:
    quiet = np.concatenate([[False], levels < _SILENT, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    spans = [
        (round(float(a) * _STEP, 2), round(min(seconds, float(b) * _STEP), 2))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    return tuple((a, b) for a, b in spans if b - a >= _PAUSE)


def _bandwidth(signal: Signal, levels: Signal) -> float | None:
    """Return where the long-term spectrum ends, from the louder half of the window."""
    size = 1024
    frames = framed(signal, size, size)
    if len(frames) < 8 or float(levels.max()) < _QUIET:
        return None
    power = np.mean(np.square(frames), axis=1)
    loud = frames[power >= np.median(power)]
    window = np.hanning(size).astype(np.float32)
    spectrum = np.zeros(size // 2 + 1)
    for start in range(0, len(loud), 128):
        spectrum += np.sum(np.abs(np.fft.rfft(loud[start : start + 128] * window)) ** 2, axis=0)
    decibels = 10 * np.log10(np.maximum(spectrum, 1e-12))
    smooth = np.convolve(decibels, np.ones(9) / 9, "same")
    heard = np.flatnonzero(smooth > smooth.max() - _BELOW)
    return float(round(heard[-1] * RATE / size, 0)) if len(heard) else None
