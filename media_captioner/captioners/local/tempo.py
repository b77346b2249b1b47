"""The pulse of music, in beats per minute, where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.spectrum import MUSICNN_HOP, RATE, Signal, musicnn_mel

_FRAME_RATE: Final = RATE / MUSICNN_HOP  # 62.5 frames a second
_SLOWEST: Final = 50.0
_FASTEST: Final = 200.0
_GRID: Final = 0.5  # beats per minute between two tempi that are tried
_USUAL: Final = 115.0  # most music lies around here ...
_SPREAD: Final = 0.9  # ... with this spread in octaves; decides between a tempo and its double
_TEETH: Final = 4  # beats that must line up
_LEAST_SECONDS: Final = 6.0
_SURE: Final = 0.30  # mean correlation of beats with the next ones, 1 for a metronome


@dataclass(frozen=True, slots=True)
class Tempo:
    """Beats per minute, and how regular they are (0 to 1)."""

    bpm: float
    strength: float

    @property
    def sure(self) -> bool:
        """Whether the pulse is regular enough to be told."""
        return self.strength >= _SURE


def tempo(signal: Signal) -> Tempo | None:
    """Return the tempo of ``signal`` (16 kHz mono), or None where it is too short or has no onsets.

    The spectral flux is correlated with itself; a tempo is as strong as its beat, two, three and four beats
    later agree with it. Between a tempo and its double the usual one wins.
    """
    if len(signal) < _LEAST_SECONDS * RATE:
        return None
    flux = _flux(musicnn_mel(signal))
    if float(flux.std()) < 1e-6:
        return None
    correlation = _correlation(flux)
    tempi = np.arange(_SLOWEST, _FASTEST + _GRID, _GRID)
    strengths = np.array([_strength(correlation, bpm) for bpm in tempi])
    usual = np.exp(-0.5 * (np.log2(tempi / _USUAL) / _SPREAD) ** 2)
    best = int(np.argmax(strengths * usual))
    return Tempo(round(float(tempi[best]), 1), round(float(max(0.0, strengths[best])), 3))


def _flux(mel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how much the spectrum rises from frame to frame, without its slow trend."""
    rise = np.maximum(np.diff(mel, axis=0), 0).mean(axis=1)
    width = round(_FRAME_RATE)
    trend = np.convolve(rise, np.ones(width) / width, "same")
    above: npt.NDArray[np.float32] = np.maximum(rise - trend, 0).astype(np.float32)
    return above


def _correlation(flux: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the autocorrelation by lag, 1 at lag 0, each lag by its own number of pairs."""
    centred = flux.astype(np.float64) - flux.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    raw = np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(centred)]
    pairs = len(centred) - np.arange(len(centred))
    scaled: npt.NDArray[np.float64] = raw / pairs / (raw[0] / len(centred) + 1e-12)
    return np.convolve(scaled, [0.25, 0.5, 0.25], "same")


def _strength(correlation: npt.NDArray[np.float64], bpm: float) -> float:
    beat = 60 * _FRAME_RATE / bpm
    lags = [beat * k for k in range(1, _TEETH + 1) if beat * k < 0.7 * len(correlation)]
    if len(lags) < 2:
        return 0.0
    values = np.interp(lags, np.arange(len(correlation)), correlation)
    halves = np.interp([lag - beat / 2 for lag in lags], np.arange(len(correlation)), correlation)
    return float(values.mean() - 0.3 * np.maximum(halves, 0).mean())
