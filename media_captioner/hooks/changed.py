"""Captions that somebody else changed, checked as strictly as what a captioner says."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, get_args

from media_captioner.model import Captions, Category, Chapter, Cue, Evidence
from media_captioner.model.codec import from_json, to_json
from media_captioner.model.facts import Anchor

_LONGEST_TEXT: Final = 2_000  # characters of a cue; a full screen of any profile has 84
_LONGEST_SUMMARY: Final = 10_000
_MOST_KEYWORDS: Final = 1_000
_MORE_CUES: Final = 1_000  # beside four times as many as there were
_SLACK: Final = Fraction(1)  # seconds that captions may outlast the sound
_CHANGEABLE: Final = ("cues", "summary", "keywords", "chapters")


class Unusable(ValueError):
    """Changed captions do not hold."""


def checked(before: Captions, after: Any) -> Captions:
    """Return ``before`` with the cues, summary, keywords and chapters of ``after``, if those hold.

    Raises:
        Unusable: they do not; the text says what.

    """
    if not isinstance(after, Captions):
        raise Unusable(f"{type(after).__name__} was returned, not Captions")
    end = _end(before)
    found = _tuple(after.cues, "cues")
    if len(found) > 4 * len(before.cues) + _MORE_CUES:
        raise Unusable(f"there are {len(found)} cues, and there were {len(before.cues)}")
    known = {evidence for cue in (*before.cues, *before.omitted) for evidence in cue.evidence}
    cues = tuple(_cue(cue, number, end, known) for number, cue in enumerate(found, 1))
    if any(first.start > second.start for first, second in pairwise(cues)):
        raise Unusable("the cues are not in the order of their starts")
    kept = [to_json(cue) for cue in cues]  # to the microsecond, for those that came as JSON
    if missing := [cue for cue in before.cues if cue.locked and to_json(cue) not in kept]:
        raise Unusable(f"a cue that a person wrote is gone or changed: {missing[0].text[:60]!r}")
    for name in before.locked:
        if name in _CHANGEABLE and getattr(after, name) != getattr(before, name):
            raise Unusable(f"{name} was set by a person and may not change")
    if after.summary is not None:
        _text(after.summary, "the summary", _LONGEST_SUMMARY)
    return replace(
        before,
        cues=cues,
        summary=after.summary,
        keywords=_keywords(after.keywords),
        chapters=tuple(_chapter(chapter, end) for chapter in _tuple(after.chapters, "chapters")),
    )


def from_document(before: Captions, document: Any) -> Captions:
    """Return ``before`` with what a JSON object changes in it: ``cues``, ``summary``, ``keywords``, ``chapters``.

    Raises:
        Unusable: it does not hold; the text says what.

    """
    if not isinstance(document, dict):
        raise Unusable(f"{type(document).__name__} was returned, not a JSON object")
    if unknown := sorted(set(document) - set(_CHANGEABLE)):
        raise Unusable(f"{unknown[0]!r} cannot be changed; {', '.join(_CHANGEABLE)} can")
    # What is not mentioned stays as it was, to the last digit, and not as JSON would have it.
    try:
        whole = from_json(Captions, {**to_json(before), **document})
    except ValueError as error:
        raise Unusable(str(error)) from error
    return checked(before, replace(before, **{name: getattr(whole, name) for name in document}))


def _end(captions: Captions) -> Fraction | None:
    ends = [segment.end for segment in captions.segments]
    if captions.media.duration is not None:
        ends.append(captions.media.duration)
    return max(ends) + _SLACK if ends else None


def _times(start: Any, end: Any, what: str, limit: Fraction | None) -> tuple[Fraction, Fraction]:
    if isinstance(start, bool) or isinstance(end, bool):
        raise Unusable(f"{what} has no times")
    if not isinstance(start, (Fraction, int)) or not isinstance(end, (Fraction, int)):
        raise Unusable(f"{what} has times that are no fractions of seconds")
    if not 0 <= start < end or (limit is not None and end > limit):
        raise Unusable(f"{what} lasts from {float(start):g} to {float(end):g} s")
    return Fraction(start), Fraction(end)


def _cue(cue: Any, number: int, limit: Fraction | None, known: AbstractSet[Evidence]) -> Cue:
    what = f"cue {number}"
    if not isinstance(cue, Cue):
        raise Unusable(f"{what} is {type(cue).__name__}")
    start, end = _times(cue.start, cue.end, what, limit)
    _text(cue.text, what, _LONGEST_TEXT)
    if "\n\n" in cue.text or any(not line.strip() for line in cue.text.split("\n")):
        raise Unusable(f"{what} has an empty line")
    if cue.category not in get_args(Category) or cue.anchor not in get_args(Anchor):
        raise Unusable(f"{what} is of an unknown category or anchor")
    sure: Any = cue.confidence
    if sure is not None and not (isinstance(sure, (int, float)) and 0 <= sure <= 1):
        raise Unusable(f"{what} has the confidence {sure!r}")
    for name in (cue.speaker, cue.language):
        if name is not None:
            _text(name, what, _LONGEST_TEXT)
    # What rests on nothing that was heard may not look as if it did: evidence is kept, never made up.
    evidence = tuple(each for each in cue.evidence if each in known)
    return replace(cue, start=start, end=end, evidence=evidence)


def _chapter(chapter: Any, limit: Fraction | None) -> Chapter:
    if not isinstance(chapter, Chapter):
        raise Unusable(f"a chapter is {type(chapter).__name__}")
    start, end = _times(chapter.start, chapter.end, "a chapter", limit)
    _text(chapter.title, "the title of a chapter", _LONGEST_TEXT)
    return Chapter(start, end, chapter.title)


def _keywords(words: Any) -> tuple[str, ...]:
    found = _tuple(words, "keywords")
    if len(found) > _MOST_KEYWORDS:
        raise Unusable(f"there are {len(found)} keywords")
    for word in found:
        _text(word, "a keyword", _LONGEST_TEXT)
    return tuple(dict.fromkeys(found))


def _tuple(values: Any, what: str) -> Sequence[Any]:
    if not isinstance(values, tuple):
        raise Unusable(f"the {what} are {type(values).__name__}")
    return values


def _text(text: Any, what: str, longest: int) -> None:
    if not isinstance(text, str) or not text.strip():
        raise Unusable(f"{what} has no text")
    if len(text) > longest:
        raise Unusable(f"{what} has {len(text)} characters")
    if any(
        (char < " " and char != "\n") or "\x7f" <= char <= "\x9f" or char in "\u2028\u2029" for char in text
    ):
        raise Unusable(f"{what} holds a control character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unusable(f"{what} holds half a character") from None
