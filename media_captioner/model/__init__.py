"""What flows along the way of the data: each arrow between two rooms is one frozen dataclass from here."""

from media_captioner.model.audio import (
    Clip,
    CutReason,
    Measurements,
    Pcm,
    Segment,
)
from media_captioner.model.captions import (
    Anchor,
    CaptionedSegment,
    Captions,
    Category,
    Chapter,
    Cue,
    Description,
    Usage,
)
from media_captioner.model.facts import (
    Evidence,
    Facts,
    Flag,
    Music,
    Place,
    Polarity,
    Quality,
    Sound,
    Span,
    Speech,
    Word,
)
from media_captioner.model.media import AudioTrack, Fingerprint, Media, VideoTrack

__all__ = [
    "Anchor",
    "AudioTrack",
    "CaptionedSegment",
    "Captions",
    "Category",
    "Chapter",
    "Clip",
    "Cue",
    "CutReason",
    "Description",
    "Evidence",
    "Facts",
    "Fingerprint",
    "Flag",
    "Measurements",
    "Media",
    "Music",
    "Pcm",
    "Place",
    "Polarity",
    "Quality",
    "Segment",
    "Sound",
    "Span",
    "Speech",
    "Usage",
    "VideoTrack",
    "Word",
]
