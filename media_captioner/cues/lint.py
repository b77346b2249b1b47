"""Checks cues against a style guide and names every break of its rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from media_captioner.cues.lines import width
from media_captioner.cues.profiles import Profile
from media_captioner.model import Cue

_GRID = Fraction(1, 1000)  # caption files round to milliseconds: half of one at either end is no offence


@dataclass(frozen=True, slots=True)
class Violation:
    """One break of one rule.

    Attributes:
        cue: Number of the cue, from 1.
        rule: ``line-length``, ``lines``, ``too-short``, ``too-long``, ``reading-speed``, ``gap``, ``overlap``,
            ``order``, ``empty`` or ``past-end``.
        value: What was found.
        limit: What the profile allows.
        message: Both in a sentence.

    """

    cue: int
    rule: str
    value: float
    limit: float
    message: str


def lint(
    cues: Sequence[Cue], profile: Profile, *, frame_rate: Fraction | None = None, end: Fraction | None = None
) -> list[Violation]:
    """Return every violation, in the order of the cues.

    Args:
        cues: What to check, in the order of the file.
        profile: The rules.
        frame_rate: The video's rate for the gap rule, frames per second; None counts a frame as 1/24 s.
        end: End of the asset, seconds; None where it is not known.

    """
    found: list[Violation] = []
    gap = profile.gap_seconds(frame_rate)
    for number, cue in enumerate(cues, 1):
        found.extend(_text(number, cue, profile))
        found.extend(_duration(number, cue, profile))
        if number > 1:
            found.extend(_distance(number, cues[number - 2], cue, gap))
        if end is not None and cue.end > end + _GRID:
            found.append(_say(number, "past-end", cue.end, end, "ends {} s into an asset of {} s"))
    return found


def _text(number: int, cue: Cue, profile: Profile) -> Iterator[Violation]:
    lines = cue.text.split("\n")
    if not cue.text.strip():
        yield _say(number, "empty", 0, 1, "has no text")
    if len(lines) > profile.max_lines:
        yield _say(number, "lines", len(lines), profile.max_lines, "has {} lines, {} are allowed")
    for line in lines:
        if width(line) > profile.max_chars:
            yield _say(
                number,
                "line-length",
                width(line),
                profile.max_chars,
                "has a line of {} characters, {} are allowed",
            )


def _duration(number: int, cue: Cue, profile: Profile) -> Iterator[Violation]:
    seconds = cue.end - cue.start
    if seconds < profile.min_seconds - _GRID:
        yield _say(number, "too-short", seconds, profile.min_seconds, "stays {} s, at least {} s are needed")
    if seconds > profile.max_seconds + _GRID:
        yield _say(number, "too-long", seconds, profile.max_seconds, "stays {} s, at most {} s are allowed")
    columns = sum(width(line) for line in cue.text.split("\n"))
    if seconds > 0 and columns / (seconds + _GRID) > profile.max_cps:
        speed = columns / seconds
        yield _say(
            number, "reading-speed", speed, profile.max_cps, "reads at {} characters a second, {} are allowed"
        )


def _distance(number: int, before: Cue, cue: Cue, gap: Fraction) -> Iterator[Violation]:
    if cue.start < before.start:
        yield _say(
            number, "order", cue.start, before.start, "starts at {} s, before the cue in front of it ({} s)"
        )
    elif cue.start < before.end - _GRID:
        yield _say(
            number, "overlap", cue.start, before.end, "starts at {} s while the cue before stays until {} s"
        )
    elif cue.start - before.end < gap - _GRID:
        yield _say(
            number, "gap", cue.start - before.end, gap, "comes {} s after the cue before, {} s are needed"
        )


def _say(number: int, rule: str, value: Fraction | float, limit: Fraction | float, pattern: str) -> Violation:
    shown = [f"{float(n):.3f}".rstrip("0").rstrip(".") for n in (value, limit)]
    return Violation(number, rule, float(value), float(limit), f"cue {number} {pattern.format(*shown)}")
