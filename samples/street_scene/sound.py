"""The mix: every event as a stereo stem, and their sum."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from street_scene.score import EVENTS, LENGTH, Event, Take
from street_scene.sources import RATE, Sound, load

_Response = NDArray[np.floating]  # gain per FFT bin

SAMPLES: Final = round(LENGTH * RATE)
_CEILING: Final = 10 ** (-5 / 20)
_ECHO_SEED: Final = 1811  # the year of Sense and Sensibility; any number would do, but always the same


def stems(root: Path) -> dict[str, Sound]:
    """Return each event's own sound over the whole film, shape (2, samples), from the packages under ``root``."""
    recordings = {name: load(name, root) for name in sorted({t.source for e in EVENTS for t in e.takes})}
    return {event.name: _stem(event, recordings) for event in EVENTS}


def loudness(sound: Sound) -> float:
    """Return the loudness of ``sound`` in LUFS: ITU-R BS.1770-4, blocks of 0.4 s, both gates.

    K-weighting is applied as the magnitude of its two filters, which gives the same energy per block.
    """
    weighted = _filtered(sound, _k_weight(np.fft.rfftfreq(_fft_size(sound.shape[1]), 1 / RATE)))
    block, hop = int(0.4 * RATE), int(0.1 * RATE)
    starts = range(0, max(weighted.shape[1] - block, 0) + 1, hop)
    power = np.array([np.square(weighted[:, s : s + block]).mean(axis=1).sum() for s in starts])
    level = -0.691 + 10 * np.log10(power + 1e-12)
    kept = power[level > -70.0]
    if not kept.size:
        return -70.0
    gate = -0.691 + 10 * np.log10(kept.mean()) - 10.0
    return float(-0.691 + 10 * np.log10(power[(level > -70.0) & (level > gate)].mean()))


def _stem(event: Event, recordings: dict[str, Sound]) -> Sound:
    total = np.zeros((2, SAMPLES), np.float32)
    for take in event.takes:
        sound = _play(take, recordings[take.source])
        start = round(take.at * RATE)
        stop = min(start + sound.shape[1], SAMPLES)
        total[:, start:stop] += sound[:, : stop - start]
    return total


def _play(take: Take, recording: Sound) -> Sound:
    first, last = take.cut
    sound = recording[:, round(first * RATE) : None if last is None else round(last * RATE)]
    if take.speed != 1.0:
        sound = _at_speed(sound, take.speed)
    sound = _filtered(sound, _band(take.band, _fft_size(sound.shape[1])))
    sound = sound * _fades(sound.shape[1], *take.fade)
    sound = _panned(sound, *take.pan)
    if take.peak is not None:
        sound = sound * (10 ** (take.peak / 20) / np.abs(sound).max())
    if take.lufs is not None:
        sound = _limited(sound * 10 ** ((take.lufs - loudness(sound)) / 20))
    return sound if take.echo is None else _echoed(sound, take.echo)


def _limited(sound: Sound) -> Sound:
    """Hold every peak of a recording at ``_CEILING``: gain falls 4 ms before a peak and recovers as fast."""
    reach = int(0.004 * RATE)
    peak = np.abs(sound).max(axis=0)
    if peak.max() <= _CEILING:
        return sound
    needed = np.minimum(1.0, _CEILING / np.maximum(peak, 1e-9))
    padded = np.pad(needed, (2 * reach, 2 * reach), constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    window = np.hanning(2 * reach + 1)
    gain = np.convolve(lowest, window / window.sum(), "valid")
    return (sound * gain).astype(np.float32)


def _fft_size(samples: int) -> int:
    return int(2 ** np.ceil(np.log2(samples + RATE // 2)))


def _filtered(sound: Sound, response: _Response) -> Sound:
    """Return ``sound`` with the zero-phase ``response`` applied (one value per bin of its FFT size)."""
    size = 2 * (len(response) - 1)
    spectrum = np.fft.rfft(sound, size, axis=1) * response
    return np.fft.irfft(spectrum, size, axis=1)[:, : sound.shape[1]].astype(np.float32)


def _band(band: tuple[float, float], size: int) -> _Response:
    """Return a band-pass of second order (Butterworth magnitude) between two corners in Hz."""
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1e-3)
    low, high = band
    response: _Response = 1 / np.sqrt((1 + (low / frequency) ** 4) * (1 + (frequency / high) ** 4))
    return response


def _k_weight(frequency: _Response) -> _Response:
    """Return the magnitude of BS.1770's pre-filter and RLB filter; their coefficients are for 48 kHz."""
    z = np.exp(-2j * np.pi * frequency / RATE)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    response: _Response = np.abs(shelf * high_pass)
    return response


def _at_speed(sound: Sound, speed: float) -> Sound:
    """Return ``sound`` played at another speed: pitch and length change together, as with tape."""
    at = np.arange(0, sound.shape[1] - 1, speed)
    return np.stack([np.interp(at, np.arange(sound.shape[1]), channel) for channel in sound]).astype(
        np.float32
    )


def _fades(samples: int, fade_in: float, fade_out: float) -> np.ndarray:
    gain = np.ones(samples, np.float32)
    rise, fall = round(fade_in * RATE), round(fade_out * RATE)
    gain[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / max(rise, 1))
    gain[samples - fall :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fall) / max(fall, 1))
    return gain


def _panned(sound: Sound, start: float, end: float) -> Sound:
    """Place a mono sound between the speakers at constant power; a stereo sound keeps its own picture."""
    if sound.shape[0] == 2:
        return sound
    angle = (np.linspace(start, end, sound.shape[1], dtype=np.float32) + 1) * (np.pi / 4)
    return np.stack([sound[0] * np.cos(angle), sound[0] * np.sin(angle)])


def _echoed(sound: Sound, level: float) -> Sound:
    """Add the echo of a small street: 0.6 s of decaying diffuse sound, 12 ms after the sound itself.

    The street is made of noise from a fixed seed, different left and right, duller than the sound; ``level``
    is its energy relative to the sound, in dB.
    """
    tail = int(0.6 * RATE)
    noise = np.random.default_rng(_ECHO_SEED).standard_normal((2, tail)).astype(np.float32)
    noise *= np.exp(-6.9 * np.arange(tail, dtype=np.float32) / tail)
    noise = _filtered(noise, _band((250.0, 3_500.0), _fft_size(tail)))
    noise *= 10 ** (level / 20) / np.sqrt(np.square(noise).sum(axis=1, keepdims=True))
    delay = int(0.012 * RATE)
    size = _fft_size(sound.shape[1] + tail + delay)
    middle = np.fft.rfft(sound.mean(axis=0) * np.sqrt(2), size)
    wet = np.fft.irfft(middle * np.fft.rfft(noise, size, axis=1), size, axis=1)
    total = np.zeros((2, sound.shape[1] + tail + delay), np.float32)
    total[:, : sound.shape[1]] = sound
    total[:, delay:] += wet[:, : total.shape[1] - delay].astype(np.float32)
    return total
