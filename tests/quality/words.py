"""Comparing what was said with what was transcribed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SAME = {
    "mister": "mr", "missus": "mrs", "doctor": "dr", "okay": "ok", "cannot": "can not", "im": "i am", "youre": "you are",
    "theyre": "they are", "weve": "we have", "ill": "i will", "thats": "that is", "whats": "what is", "its": "it is", "dont": "do not",
    "isnt": "is not", "colour": "color", "login": "log in",
}  # fmt: skip
_DIGITS = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))


def normal(text: str) -> list[str]:
    """Split into words without case, accents' encoding, marks, and with contractions and digits written out."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("'", "")
    words = re.sub(r"[^\w\s]", " ", text.replace("-", " ")).split()
    spread = [part for word in words for part in _SAME.get(word, word).split()]
    return [_DIGITS.get(word, word) for word in spread]


@dataclass(frozen=True, slots=True)
class Errors:
    """Word errors of one text or many."""

    wrong: int = 0
    words: int = 0

    def __add__(self, other: Errors) -> Errors:
        return Errors(self.wrong + other.wrong, self.words + other.words)

    @property
    def rate(self) -> float:
        """Errors a word."""
        return self.wrong / self.words if self.words else 0.0


def errors(truth: str, heard: str) -> Errors:
    """Count substitutions, insertions and deletions (Levenshtein over words)."""
    said, got = normal(truth), normal(heard)
    row = list(range(len(got) + 1))
    for i, one in enumerate(said, 1):
        new = [i]
        for j, other in enumerate(got, 1):
            new.append(min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (one != other)))
        row = new
    return Errors(row[-1], len(said))
