"""Blocks onto the screen: one cue at a time, long enough to read, speech first, sounds where there is room.

Everything here happens on the millisecond grid that WebVTT and SRT share, so what is checked is what is written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from media_captioner.cues.block import Block
from media_captioner.cues.lines import shorten, width, wrap
from media_captioner.cues.profiles import Profile
from media_captioner.cues.sequence import Line, sequence
from media_captioner.model import Anchor, Category, Cue
from media_captioner.timing import to_milliseconds

_LEAD = 200  # milliseconds a cue may come before its sound
_STAY = 3000  # milliseconds that a sound's cue stays where nothing else wants the place
_WEAK: tuple[Anchor, ...] = ("order", "said")  # what makes the time of a whole cue unsure, the worst first
_RANK: dict[Category, int] = {"speech": 0, "music": 1, "effects": 2, "ambience": 3}


@dataclass(slots=True, eq=False)
class _Placed:
    start: int
    end: int
    blocks: list[Block]
    lines: list[list[str]]  # the lines of each block
    heard_until: int  # it must not go before this, unless another speech cue comes

    @property
    def columns(self) -> int:
        return sum(width(line) for lines in self.lines for line in lines)

    @property
    def line_count(self) -> int:
        return sum(len(lines) for lines in self.lines)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Cues, and what found no place among them.

    Attributes:
        cues: Ascending, never overlapping.
        left_out: Blocks that could not be shown in time without becoming unreadable.

    """

    cues: tuple[Cue, ...]
    left_out: tuple[Block, ...]


@dataclass(slots=True)
class _Screen:
    profile: Profile
    gap: int
    end: int
    placed: list[_Placed] = field(default_factory=list)
    shortest: int = 0
    longest: int = 0

    def __post_init__(self) -> None:
        self.shortest = ceil(self.profile.min_seconds * 1000)
        self.longest = int(self.profile.max_seconds * 1000)

    def need(self, columns: int) -> int:
        """Milliseconds that text of so many columns must stay at least."""
        return max(self.shortest, _reading_time(columns, self.profile.max_cps))

    def aim(self, columns: int) -> int:
        """Milliseconds that text of so many columns should stay."""
        return min(max(self.shortest, _reading_time(columns, self.profile.aim_cps)), self.longest)

    def lines(self, block: Block) -> list[str]:
        return (
            wrap(block.text, self.profile)
            or wrap(shorten(block.text, self.profile), self.profile)
            or [block.text]
        )


def arrange(
    blocks: Sequence[Block], profile: Profile, *, frame_rate: Fraction | None, end: Fraction
) -> Arrangement:
    """Give each block a cue.

    Args:
        blocks: What to show, in any order.
        profile: The style guide.
        frame_rate: The video's rate, frames per second; None without a picture.
        end: End of the asset, seconds: no cue outlasts it.

    """
    screen = _Screen(profile, ceil(profile.gap_seconds(frame_rate) * 1000), max(1, int(end * 1000)))
    words = [block for block in blocks if block.spoken]
    left_out = _place_words(sorted(words, key=lambda block: (block.start, block.end)), screen)
    others = [block for block in blocks if not block.spoken]
    left_out += [
        block
        for block in sorted(others, key=lambda block: (-block.weight, block.start))
        if not any(_place_sound(wording, screen) for wording in _wordings(block))
    ]
    return Arrangement(
        tuple(_cue(placed) for placed in screen.placed),
        tuple(sorted(left_out, key=lambda block: block.start)),
    )


def _place_words(blocks: Sequence[Block], screen: _Screen) -> list[Block]:
    """Place words in order, and return those for which there is no room."""
    wrapped = [screen.lines(block) for block in blocks]
    columns = [sum(width(line) for line in lines) for lines in wrapped]
    timed = [
        Line(to_milliseconds(block.start), screen.need(count), block.timed)
        for block, count in zip(blocks, columns, strict=True)
    ]
    lost = {id(line) for line in sequence(timed, screen.gap, screen.end)}
    kept = [place for place, line in enumerate(timed) if id(line) not in lost]
    for rank, place in enumerate(kept):
        line, block = timed[place], blocks[place]
        ceiling = timed[kept[rank + 1]].start - screen.gap if rank + 1 < len(kept) else screen.end
        heard_until = max(to_milliseconds(block.end), line.start)
        longest = min(ceiling, line.start + screen.longest)
        end = max(line.end, min(max(heard_until, line.start + screen.aim(columns[place])), longest))
        screen.placed.append(_Placed(line.start, end, [block], [wrapped[place]], min(heard_until, end)))
    return [block for block, line in zip(blocks, timed, strict=True) if id(line) in lost]


def _wordings(block: Block) -> list[Block]:
    """Return the block as it should be worded, and as it may be where there is no time to read that."""
    return [block, replace(block, text=block.brief)] if block.brief else [block]


def _place_sound(block: Block, screen: _Screen) -> bool:
    lines = screen.lines(block)
    columns = sum(width(line) for line in lines)
    earliest, latest = (
        max(0, to_milliseconds(block.start) - _LEAD),
        to_milliseconds(block.start + block.patience),
    )
    wanted = min(
        max(screen.aim(columns), min(_STAY, to_milliseconds(block.end - block.start))), screen.longest
    )
    return (
        _place_alone(block, lines, screen, earliest, latest, screen.need(columns), wanted)
        or _join_another(block, lines, screen, earliest, latest)
        or _part_words(block, lines, screen)
    )


def _place_alone(
    block: Block, lines: list[str], screen: _Screen, earliest: int, latest: int, need: int, wanted: int
) -> bool:
    """Find the first free place for a sound between ``earliest`` and ``latest``."""
    place = bisect_right(screen.placed, earliest, key=lambda placed: placed.start)
    for index in range(max(0, place), len(screen.placed) + 1):
        before = screen.placed[index - 1] if index else None
        after = screen.placed[index] if index < len(screen.placed) else None
        ceiling = after.start - screen.gap if after else screen.end
        floor = _give_way(before, screen) + screen.gap if before else 0
        start = max(floor, min(to_milliseconds(block.start), ceiling - need), earliest)
        if start > latest:
            return False
        if ceiling - start >= need:
            if before and before.end + screen.gap > start:
                before.end = start - screen.gap
            end = min(start + wanted, ceiling)
            screen.placed.insert(index, _Placed(start, end, [block], [lines], start + need))
            return True
    return False


def _give_way(placed: _Placed, screen: _Screen) -> int:
    """Return the earliest moment at which a cue may go without becoming unreadable or leaving speech early."""
    return min(placed.end, max(placed.start + screen.need(placed.columns), placed.heard_until))


def _join_another(block: Block, lines: list[str], screen: _Screen, earliest: int, latest: int) -> bool:
    """Put a sound on the screen together with a cue that appears about when the sound is heard."""
    first = max(0, bisect_right(screen.placed, earliest - 1000, key=lambda placed: placed.start) - 1)
    for index in range(first, len(screen.placed)):
        other = screen.placed[index]
        if other.start > latest:
            break
        if other.end >= earliest and any(known.text == block.text for known in other.blocks):
            other.blocks[0] = replace(other.blocks[0], evidence=other.blocks[0].evidence + block.evidence)
            return True  # it is on the screen already
        if other.start < earliest - 1000 or other.line_count + len(lines) > screen.profile.max_lines:
            continue
        ceiling = (
            screen.placed[index + 1].start - screen.gap if index + 1 < len(screen.placed) else screen.end
        )
        columns = other.columns + sum(width(line) for line in lines)
        end = min(max(other.end, other.start + screen.need(columns)), ceiling, other.start + screen.longest)
        if end - other.start < screen.need(columns):
            continue
        other.end = end
        other.blocks.append(block)
        other.lines.append(lines)
        return True
    return False


def _part_words(block: Block, lines: list[str], screen: _Screen) -> bool:
    """Part a cue of two lines of speech into two cues of one line, to put a sound above one of them.

    In talk without a pause this is the only way to show what else is heard; the words stay as readable.
    """
    at = to_milliseconds(block.start)
    index = bisect_right(screen.placed, at, key=lambda placed: placed.start) - 1
    if index < 0 or len(lines) + 1 > screen.profile.max_lines:
        return False
    whole = screen.placed[index]
    if (
        at > whole.end
        or len(whole.blocks) != 1
        or whole.blocks[0].category != "speech"
        or whole.line_count != 2
    ):
        return False
    (first, second), sound = whole.lines[0], sum(width(line) for line in lines)
    middle = whole.start + (whole.end - whole.start) * width(first) // (width(first) + width(second))
    early = at < middle
    need_first = screen.need(width(first) + (sound if early else 0))
    need_second = screen.need(width(second) + (0 if early else sound))
    middle = min(max(middle, whole.start + need_first), whole.end - need_second - screen.gap)
    if middle - whole.start < need_first:
        return False
    halves = [
        _Placed(whole.start, middle, [replace(whole.blocks[0], text=first)], [[first]], middle),
        _Placed(
            middle + screen.gap,
            whole.end,
            [replace(whole.blocks[0], text=second)],
            [[second]],
            whole.heard_until,
        ),
    ]
    halves[0 if early else 1].blocks.append(block)
    halves[0 if early else 1].lines.append(lines)
    screen.placed[index : index + 1] = halves
    return True


def _reading_time(columns: int, speed: Fraction) -> int:
    return -(-1000 * columns * speed.denominator // speed.numerator)


def _cue(placed: _Placed) -> Cue:
    # Sounds stand above words, in the order in which they are heard.
    order = sorted(
        range(len(placed.blocks)),
        key=lambda index: (placed.blocks[index].spoken, placed.blocks[index].start),
    )
    leading = min(placed.blocks, key=lambda block: (_RANK[block.category], block.start))
    anchors = [block.anchor for block in placed.blocks]
    return Cue(
        start=Fraction(placed.start, 1000),
        end=Fraction(placed.end, 1000),
        text="\n".join(line for index in order for line in placed.lines[index]),
        category=leading.category,
        anchor=next((weak for weak in _WEAK if weak in anchors), leading.anchor),
        speaker=leading.speaker,
        language=leading.language,
        confidence=min((b.confidence for b in placed.blocks if b.confidence is not None), default=None),
        evidence=tuple(evidence for index in order for evidence in placed.blocks[index].evidence),
    )
