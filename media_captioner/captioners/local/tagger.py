"""How likely each of 521 sounds is at each moment: YAMNet over overlapping patches, with what it was taught.

It listens three times: to the recording, and to two copies of it that are played slower and lower, and faster and
higher. What is heard in all of them is in the recording; what is heard in one only is often the tagger's fancy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from media_captioner.captioners.local import lesson, weights
from media_captioner.captioners.local.runtime import Network
from media_captioner.captioners.local.spectrum import (
    RATE,
    YAMNET_FRAMES,
    YAMNET_HOP,
    Signal,
    envelope,
    yamnet_mel,
)
from media_captioner.captioners.local.vocabulary import usable

HOP: Final = 0.24
"""Seconds between two moments."""

_HOP_FRAMES: Final = 24
_HALF_PATCH: Final = YAMNET_FRAMES // 2 * YAMNET_HOP  # samples; patch i is centred on moment i
_BATCH: Final = 16
_FLOOR: Final = float(np.log(0.001))  # what the front end makes of digital silence

# Two loudnesses in turn: measured on 170 labelled clips, the average of both is right more often than either
# (top 3: 0.71 against 0.67), and taking turns costs nothing. They lie half-way (in decibels) between the
# recording's own level and these: a faint sound is raised, but a quiet scene stays quieter than a loud one.
_LEVELS: Final = (-26.0, -42.0)  # dBFS of the loud part of the window
_HALF_WAY: Final = 0.5
_LOUD_PART: Final = 30.0  # dB below the loudest 100 ms that still count as loud part
_MOST_GAIN: Final = 40.0  # dB; more would only show the noise of the recording

# Speeds of the copies, a quarter of an octave lower and higher; and the exponent of the power mean of the three scores
# that sounds have. Measured (see lesson.py for the clips): a right word is said of 68.2 % (65.6 % without copies) with
# 582 wrong names (640), and 223 of 672 sounds are found in 175 mixes of a bed and up to four sounds with 118 wrong
# names (221 with 142). The plain mean invents less still, but finds fewer of many sounds (205 with 101).
_SPEEDS: Final = (2**-0.25, 2**0.25)
_POWER: Final = 1.5

_NEVER: Final = -40.0  # logit of what is not heard
_SILENT: Final = -80.0  # dBFS in 100 ms; patches without anything above it are not looked at


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Probabilities of the 521 classes over time.

    Attributes:
        p: ``float32``, shape ``(moments, 521)``, each 0 to 1; moment ``i`` is at ``i * HOP`` seconds.

    """

    p: npt.NDArray[np.float32]

    @property
    def moments(self) -> int:
        """How many moments there are."""
        return len(self.p)


class Tagger:
    """YAMNet, loaded once."""

    def __init__(self) -> None:
        self._network = Network(weights.shipped("yamnet_i8.onnx"), batch=_BATCH, inner=lesson.INNER)
        self._lesson = lesson.shipped()

    def __call__(self, signal: Signal) -> Scores:
        """Return the scores for ``signal`` (16 kHz mono, -1..1), smoothed over three moments."""
        heard = listened(self._network, signal)
        return Scores(scored([self._lesson(*takes) for takes in heard.takes], heard.wanted))


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What YAMNet makes of a signal.

    Attributes:
        takes: Of the signal and of each copy of it: what YAMNet says, ``float32`` of shape ``(moments, 521)``, before
            the sigmoid; and what its last layer takes, ``float32`` of shape ``(moments, 1024)``. The moments are those
            of the signal. Where nothing is heard, the first is very low and the second 0.
        wanted: ``bool``, shape ``(moments,)``: where anything is heard.

    """

    takes: tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...]
    wanted: npt.NDArray[np.bool_]


def listened(network: Network, signal: Signal) -> Heard:
    """Listen to a signal and its copies.

    Args:
        network: YAMNet, with :data:`lesson.INNER` given out.
        signal: 16 kHz mono, -1..1.

    """
    logits, inner, wanted = _take(network, signal)
    takes = [(logits, inner)]
    for speed in _SPEEDS if wanted.any() else ():
        logits, inner, _ = _take(network, soxr.resample(signal, RATE * speed, RATE))
        at = np.minimum(np.round(np.arange(len(wanted)) / speed).astype(int), len(logits) - 1)
        takes.append((logits[at], inner[at]))
    return Heard(tuple(takes), wanted)


def _take(
    network: Network, signal: Signal
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    levels = envelope(signal, RATE // 10)
    wanted = audible(signal, levels)
    logits = np.full((len(wanted), 521), _NEVER, np.float32)
    inner = np.zeros((len(wanted), 1024), np.float32)
    if wanted.any():
        for patches, chosen in patches_of(signal, levels, wanted):
            logits[chosen], inner[chosen] = network.outputs(patches)
    return logits, inner, wanted


def scored(
    takes: Sequence[npt.NDArray[np.float32]], wanted: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Return the probabilities of ``takes``, smoothed over three moments; 0 where not wanted.

    Sounds have the power mean of all takes; speech, music and its instruments, which would not be themselves at
    another pitch, are as they are in the first.

    Args:
        takes: Logits of the signal and of its copies, each of shape ``(moments, 521)``.
        wanted: Shape ``(moments,)``.

    """
    scores, *copies = map(_sigmoid, takes)
    sounds = _sounds()
    powers = [take[:, sounds] ** _POWER for take in (scores, *copies)]
    scores[:, sounds] = np.mean(powers, axis=0) ** (1 / _POWER)
    scores[~wanted] = 0
    return _smoothed(scores, wanted)


@cache
def _sounds() -> npt.NDArray[np.intp]:
    return np.array([entry.index for entry in usable()])


def audible(signal: Signal, levels: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return for each moment whether its patch holds anything but silence.

    Args:
        signal: 16 kHz mono.
        levels: ``float32``, dBFS of each tenth of a second of it.

    """
    moments = 1 + len(signal) // (_HOP_FRAMES * YAMNET_HOP)
    centres = np.arange(moments) * HOP * 10
    reach = YAMNET_FRAMES // 2 / 10
    first = np.maximum(0, np.floor(centres - reach)).astype(int)
    last = np.minimum(len(levels), np.ceil(centres + reach)).astype(int)
    return np.array([a < b and levels[a:b].max() > _SILENT for a, b in zip(first, last, strict=True)])


def patches_of(
    signal: Signal, levels: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_], turn: int | None = None
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]]:
    """Yield YAMNet's input and the moments it is of, once for each loudness.

    Args:
        signal: 16 kHz mono, -1..1, not silent.
        levels: ``float32``, dBFS of each tenth of a second of it.
        wanted: Which moments are looked at.
        turn: The one loudness for all of them, 0 or 1; None where they take turns.

    """
    loud = float(10 * np.log10(np.mean(10 ** (levels[levels > levels.max() - _LOUD_PART] / 10))))
    for number, level in enumerate(_LEVELS):
        its = np.arange(len(wanted)) % len(_LEVELS) == number if turn is None else number == turn
        chosen = np.flatnonzero(wanted & its)
        if len(chosen):
            gain = 10 ** (min(_HALF_WAY * (level - loud), _MOST_GAIN) / 20)
            yield _patches(signal * np.float32(gain), chosen), chosen


def _patches(signal: Signal, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    mel = yamnet_mel(np.clip(np.pad(signal, (_HALF_PATCH, _HALF_PATCH + 2 * YAMNET_HOP)), -1, 1))
    short = int(chosen[-1]) * _HOP_FRAMES + YAMNET_FRAMES - len(mel)
    if short > 0:
        mel = np.pad(mel, ((0, short), (0, 0)), constant_values=_FLOOR)
    rows = chosen[:, None] * _HOP_FRAMES + np.arange(YAMNET_FRAMES)
    patches: npt.NDArray[np.float32] = mel[rows][:, None]
    return patches


def _sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(logits, -40, 40)))).astype(np.float32)


def _smoothed(scores: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Average each moment with its neighbours (1:2:1), which also mixes the two loudnesses."""
    padded = np.pad(scores, ((1, 1), (0, 0)), mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    smooth[~wanted] = 0
    return smooth.astype(np.float32)
