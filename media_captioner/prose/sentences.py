"""Sentences of a description, with the quotations in it kept whole."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

LONGEST: Final = 1_200
"""Characters of the longest sentence; a longer run of text is cut at a space, so that reading stays linear."""

_END: Final = re.compile(r"[.!?…。！？]+[”’»」』)\]*]*")
_NEXT: Final = re.compile(r"[\s”’»」』)\]]*")
_OPEN: Final = re.compile(r"[“«„「『]")
_CLOSE: Final = {"“": "”", "«": "»", "„": "“”", "「": "」", "『": "』"}
_QUOTE_LIMIT: Final = 900  # a mark that finds no partner within so many characters is a stray
_ABBREVIATIONS: Final = frozenset(
    "mr mrs ms dr prof st sr jr vs etc approx ca cf e.g i.e eg ie no nos fig vol al inc ltd co dept est min max "
    "sec sgt lt col gen rev hon capt op a.m p.m u.s u.k u.n ph.d b.c a.d feat ft".split()
)


class Sentence(NamedTuple):
    """A sentence and its offsets in the text; ``paragraph`` counts from 0."""

    text: str
    start: int
    end: int
    paragraph: int


def split(text: str) -> list[Sentence]:
    """Cut ``text`` into sentences.

    A full stop inside quotation marks ends no sentence unless what follows the marks begins one; abbreviations,
    initials, decimals and dots of omission are known. A line feed ends a sentence where the line before is
    finished or the next line begins with a capital; a blank line always does.

    Args:
        text: Clean text (see ``prose.clean``).

    Returns:
        The sentences in order, without the white space between them.

    """
    found: list[Sentence] = []
    for number, (start, end) in enumerate(_paragraphs(text)):
        position = start
        for stop in _stops(text, start, end):
            _add(found, text, position, stop, number)
            position = stop
        _add(found, text, position, end, number)
    return found


def _paragraphs(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for match in re.finditer(r"\n+", text):
        before, after = text[start : match.start()].rstrip(), text[match.end() : match.end() + 1]
        wrapped = match.end() - match.start() == 1 and after.islower() and before[-1:] not in set(".!?:”…")
        if not wrapped:
            spans.append((start, match.start()))
            start = match.end()
    spans.append((start, len(text)))
    return spans


def _add(found: list[Sentence], text: str, start: int, end: int, paragraph: int) -> None:
    while start < end:
        cut = end if end - start <= LONGEST else text.rfind(" ", start + 1, start + LONGEST)
        cut = cut if cut > start else min(end, start + LONGEST)
        piece = text[start:cut]
        bare = piece.strip()
        if bare:
            begin = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(bare, begin, begin + len(bare), paragraph))
        start = cut


def _stops(text: str, start: int, end: int) -> list[int]:
    """Return where sentences of the paragraph end."""
    stops: list[int] = []
    quoted = _quotations(text, start, end)
    index = 0
    for match in _END.finditer(text, start, end):
        while index < len(quoted) and quoted[index][1] < match.start() + 1:
            index += 1
        inside = index < len(quoted) and quoted[index][0] <= match.start() and match.end() < quoted[index][1]
        if not inside and _ends(text, start, match, end):
            stops.append(match.end())
    return stops


def _quotations(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    position = start
    while match := _OPEN.search(text, position, end):
        limit = min(end, match.end() + _QUOTE_LIMIT)
        closes = [text.find(mark, match.end(), limit) for mark in _CLOSE[match.group()]]
        close = min((place for place in closes if place >= 0), default=-1)
        position = close + 1 if close >= 0 else match.end()
        if close >= 0:
            spans.append((match.start(), close + 1))
    return spans


def _ends(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether the marks of ``match`` end a sentence."""
    after = _NEXT.match(text, match.end(), end)
    following = after.end() if after else match.end()
    if following >= end:
        return True
    next_one = text[following]
    if next_one == "(" and match.group()[-1] in "”»」』":
        return False  # a bracket right behind a quotation is its translation
    if match.group()[0] in "。！？":
        return True
    if next_one.islower() or next_one in ",;:)—–":
        return False  # “Are we there?” she asks; "etc., "
    if text[match.end()] not in " \n" and next_one not in "“‘«(":
        return False  # a decimal, a domain, a run-on
    return match.group() != "." or not _is_abbreviation(text[max(start, match.start() - 12) : match.start()])


def _is_abbreviation(before: str) -> bool:
    """Whether a full stop behind ``before`` belongs to an abbreviation or an initial."""
    words = before.split()
    last = words[-1].lower().lstrip("(“") if words and not before[-1:].isspace() else ""
    return last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha() and last != "i")
