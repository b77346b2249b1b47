"""What the tagger makes of a recording and of changed copies of it: noisier, duller, higher, in a room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from media_captioner.captioners.local import lesson, tagger, weights
from media_captioner.captioners.local.runtime import Network
from media_captioner.captioners.local.spectrum import RATE, Signal, as_float, envelope
from tests.quality.corpus import decode

LONGEST = 20  # seconds of a recording that are used
_COPIES = 4
_EACH = 6  # patches of a copy
_CLEAR = 12.0  # dB below its loudest moment


@dataclass(frozen=True)
class Heard:
    """Logits (``float32``, ``(..., 521)``) and what the last layer takes (``(..., 1024)``).

    Attributes:
        logits, inner: Of the recording at every moment, as the captioner hears it: of it and of its copies at other
            speeds, ``(takes, moments, ...)``.
        audible: Which moments hold anything.
        copied_logits, copied_inner: Of clear moments of changed copies.

    """

    logits: Signal
    inner: Signal
    audible: npt.NDArray[np.bool_]
    copied_logits: Signal
    copied_inner: Signal

    @property
    def print(self) -> Signal:
        """What the recording sounds like on the whole, length 1."""
        mean = self.inner[0, self.audible].mean(axis=0) if self.audible.any() else self.inner[0, 0]
        return mean / (np.linalg.norm(mean) + 1e-9)


class Ear:
    """YAMNet without the lesson.

    Args:
        keep: Folder for what was heard.

    """

    def __init__(self, keep: Path) -> None:
        self._keep = keep / "heard"
        self._keep.mkdir(parents=True, exist_ok=True)
        self._network = Network(weights.shipped("yamnet_i8.onnx"), batch=16, inner=lesson.INNER)

    def __call__(self, path: Path) -> Heard | None:
        """Return what is heard in the file at ``path``; None where it holds no sound that can be read."""
        seed = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        kept = self._keep / f"{seed}.npz"
        if not kept.exists():
            try:
                signal = as_float(decode(path, LONGEST * RATE))
            except (OSError, ValueError, IndexError):
                signal = np.zeros(0, np.float32)
            if len(signal) < RATE // 8 or np.abs(signal).max() < 0.01:
                np.savez(kept)
            else:
                np.savez(kept, **self._hear(signal, np.random.default_rng(int(seed, 16))))
        with np.load(kept) as file:
            if not file.files:
                return None
            held = {name: file[name] for name in file.files}
        return Heard(**{name: v if v.dtype == bool else v.astype(np.float32) for name, v in held.items()})

    def _hear(self, signal: Signal, chance: np.random.Generator) -> dict[str, npt.NDArray]:
        heard = tagger.listened(self._network, signal)
        logits, inner = (np.stack(part) for part in zip(*heard.takes, strict=True))
        copies = [self._network.outputs(patches) for patches in _copied(signal, chance)]
        copied = (
            [np.concatenate(part) for part in zip(*copies, strict=True)]
            if copies
            else [logits[0, :0], inner[0, :0]]
        )
        half = np.float16
        return {
            "logits": logits.astype(half), "inner": inner.astype(half), "audible": heard.wanted,
            "copied_logits": copied[0].astype(half), "copied_inner": copied[1].astype(half),
        }  # fmt: skip


def _copied(signal: Signal, chance: np.random.Generator) -> Iterator[Signal]:
    """Yield the patches of each changed copy, at either of the captioner's loudnesses."""
    for turn in range(_COPIES):
        copy = changed(signal[: 12 * RATE], chance)
        levels = envelope(copy, RATE // 10)
        audible = tagger.audible(copy, levels)
        if audible.any():
            chosen = _clear(copy, audible, chance)
            wanted = np.zeros(len(audible), bool)
            wanted[chosen] = True
            yield from (patches for patches, _ in tagger.patches_of(copy, levels, wanted, turn % 2))


def _clear(
    signal: Signal, audible: npt.NDArray[np.bool_], chance: np.random.Generator
) -> npt.NDArray[np.intp]:
    levels = np.full(len(audible) + 2, -200.0)
    found = envelope(signal, int(tagger.HOP * RATE))[: len(audible)]
    levels[1 : 1 + len(found)] = found
    near = np.where(audible, np.maximum(levels[1:-1], np.maximum(levels[:-2], levels[2:])), -200.0)
    return np.sort(chance.permutation(np.flatnonzero(near > near.max() - _CLEAR))[:_EACH])


def changed(signal: Signal, chance: np.random.Generator) -> Signal:
    """Return a copy that another recorder may have made in another place."""
    copy = signal.astype(np.float64)
    if chance.random() < 0.6:  # up to two and a half semitones
        copy = soxr.resample(copy, RATE * 2 ** (chance.uniform(-2.5, 2.5) / 12), RATE)
    if chance.random() < 0.35:
        copy = _in_a_room(copy, chance)
    if chance.random() < 0.5:
        copy = _duller(copy, chance)
    if chance.random() < 0.6:
        loud = np.sort(np.abs(copy))[int(0.9 * len(copy)) :]
        noise = _noise(len(copy), chance)
        decibels = chance.uniform(8, 40)  # below the loud part
        copy = copy + noise / np.sqrt(np.mean(noise**2)) * np.sqrt(np.mean(loud**2)) * 10 ** (-decibels / 20)
    copy = copy * 10 ** (chance.uniform(-10, 4) / 20)
    late = np.zeros(int(chance.uniform(0, tagger.HOP) * RATE))
    copy = np.concatenate([late, copy])
    return (copy / max(1.0, np.abs(copy).max())).astype(np.float32)


def _in_a_room(signal: npt.NDArray[np.float64], chance: np.random.Generator) -> npt.NDArray[np.float64]:
    length = int(RATE * chance.uniform(0.15, 0.9))
    room = chance.normal(size=length) * np.exp(-6.9 * np.arange(length) / length)
    room[0] += np.sqrt(np.sum(room**2)) * chance.uniform(0.5, 3)
    size = 1 << (len(signal) + length).bit_length()
    heard = np.fft.irfft(np.fft.rfft(signal, size) * np.fft.rfft(room, size), size)
    return heard[: len(signal) + length // 3] / np.sqrt(np.sum(room**2))


def _duller(signal: npt.NDArray[np.float64], chance: np.random.Generator) -> npt.NDArray[np.float64]:
    spectrum = np.fft.rfft(signal)
    hertz = np.maximum(np.linspace(0, RATE / 2, len(spectrum)), 1)
    low, high, tilt = chance.uniform(20, 350), chance.uniform(2500, 9000), chance.uniform(-3, 3)
    gain = 10 ** (tilt * np.log2(np.maximum(hertz, 60) / 1000) / 20)  # tilt in dB an octave
    gain /= np.sqrt(1 + (low / hertz) ** 4) * np.sqrt(1 + (hertz / high) ** 8)
    return np.fft.irfft(spectrum * gain, len(signal))


def _noise(length: int, chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return white or pink noise."""
    white = chance.normal(size=length)
    if chance.random() < 0.4:
        return white
    spectrum = np.fft.rfft(white)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), length)
