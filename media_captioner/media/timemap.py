"""Where each decoded sample stands on the presentation timeline.

A sample's index divided by its rate is not its time: tracks start late, have holes, drift against the clock
of the container, and broadcasts restart that clock. So the time stamp of every frame is compared with what
the frames before it lead to expect, and what it says is kept as anchors: pairs of (sample, time) between
which time runs straight.

The rules and their constants were measured on files with a beep at a known time. Time stamps of stale
transport stream rates jitter by up to 32 ms, so single stamps are not followed; a clock that is 0.5 % off is.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

JUMP: Final = 0.1  # seconds: more than this between stamp and expectation is a hole or an overlap
FILLED: Final = 0.5  # seconds: a hole up to this long becomes silence, a longer one is never materialised
WINDOW: Final = 1.5  # seconds over which smaller deviations are averaged
_TOGETHER: Final = (
    WINDOW / 3
)  # seconds of stamps that are averaged at once: windows end where such a part does
BIAS: Final = 0.004  # seconds: a constant deviation above this is how the stamps are made, not the clock
TOLERANCE: Final = 0.008  # seconds that the average may stray from there before the map follows it
MISPLACED: Final = 0.02  # seconds: a constant deviation above this means that the first stamp was wrong

Anchors = tuple[tuple[int, Fraction], ...]


def _place(anchors: list[tuple[int, Fraction]], sample: int) -> int:
    """Return the index of the last anchor at or before ``sample``, or 0."""
    return max(0, bisect_right(anchors, sample, key=lambda anchor: anchor[0]) - 1)


class TimeMap:
    """Anchors of one track: sample -> presentation time, both ascending within a chunk.

    Samples count from the start of the track at the rate of the segments. Memory is bounded: :meth:`forget`
    drops what no later segment needs.

    Args:
        rate: Samples per second.

    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._anchors: list[tuple[int, Fraction]] = []
        self._pinned = -1  # times up to this sample were given out and do not change any more

    def restart(self, sample: int, time: Fraction) -> None:
        """Begin a chunk at ``sample``, heard at ``time``: what was known before says nothing from here on."""
        self._anchors = [(sample, time)]
        self._pinned = sample

    def anchor(self, sample: int, time: Fraction) -> None:
        """State that ``sample`` is heard at ``time``; what was stated of later samples is dropped.

        Not taken where it would move a time that was given out, or make time stand still or run back.
        """
        if sample <= self._pinned:
            return
        while self._anchors[-1][0] >= sample:
            self._anchors.pop()
        if time > self._anchors[-1][1]:
            self._anchors.append((sample, time))

    def time_at(self, sample: int) -> Fraction:
        """Return the presentation time of ``sample``; past the last anchor time runs at the nominal rate."""
        place = _place(self._anchors, sample)
        base, time = self._anchors[place]
        if place + 1 == len(self._anchors):
            return time + Fraction(sample - base, self.rate)
        next_base, next_time = self._anchors[place + 1]
        if next_time - time == Fraction(next_base - base, self.rate):
            return time + Fraction(sample - base, self.rate)
        # Where the map bends it is an estimate: microseconds are more than it is good for.
        estimate = round(time + (sample - base) * (next_time - time) / (next_base - base), 6)
        return min(max(estimate, time), next_time)

    def span(self, first: int, end: int) -> tuple[Anchors, Fraction]:
        """Return the anchors of the samples from ``first`` up to ``end``, counted from ``first``, and the time of ``end``.

        The first anchor is at sample 0. Times up to ``end`` are pinned: they stay as they were given out,
        whatever is learned later, so that one segment ends where the next begins.
        """
        start, finish = self.time_at(first), self.time_at(end)
        inside = [(s - first, t) for s, t in self._anchors if first < s < end]
        bent = any(s >= end for s, _ in self._anchors)
        anchors = ((0, start), *inside, *([(end - first, finish)] if bent else []))
        if end > self._pinned:
            later = [anchor for anchor in self._anchors if anchor[0] > end]
            self._anchors = [*(a for a in self._anchors if a[0] < end), (end, finish), *later]
            self._pinned = end
        return anchors, finish

    def forget(self, before: int) -> None:
        """Forget anchors that no sample from ``before`` on needs."""
        del self._anchors[: _place(self._anchors, before)]


Floats = npt.NDArray[np.float64]

Judgement = Literal["follows", "suspect", "jumps"]


@dataclass(slots=True)
class Follower:
    """Compares the stamps of a chunk's frames with what the frames before lead to expect.

    Positions are seconds of sound since the chunk began (a float holds them exactly enough for months),
    times are seconds of presentation.

    Attributes:
        moves: Corrections of the map that wait to be taken over: pairs of (position, time), ascending.
        jump: After a judgement of ``suspect`` or ``jumps``, the seconds by which stamps run later (earlier if
            negative) from the frame that was suspected on.

    """

    moves: list[tuple[float, float]] = field(default_factory=list)
    jump: float = 0.0
    _base: float = 0.0  # time less position, as the last anchor has it
    _bias: float | None = None  # the deviation that stays constant; None until one window is full
    _sum: float = 0.0
    _weight: float = 0.0
    _window_start: float = 0.0
    _before: list[tuple[float, float]] = field(default_factory=list)
    _suspect: float | None = None  # time less position that a lone stamp claims

    def start(self, time: float) -> None:
        """Begin a chunk at ``time``."""
        self.moves.clear()
        self._base = time
        self._bias = self._suspect = None
        self._before.clear()
        self._restart_window(0.0)

    def judge(self, position: float, time: float, seconds: float) -> Judgement:
        """Take note of a frame's stamp.

        A stamp that is more than :data:`JUMP` off is ``suspect`` until another agrees with it; then the
        stamps really have made a jump. A damaged stamp by itself changes nothing.

        Args:
            position: Where the frame stands if nothing is missing before it.
            time: Its stamp.
            seconds: How long it lasts.

        """
        claimed = time - position
        deviation = claimed - self._base
        if -JUMP <= deviation <= JUMP:
            self._suspect = None
            self._note(claimed, seconds, position + seconds)
            return "follows"
        if self._suspect is None or abs(claimed - self._suspect) > JUMP:
            self._suspect = claimed
            self.jump = deviation
            return "suspect"
        return "jumps"

    def follows(self, positions: Floats, times: Floats, seconds: float) -> bool:
        """Take note of the stamps of many frames at once if none of them jumps, and return whether so.

        Args:
            positions: Where each frame stands: ``float64``, shape ``(frames,)``.
            times: Their stamps: ``float64``, shape ``(frames,)``.
            seconds: How long all of them last together.

        """
        claimed = times - positions
        if max(claimed.max() - self._base, self._base - claimed.min()) > JUMP:
            return False
        self._suspect = None
        together = max(1, int(len(claimed) * _TOGETHER / seconds))
        for first in range(0, len(claimed), together):
            part = claimed[first : first + together]
            lasting = seconds * len(part) / len(claimed)
            self._note(float(part.mean()), lasting, float(positions[first]) + lasting)
        return True

    def follows_evenly(self, position: float, time: float, seconds: float) -> bool:
        """Take note of many stamps that are as far apart as their frames last, as :meth:`follows` does.

        Args:
            position: Where the first frame stands.
            time: Its stamp.
            seconds: How long all of them last together.

        """
        claimed = time - position
        if abs(claimed - self._base) > JUMP:
            return False
        self._suspect = None
        parts = max(1, round(seconds / _TOGETHER))
        for number in range(parts):
            self._note(claimed, seconds / parts, position + seconds * (number + 1) / parts)
        return True

    def _note(self, claimed: float, seconds: float, end: float) -> None:
        """Take note of what stamps claimed on average, beyond where their frames stand, over ``seconds`` up to ``end``."""
        self._sum += (claimed - self._base) * seconds
        self._weight += seconds
        if self._weight >= WINDOW:
            self._close_window(end)

    def settle(self) -> None:
        """Take note that a jump was acted on: no stamp is suspect any more."""
        self._suspect = None

    def finish(self, position: float) -> None:
        """Close the last window at the end of a chunk, unless it is too short to say anything."""
        if self._weight >= WINDOW / 3:
            self._close_window(position)

    def _close_window(self, end: float) -> None:
        mean = self._sum / self._weight
        middle = (self._window_start + end) / 2
        self._restart_window(end)
        if self._bias is None:
            self._bias = mean if BIAS < abs(mean) <= MISPLACED else 0.0
        stray = mean - self._bias
        if abs(stray) > TOLERANCE:
            # The map bends where the deviation began, not at the last anchor, which can be hours back.
            self.moves += [(knee, self._base + knee + deviation) for knee, deviation in self._before]
            self.moves.append((middle, self._base + middle + stray))
            self._base += stray
            self._before = [(middle, 0.0)]
        else:
            self._before = [
                *self._before[-1:],
                (middle, stray),
            ]  # middles of two windows, and their deviations

    def _restart_window(self, start: float) -> None:
        self._sum = self._weight = 0.0
        self._window_start = start
