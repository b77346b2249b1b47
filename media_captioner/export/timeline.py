"""Cues as markers on the frames of the picture, for programs that count frames.

Source timecode is honoured: an asset whose first frame is 01:00:00:00 has its markers from there. Without any, each
format begins where the program that reads it begins, and :attr:`Timeline.origin` says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from media_captioner.export.base import ExportContext
from media_captioner.export.text import one_line
from media_captioner.model import Captions, Category, Cue
from media_captioner.timing import FrameRate

SOUND_ONLY: Final = FrameRate(Fraction(25))
"""Frame rate of markers on an asset without a picture: editors place sound on a timeline of frames all the same."""

_DROP_RATES: Final = (Fraction(30000, 1001), Fraction(60000, 1001))
LONGEST_NAME: Final = 250
"""Characters of a marker's name; editors show one line."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A cue, or several on one frame, as an editor shows it.

    Attributes:
        frame: Frames from the first frame of the picture.
        length: Frames, at least one.
        name: One line.
        comment: One line: what the cue rests on.
        category: Layer of the soundtrack, of the first cue.

    """

    frame: int
    length: int
    name: str
    comment: str
    category: Category


@dataclass(frozen=True, slots=True)
class Timeline:
    """An asset's markers.

    Attributes:
        rate: Frame rate, and whether its timecode drops labels.
        first: The frame that the first frame's timecode counts to.
        origin: Where that timecode comes from, for people.
        length: Frames of the whole asset, at least one.
        markers: Ascending, no two on one frame.

    """

    rate: FrameRate
    first: int
    origin: str
    length: int
    markers: tuple[Marker, ...]

    def timecode(self, frame: int) -> str:
        """Return the timecode of the frame that lies ``frame`` frames after the first."""
        return self.rate.timecode(self.first + frame)

    @property
    def start(self) -> str:
        """The timecode of the first frame."""
        return self.timecode(0)


def timeline_of(captions: Captions, context: ExportContext, *, otherwise: str = "00:00:00:00") -> Timeline:
    """Place the cues of ``captions`` on frames.

    Args:
        captions: The captions.
        context: Its options may set the timecode of the first frame.
        otherwise: Timecode of the first frame where the source has none.

    """
    rate = frame_rate_of(captions, context)
    first, origin = _origin(captions, context, rate, otherwise)
    markers = _merged(_marker(cue, rate) for cue in sorted(captions.cues, key=lambda cue: cue.start))
    last = max((marker.frame + marker.length for marker in markers), default=0)
    return Timeline(rate, first, origin, max(1, last, rate.frame_at(end_of(captions))), tuple(markers))


def frame_rate_of(captions: Captions, context: ExportContext) -> FrameRate:
    """Return the rate of the picture, dropping labels where the timecode that holds does (``01:00:00;00``)."""
    video = captions.media.video
    found = video.frame_rate if video and video.frame_rate else SOUND_ONLY
    timecode = context.options.start_timecode or captions.media.timecode
    if timecode is None:
        return found
    return FrameRate(found.rate, drop_frame=";" in timecode and found.rate in _DROP_RATES)


def end_of(captions: Captions) -> Fraction:
    """Return how long the asset is, seconds: the header's word, or the last thing that is known of it."""
    known = [captions.media.duration or Fraction(0)]
    known += [captions.segments[-1].end] if captions.segments else []
    known += [max(cue.end for cue in captions.cues)] if captions.cues else []
    return max(known)


def _origin(captions: Captions, context: ExportContext, rate: FrameRate, otherwise: str) -> tuple[int, str]:
    for timecode, origin in (
        (context.options.start_timecode, "the setting start_timecode"),
        (captions.media.timecode, "source timecode"),
    ):
        if timecode is None:
            continue
        try:
            return rate.frame_of(timecode), f"{origin} {timecode}"
        except ValueError:
            continue
    return rate.frame_of(otherwise), f"no source timecode, counted from {otherwise}"


def _marker(cue: Cue, rate: FrameRate) -> Marker:
    frame = max(0, rate.frame_at(cue.start))
    name = one_line(cue.text, LONGEST_NAME) or "…"
    return Marker(frame, max(1, rate.frame_at(cue.end) - frame), name, comment_of(cue), cue.category)


def comment_of(cue: Cue) -> str:
    """Return what a cue rests on, on one line: the sentences of its evidence, or its own text."""
    sentences = dict.fromkeys(one_line(each.sentence, 500) for each in cue.evidence if each.sentence)
    return " ".join(sentence for sentence in sentences if sentence) or one_line(cue.text) or "…"


def _merged(markers: Iterable[Marker]) -> list[Marker]:
    """Merge markers on one frame: editors keep one of them and drop the others without a word."""
    merged: list[Marker] = []
    for marker in markers:
        last = merged[-1] if merged else None
        if last is None or last.frame != marker.frame:
            merged.append(marker)
            continue
        merged[-1] = Marker(
            last.frame,
            max(last.length, marker.length),
            f"{last.name} / {marker.name}",
            last.comment if marker.comment == last.comment else f"{last.comment} / {marker.comment}",
            last.category,
        )
    return merged


def media_uri(captions: Captions) -> str:
    """Return the ``file:`` address of the media file, which editors need to find it."""
    return captions.media.path.absolute().as_uri()
