"""From a description to facts with times: what the prose says, placed by what can be measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from media_captioner.cues.place import place
from media_captioner.media.boundaries import Change as SceneChange
from media_captioner.media.boundaries import change_points
from media_captioner.media.onsets import Onset, is_end, onsets
from media_captioner.model import (
    CaptionedSegment,
    Change,
    Description,
    Facts,
    Landmarks,
    Measurements,
    Pcm,
    Segment,
    Span,
    Usage,
)
from media_captioner.prose import clean, reading, times, understood
from media_captioner.prose.agreement import agree
from media_captioner.prose.measured import weigh
from media_captioner.protocols import VoiceDetector

_PROSE: Final = "description"
"""Who heard what only a description states."""


def landmarks(pcm: Pcm, rate: int, voice: VoiceDetector | None) -> Landmarks:
    """Measure what facts without times can be placed by, in seconds from the first sample.

    Args:
        pcm: ``int16``, shape ``(samples,)``.
        rate: Samples per second; a voice detector is only asked at 16,000.
        voice: A voice detector, or None.

    """
    changes = tuple(_change(c) for c in change_points(pcm, rate) if not is_end(pcm, rate, c.seconds))
    rises = tuple(_change(onset) for onset in onsets(pcm, rate))
    if voice is None or rate != 16_000:
        return Landmarks((), changes, rises)
    from media_captioner.captioners.local.voice import regions

    return Landmarks(
        tuple(
            Span(Fraction(round(start * 1000), 1000), Fraction(round(end * 1000), 1000))
            for start, end in regions(voice.probabilities(pcm))
        ),
        changes,
        rises,
    )


def _change(found: SceneChange | Onset) -> Change:
    return Change(Fraction(round(found.seconds * 1000), 1000), round(found.strength, 3))


def locate(
    descriptions: Sequence[Description], segment: Segment, voice: VoiceDetector | None = None
) -> tuple[Facts, Landmarks]:
    """Return what the descriptions of a segment state, on the presentation timeline, and what it was placed by.

    A captioner that knows when it heard what hands over its own facts, and asked again it says the same; otherwise
    they are read from the prose and placed by what can be measured.
    """

    def to(seconds: Fraction) -> Fraction:
        return min(max(segment.time_at(seconds), segment.start), segment.end)

    own = next((each.facts for each in descriptions if each.facts is not None), None)
    if own is not None:
        return weigh(own.moved(to), segment.measurements), Landmarks()
    marks = landmarks(segment.pcm, segment.rate, voice).moved(to)
    return _told(descriptions, marks, segment.measurements, segment.start, segment.end), marks


def _told(
    descriptions: Sequence[Description],
    marks: Landmarks,
    measured: Measurements | None,
    start: Fraction,
    end: Fraction,
) -> Facts:
    """Return what is stated, or what several descriptions agree on, beside what was measured, and placed."""
    read = [reading.read(clean(each.prose)) for each in descriptions]
    stated = agree([understood(each) for each in read])
    hints = [hint for each in read for hint in times.find(each, end - start)]
    return place(weigh(stated, measured), marks, start, end, hints)


def reread(segment: CaptionedSegment) -> CaptionedSegment:
    """Return a segment with its facts read anew from the prose that is kept of it; costs no captioner.

    Facts that a captioner handed over itself stay: they say more than its prose.
    """
    if segment.description is None:
        return segment
    if _is_own(segment.facts):
        return replace(segment, facts=weigh(segment.facts, segment.measurements))
    descriptions = [segment.description, *further_samples(segment.description)]
    told = _told(descriptions, segment.landmarks, segment.measurements, segment.start, segment.end)
    return replace(segment, facts=told)


def further_samples(first: Description) -> Iterator[Description]:
    """Yield the answers to the same question that a description keeps in its evidence; they cost nothing more."""
    for other in first.evidence.get("samples", ()):
        if isinstance(other, dict) and isinstance(other.get("prose"), str):
            request = other.get("request_id")
            yield replace(
                first,
                prose=other["prose"],
                request_id=request if isinstance(request, str) else None,
                truncated=other.get("truncated") is True,
                usage=Usage(),
                evidence={},
            )


def _is_own(facts: Facts) -> bool:
    """Whether somebody heard the facts rather than read them in a description."""
    found = [sound.evidence for sound in facts.sounds]
    found += [speech.evidence for speech in facts.speech]
    found += [music.evidence for music in facts.music]
    found += [quality.evidence for quality in facts.qualities]
    return any(evidence is not None and evidence.heard_by != _PROSE for evidence in found)
