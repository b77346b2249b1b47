"""Tells a description from what a language model writes when it has lost the thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LOOKED_AT: Final = 20_000  # characters from the end: a loop, once begun, does not end by itself
_LONGEST_LOOP: Final = 60  # words (or characters, in scripts without spaces) that repeat as one
_TURNS: Final = 8  # a song's chorus or a barking dog is quoted a few times, a loop runs on
_SHARE: Final = 0.5  # of the text


def degenerate(prose: str) -> str | None:
    """Return why ``prose`` is no description, in a few words, or None where it is one.

    Three things are looked for: nothing at all, nothing but punctuation, and a few words that repeat until
    they make up most of the text. A word that is quoted several times inside a description is none of them.

    >>> degenerate("The audio opens with rain.") is None
    True
    >>> degenerate("... — !")
    'nothing but punctuation'
    >>> degenerate("A dog barks. " + "and then again " * 40)
    'the same words over and over'
    """
    if not prose.strip():
        return "empty"
    if not any(character.isalnum() for character in prose):
        return "nothing but punctuation"
    text = prose[-_LOOKED_AT:]
    words = text.split()
    # Chinese, Japanese and Thai need no spaces; there, and in one endless "word", characters are counted.
    spaced = len(words) * 16 >= len(text)
    if _loops(words if spaced else [character for character in text if not character.isspace()]):
        return "the same words over and over"
    return None


def _loops(items: Sequence[str]) -> bool:
    """Return whether a short run of items repeats, without a break, over most of ``items``."""
    for period in range(1, min(_LONGEST_LOOP, len(items) // _TURNS) + 1):
        longest = run = 0
        for before, item in zip(items, items[period:], strict=False):
            run = run + 1 if item == before else 0
            longest = max(longest, run)
        covered = longest + period
        if covered >= _TURNS * period and covered >= _SHARE * len(items):
            return True
    return False
