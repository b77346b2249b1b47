"""From a description to facts with times: what the prose says, placed by what can be measured."""

from __future__ import annotations

from fractions import Fraction

from media_captioner.cues.place import place
from media_captioner.media.boundaries import Change as SceneChange
from media_captioner.media.boundaries import change_points
from media_captioner.media.onsets import Onset, is_end, onsets
from media_captioner.model import Change, Description, Facts, Landmarks, Pcm, Segment, Span
from media_captioner.protocols import VoiceDetector


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
    description: Description, segment: Segment, voice: VoiceDetector | None = None
) -> tuple[Facts, Landmarks]:
    """Return what a description states, on the presentation timeline, and what it was placed by.

    A captioner that knows when it heard what hands over its own facts; otherwise they are read from the prose
    and placed by what can be measured.
    """

    def to(seconds: Fraction) -> Fraction:
        return min(max(segment.time_at(seconds), segment.start), segment.end)

    if description.facts is not None:
        return description.facts.moved(to), Landmarks()
    marks = landmarks(segment.pcm, segment.rate, voice).moved(to)
    return reread(description, marks, segment.start, segment.end), marks


def reread(description: Description, marks: Landmarks, start: Fraction, end: Fraction) -> Facts:
    """Return what a description's prose states, placed by what was measured; costs no captioner."""
    from media_captioner.prose import understand

    return place(understand(description.prose), marks, start, end)
