"""Reading answers back from sidecars: what a damaged or lost journal knew is written beside the media too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from media_captioner.export import sidecar
from media_captioner.export.finding import sidecars_at
from media_captioner.export.sidecar import Sidecar
from media_captioner.model import CaptionedSegment, Description, Usage
from media_captioner.placing import further_samples
from media_captioner.schedule.journal import Journal
from media_captioner.schedule.question import Question

_WHOLE: Final = Fraction(30)  # seconds; up to here segments are sent as WAV


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was read back.

    Attributes:
        sidecars: How many were read.
        answers: How many answers were new to the journal.
        unreadable: Sidecars that could not be read, or that somebody edited, each with the reason.

    """

    sidecars: int
    answers: int
    unreadable: tuple[tuple[Path, str], ...]


async def rebuild(journal: Journal, places: Sequence[Path]) -> Rebuilt:
    """Put the answers in sidecars into a journal, as far as they were paid for.

    Args:
        journal: Where to; what it knows already is left alone.
        places: Sidecars, and folders that are searched to their depth.

    """
    read = new = 0
    unreadable = []
    for path in (found for place in places for found in sidecars_at(place)):
        try:
            found = sidecar.read(path)
        except (OSError, ValueError) as error:
            unreadable.append((path, str(error)))
            continue
        if found.edited:
            unreadable.append((path, "it was edited since it was written"))
            continue
        read += 1
        new += await journal.restore(answers_in(found))
    return Rebuilt(read, new, tuple(unreadable))


def answers_in(found: Sidecar) -> Iterator[tuple[Question, Description]]:
    """Yield the answers in a sidecar that cost something, each with its question."""
    if not found.content_id:
        return  # the media changed while it was captioned: nobody knows what was heard
    for segment in found.captions.segments:
        if segment.description is None or not _cost(segment.description.usage):
            continue
        samples = [segment.description, *further_samples(segment.description)]
        for sample, description in enumerate(samples, start=1):
            yield _question(found, segment, sample), description


def _cost(usage: Usage) -> bool:
    return usage.dollars is not None or usage.input_tokens > 0


def _question(found: Sidecar, segment: CaptionedSegment, sample: int) -> Question:
    # A sidecar does not say how its clips were encoded. This is how they usually are; where it is not, the
    # clip's own hash finds the answer.
    encoding = "wav@16000" if segment.end - segment.start <= _WHOLE else "mp3@16000/64000"
    return Question(
        content=found.content_id,
        track=found.captions.track.index,
        start=segment.start,
        end=segment.end,
        encoding=encoding,
        captioner=found.captions.model,
        sample=sample,
        clip=segment.clip_sha256,
    )
