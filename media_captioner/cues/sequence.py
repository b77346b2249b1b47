"""Words one after another: when each cue of speech begins and for how long it must stay.

Words that a captioner timed itself keep their time, and are shown too briefly before they are shown late. Words that
are only quoted in a description are shown long enough to be read, some seconds early or late where they are crowded;
where even that is not enough, the longest of the crowd is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LEAD: Final = (
    500  # milliseconds that words may come early, where there is no other way to make them readable
)
_LAG: Final = 1000  # milliseconds that timed words may come late because the ones before must be read
_FLASH: Final = 400  # the least time that words stay, when so many come at once that nobody could read them
_PATIENCE: Final = 4000  # milliseconds that words of a description may be from where they are thought to be


@dataclass(slots=True)
class Line:
    """Words of one cue, in milliseconds.

    Attributes:
        heard: When they begin.
        need: How long they must stay to be read.
        timed: Whether ``heard`` is known, not guessed.
        start: When the cue begins.
        stay: How long it stays at least.

    """

    heard: int
    need: int
    timed: bool
    start: int = 0
    stay: int = 0

    @property
    def end(self) -> int:
        """When the cue may go."""
        return self.start + self.stay


def sequence(lines: Sequence[Line], gap: int, end: int) -> list[Line]:
    """Set ``start`` and ``stay`` of each line, and return those that find no room, which are to be left out.

    Args:
        lines: Ascending by ``heard``.
        gap: Milliseconds between two cues.
        end: Milliseconds after which there can be no cue.

    """
    kept = list(lines)
    left_out: list[Line] = []
    while True:
        _forward(kept, gap)
        _back(kept, gap, end)
        _lead(kept, gap)
        crowd = next((place for place, line in enumerate(kept) if _is_lost(line)), None)
        victim = None if crowd is None else _longest(kept, crowd, gap)
        if victim is None:
            _squeeze(kept, end)
            return left_out
        kept.remove(victim)
        left_out.append(victim)


def _forward(lines: list[Line], gap: int) -> None:
    free = 0
    for place, line in enumerate(lines):
        line.start = max(line.heard, free)
        line.stay = line.need
        if line.timed and place + 1 < len(lines):
            room = lines[place + 1].heard - gap + _LAG - line.start
            line.stay = min(line.need, max(room, _FLASH))
        free = line.end + gap


def _back(lines: list[Line], gap: int, end: int) -> None:
    """Pull back what reaches beyond the end."""
    limit = end
    for line in reversed(lines):
        if line.end <= limit:
            return
        if line.timed:
            line.stay = min(line.stay, max(_FLASH, limit - line.start))
        line.start = limit - line.stay
        limit = line.start - gap


def _lead(lines: list[Line], gap: int) -> None:
    """Let crowded words begin a little early, where there is room in front of them."""
    for place, line in enumerate(lines):
        room = line.start - (lines[place - 1].end + gap if place else 0)
        crowd = _crowd(lines, place, gap)
        late = max(each.start - each.heard for each in crowd)
        early = min(room, _LEAD - max(0, line.heard - line.start), late)
        if early > 0:
            for each in crowd:
                each.start -= early
            room -= early
        if line.stay < line.need:
            more = min(room, _LEAD, line.need - line.stay)
            if more > 0:
                line.start -= more
                line.stay += more


def _crowd(lines: list[Line], first: int, gap: int) -> list[Line]:
    """Return the lines from ``first`` on that follow each other without room between them."""
    last = first
    while last + 1 < len(lines) and lines[last].end + gap == lines[last + 1].start:
        last += 1
    return lines[first : last + 1]


def _is_lost(line: Line) -> bool:
    return line.start < 0 or (not line.timed and abs(line.start - line.heard) > _PATIENCE)


def _longest(lines: list[Line], place: int, gap: int) -> Line | None:
    """Return the longest of the untimed words that crowd at ``place``; None where all are timed."""
    first = place
    while first and lines[first - 1].end + gap == lines[first].start:
        first -= 1
    crowd = [line for line in _crowd(lines, first, gap) if not line.timed]
    return max(crowd, key=lambda line: line.need, default=None)


def _squeeze(lines: list[Line], end: int) -> None:
    """Share what time there is among timed words that are more than milliseconds."""
    if lines and lines[0].start < 0:
        share = max(1, end // len(lines))
        for place, line in enumerate(lines):
            line.start, line.stay = place * share, share
