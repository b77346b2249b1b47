"""What descriptions say of the recording and measurements rule out, for people to see beside what was heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from media_captioner.model import Captions


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark about the recording that a measurement contradicts.

    Attributes:
        start: Seconds.
        end: Seconds.
        term: The remark's canonical name (``clipping``).
        denied: Whether the description says that it is not so.

    """

    start: Fraction
    end: Fraction
    term: str
    denied: bool

    @property
    def sentence(self) -> str:
        """The remark and what became of it."""
        said = f"no {self.words}" if self.denied else self.words
        return f"described as {said}, which the measurement contradicts"

    @property
    def words(self) -> str:
        """The term in plain words."""
        return self.term.replace("_", " ")


def contradicted(captions: Captions) -> Iterator[Remark]:
    """Yield the remarks that measurements contradict, in order; what is only supposed is no remark."""
    for segment in captions.segments:
        for quality in segment.facts.qualities:
            if quality.contradicted and quality.polarity in {"asserted", "negated"}:
                yield Remark(segment.start, segment.end, quality.term, quality.polarity == "negated")
