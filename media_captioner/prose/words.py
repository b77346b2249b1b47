"""Words: cutting a stretch of text into them, and reducing them to lemmas that a lexicon knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*|[^\w\s]|_")
_CLOSED: Final = re.compile(r"^[^aeiou]*(?:[aeiou]|qui)[bdgmnprt]$")  # one short syllable: tap, hum, drip
_VOWELS: Final = frozenset("aeiou")
_SHORTEST: Final = 3  # letters of the shortest lemma that an ending may be taken from

SKIPPED: Final = frozenset("-–“”‘’'\"")
"""Marks that may stand inside a phrase of several words (``close-up``, ``a “thud”``)."""


class Token(NamedTuple):
    """One word or mark: lower case, straight apostrophes, without possessive ending; offsets in its text."""

    word: str
    start: int
    end: int


def tokens(text: str, offset: int = 0) -> Iterator[Token]:
    """Cut ``text`` into words, numbers and marks.

    ``n't`` makes a word ``not``, so that whoever looks for denials finds it.

    Args:
        text: Any text.
        offset: What to add to the offsets.

    Yields:
        The tokens in order.

    """
    for match in _TOKEN.finditer(text):
        yield Token(plain(match.group()), match.start() + offset, match.end() + offset)


def plain(word: str) -> str:
    """Return ``word`` in lower case, without possessive ending, and ``not`` for what ends in ``n't``."""
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
    if verb.endswith("ing"):
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
