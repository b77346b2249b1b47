"""What comes back from a captioner and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from media_captioner.model.audio import CutReason, Measurements
from media_captioner.model.facts import Anchor, Evidence, Facts, Landmarks
from media_captioner.model.media import AudioTrack, Media

Category = Literal["speech", "music", "ambience", "effects"]
"""The layer of the soundtrack a cue belongs to."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a description cost.

    Attributes:
        audio_seconds: Length of the sound that was sent.
        input_tokens: As the service counted, or 0.
        audio_tokens: The part of ``input_tokens`` that is sound.
        output_tokens: As the service counted, or 0.
        dollars: Price at the service's list, US dollars, or None where the service has no price.
        requests: Requests that were made for it.

    """

    audio_seconds: Fraction = Fraction(0)
    input_tokens: int = 0
    audio_tokens: int = 0
    output_tokens: int = 0
    dollars: Fraction | None = None
    requests: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return the sum; a price that is unknown on both sides stays unknown."""
        known = [d for d in (self.dollars, other.dollars) if d is not None]
        return Usage(
            self.audio_seconds + other.audio_seconds,
            self.input_tokens + other.input_tokens,
            self.audio_tokens + other.audio_tokens,
            self.output_tokens + other.output_tokens,
            sum(known, Fraction(0)) if known else None,
            self.requests + other.requests,
        )


@dataclass(frozen=True, slots=True)
class Description:
    """A captioner's answer for one clip.

    Attributes:
        prose: English prose.
        captioner: Name of the captioner (``local``, ``qwen``).
        model: Identity of what answered, with its version.
        usage: What it cost.
        request_id: The service's id of the request, or None.
        truncated: Whether the model was cut off at its length limit.
        facts: Facts that the captioner knows itself, timed from the clip's first sample; None where they
            are to be read from the prose.
        evidence: The captioner's own record of what it heard, JSON-ready; empty where it keeps none.

    """

    prose: str
    captioner: str
    model: str
    usage: Usage = field(default_factory=Usage)
    request_id: str | None = None
    truncated: bool = False
    facts: Facts | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption on the screen.

    Attributes:
        start: When it appears, presentation time in seconds.
        end: When it goes, seconds, after ``start``.
        text: Plain text, lines parted by line feeds; no markup of any format.
        category: Layer of the soundtrack.
        anchor: What its time rests on.
        speaker: Label of who speaks (``MAN 1``), or None.
        language: BCP 47 tag of the words heard, where they differ from the caption's language.
        confidence: 0 to 1, or None.
        evidence: The statements it rests on.
        locked: Whether a person wrote or changed it; no run may replace it.

    """

    start: Fraction
    end: Fraction
    text: str
    category: Category
    anchor: Anchor
    speaker: str | None = None
    language: str | None = None
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch in which the scene of sound stays the same: seconds and a title."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class CaptionedSegment:
    """A segment after its captioner answered; the sound itself is gone.

    Attributes:
        index: 0 for the first segment of the track.
        start: Presentation time, seconds.
        end: Presentation time, seconds.
        cut: Why it ends there.
        silent: Whether it was found silent and therefore not sent.
        clip_sha256: Hash of the bytes that were described, or None for a silent one.
        description: The answer, or None where there is none.
        facts: What the description states, placed on the presentation timeline.
        measurements: What was measured of it.
        gap: Why there is no description though there is sound, or None.
        landmarks: What was measured to place facts by, on the presentation timeline.

    """

    index: int
    start: Fraction
    end: Fraction
    cut: CutReason
    silent: bool
    clip_sha256: str | None = None
    description: Description | None = None
    facts: Facts = field(default_factory=Facts)
    measurements: Measurements | None = None
    gap: str | None = None
    landmarks: Landmarks = field(default_factory=Landmarks)


@dataclass(frozen=True, slots=True)
class Captions:
    """What the tool makes of one track of an asset.

    Attributes:
        media: The asset.
        track: The track that was captioned.
        language: BCP 47 tag of the caption text.
        spoken: Languages heard, most spoken first.
        cues: The captions, ascending by start.
        segments: What was heard, segment by segment.
        summary: The soundtrack in one sentence, or None.
        keywords: What to find it by, most prominent first; nothing that was denied or only compared.
        chapters: Where the scene of sound changes.
        captioner: Name of the captioner.
        model: Identity of the model.
        omitted: What was heard but found no room among the cues; start and end say when it was heard.
        exceptions: Rules of the profile that a cue had to break, each in a sentence.
        usage: What all of it cost.
        partial: Why not all of the track could be read, or None.
        notices: Things a person should know about this run.
        removed: Cues that a person took away; no run may bring them back.
        locked: Members that a person set by hand (``summary``, ``keywords``, ``chapters``); no run may replace them.

    """

    media: Media
    track: AudioTrack
    language: str
    spoken: tuple[str, ...]
    cues: tuple[Cue, ...]
    segments: tuple[CaptionedSegment, ...]
    summary: str | None = None
    keywords: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    captioner: str = ""
    model: str = ""
    omitted: tuple[Cue, ...] = ()
    exceptions: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    partial: str | None = None
    notices: tuple[str, ...] = ()
    removed: tuple[Cue, ...] = ()
    locked: tuple[str, ...] = ()
