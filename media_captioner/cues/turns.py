"""Which of the regions where somebody speaks is which utterance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from media_captioner.cues.windows import Window
from media_captioner.model import Facts, Music, Sound, Span, Speech

_SPEAKING_RATE: Final = 15.0  # characters a second of English speech, pauses within phrases included
_TURN_GAP: Final = 0.25  # seconds between two regions that may be two utterances
_STATED: Final = 3.0  # for each second outside the window of a stated time
_FAR: Final = 6.0  # seconds outside it from which more makes no difference


def turns(
    speech: Sequence[Speech], voice: Sequence[Span], windows: Mapping[int, Window], start: Fraction
) -> dict[int, Span]:
    """Share out the regions of speech among the utterances: which is said when, by the id of the utterance.

    Each utterance takes neighbouring regions, in order, so that their length suits the length of its words, and
    near the time that is stated of it; what nobody quoted is left over at a price. Utterances without a region of
    their own share one.

    Args:
        speech: Utterances in the order in which they are told.
        voice: Where somebody speaks, ascending.
        windows: The times that the description states, by the id of the fact, seconds from ``start``.
        start: Begin of the segment, on the timeline of ``voice``.

    """
    said = [s for s in speech if s.span is None and s.text and s.polarity in {"asserted", "hedged"}]
    regions = _divided(voice, len(said))
    if not said or not regions:
        return {}
    expected = [spoken_seconds(utterance) for utterance in said]
    stated = [windows.get(id(utterance)) for utterance in said]
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
                window = stated[k - 1]
                if window is not None:
                    cost += _STATED * min(_FAR, window.outside(starts[first] - float(start)))
                if cost < best[k][j]:
                    best[k][j], taken[k][j] = cost, j - first
    found, k, j = {}, len(said), len(regions)
    while k and j:
        if taken[k][j]:
            found[id(said[k - 1])] = Span(regions[j - taken[k][j]].start, regions[j - 1].end)
            j -= taken[k][j]
            k -= 1
        else:
            j -= 1
    return found


def spread(facts: Facts, start: Fraction, end: Fraction) -> dict[int, Span]:
    """Return spans of utterances where nobody is known to speak: each after what is told before it, none together."""
    told: list[Sound | Speech | Music] = [*facts.sounds, *facts.speech, *facts.music]
    told = [fact for fact in told if fact.span is None and fact.polarity in {"asserted", "hedged"}]
    told.sort(key=lambda fact: fact.evidence.start if fact.evidence else 0)
    said = [(rank, fact) for rank, fact in enumerate(told) if isinstance(fact, Speech) and fact.text]
    lengths = [spoken_seconds(fact) for _, fact in said]
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


def spoken_seconds(utterance: Speech) -> float:
    """Return about how long it takes to say an utterance, seconds."""
    text = utterance.text or ""
    # A Chinese, Japanese or Korean character is about a syllable: four a second.
    wide = sum(1 for char in text if "\u2e80" <= char <= "\uffdc")
    return max(0.4, wide / 4 + (len(text) - wide) / _SPEAKING_RATE)
