"""What captioning would take, before anything is sent or paid for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from media_captioner.captioners.money import Estimate, estimate
from media_captioner.config import Settings
from media_captioner.media.segments import open_segments
from media_captioner.media.tracks import Choice
from media_captioner.model import Media
from media_captioner.pipeline import cutting_of, inspect, limits_of
from media_captioner.protocols import Progress, Reporter, Service, SilentReporter, VoiceDetector
from media_captioner.timing import ZERO


@dataclass(frozen=True, slots=True)
class Plan:
    """What one track would take.

    Attributes:
        source: The media file.
        choice: The track and why it would be chosen.
        seconds: Length of the sound that would be heard, overlaps at cuts included where it is exact.
        silent_seconds: How much of it is silent by measurement and would not be sent.
        estimate: Requests, tokens, dollars and time, without repeats after failures.
        exact: Whether the segments were counted by listening, or bounded from the header.
        partial: Why not all of the track can be read, or None.

    """

    source: Path
    choice: Choice
    seconds: Fraction
    silent_seconds: Fraction
    estimate: Estimate
    exact: bool
    partial: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the plan as ``--json`` prints it."""
        return {
            "source": str(self.source),
            "track": self.choice.track.number,
            "why": self.choice.reason,
            "seconds": round(float(self.seconds), 3),
            "silent_seconds": round(float(self.silent_seconds), 3),
            "exact": self.exact,
            "partial": self.partial,
            **estimate_json(self.estimate),
        }


def estimate_json(found: Estimate) -> dict[str, Any]:
    """Return an estimate as ``--json`` prints it."""
    return {
        "requests": found.requests,
        "tokens": list(found.tokens),
        "dollars": None if found.dollars is None else [round(float(d), 6) for d in found.dollars],
        "minutes": round(float(found.minutes), 3),
    }


def plan(
    source: Path,
    settings: Settings,
    service: Service,
    *,
    quick: bool = False,
    voice: VoiceDetector | None = None,
    reporter: Reporter | None = None,
) -> Iterator[Plan]:
    """Plan each track of a file that would be captioned. Nothing is sent.

    The file is decoded and cut as captioning would do it, so the number of requests is what it will be, and
    silence is known (one core plans about 200 hours of sound in an hour). A quick plan reads the header only: it
    counts the most segments that a track of that length can have, and no silence.

    Args:
        source: The media file.
        settings: How it would be captioned.
        service: Whose limits and prices count.
        quick: Read the header only.
        voice: Helps to cut, as it would for captioning.
        reporter: Whom to tell how far it is.

    Raises:
        MediaError: the file cannot be captioned.

    """
    reporter = reporter or SilentReporter()
    media, choices = inspect(source, settings)
    for choice in choices:
        if quick:
            yield _from_header(source, media, choice, settings, service)
            continue
        lengths, silent = [], ZERO
        cutting = cutting_of(settings, service)
        with open_segments(
            media, choice.track, cutting=cutting, voice=voice, limits=limits_of(settings)
        ) as reader:
            for segment in reader:
                reporter.progress(
                    Progress(source.name, "decode", segment.end, choice.track.duration or media.duration)
                )
                if segment.silent:
                    silent += segment.end - segment.start
                else:
                    lengths.append(segment.end - segment.start)
            partial = reader.partial
        heard = sum(lengths, ZERO)
        yield Plan(
            source, choice, heard + silent, silent, estimate(service, lengths), exact=True, partial=partial
        )


def _from_header(source: Path, media: Media, choice: Choice, settings: Settings, service: Service) -> Plan:
    cutting = cutting_of(settings, service)
    seconds = choice.track.duration or media.duration or ZERO
    # The least that a segment can bring: each cut may fall anywhere in its search window, and a forced cut
    # repeats its overlap. Holes in the track, which no header tells of, end segments too.
    target = cutting.target
    shortest = target - min(cutting.search, target / 2) - min(cutting.overlap, target / 8)
    count = 1 + max(1, ceil(seconds / shortest))
    return Plan(source, choice, seconds, ZERO, estimate(service, [shortest] * count), exact=False)
