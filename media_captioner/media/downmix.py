"""One channel out of many, so that nothing that can be heard is lost.

The mean of left and right is digital silence where one is the other turned upside down (a wrongly wired
cable), and babble where each carries another language (bilingual broadcasts). So the mean is taken only while
it holds the sound; otherwise one channel is. Decisions fall on whole seconds, change over 20 ms, and go back
only after the reason has been gone for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Cells = npt.NDArray[np.float64]
Mode = Literal["mean", "left", "right"]

CELL: Final = 10  # cells a second
PEAK, CLIPPED, SWING, LEFT, RIGHT, CROSS = range(6)
COLUMNS: Final = 6
"""Columns of a table of cells: highest absolute sample, samples at full scale, the same as the first but for a
constant offset, which has no swing (all three over every channel), energy of the left channel, of the right
one, and the sum of their products."""

_FULL_SCALE: Final = 0.99996  # 32767/32768 and above: no 16-bit sample is higher
_HOLDS: Final = 8.0  # the mean is good while 8 times its energy reaches the louder channel's (measured)
_HOLDS_WELL: Final = 4.0  # and is gone back to when it is better than that
_STAY: Final = 3  # seconds that the mean must hold well before it is gone back to
_FADE: Final = 50  # a fade lasts 1/50 of a second

_HISTORY: Final = 30 * CELL  # cells over which two programmes are told from one
_EVIDENCE: Final = 8 * CELL  # cells that must have been heard before

# ITU-R BS.775-4, table 2: centre and surround channels go to either side 3 dB down. Here everything is taken
# down by another 3 dB, which leaves room for them without a limiter. The effects channel is left out.
_CENTRE: Final = 0.5
_SIDE: Final = 0.7071
_BEHIND: Final = 0.5
_LEFTS: Final = {
    "FL": _SIDE,
    "DL": _SIDE,
    "FLC": _BEHIND,
    **dict.fromkeys(("BL", "SL", "TFL", "TBL", "TSL", "WL", "SDL", "BFL"), _BEHIND),
}
_RIGHTS: Final = {
    "FR": _SIDE,
    "DR": _SIDE,
    "FRC": _BEHIND,
    **dict.fromkeys(("BR", "SR", "TFR", "TBR", "TSR", "WR", "SDR", "BFR"), _BEHIND),
}
_MIDDLES: Final = {"FC": _CENTRE, **dict.fromkeys(("BC", "TC", "TFC", "TBC", "BFC"), _BEHIND * _SIDE)}


def sides_of(names: Sequence[str]) -> Floats | None:
    """Return the matrix that makes left and right of the channels called ``names``, or None for mono and stereo.

    Channels that nobody named (separate microphones in one file) go to both sides alike.

    Returns:
        ``float32``, shape ``(2, channels)``.

    """
    if len(names) <= 2:
        return None
    matrix = np.zeros((2, len(names)), np.float32)
    for column, name in enumerate(names):
        matrix[0, column] = _LEFTS.get(name, _MIDDLES.get(name, 0.0))
        matrix[1, column] = _RIGHTS.get(name, _MIDDLES.get(name, 0.0))
    if not matrix.any():
        matrix[:] = 1 / np.sqrt(len(names))
    return matrix


@dataclass(frozen=True, slots=True)
class Relation:
    """How two channels relate over a stretch: their energies and the sum of their products."""

    left: float
    right: float
    cross: float

    @classmethod
    def over(cls, cells: Cells) -> Relation:
        """Sum up a table of cells."""
        sums = cells[:, LEFT:].sum(axis=0)
        return cls(float(sums[0]), float(sums[1]), float(sums[2]))

    @property
    def mean(self) -> float:
        """Energy of the mean of both."""
        return (self.left + self.right + 2 * self.cross) / 4

    @property
    def correlation(self) -> float:
        """From -1 (one is the other upside down) over 0 (nothing in common) to 1 (the same)."""
        return self.cross / ((self.left * self.right) ** 0.5 or 1.0)


def is_split(cells: Cells) -> bool:
    """Return whether left and right carry two programmes at once, as bilingual broadcasts do.

    Both must come and go as speech does, be there at the same time about as often as chance has it (two
    people at two microphones take turns instead), and have nothing in common.
    """
    if len(cells) < _EVIDENCE or abs(Relation.over(cells).correlation) > 0.1:
        return False
    level = 10 * np.log10(cells[:, LEFT : RIGHT + 1] + 1e-12)
    loud = np.percentile(level, 90, axis=0)
    if abs(loud[0] - loud[1]) > 15 or min(loud) < 10 * np.log10(1e-6):
        return False
    active = level > loud - 15
    share = active.mean(axis=0)
    if (share < 0.25).any() or (share > 0.9).any():
        return False
    together = float((active[:, 0] & active[:, 1]).mean())
    return together > 0.75 * float(share[0] * share[1])


class Downmix:
    """Makes one channel of a run of sound whose format does not change.

    Args:
        names: FFmpeg's names of the channels, in order.
        rate: Samples per second.

    Attributes:
        split: Whether left and right carry different programmes, so that one of them is taken.

    """

    def __init__(self, names: Sequence[str], rate: int) -> None:
        self.rate = rate
        self.cell = max(1, rate // CELL)
        self.channels = len(names)
        self.split = False
        self._matrix = sides_of(names)
        self._mode: Mode = "mean"
        self._held = 0
        self._history = np.empty((0, COLUMNS))
        self._mixed = np.empty(0, np.float32)

    def measure(self, planes: Sequence[Floats]) -> Cells:
        """Measure sound in cells of a tenth of a second.

        Args:
            planes: Each channel's samples, full scale 1. A last cell may be short.

        Returns:
            ``float64``, shape ``(cells, 6)``; energies are means per sample.

        """
        count = len(planes[0])
        whole = count // self.cell * self.cell
        cells = [self._measure([plane[:whole].reshape(-1, self.cell) for plane in planes])]
        if whole < count:
            cells.append(self._measure([plane[whole:].reshape(1, -1) for plane in planes]))
        return np.concatenate(cells)

    def _measure(self, planes: Sequence[Floats]) -> Cells:
        table = np.zeros((len(planes[0]), COLUMNS))
        if not len(table):
            return table
        for blocks in planes:
            highest, lowest = blocks.max(axis=1), blocks.min(axis=1)
            peak = np.maximum(highest, -lowest)
            for place in np.flatnonzero(peak >= _FULL_SCALE):
                table[place, CLIPPED] += np.count_nonzero(np.abs(blocks[place]) >= _FULL_SCALE)
            table[:, PEAK] = np.maximum(table[:, PEAK], peak)
            table[:, SWING] = np.maximum(table[:, SWING], np.minimum(peak, highest - lowest))
        left, right = self._sides(planes)
        size = left.shape[1]
        table[:, LEFT] = np.einsum("ij,ij->i", left, left) / size
        if right is left:
            table[:, RIGHT] = table[:, CROSS] = table[:, LEFT]
        else:
            table[:, RIGHT] = np.einsum("ij,ij->i", right, right) / size
            table[:, CROSS] = np.einsum("ij,ij->i", left, right) / size
        return table

    def mono(self, planes: Sequence[Floats], cells: Cells) -> Floats:
        """Mix sound down to one channel.

        Args:
            planes: Each channel's samples.
            cells: What :meth:`measure` says of it.

        Returns:
            ``float32``, shape ``(samples,)``. It may share memory with ``planes``, and is good until the next
            call.

        """
        if self.channels == 1:
            return planes[0]
        self._history = np.concatenate([self._history, cells])[-_HISTORY:]
        self._judge_split()
        left, right = self._sides(planes)
        if self._mode == "mean" and not self.split and _holds_throughout(cells):
            # Into the same place each time: new memory of this size costs more than the additions.
            if len(self._mixed) < len(left):
                self._mixed = np.empty(len(left), np.float32)
            mixed = np.add(left, right, out=self._mixed[: len(left)])
            mixed *= np.float32(0.5)
            return mixed
        second = CELL * self.cell
        return np.concatenate(
            [
                self._mix(left[at : at + second], right[at : at + second], cells[place : place + CELL])
                for place, at in zip(range(0, len(cells), CELL), range(0, len(left), second), strict=True)
            ]
        )

    def _sides(self, planes: Sequence[Floats]) -> tuple[Floats, Floats]:
        if self.channels == 1:
            return planes[0], planes[0]
        if self._matrix is None:
            return planes[0], planes[1]
        # Not a matrix product: that would start the threads of a BLAS for a handful of additions.
        return _weigh(self._matrix[0], planes), _weigh(self._matrix[1], planes)

    def _judge_split(self) -> None:
        if not self.split:
            self.split = self.channels == 2 and is_split(self._history)
        elif Relation.over(self._history).correlation > 0.3:
            self.split = False

    def _mix(self, left: Floats, right: Floats, cells: Cells) -> Floats:
        before, mode = self._mode, self._choose(cells)
        self._mode = mode
        mixed = _weighted(left, right, mode)
        if before != mode:
            fade = min(self.rate // _FADE, len(mixed))
            ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
            old = _weighted(left[:fade], right[:fade], before)
            mixed[:fade] = old + ramp * (mixed[:fade] - old)
        return mixed

    def _choose(self, cells: Cells) -> Mode:
        now = Relation.over(cells)
        if self.split:
            if self._mode == "mean":
                # Left is the first programme (the main language) unless it is all but silent.
                before = Relation.over(self._history)
                return "right" if before.right > _HOLDS * before.left else "left"
            return self._mode
        louder = max(now.left, now.right)
        if _HOLDS * now.mean < louder:
            self._held = 0
            return _louder(now) if self._mode == "mean" else self._louder_by_far(now)
        if self._mode == "mean":
            return "mean"
        self._held = self._held + 1 if _HOLDS_WELL * now.mean >= louder else 0
        return "mean" if self._held >= _STAY else self._louder_by_far(now)

    def _louder_by_far(self, now: Relation) -> Mode:
        """Stay with the channel taken unless the other is 6 dB louder."""
        if self._mode == "left":
            return "right" if now.right > 4 * now.left else "left"
        return "left" if now.left > 4 * now.right else "right"


def _holds_throughout(cells: Cells) -> bool:
    """Return whether the mean holds the sound in every second, which is how it nearly always is."""
    seconds = np.add.reduceat(cells[:, LEFT:], np.arange(0, len(cells), CELL))
    mean = (seconds[:, 0] + seconds[:, 1] + 2 * seconds[:, 2]) / 4
    return bool((_HOLDS * mean >= seconds[:, :2].max(axis=1)).all())


def _louder(relation: Relation) -> Mode:
    return "right" if relation.right > relation.left else "left"


def _weigh(weights: Floats, planes: Sequence[Floats]) -> Floats:
    total = np.zeros_like(planes[0])
    for weight, plane in zip(weights, planes, strict=True):
        if weight:
            total += weight * plane
    return total


def _weighted(left: Floats, right: Floats, mode: Mode) -> Floats:
    if mode == "left":
        return left.copy()
    if mode == "right":
        return right.copy()
    mixed = left + right
    mixed *= np.float32(0.5)
    return mixed
