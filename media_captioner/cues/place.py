"""Times for facts that have none: prose says what was heard and in which order, measurements say when.

What is known: where somebody speaks (a voice detector), where the sound changes, and the order in which the
description tells things. An utterance belongs where somebody speaks and lasts as long as its words take; a sound
that happens belongs where the sound changes; what lasts belongs everywhere from there on. Among all ways to keep
the order, the one in which most is explained is found by dynamic programming over the moments.

Measured on generated scenes, that puts nine of ten utterances within a second; spreading them evenly, three.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeVar

from media_captioner.model import Anchor, Facts, Landmarks, Music, Sound, Span, Speech

Placed = TypeVar("Placed", Sound, Speech, Music)

_SPEAKING_RATE: Final = 15.0  # characters a second of English speech, pauses within phrases included
_TURN_GAP: Final = 0.25  # seconds between two regions that may be two utterances
_EFFECT: Final = Fraction(3, 2)  # seconds; a sound is taken to last twice this where nothing says more
_NEAR_VOICE: Final = Fraction(1, 4)  # seconds: what begins this close to the start of speech is the speech
_REPEAT: Final = Fraction(3, 5)
_AGREE: Final = Fraction(2, 5)
_IN_SPEECH: Final = 0.4
_AGAIN: Final = 0.4

# What a moment is worth to a sound: found by search on half of the generated scenes.
_STRENGTH: Final = 2.0
_ORDER: Final = 3.0
_HINT: Final = 6.0
_SOON: Final = 1.0  # seconds: "begins with" is said of what comes this soon
_AT_VOICE: Final = 1.2
_TOGETHER: Final = 1.5
_NOWHERE: Final = 0.6

_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        ("zero", "one first", "two second", "three third", "four fourth", "five fifth", "six sixth", "seven seventh",
         "eight eighth", "nine ninth", "ten tenth", "eleven", "twelve", "thirteen", "fourteen", "fifteen"),
    )
    for word in words.split()
}  # fmt: skip
_MARK: Final = re.compile(
    r"\b(?:at|around|about|near|by|after|from)\s+(?:roughly |approximately |about |the )*"
    r"(\d+(?:\.\d+)?|[a-z]+)[- ]?second(?:s)?(?:[- ]mark| in\b|s into)?",
    re.IGNORECASE,
)
_WHOLE: Final = r"(?:audio|clip|recording|soundscape|scene|sequence|track|file|excerpt|segment|piece)"
"""What begins when the segment does; rain that "begins to fall" may begin at any time."""
_BEGINS: Final = re.compile(
    rf"\b{_WHOLE} ((also )?(begins?|opens?|starts?))\b|^(it )?(begins|opens|starts)\b|\binitial(ly)?\b"
    r"|\bat the (very )?(start|beginning|outset)\b|\bfrom the outset\b",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(
    rf"\b{_WHOLE} (ends?|concludes?|closes?|cuts? off)\b|^it (ends|concludes|closes)\b|\bfinal(ly)?\b|\blast(ly)?\b"
    r"|\bat the (very )?end\b|\bnear the end\b",
    re.IGNORECASE,
)
_LASTS: Final = re.compile(
    r"\b(throughout|continuous(ly)?|constant(ly)?|persistent(ly)?|steady|steadily|ongoing|underlying|underneath"
    r"|in the background|backdrop|beneath|ambient|ambience|entire|all the while|incessant(ly)?|bed of)\b",
    re.IGNORECASE,
)
_FOLLOWS: Final = re.compile(
    r"\W*(?:then|next|after|afterwards?|immediately|following|suddenly|shortly|moments? later|a moment later|finally)\b",
    re.IGNORECASE,
)
_MEANWHILE: Final = re.compile(
    r"\b(while|as (he|she|they|the)|during|meanwhile|simultaneous(ly)?|at the same time|overlap(s|ping)?|over the"
    r"|accompanied by|along with|together with|beneath|underneath)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment at which something may begin, seconds from the start of the segment."""

    time: float
    strength: float
    turn: int | None = None  # the turn of speech that begins here


@dataclass(frozen=True, slots=True)
class _Item:
    """Something to place, in the order of the text."""

    fact: Sound | Speech | Music
    sentence: str
    turn: int | None = None


def place(facts: Facts, landmarks: Landmarks, start: Fraction, end: Fraction) -> Facts:
    """Give every stated sound, utterance and stretch of music a span within a segment; facts with one keep it.

    Args:
        facts: As read from a description.
        landmarks: What was measured of the segment, on the same timeline as ``start`` and ``end``.
        start: Begin of the segment, seconds.
        end: End of the segment, seconds.

    """
    turns = _turns(facts.speech, landmarks.voice) or _spread(facts, start, end)
    items = _items(facts, turns)
    moments = _moments(landmarks, turns, start, end)
    chosen = _choose(items, moments, float(end - start))
    spans = {
        id(item.fact): _span(item, moment, turns, landmarks, start, end)
        for item, moment in zip(items, chosen, strict=True)
    }
    whole = Span(start, end)
    return replace(
        facts,
        sounds=tuple(_with(fact, spans, whole) for fact in facts.sounds),
        speech=tuple(_with(fact, spans, _talk(landmarks.voice) or whole) for fact in facts.speech),
        music=tuple(_with(fact, spans, whole) for fact in facts.music),
    )


def _with(fact: Placed, spans: dict[int, tuple[Span, Anchor]], otherwise: Span) -> Placed:
    if fact.span is not None or fact.polarity not in {"asserted", "hedged"}:
        return fact
    span, anchor = spans.get(id(fact), (otherwise, "order"))
    return replace(fact, span=span, anchor=anchor)


def _talk(voice: Sequence[Span]) -> Span | None:
    return Span(voice[0].start, voice[-1].end) if voice else None


def _turns(speech: Sequence[Speech], voice: Sequence[Span]) -> dict[int, Span]:
    """Share out the regions of speech among the utterances: which is said when, by the id of the utterance.

    Each utterance takes neighbouring regions, in order, so that their length suits the length of its words;
    what nobody quoted is left over at a price. Utterances without a region of their own share one.
    """
    said = [s for s in speech if s.span is None and s.text and s.polarity in {"asserted", "hedged"}]
    regions = _divided(voice, len(said))
    if not said or not regions:
        return {}
    expected = [_spoken_seconds(utterance) for utterance in said]
    ends = [float(region.end) for region in regions]
    starts = [float(region.start) for region in regions]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    # best[k][j]: least cost of giving the first k utterances regions among the first j.
    best = [[0.0] * (len(regions) + 1) for _ in range(len(said) + 1)]
    taken = [[0] * (len(regions) + 1) for _ in range(len(said) + 1)]
    for j in range(1, len(regions) + 1):
        best[0][j] = best[0][j - 1] + lengths[j - 1]
    for k in range(1, len(said) + 1):
        best[k][0] = float("inf")
        for j in range(1, len(regions) + 1):
            best[k][j], taken[k][j] = best[k][j - 1] + lengths[j - 1], 0
            for first in range(j - 1, -1, -1):
                cost = best[k - 1][first] + abs(ends[j - 1] - starts[first] - expected[k - 1])
                cost += sum(max(0.0, starts[i] - ends[i - 1] - _TURN_GAP) for i in range(first + 1, j))
                if cost < best[k][j]:
                    best[k][j], taken[k][j] = cost, j - first
    turns, k, j = {}, len(said), len(regions)
    while k and j:
        if taken[k][j]:
            turns[id(said[k - 1])] = Span(regions[j - taken[k][j]].start, regions[j - 1].end)
            j -= taken[k][j]
            k -= 1
        else:
            j -= 1
    return turns


def _spread(facts: Facts, start: Fraction, end: Fraction) -> dict[int, Span]:
    """Return spans of utterances where nobody is known to speak: each after what is told before it, none together."""
    told: list[Sound | Speech | Music] = [*facts.sounds, *facts.speech, *facts.music]
    told = [fact for fact in told if fact.span is None and fact.polarity in {"asserted", "hedged"}]
    told.sort(key=lambda fact: fact.evidence.start if fact.evidence else 0)
    said = [(rank, fact) for rank, fact in enumerate(told) if isinstance(fact, Speech) and fact.text]
    lengths = [_spoken_seconds(fact) for _, fact in said]
    whole = float(end - start)
    scale = min(1.0, whole / sum(lengths)) if lengths else 1.0
    found: dict[int, Span] = {}
    free, left = 0.0, sum(lengths) * scale
    for (rank, fact), length in zip(said, lengths, strict=True):
        begin = min(max(free, whole * rank / len(told)), whole - left)
        free, left = begin + length * scale, left - length * scale
        first = start + Fraction(round(begin * 1000), 1000)
        found[id(fact)] = Span(first, min(end, start + Fraction(round(free * 1000), 1000)))
    return found


def _divided(voice: Sequence[Span], wanted: int) -> list[Span]:
    """Return regions, the longest ones halved until there are as many as utterances."""
    regions = list(voice)
    while regions and len(regions) < wanted:
        place = max(range(len(regions)), key=lambda index: regions[index].duration)
        whole = regions[place]
        middle = (whole.start + whole.end) / 2
        regions[place : place + 1] = [Span(whole.start, middle), Span(middle, whole.end)]
    return regions


def _spoken_seconds(utterance: Speech) -> float:
    text = utterance.text or ""
    # A Chinese, Japanese or Korean character is about a syllable: four a second.
    wide = sum(1 for char in text if "\u2e80" <= char <= "\uffdc")
    return max(0.4, wide / 4 + (len(text) - wide) / _SPEAKING_RATE)


def _items(facts: Facts, turns: dict[int, Span]) -> list[_Item]:
    """Return what must be placed by its order, in the order in which it is told."""
    order = {key: index for index, key in enumerate(sorted(turns, key=lambda key: turns[key].start))}
    found: list[tuple[int, _Item]] = []
    everything: tuple[Sound | Speech | Music, ...] = (*facts.sounds, *facts.speech, *facts.music)
    for fact in everything:
        if fact.span is not None or fact.polarity not in {"asserted", "hedged"}:
            continue
        sentence = fact.evidence.sentence if fact.evidence else ""
        if isinstance(fact, Speech):
            if id(fact) not in turns:
                continue
        elif _lasts(fact, sentence):
            continue
        at = fact.evidence.start if fact.evidence else 0
        found.append((at, _Item(fact, sentence, order.get(id(fact)))))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _lasts(fact: Sound | Speech | Music, sentence: str) -> bool:
    lasting = isinstance(fact, Music) or (isinstance(fact, Sound) and fact.sustained)
    return lasting and _LASTS.search(sentence) is not None and _FOLLOWS.match(sentence) is None


def _moments(landmarks: Landmarks, turns: dict[int, Span], start: Fraction, end: Fraction) -> list[_Moment]:
    spoken = sorted(turns.values(), key=lambda span: span.start)
    moments = [_Moment(0.0, 0.4)]
    for time, strength in _beginnings(landmarks):
        inside = any(region.start - _NEAR_VOICE < time < region.end for region in landmarks.voice)
        if start < time < end:
            moments.append(_Moment(float(time - start), strength * (_IN_SPEECH if inside else 1.0)))
    moments += [_Moment(float(span.start - start), 0.0, turn) for turn, span in enumerate(spoken)]
    return sorted(moments, key=lambda moment: (moment.time, moment.turn is not None))


def _beginnings(landmarks: Landmarks) -> list[tuple[Fraction, float]]:
    """Return when something may begin, and how surely: rises, and changes of the scene, two that agree as one."""
    found: list[tuple[Fraction, float]] = []
    last: Fraction | None = None
    for onset in landmarks.onsets:
        # A sound that comes again at once is the same one: a dog that barks twice, a knock of four blows.
        again = last is not None and onset.time - last < _REPEAT
        found.append((onset.time, onset.strength * (_AGAIN if again else 1.0)))
        last = onset.time
    for change in landmarks.changes:
        near = [index for index, (time, _) in enumerate(found) if abs(time - change.time) < _AGREE]
        if near:
            best = max(near, key=lambda index: found[index][1])
            found[best] = (found[best][0], min(1.5, found[best][1] + change.strength))
        else:
            found.append((change.time, change.strength))
    return sorted(found)


def _choose(items: Sequence[_Item], moments: Sequence[_Moment], length: float) -> list[_Moment]:
    """Return a moment for each item, so that as much as possible is explained."""
    if not items:
        return []
    expected = _expected(items, moments, length)
    options = [
        [m for m in moments if m.turn == item.turn]
        if item.turn is not None
        else [*(m for m in moments if m.turn is None), _Moment(expected[i], -_NOWHERE / _STRENGTH)]
        for i, item in enumerate(items)
    ]
    scores = [[_worth(items[0], m, expected[0], length) for m in options[0]]]
    origins: list[list[int]] = [[]]
    for i in range(1, len(items)):
        row, back = [], []
        for moment in options[i]:
            reached = [
                score + _step(items[i], before, moment, length)
                for before, score in zip(options[i - 1], scores[-1], strict=True)
            ]
            origin = max(range(len(reached)), key=reached.__getitem__)
            back.append(origin)
            row.append(reached[origin] + _worth(items[i], moment, expected[i], length))
        scores.append(row)
        origins.append(back)
    at = max(range(len(scores[-1])), key=scores[-1].__getitem__)
    chosen = []
    for i in range(len(items) - 1, -1, -1):
        chosen.append(options[i][at])
        at = origins[i][at] if i else 0
    return chosen[::-1]


def _worth(item: _Item, moment: _Moment, expected: float, length: float) -> float:
    if item.turn is not None:
        return 0.0
    worth = _STRENGTH * moment.strength - _ORDER * ((moment.time - expected) / length) ** 2
    hint = _hinted(item.sentence, length)
    if hint is not None:
        worth -= _HINT * min(1.0, max(0.0, abs(moment.time - hint) - _SOON) / 4)
    return worth


def _step(item: _Item, before: _Moment, moment: _Moment, length: float) -> float:
    if moment.time < before.time:  # told later, heard earlier: prose does that, but seldom
        return -_AT_VOICE - _ORDER * (before.time - moment.time) / length
    if moment.time == before.time and not _MEANWHILE.search(item.sentence):
        return -_TOGETHER
    return 0.0


def _expected(items: Sequence[_Item], moments: Sequence[_Moment], length: float) -> list[float]:
    """Return where each item would be if what lies between two known moments were spread evenly."""
    times = {moment.turn: moment.time for moment in moments if moment.turn is not None}
    known = [(-1, 0.0), *((i, times[item.turn]) for i, item in enumerate(items) if item.turn is not None)]
    known.append((len(items), length))
    expected = []
    for i in range(len(items)):
        before = max((pair for pair in known if pair[0] <= i), key=lambda pair: pair[0])
        after = min((pair for pair in known if pair[0] > i), key=lambda pair: pair[0])
        share = (i - before[0]) / (after[0] - before[0])
        expected.append(before[1] + (after[1] - before[1]) * share)
    return expected


def _hinted(sentence: str, length: float) -> float | None:
    """Return the time that a sentence states, in seconds, or None."""
    mark = _MARK.search(sentence)
    if mark:
        text = mark[1].lower()
        value = float(text) if text[0].isdigit() else _NUMBERS.get(text)
        if value is not None and value <= length:
            return float(value)
    if _BEGINS.search(sentence):
        return 0.0
    return length if _ENDS.search(sentence) else None


def _span(
    item: _Item, moment: _Moment, turns: dict[int, Span], landmarks: Landmarks, start: Fraction, end: Fraction
) -> tuple[Span, Anchor]:
    if id(item.fact) in turns:
        return turns[id(item.fact)], "voice" if landmarks.voice else "order"
    begin = min(start + Fraction(round(moment.time * 1000), 1000), end)
    anchor: Anchor = "change" if moment.strength > 0 else "order"
    if isinstance(item.fact, Music) or (isinstance(item.fact, Sound) and item.fact.sustained):
        return Span(begin, end), anchor
    following = next((time for time, _ in _beginnings(landmarks) if time > begin + _REPEAT), end)
    return Span(begin, min(following, begin + 2 * _EFFECT, end)), anchor
