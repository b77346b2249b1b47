"""A thing to show, before it has a place on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from media_captioner.model import Anchor, Category, Evidence


@dataclass(frozen=True, slots=True)
class Block:
    """Text that belongs to a stretch of sound.

    Attributes:
        start: When the sound begins, seconds.
        end: When it ends, seconds.
        text: One paragraph in its final dress, not yet broken into lines.
        category: Layer of the soundtrack.
        anchor: What its time rests on.
        spoken: Whether these are words, spoken or sung.
        timed: Whether its captioner knows when each word was said; such words are never left out.
        weight: Which of two sounds is kept where only one can be read; larger stays.
        brief: The same in fewer words, for where there is no time to read ``text``; empty for none.
        patience: Seconds after ``start`` by which its cue must have begun: short for a bang, long for rain.
        speaker: Label of who speaks, or None.
        language: BCP 47 tag of the words heard where it is not the caption's, or None.
        confidence: 0 to 1, or None.
        evidence: The statements it rests on.

    """

    start: Fraction
    end: Fraction
    text: str
    category: Category
    anchor: Anchor
    spoken: bool = False
    timed: bool = False
    weight: float = 1.0
    patience: Fraction = Fraction(1)
    brief: str = ""
    speaker: str | None = None
    language: str | None = None
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
