"""Spectra in the form that each model was trained on, and levels over time. Everything is 16 kHz mono.

Front ends: YAMNet's is the one of its own feature code (25 ms frames every 10 ms, 64 mel bands from 125 to
7500 Hz with slopes straight in mel, log(x + 0.001)); musicnn's is librosa's mel spectrogram (512-point frames
every 256 samples, centred, 96 Slaney bands) compressed by log10(1 + 10000 x).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 16_000

Signal = npt.NDArray[np.float32]

YAMNET_FRAMES: Final = 96  # frames of one patch
YAMNET_HOP: Final = 160  # samples between frames
_YAMNET_FRAME: Final = 400
_YAMNET_FFT: Final = 512
_YAMNET_BANDS: Final = 64
_YAMNET_OFFSET: Final = 0.001

MUSICNN_FRAMES: Final = 187
MUSICNN_HOP: Final = 256
_MUSICNN_FFT: Final = 512
_MUSICNN_BANDS: Final = 96

_BLOCK: Final = 1024  # frames transformed at once: bounds the memory of a window's spectrum


def as_float(pcm: npt.NDArray[np.int16]) -> Signal:
    """Return ``int16`` samples as ``float32`` in -1..1."""
    return pcm.astype(np.float32) / np.float32(32768.0)


def framed(signal: Signal, length: int, hop: int) -> Signal:
    """Return a view of ``signal`` as overlapping frames, shape ``(frames, length)``; the rest is left out."""
    if len(signal) < length:
        return np.zeros((0, length), np.float32)
    frames: Signal = np.lib.stride_tricks.sliding_window_view(signal, length)[::hop]
    return frames


def _hann(length: int) -> Signal:
    """Return a periodic Hann window."""
    window: Signal = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    return window


def _banded(
    frames: Signal, window: Signal, fft: int, matrix: Signal, *, power: bool
) -> npt.NDArray[np.float32]:
    parts = []
    for start in range(0, len(frames), _BLOCK):
        spectrum = np.abs(np.fft.rfft(frames[start : start + _BLOCK] * window, fft)).astype(np.float32)
        parts.append((spectrum**2 if power else spectrum) @ matrix)
    return np.concatenate(parts) if parts else np.zeros((0, matrix.shape[1]), np.float32)


def yamnet_mel(signal: Signal) -> npt.NDArray[np.float32]:
    """Return YAMNet's log mel spectrogram, shape ``(frames, 64)``, one frame each 10 ms."""
    frames = framed(signal, _YAMNET_FRAME, YAMNET_HOP)
    mel = _banded(frames, _hann(_YAMNET_FRAME), _YAMNET_FFT, _htk_matrix(), power=False)
    compressed: Signal = np.log(mel + _YAMNET_OFFSET)
    return compressed


def musicnn_mel(signal: Signal) -> npt.NDArray[np.float32]:
    """Return musicnn's mel spectrogram, shape ``(frames, 96)``, one frame each 16 ms."""
    padded = np.pad(signal, _MUSICNN_FFT // 2)
    frames = framed(padded, _MUSICNN_FFT, MUSICNN_HOP)
    mel = _banded(frames, _hann(_MUSICNN_FFT), _MUSICNN_FFT, _slaney_matrix(), power=True)
    compressed: Signal = np.log10(1 + 10_000 * mel)
    return compressed


@cache
def _htk_matrix() -> Signal:
    """Triangles of TensorFlow's mel matrix: slopes linear in mel, mel = 1127 ln(1 + f / 700)."""

    def mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 1127.0 * np.log1p(hertz / 700.0)

    bins = mel(np.linspace(0, RATE / 2, _YAMNET_FFT // 2 + 1))
    edges = np.linspace(mel(np.array(125.0)), mel(np.array(7500.0)), _YAMNET_BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rise = (bins[:, None] - lower) / (centre - lower)
    fall = (upper - bins[:, None]) / (upper - centre)
    matrix = np.maximum(0, np.minimum(rise, fall))
    matrix[0] = 0  # the constant part of the signal is no sound
    single: Signal = matrix.astype(np.float32)
    return single


@cache
def _slaney_matrix() -> Signal:
    """Triangles of Slaney's Auditory Toolbox: linear below 1 kHz, logarithmic above, of equal area."""
    step, knee = 200.0 / 3, 15.0
    growth = np.log(6.4) / 27.0
    top = knee + np.log(8000.0 / 1000.0) / growth
    mels = np.linspace(0, top, _MUSICNN_BANDS + 2)
    hertz = np.where(mels < knee, mels * step, 1000.0 * np.exp(growth * (mels - knee)))
    bins = np.linspace(0, RATE / 2, _MUSICNN_FFT // 2 + 1)
    lower, centre, upper = hertz[:-2], hertz[1:-1], hertz[2:]
    rise = (bins[:, None] - lower) / (centre - lower)
    fall = (upper - bins[:, None]) / (upper - centre)
    matrix = np.maximum(0, np.minimum(rise, fall)) * (2.0 / (upper - lower))
    single: Signal = matrix.astype(np.float32)
    return single


def envelope(signal: Signal, hop: int) -> npt.NDArray[np.float32]:
    """Return the level of each ``hop`` samples in dBFS (root mean square; -120 at digital silence)."""
    count = -(-len(signal) // hop)
    padded = np.pad(signal, (0, count * hop - len(signal))).reshape(count, hop)
    power = np.mean(np.square(padded, dtype=np.float32), axis=1)
    decibels: Signal = (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return decibels
