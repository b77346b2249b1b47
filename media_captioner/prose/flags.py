"""Review flags: what a person may want to look at before a tape is published.

Meant to miss nothing: a guess raises a flag as well as a statement, words spoken raise some that prose does not,
and only what is denied raises none. A flag decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from media_captioner.model import Evidence, Flag, Polarity, Sound, Speech
from media_captioner.prose.lexicon import Action, FlagWord, Mask, Person, Source, lexicon
from media_captioner.prose.manner import FEIGNED
from media_captioner.prose.polarity import HEDGED, NAMES
from media_captioner.prose.reading import Reading
from media_captioner.prose.tables import table
from media_captioner.prose.words import tokens

_SPOKEN: Final = frozenset({"speech", "all"})
_UNSPACED: Final = re.compile("他妈的|操你妈|操|傻逼|妈的|傻屄|くそ|クソ|ちくしょう|씨발|개새끼|젠장")
"""Profanity in scripts that put no spaces between words, which the table of words cannot hold."""
_GLASS: Final = re.compile(
    r"\b(?:glass(?:es)?|vases?|bottles?|windows?|mirrors?|panes?|jars?)\b", re.IGNORECASE
)
_OF_VOICES: Final = frozenset({"scream", "shouting", "crying"})
_PEOPLE: Final = frozenset({"person", "crowd", "throng", "kids", "baby", "walker", "voice"})
_WRITTEN: Final = frozenset({"prose", "all"})


def find(reading: Reading, sounds: Sequence[Sound], speech: Sequence[Speech]) -> tuple[Flag, ...]:
    """Return the flags of a description, each once, as surely stated as its surest reason.

    Args:
        reading: The description.
        sounds: Its sounds; some AudioSet classes raise a flag.
        speech: Its speech; words spoken and children's voices raise flags.

    """
    found: dict[str, tuple[int, Flag]] = {}
    for name, polarity, evidence in (*_of_sounds(sounds), *_of_speech(speech), *_of_prose(reading)):
        rank = NAMES.index(polarity)
        if rank > HEDGED:
            continue
        known = found.get(name)
        if known is None or rank < known[0]:
            found[name] = (rank, Flag(name, polarity, evidence=evidence))
    return tuple(flag for _, flag in found.values())


Reason = tuple[str, Polarity, Evidence | None]


def _of_sounds(sounds: Sequence[Sound]) -> Iterable[Reason]:
    by_class = _classes()
    for sound in sounds:
        if "Shatter" in sound.audioset and sound.evidence and _GLASS.search(sound.evidence.sentence):
            yield "glass_break", sound.polarity, sound.evidence
        for name in sound.audioset:
            for flag in by_class.get(name, ()):
                yield flag, sound.polarity, sound.evidence


def _of_speech(speech: Sequence[Speech]) -> Iterable[Reason]:
    for spoken in speech:
        if spoken.speaker == "child":
            yield "minor", spoken.polarity, spoken.evidence
        for text in (spoken.text, spoken.translation):
            if not text:
                continue
            words = tokens(text)
            for hit in lexicon().find(words).get(FlagWord, []):
                if hit.found.columns[1] in _SPOKEN:
                    yield hit.found.columns[0], spoken.polarity, spoken.evidence
            if not text.isascii() and _UNSPACED.search(text):
                yield "profanity", spoken.polarity, spoken.evidence


def _of_prose(reading: Reading) -> Iterable[Reason]:
    for passage in reading.passages:
        masked = {place for hit in passage.hits(Mask) for place in range(hit.start, hit.end)}
        for hit in passage.hits(FlagWord):
            feigned = not FEIGNED.isdisjoint(passage.words[max(0, hit.start - 1) : hit.start])
            if feigned or hit.found.columns[1] not in _WRITTEN:
                continue
            if passage.words[hit.end - 1] == "violent" and any(
                other.start == hit.end for other in passage.hits(Action)
            ):
                continue  # a violent hiss
            if hit.found.columns[0] in _OF_VOICES and any(
                other.end == hit.start and other.found.name not in _PEOPLE for other in passage.hits(Source)
            ):
                continue  # "engines scream", "an alligator bellows"
            if passage.words[hit.end - 1] == "violently" and not passage.hits(Person):
                continue  # the wind gusts, the water boils
            if not (hit.end - hit.start == 1 and hit.start in masked):
                rank = passage.rank(hit.start, hit.end)
                yield hit.found.columns[0], NAMES[rank], passage.evidence(hit.start, hit.end)


@cache
def _classes() -> dict[str, list[str]]:
    """Return the flags each AudioSet class raises."""
    found: dict[str, list[str]] = {}
    for name, _, words in table("flags"):
        for phrase in words.split(";"):
            kind, _, class_name = phrase.strip().partition(":")
            if kind == "class":
                found.setdefault(class_name, []).append(name)
    return found
