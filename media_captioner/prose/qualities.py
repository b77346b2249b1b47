"""Remarks about the recording: guesses of a model that hears no decibels, kept apart from what is measured."""

from __future__ import annotations

from typing import Final

from media_captioner.model import Quality
from media_captioner.prose.lexicon import Hit, Remark
from media_captioner.prose.polarity import NAMES
from media_captioner.prose.reading import Passage, Reading

_RECORDING: Final = frozenset(
    "recording recorded recorder recordings microphone mic equipment device tape fidelity transfer playback preamp preamplifier surface disc "
    "vinyl shellac gramophone".split()
)
_SOUND: Final = frozenset({"audio", "sound", "capture", "line", "broadcast"})
_SPOKEN: Final = frozenset("voice voices speech words announcement dialogue vocals".split())
_NOT_DRY: Final = frozenset(
    "leaf grass cough humor humour wit throat wood twig branch sand climate paper skin food mouth remark run season "
    "sarcasm joke ice reed hay land desert earth ground soil undergrowth brush mud dust stone bone whir "
    "whirr heat wind fire hands stick straw rasp rattle cackle bread pasta".split()
)
_INSTRUMENTAL: Final = frozenset("guitar guitars bass synth synthesizer drums lead kick riff".split())
_NEAR: Final = 3  # words around a remark that may turn its meaning
_BEFORE: Final = 5  # words between the recording and a remark about it
_AFTER: Final = 12
_COPULA: Final = (["is"], ["has"], ["remains"], ["itself"])
_MANNER: Final = frozenset("delivery diction tone manner accent sentences phrases".split())
_THROUGH: Final = frozenset("through off across around in from between down over along against".split())
_INTENDED: Final = frozenset({"stylistic", "controlled", "deliberate", "intentional", "artistic"})


def find(reading: Reading) -> tuple[Quality, ...]:
    """Return the remarks of a description in order, each term once, as surely stated as its surest mention."""
    found: dict[str, tuple[int, Quality]] = {}
    for passage in reading.passages:
        for hit in _longest(passage):
            if not _applies(passage, hit):
                continue
            rank = passage.rank(hit.start, hit.end)
            term = hit.found.columns[0]
            known = found.get(term)
            if known is None or rank < known[0]:
                found[term] = (
                    rank,
                    Quality(term, NAMES[rank], evidence=passage.evidence(hit.start, hit.end)),
                )
    return tuple(quality for _, quality in found.values())


def _longest(passage: Passage) -> list[Hit]:
    kept: list[Hit] = []
    end = 0
    for hit in sorted(passage.hits(Remark), key=lambda hit: (hit.start, -hit.end, hit.found.columns[1])):
        if hit.start >= end or (kept and (hit.start, hit.end) == (kept[-1].start, kept[-1].end)):
            kept.append(hit)
            end = hit.end
    return kept


def _applies(passage: Passage, hit: Hit) -> bool:
    """Whether the words are said of the recording."""
    term, need = hit.found.columns
    words = passage.words
    near = set(words[max(0, hit.start - _NEAR) : hit.end + _NEAR])
    if _means_other(passage, hit, term, near):
        return False
    if need != "recording":
        return True
    if term == "muffled":
        return not (_RECORDING | _SPOKEN | _SOUND).isdisjoint(words)
    if words[:2] == ["the", "recording"] and words[2:3] in _COPULA and "with" in words[: hit.start]:
        return True
    return not _RECORDING.isdisjoint(words[max(0, hit.start - _BEFORE) : hit.end + _AFTER])


def _means_other(passage: Passage, hit: Hit, term: str, near: set[str]) -> bool:
    """Whether the words mean something else here: dry leaves, a clipped accent, a distorted guitar, echoing off."""
    words, following = passage.words, passage.keys[hit.end : hit.end + 1]
    if term == "dry":
        return not _NOT_DRY.isdisjoint(following)
    if term == "distortion":
        return not near.isdisjoint(_INSTRUMENTAL | _INTENDED)
    if term == "clipping":
        told = not near.isdisjoint(_SPOKEN | _MANNER) or (
            bool(passage.quotes) and _RECORDING.isdisjoint(words)
        )
        return "clipped" in words[hit.start : hit.end] and told
    return words[hit.start] == "echo" and not _THROUGH.isdisjoint(following)
