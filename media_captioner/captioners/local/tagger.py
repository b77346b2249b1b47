"""How likely each of 521 sounds is at each moment: YAMNet over overlapping patches, with what it was taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

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
        logits, inner, wanted = listened(self._network, signal)
        return Scores(scored(self._lesson(logits, inner), wanted))


def listened(
    network: Network, signal: Signal
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return what YAMNet says of a signal, what its last layer takes, and at which moments anything is heard.

    Args:
        network: YAMNet, with :data:`lesson.INNER` given out.
        signal: 16 kHz mono, -1..1.

    Returns:
        ``float32`` of shape ``(moments, 521)``, before the sigmoid; ``float32`` of shape ``(moments, 1024)``; ``bool`` of
        shape ``(moments,)``. Where nothing is heard, the first are very low and the second 0.

    """
    levels = envelope(signal, RATE // 10)
    wanted = audible(signal, levels)
    logits = np.full((len(wanted), 521), _NEVER, np.float32)
    inner = np.zeros((len(wanted), 1024), np.float32)
    if wanted.any():
        for patches, chosen in patches_of(signal, levels, wanted):
            logits[chosen], inner[chosen] = network.outputs(patches)
    return logits, inner, wanted


def scored(logits: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return the probabilities of ``logits`` (both of shape ``(moments, 521)``), smoothed over three moments; 0 where not wanted."""
    scores = _sigmoid(logits)
    scores[~wanted] = 0
    return _smoothed(scores, wanted)


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
