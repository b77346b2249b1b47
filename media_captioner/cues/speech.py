"""Words that are spoken or sung, cut into what fits on the screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from media_captioner.cues.block import Block
from media_captioner.cues.lines import break_cost, join, pieces, width
from media_captioner.cues.profiles import Profile
from media_captioner.model import Anchor, Span, Speech, Word

_PAUSE = 0.7  # seconds without words that end a thought as surely as a full stop
_BREATH = 0.3
_CHUNK_COST = 2.0  # what another cue costs, so that a thought is not chopped up without need


def speech_blocks(
    speech: Speech, text: str, profile: Profile, *, label: str = "", anchor: Anchor = "heard"
) -> list[Block]:
    """Cut an utterance into blocks that fit one cue each, at the ends of thoughts where possible.

    Args:
        speech: The utterance; it must have a span.
        text: What to show: its words, or their translation.
        profile: The style guide that says what fits.
        label: Goes before the first words (``MAN: ``), already dressed; empty for none.
        anchor: What its times rest on.

    """
    span = speech.span
    if span is None or not text.strip():
        return []
    timed = _timed_words(speech, text, span, profile)
    sung = profile.lyrics if speech.sung else "{}"
    blocks = []
    for place, (first, last) in enumerate(_best_cut(timed, profile, label, sung)):
        words = timed[first:last]
        said = sung.format(join([word.text for word in words]))
        blocks.append(
            Block(
                start=words[0].start,
                end=words[-1].end,
                text=(label + said) if place == 0 else said,
                category="music" if speech.sung else "speech",
                anchor=anchor,
                spoken=True,
                timed=anchor == "heard",
                speaker=speech.speaker,
                language=speech.language if speech.translation is not None else None,
                confidence=speech.confidence,
                evidence=(speech.evidence,) if speech.evidence else (),
            )
        )
    return blocks


def _timed_words(speech: Speech, text: str, span: Span, profile: Profile) -> Sequence[Word]:
    # A dressed line must fit too, so a word may be as wide as a line less the widest dress (the notes of lyrics).
    parts = pieces(text, profile.max_chars - 6)
    if len(parts) == len(speech.words) and all(
        part == word.text for part, word in zip(parts, speech.words, strict=True)
    ):
        return speech.words
    # No word times for these words (a translation, a quote): they share the span by their length.
    ends = [0, *accumulate(width(part) + 1 for part in parts)]
    edges = _shares(span, ends)
    return [Word(part, *between, 0.0) for part, between in zip(parts, pairwise(edges), strict=True)]


def _shares(span: Span, ends: Sequence[int]) -> list[Fraction]:
    """Return the times that part a span as whole numbers from 0 to the last of ``ends`` part that.

    Each is one fraction of whole numbers: reducing what comes between would take most of the time of a cue.
    """
    start, length = span.start, span.duration
    base, step = start.numerator * length.denominator * ends[-1], start.denominator * length.numerator
    whole = start.denominator * length.denominator * ends[-1]
    return [Fraction(base + step * end, whole) for end in ends]


@dataclass(frozen=True, slots=True)
class _Table:
    """What the search asks again and again, as running sums over the words.

    Attributes:
        columns: Columns before each word, spaces counted; one more entry than words.
        space: 1 where a word is parted from the one before it by a space.
        ends: Cost of ending a cue before each word.
        inside: Running cost of what is awkward to have within a cue.
        starts: Start of each word, seconds; and of what follows the last.
        stops: End of each word, seconds.

    """

    columns: list[int]
    space: list[int]
    ends: list[float]
    inside: list[float]
    starts: list[float]
    stops: list[float]


def _table(words: Sequence[Word]) -> _Table:
    table = _Table([0], [], [0.0], [0.0], [], [])
    for place, word in enumerate(words):
        joined = word.text.startswith("\0")
        table.space.append(0 if joined else 1)
        table.columns.append(table.columns[-1] + width(word.text.removeprefix("\0")) + table.space[-1])
        table.starts.append(float(word.start))
        table.stops.append(float(word.end))
        if place == 0:
            continue
        before = words[place - 1]
        pause = 0.0 if word.start == before.end else float(word.start - before.end)
        cost = break_cost(before.text, word.text)
        table.ends.append(0 if pause >= _PAUSE else cost / 2 if pause >= _BREATH else cost)
        # Words on either side of a long silence do not belong on the screen together.
        table.inside.append(table.inside[-1] + (8 if pause > 2 * _PAUSE else 1 if cost == 0 else 0))
    table.ends.append(0.0)
    table.inside.append(table.inside[-1])
    return table


def _reach(table: _Table, profile: Profile, lead: int, before: int, after: int) -> list[int]:
    """Return for each word how far a cue that begins with it can reach, its lines filled one after the other.

    ``lead`` is the width of the label before the first word of all, ``before`` and ``after`` that of the dress.
    """
    words = len(table.space)
    reach = []
    for first in range(words):
        place, room = first, profile.max_chars - before - (lead if first == 0 else 0)
        for line in range(profile.max_lines):
            if line == profile.max_lines - 1:
                room -= after
            if place < words:
                place = bisect_right(table.columns, room + table.columns[place] + table.space[place]) - 1
            room = profile.max_chars
        reach.append(max(place, first + 1))
    return reach


def _best_cut(words: Sequence[Word], profile: Profile, label: str, sung: str) -> list[tuple[int, int]]:
    """Return the cuts with the least total cost, by dynamic programming over the ends of words."""
    table = _table(words)
    before, after = (width(part) for part in sung.split("{}"))
    reach = _reach(table, profile, width(label), before, after)
    longest, shortest, speed = float(profile.max_seconds), float(profile.min_seconds), float(profile.max_cps)
    columns, inside, starts = table.columns, table.inside, table.starts
    costs, froms = [0.0], [0]
    for last in range(1, len(words) + 1):
        until = starts[last] if last < len(words) else table.stops[last - 1]
        stop = table.stops[last - 1]
        best, origin = float("inf"), last - 1
        for first in range(last - 1, -1, -1):
            if first < last - 1 and (reach[first] < last or stop - starts[first] > longest):
                break
            available = until - starts[first]
            cost = costs[first] - inside[first]
            if available < shortest:
                cost += 4
            if (columns[last] - columns[first]) > speed * available and last < len(words):
                cost += 3 * ((columns[last] - columns[first]) / speed / max(available, 0.05) - 1)
            if cost < best:
                best, origin = cost, first
        costs.append(best + _CHUNK_COST + table.ends[last] + inside[last - 1])
        froms.append(origin)
    cuts, last = [], len(words)
    while last:
        cuts.append((froms[last], last))
        last = froms[last]
    return cuts[::-1]
