"""Times for facts that have none: prose says what was heard and in which order, measurements say when.

What is known: where somebody speaks (a voice detector), where the sound changes, and the order in which the
description tells things. An utterance belongs where somebody speaks and lasts as long as its words take; a sound
that happens belongs where the sound changes; what lasts belongs everywhere from there on. Among all ways to keep
the order, the one in which most is explained is found by dynamic programming over the moments. A time that the
description states narrows the search to what happens near it; where nothing does, it is taken at its word.

Measured on generated scenes, that puts nine of ten utterances within a second; spreading them evenly, three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, TypeVar

from media_captioner.cues.turns import spoken_seconds, spread, turns
from media_captioner.cues.windows import Window, stated, windows
from media_captioner.model import Anchor, Facts, Hint, Landmarks, Music, Sound, Span, Speech

Placed = TypeVar("Placed", Sound, Speech, Music)

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
_AWAY: Final = 0.25  # for each second from the time that is stated
_TOGETHER: Final = 1.5
_NOWHERE: Final = 0.6

_WHOLE: Final = r"(?:audio|clip|recording|soundscape|scene|sequence|track|file|excerpt|segment|piece)"
"""What begins when the segment does; rain that "begins to fall" may begin at any time."""
_SENTENCES: Final = 64  # of a description; what one sentence says is asked for each fact in it
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
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """The times that a description states: windows for begins and ends, by the id of the fact, and the segment."""

    hints: Mapping[int, Hint]
    windows: Mapping[int, Window]
    start: Fraction
    end: Fraction

    def until(self, fact: Sound | Speech | Music, begin: Fraction) -> Fraction | None:
        """Return when a fact that begins at ``begin`` is said to end, if that is after it and in the segment."""
        hint = self.hints.get(id(fact))
        if hint is None or hint.until is None:
            return None
        end = self.start + hint.until
        return end if begin < end <= self.end else None


def place(
    facts: Facts, landmarks: Landmarks, start: Fraction, end: Fraction, hints: Sequence[Hint] = ()
) -> Facts:
    """Give every stated sound, utterance and stretch of music a span within a segment; facts with one keep it.

    Args:
        facts: As read from a description.
        landmarks: What was measured of the segment, on the same timeline as ``start`` and ``end``.
        start: Begin of the segment, seconds.
        end: End of the segment, seconds.
        hints: The times that the description states, seconds from ``start``.

    """
    everything: tuple[Sound | Speech | Music, ...] = (*facts.sounds, *facts.speech, *facts.music)
    told = [fact for fact in everything if fact.span is None and fact.polarity in {"asserted", "hedged"}]
    found = stated(told, hints)
    said = _Said(found, windows(found, end - start), start, end)
    shared = turns(facts.speech, landmarks.voice, said.windows, start) or spread(facts, start, end)
    taken = _at_their_word(facts.speech, shared, landmarks.voice, said)
    placed = {**shared, **taken}
    items = _items(told, placed, said)
    chosen = _choose(items, _moments(landmarks, placed, start, end), float(end - start))
    spans = {
        id(item.fact): _span(item, moment, placed, landmarks, said)
        for item, moment in zip(items, chosen, strict=True)
    }
    spans |= {key: (span, "said") for key, span in taken.items()}
    spans |= {id(fact): _otherwise(fact, landmarks.voice, said) for fact in told if id(fact) not in spans}
    return replace(
        facts,
        sounds=tuple(_with(fact, spans) for fact in facts.sounds),
        speech=tuple(_with(fact, spans) for fact in facts.speech),
        music=tuple(_with(fact, spans) for fact in facts.music),
    )


def _with(fact: Placed, spans: Mapping[int, tuple[Span, Anchor]]) -> Placed:
    if id(fact) not in spans:
        return fact
    span, anchor = spans[id(fact)]
    return replace(fact, span=span, anchor=anchor)


def _at_their_word(
    speech: Sequence[Speech], shared: Mapping[int, Span], voice: Sequence[Span], said: _Said
) -> dict[int, Span]:
    """Return where to put the utterances that are said to be heard where nobody is known to begin to speak."""
    found = {}
    for utterance in speech:
        window, turn = said.windows.get(id(utterance)), shared.get(id(utterance))
        if window is None or turn is None or (voice and float(turn.start - said.start) in window):
            continue
        begin = said.start + _grid(window.earliest)
        found[id(utterance)] = Span(begin, min(said.end, begin + _grid(spoken_seconds(utterance))))
    return found


def _otherwise(fact: Sound | Speech | Music, voice: Sequence[Span], said: _Said) -> tuple[Span, Anchor]:
    """Return a span for what has no moment of its own: what lasts, and speech without words."""
    whole = Span(said.start, said.end)
    talk = (_talk(voice) or whole) if isinstance(fact, Speech) else whole
    window = said.windows.get(id(fact))
    if window is None:
        until = said.until(fact, talk.start)
        return (talk, "order") if until is None else (Span(talk.start, until), "said")
    near = [region.start for region in voice if float(region.start - said.start) in window]
    at = said.start + _grid(window.earliest)
    begin = min(near, key=lambda time: abs(time - at), default=at)
    last = said.until(fact, begin) or (talk.end if talk.end > begin else said.end)
    return Span(begin, last), "voice" if near else "said"


def _grid(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)


def _talk(voice: Sequence[Span]) -> Span | None:
    return Span(voice[0].start, voice[-1].end) if voice else None


def _items(told: Sequence[Sound | Speech | Music], turns: Mapping[int, Span], said: _Said) -> list[_Item]:
    """Return what must be placed by its order, in the order in which it is told."""
    order = {key: index for index, key in enumerate(sorted(turns, key=lambda key: turns[key].start))}
    found: list[tuple[int, _Item]] = []
    for fact in told:
        sentence = fact.evidence.sentence if fact.evidence else ""
        window = said.windows.get(id(fact))
        if isinstance(fact, Speech):
            if id(fact) not in turns:
                continue
        elif window is None and _lasts(fact, sentence):
            continue
        at = fact.evidence.start if fact.evidence else 0
        found.append((at, _Item(fact, sentence, order.get(id(fact)), window)))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _lasts(fact: Sound | Speech | Music, sentence: str) -> bool:
    lasting = isinstance(fact, Music) or (isinstance(fact, Sound) and fact.sustained)
    return lasting and _is_of_bed(sentence)


@lru_cache(maxsize=_SENTENCES)
def _is_of_bed(sentence: str) -> bool:
    """Whether a sentence tells of what goes on beneath the rest."""
    return _LASTS.search(sentence) is not None and _FOLLOWS.match(sentence) is None


@lru_cache(maxsize=_SENTENCES)
def _is_meanwhile(sentence: str) -> bool:
    """Whether a sentence tells of several things that are heard at once."""
    return _MEANWHILE.search(sentence) is not None


def _moments(
    landmarks: Landmarks, turns: Mapping[int, Span], start: Fraction, end: Fraction
) -> list[_Moment]:
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
    options = [_options(item, moments, at) for item, at in zip(items, expected, strict=True)]
    scores = [[_worth(items[0], m, expected[0], length) for m in options[0]]]
    origins: list[list[int]] = [[]]
    for i in range(1, len(items)):
        row, back = [], []
        for moment in options[i]:
            reached = [
                score + _step(items[i - 1], items[i], before, moment, length)
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


def _options(item: _Item, moments: Sequence[_Moment], expected: float) -> list[_Moment]:
    if item.turn is not None:
        return [moment for moment in moments if moment.turn == item.turn]
    free = [moment for moment in moments if moment.turn is None]
    if item.window is not None:
        free, expected = [moment for moment in free if moment.time in item.window], item.window.earliest
    return [*free, _Moment(expected, -_NOWHERE / _STRENGTH)]


def _worth(item: _Item, moment: _Moment, expected: float, length: float) -> float:
    if item.turn is not None:
        return 0.0
    worth = _STRENGTH * moment.strength
    if item.window is not None:
        off = item.window.off(moment.time)
        return worth - _AWAY * off - _HINT * max(0.0, off - item.window.tolerance) / 4
    worth -= _ORDER * ((moment.time - expected) / length) ** 2
    hint = _hinted(item.sentence, length)
    if hint is not None:
        worth -= _HINT * min(1.0, max(0.0, abs(moment.time - hint) - _SOON) / 4)
    return worth


def _step(last: _Item, item: _Item, before: _Moment, moment: _Moment, length: float) -> float:
    stated = last.window and item.window and last.window.earliest > item.window.earliest
    if moment.time < before.time and not stated:  # told later, heard earlier: prose does that, but seldom
        return -_AT_VOICE - _ORDER * (before.time - moment.time) / length
    if moment.time == before.time and not _is_meanwhile(item.sentence):
        return -_TOGETHER
    return 0.0


def _expected(items: Sequence[_Item], moments: Sequence[_Moment], length: float) -> list[float]:
    """Return where each item would be if what lies between two known moments were spread evenly."""
    times = {moment.turn: moment.time for moment in moments if moment.turn is not None}
    known = [(-1, 0.0)]
    for i, item in enumerate(items):
        if item.turn is not None:
            known.append((i, times[item.turn]))
        elif item.window is not None:
            known.append((i, item.window.earliest))
    known.append((len(items), length))
    expected = []
    for i in range(len(items)):
        before = max((pair for pair in known if pair[0] <= i), key=lambda pair: pair[0])
        after = min((pair for pair in known if pair[0] > i), key=lambda pair: pair[0])
        share = (i - before[0]) / (after[0] - before[0])
        expected.append(before[1] + (after[1] - before[1]) * share)
    return expected


@lru_cache(maxsize=_SENTENCES)
def _hinted(sentence: str, length: float) -> float | None:
    """Return the end of the clip at which a sentence says that something is, in seconds, or None."""
    if _BEGINS.search(sentence):
        return 0.0
    return length if _ENDS.search(sentence) else None


def _span(
    item: _Item, moment: _Moment, turns: Mapping[int, Span], landmarks: Landmarks, said: _Said
) -> tuple[Span, Anchor]:
    if id(item.fact) in turns:
        return turns[id(item.fact)], "voice" if landmarks.voice else "order"
    begin = min(said.start + _grid(moment.time), said.end)
    guess: Anchor = "order" if item.window is None else "said"
    anchor: Anchor = "change" if moment.strength > 0 else guess
    until = said.until(item.fact, begin)
    if until is not None:
        return Span(begin, until), anchor
    if isinstance(item.fact, Music) or (isinstance(item.fact, Sound) and item.fact.sustained):
        return Span(begin, said.end), anchor
    following = next((time for time, _ in _beginnings(landmarks) if time > begin + _REPEAT), said.end)
    return Span(begin, min(following, begin + 2 * _EFFECT, said.end)), anchor
