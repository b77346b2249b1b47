"""Who seems to speak and how: measured pitch, pace and intonation, and nothing about feelings."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.spectrum import RATE, Signal, framed

_FRAME: Final = 1024  # 64 ms hold two periods of the deepest voice
_HOP: Final = 320
_DEEPEST: Final = 65.0  # Hz
_HIGHEST: Final = 420.0
_VOICED: Final = 0.55  # correlation from which a frame has a pitch
_LEAST_FRAMES: Final = 15  # 0.3 s of pitch

_RATIO: Final = 2.0  # the tagger must find one sex twice as likely ...
_RATIO_ALONE: Final = 5.0  # ... or five times, where pitch does not agree
_MAN_BELOW: Final = 160.0  # Hz; between the two, pitch says nothing
_WOMAN_ABOVE: Final = 160.0
_CHILD_ABOVE: Final = 290.0

_SLOW: Final = 105.0  # words a minute
_BRISK: Final = 190.0
_FLAT: Final = 1.6  # semitones of spread
_LIVELY: Final = 4.2
_LEAST_WORDS: Final = 6  # for a pace


def pitch(signal: Signal) -> npt.NDArray[np.float64]:
    """Return the pitch of each voiced frame in Hz (normalised autocorrelation, 20 ms steps)."""
    frames = framed(signal, _FRAME, _HOP)
    if len(frames) == 0:
        return np.zeros(0)
    frames = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(frames, 2 * _FRAME)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, :_FRAME]
    energy = correlation[:, :1]
    lags = np.arange(_FRAME)
    normal = correlation / np.maximum(energy * (1 - lags / _FRAME), 1e-9)
    shortest, longest = int(RATE / _HIGHEST), int(RATE / _DEEPEST)
    window = normal[:, shortest:longest]
    best = window.argmax(axis=1)
    peak = window[np.arange(len(window)), best]
    # The first period that is nearly as good wins: otherwise half the pitch is found as often as the pitch.
    first = (window >= 0.9 * peak[:, None]).argmax(axis=1)
    rising = np.minimum(first + 12, window.shape[1] - 1)
    lag = np.array(
        [f + int(np.argmax(row[f : r + 1])) for f, r, row in zip(first, rising, window, strict=True)]
    )
    loud = energy[:, 0] > 0.02 * float(energy.max())
    voiced = (peak >= _VOICED) & loud
    found: npt.NDArray[np.float64] = RATE / (lag[voiced] + shortest).astype(np.float64)
    return found


def perceived(pitches: npt.NDArray[np.float64], male: float, female: float, child: float) -> str | None:
    """Return ``man``, ``woman``, ``child`` or None where it is not sure.

    Args:
        pitches: As :func:`pitch` gives them.
        male: How male a tagger finds the voice, 0 to 1.
        female: How female, 0 to 1.
        child: How surely a tagger hears a child speak, 0 to 1.

    """
    known = len(pitches) >= _LEAST_FRAMES
    middle = float(np.median(pitches)) if known else 0.0
    if child >= 0.3 and (not known or middle >= _CHILD_ABOVE):
        return "child"
    ratio = (male + 0.01) / (female + 0.01)
    if ratio >= _RATIO_ALONE or (ratio >= _RATIO and known and middle < _MAN_BELOW):
        return "man" if not known or middle < 1.7 * _MAN_BELOW else None
    if ratio <= 1 / _RATIO_ALONE or (ratio <= 1 / _RATIO and known and middle > _WOMAN_ABOVE):
        return "woman"
    return None


def manner(pitches: npt.NDArray[np.float64], words: int, seconds: float, *, spaced: bool) -> tuple[str, ...]:
    """Return what can be measured of the manner: ``slow`` or ``brisk``, ``flat`` or ``lively``."""
    said: list[str] = []
    if spaced and words >= _LEAST_WORDS and seconds > 1:
        pace = 60 * words / seconds
        said += ["slow"] if pace < _SLOW else ["brisk"] if pace > _BRISK else []
    if len(pitches) >= 4 * _LEAST_FRAMES:
        semitones = 12 * np.log2(pitches / np.median(pitches))
        core = semitones[np.abs(semitones) < 9]  # an octave off is an error of the measurement
        spread = float(core.std()) if len(core) else 0.0
        said += ["flat"] if 0 < spread < _FLAT else ["lively"] if spread > _LIVELY else []
    return tuple(said)
