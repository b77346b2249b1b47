"""Words: cutting a stretch of text into them, and reducing them to lemmas that a lexicon knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from typing import Final

_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*|[^\w\s]|_")
_GERUND: Final = re.compile(r"[aeiouy].*ing$")
_CLOSED: Final = re.compile(r"^[^aeiou]*(?:[aeiou]|qui)[bdgmnprt]$")  # one short syllable: tap, hum, drip
_VOWELS: Final = frozenset("aeiou")
_SHORTEST: Final = 3  # letters of the shortest lemma that an ending may be taken from

REMEMBERED: Final = 50_000
"""Words whose forms are remembered: every word of English that descriptions use, not every word of a hostile text."""

_PLAIN: Final[dict[str, str]] = {}

SKIPPED: Final = frozenset("-–“”‘’'\"")
"""Marks that may stand inside a phrase of several words (``close-up``, ``a “thud”``)."""


def tokens(text: str) -> list[str]:
    """Return the words, numbers and marks of ``text``, as ``plain`` makes them."""
    words: list[str] = []
    cut(text, 0, words, [], [])
    return words


def cut(text: str, offset: int, words: list[str], starts: list[int], ends: list[int]) -> None:
    """Cut ``text`` into words, numbers and marks, and append them and their offsets.

    Args:
        text: Any text.
        offset: What to add to the offsets.
        words: Takes the words, as ``plain`` makes them.
        starts: Takes the offset of each word.
        ends: Takes the offset after each word.

    """
    known = _PLAIN
    for match in _TOKEN.finditer(text):
        raw = match.group()
        word = known.get(raw)
        if word is None:
            word = plain(raw)
            if len(known) > REMEMBERED:
                known.clear()
            known[raw] = word
        words.append(word)
        start = match.start() + offset
        starts.append(start)
        ends.append(start + len(raw))


def plain(word: str) -> str:
    """Return ``word`` in lower case, without possessive ending.

    What ends in ``n't`` becomes ``not``, so that whoever looks for denials finds it.
    """
    word = word.lower()
    if len(word) > 2 and ("'" in word or "’" in word):
        word = word.replace("’", "'")
        if word.endswith("n't"):
            return "not"
        if word.endswith("'s"):
            return word[:-2]
    return word


def gerund(verb: str) -> str:
    """Return the -ing form of a lemma (``clank``: ``clanking``, ``tap``: ``tapping``, ``chime``: ``chiming``)."""
    if _GERUND.search(verb):
        return verb
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    if _CLOSED.search(verb):
        return verb + verb[-1] + "ing"
    return verb + "ing"


def _stems(word: str) -> Iterator[str]:
    """Yield what ``word`` may be an inflected form of, most likely first (plural, -ing, -ed)."""
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ied"):
        yield word[:-3] + "y"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if len(stem) < _SHORTEST or stem == word or not _VOWELS & set(stem.replace("y", "i")):
            continue
        yield stem
        if stem[-1] == stem[-2]:
            yield stem[:-1]
        yield stem + "e"


def lemmatiser(vocabulary: Container[str], irregular: dict[str, str]) -> Callable[[str], str]:
    """Return a function that reduces a word to the lemma that ``vocabulary`` holds, or to itself.

    The base form wins over the inflected form even where both are in the vocabulary, so that a phrase written
    with either matches both.
    """

    def lemma(word: str) -> str:
        known = irregular.get(word)
        if known is not None:
            return known
        for stem in _stems(word):
            if stem in vocabulary and len(stem) >= _SHORTEST:
                return irregular.get(stem, stem)
        return word

    return lemma
