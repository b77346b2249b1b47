"""Prose under construction, which knows where each sentence stands."""

from __future__ import annotations

from fractions import Fraction

from media_captioner.model import Evidence, Span


class Text:
    """Sentences in paragraphs."""

    def __init__(self) -> None:
        self._prose = ""
        self._joint = ""
        self._told = 0

    @property
    def prose(self) -> str:
        """All of it, so far."""
        return self._prose

    @property
    def told(self) -> int:
        """How many sentences there are; wording varies with it, so that neighbours differ."""
        return self._told

    def sentence(self, sentence: str, heard_by: str = "") -> Evidence:
        """Add a sentence and return it as evidence."""
        self._prose += self._joint
        start = len(self._prose)
        self._prose += sentence
        self._joint = " "
        self._told += 1
        return Evidence(sentence, start, len(self._prose), heard_by)

    def paragraph(self) -> None:
        """Start a new paragraph, unless nothing was told in this one."""
        if self._joint:
            self._joint = "\n\n"


def span(start: float, end: float) -> Span:
    """Return a span on a grid of milliseconds, which is finer than anything here is known."""
    return Span(Fraction(round(start * 1000), 1000), Fraction(round(max(start, end) * 1000), 1000))
