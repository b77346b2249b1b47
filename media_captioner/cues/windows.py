"""Windows: the stretch of a segment in which something is looked for because the description says when it is heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Final

from media_captioner.model import Evidence, Hint, Music, Sound, Span, Speech

_REACH: Final = 2.0  # seconds beyond its tolerance that a stated time may be off, if something happens there


@dataclass(frozen=True, slots=True)
class Window:
    """Where something is looked for, seconds from the start of the segment.

    Attributes:
        earliest: The stated time, or the begin of the stated stretch.
        latest: The same, or the end of the stretch.
        tolerance: Seconds by which a stated time may be off at no price.
        low: It is not sought before.
        high: It is not sought after.

    """

    earliest: float
    latest: float
    tolerance: float
    low: float
    high: float

    def __contains__(self, time: float) -> bool:
        return self.low <= time <= self.high

    def off(self, time: float) -> float:
        """Return the seconds from the stated time, 0 within a stated stretch."""
        return max(self.earliest - time, time - self.latest, 0.0)

    def outside(self, time: float) -> float:
        """Return the seconds from the window, 0 in it."""
        return max(self.low - time, time - self.high, 0.0)


def stated(facts: Iterable[Sound | Speech | Music], hints: Sequence[Hint]) -> dict[int, Hint]:
    """Return what the description says of when the facts are heard, by the id of the fact."""
    found = {}
    for fact in facts:
        hint = _of(fact.evidence, hints) if fact.evidence else None
        if hint is not None:
            found[id(fact)] = hint
    return found


def _of(evidence: Evidence, hints: Sequence[Hint]) -> Hint | None:
    near = (h for h in hints if h.first <= evidence.start < h.last and h.sentence == evidence.sentence)
    return next(near, None)


def windows(hints: Mapping[int, Hint], length: Fraction) -> dict[int, Window]:
    """Return the window of each fact whose begin is stated.

    Windows of times that are further apart than they may be off have nothing in common, so that their order is kept.

    Args:
        hints: By the id of the fact; those outside the segment are left out.
        length: Length of the segment, seconds.

    """
    begins = {hint.begin for hint in hints.values() if hint.begin and 0 <= hint.begin.start < length}
    slack = {begin: max(float(h.tolerance) for h in hints.values() if h.begin == begin) for begin in begins}
    order = sorted(begins, key=lambda begin: (begin.start, begin.end))
    made = [_window(begin, slack[begin], float(length)) for begin in order]
    for one, other in combinations(range(len(made)), 2):
        before, after = made[one], made[other]
        if before.latest + before.tolerance <= after.earliest - after.tolerance:
            middle = (before.latest + before.tolerance + after.earliest - after.tolerance) / 2
            made[one] = replace(before, high=min(before.high, middle))
            made[other] = replace(after, low=max(after.low, middle))
    by_begin = dict(zip(order, made, strict=True))
    return {key: by_begin[hint.begin] for key, hint in hints.items() if hint.begin in by_begin}


def _window(begin: Span, tolerance: float, length: float) -> Window:
    earliest, latest = float(begin.start), min(float(begin.end), length)
    reach = tolerance + _REACH
    return Window(earliest, latest, tolerance, max(0.0, earliest - reach), min(length, latest + reach))
