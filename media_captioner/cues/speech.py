"""Words that are spoken or sung, cut into what fits on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from media_captioner.cues.block import Block
from media_captioner.cues.lines import break_cost, join, pieces, width, wrap
from media_captioner.cues.profiles import Profile
from media_captioner.model import Anchor, Span, Speech

_PAUSE = Fraction(7, 10)  # seconds without words that end a thought as surely as a full stop
_BREATH = Fraction(3, 10)
_CHUNK_COST = 2.0  # what another cue costs, so that a thought is not chopped up without need


@dataclass(frozen=True, slots=True)
class _Timed:
    text: str
    start: Fraction
    end: Fraction


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
                speaker=speech.speaker,
                language=speech.language if speech.translation is not None else None,
                confidence=speech.confidence,
                evidence=(speech.evidence,) if speech.evidence else (),
            )
        )
    return blocks


def _timed_words(speech: Speech, text: str, span: Span, profile: Profile) -> list[_Timed]:
    # A dressed line must fit too, so a word may be as wide as a line less the widest dress (the notes of lyrics).
    parts = pieces(text, profile.max_chars - 6)
    if len(parts) == len(speech.words) and all(
        part == word.text for part, word in zip(parts, speech.words, strict=True)
    ):
        return [_Timed(word.text, word.start, max(word.end, word.start)) for word in speech.words]
    # No word times for these words (a translation, a quote): they share the span by their length.
    total = sum(width(part) + 1 for part in parts)
    timed, position = [], 0
    for part in parts:
        start = span.start + span.duration * Fraction(position, total)
        position += width(part) + 1
        timed.append(_Timed(part, start, span.start + span.duration * Fraction(position, total)))
    return timed


def _best_cut(words: Sequence[_Timed], profile: Profile, label: str, sung: str) -> list[tuple[int, int]]:
    """Return the cuts with the least total cost, by dynamic programming over the ends of words."""
    best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * len(words)
    for last in range(1, len(words) + 1):
        columns = 0
        for first in range(last - 1, -1, -1):
            columns += width(words[first].text) + 1
            alone = first == last - 1
            if not alone and (
                columns > profile.max_chars * profile.max_lines + 1
                or words[last - 1].end - words[first].start > profile.max_seconds
            ):
                break
            text = sung.format(join([word.text for word in words[first:last]]))
            if not alone and wrap(label + text if first == 0 else text, profile) is None:
                continue
            cost = best[first][0] + _cost(words, first, last, profile, columns)
            if cost < best[last][0]:
                best[last] = (cost, first)
    cuts, last = [], len(words)
    while last:
        cuts.append((best[last][1], last))
        last = best[last][1]
    return cuts[::-1]


def _cost(words: Sequence[_Timed], first: int, last: int, profile: Profile, columns: int) -> float:
    cost = _CHUNK_COST
    available = words[last - 1].end - words[first].start
    if last < len(words):
        pause = words[last].start - words[last - 1].end
        end = break_cost(words[last - 1].text, words[last].text)
        cost += 0 if pause >= _PAUSE else end / 2 if pause >= _BREATH else end
        available = words[last].start - words[first].start
    for place in range(first + 1, last):
        if words[place].start - words[place - 1].end > 2 * _PAUSE:
            cost += 8  # words on either side of a long silence do not belong on the screen together
        elif break_cost(words[place - 1].text, words[place].text) == 0:
            cost += 1
    if available < profile.min_seconds:
        cost += 4
    too_fast = columns / float(profile.max_cps) / max(float(available), 0.05)
    if last < len(words) and too_fast > 1:
        cost += 3 * (too_fast - 1)
    return cost
