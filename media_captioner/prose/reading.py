"""A description read once for all: sentences, words, what the lexicon finds in them, and how surely it is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from media_captioner.model import Evidence, Polarity
from media_captioner.prose import polarity, quotes, sentences
from media_captioner.prose.lexicon import Cue, Hit, lexicon
from media_captioner.prose.quotes import Quote
from media_captioner.prose.words import cut

T = TypeVar("T")

QUOTED: Final = "“”"
"""The word that stands in a sentence for quoted speech, whose own words are not prose."""

_SUMMARY: Final = re.compile(
    r"^\W*(?:in summary|overall|in short|to summari[sz]e|in conclusion|to sum up|in essence|summary)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Passage:
    """A sentence, read.

    Attributes:
        index: 0 for the first of the description.
        text: As written.
        start: Offset of its first character in the clean text.
        paragraph: 0 for the first.
        summary: Whether it is, or follows in its paragraph, an "In summary".
        words: Its words in lower case; quoted speech is one word, ``QUOTED``.
        keys: The lemma of each word.
        starts: Offset of each word in the clean text.
        ends: Offset after each word.
        quotes: The quotations that begin in it, with the index of their word where they are speech.
        ranks: How surely each word is stated (``polarity.ranks``).

    """

    index: int
    text: str
    start: int
    paragraph: int
    summary: bool
    words: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    quotes: list[tuple[int, Quote]] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    _hits: dict[type, list[Hit]] = field(default_factory=dict)

    def hits(self, kind: type) -> list[Hit]:
        """Return what the lexicon finds of one kind, by place."""
        return self._hits.get(kind, [])

    def rank(self, start: int, end: int) -> int:
        """Return how surely the words from ``start`` to ``end`` are stated (0 asserted … 3 negated)."""
        return polarity.of(self.ranks, start, end)

    def polarity(self, start: int, end: int) -> Polarity:
        """Return the same by name."""
        return polarity.NAMES[self.rank(start, end)]

    def evidence(self, start: int, end: int) -> Evidence:
        """Return the words from ``start`` to ``end`` as evidence."""
        return Evidence(self.text, self.starts[start], self.ends[end - 1])


@dataclass(slots=True)
class Reading:
    """A description, read.

    Attributes:
        text: The clean text.
        passages: Its sentences.
        quotes: Its quotations, in order.

    """

    text: str
    passages: list[Passage]
    quotes: list[Quote]


def read(text: str) -> Reading:
    """Read a clean text (see ``normalise.clean``)."""
    split = sentences.split(text)
    found = quotes.find(text, split)
    masked = [quote for quote in found if quote.role != "word"]
    passages: list[Passage] = []
    position = 0
    closing = -1
    for index, sentence in enumerate(split):
        if _SUMMARY.match(sentence.text):
            closing = sentence.paragraph
        passage = Passage(
            index, sentence.text, sentence.start, sentence.paragraph, sentence.paragraph == closing
        )
        position = _cut(passage, sentence, masked, position)
        _look_up(passage)
        passages.append(passage)
    return Reading(text, passages, found)


def _cut(passage: Passage, sentence: sentences.Sentence, masked: Sequence[Quote], position: int) -> int:
    """Cut a sentence into words; return the index of the first quotation of the sentences after it."""
    begin = sentence.start
    while position < len(masked) and masked[position].end <= begin:
        position += 1
    while position < len(masked) and masked[position].start < sentence.end:
        quote = masked[position]
        _append(passage, sentence, begin, quote.start)
        if quote.role == "speech" and quote.start >= sentence.start:
            passage.quotes.append((len(passage.words), quote))
            _word(passage, QUOTED, quote.start, min(quote.end, sentence.end))
        begin = min(max(begin, quote.end), sentence.end)
        if quote.end > sentence.end:
            return position
        position += 1
    _append(passage, sentence, begin, sentence.end)
    return position


def _append(passage: Passage, sentence: sentences.Sentence, begin: int, end: int) -> None:
    if end > begin:
        piece = sentence.text[begin - sentence.start : end - sentence.start]
        cut(piece, begin, passage.words, passage.starts, passage.ends)


def _word(passage: Passage, word: str, start: int, end: int) -> None:
    passage.words.append(word)
    passage.starts.append(start)
    passage.ends.append(end)


def _look_up(passage: Passage) -> None:
    words = passage.words
    if not words:
        return
    passage.keys, passage._hits = lexicon().look_up(words)  # noqa: SLF001 (the passage is made here)
    passage.ranks = polarity.ranks(words, passage.hits(Cue), passage.keys)
