"""Looking at a media file: what is in it, and how its clock runs. Nothing is decoded but a little sound."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from media_captioner.errors import CorruptMedia, MediaLimitExceeded
from media_captioner.media.channels import ChannelLayout
from media_captioner.media.container import open_file
from media_captioner.media.languages import bcp47
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.model import AudioTrack, Media, VideoTrack
from media_captioner.timing import FrameRate, decimal_seconds

_log = logging.getLogger(__name__)

_TITLE_LENGTH: Final = 200  # characters of a title that are kept; a tag can be 100 MB
_MICROSECONDS: Final = 1_000_000  # FFmpeg's AV_TIME_BASE, the unit of a container's own times
_PLAIN_LAYOUTS: Final = {"1 channels": "mono", "2 channels": "stereo"}  # FFmpeg's names of unnamed channels

_ROLES: Final = (
    (Disposition.comment, "commentary"),
    (Disposition.visual_impaired, "audio_description"),
    (Disposition.descriptions, "audio_description"),
    (Disposition.hearing_impaired, "hearing_impaired"),
    (Disposition.original, "original"),
    (Disposition.dub, "dub"),
    (Disposition.karaoke, "karaoke"),
    (Disposition.clean_effects, "clean_effects"),
)
_NO_PICTURE: Final = Disposition.attached_pic | Disposition.timed_thumbnails

# Frame rates of SMPTE ST 428-11, ST 2036-1 and everyday cameras. Containers that count in milliseconds, and
# files joined from pieces, hold them only nearly.
_RATES: Final = tuple(
    Fraction(n, d)
    for n, d in (
        (24000, 1001),
        (24, 1),
        (25, 1),
        (30000, 1001),
        (30, 1),
        (48000, 1001),
        (48, 1),
        (50, 1),
        (60000, 1001),
        (60, 1),
        (100, 1),
        (120000, 1001),
        (120, 1),
    )
)
_NEARLY: Final = Fraction(3, 10_000)  # a third of the step between 29.97 and 30
_DROP_FRAME: Final = frozenset({Fraction(30000, 1001), Fraction(60000, 1001)})
_TIMECODE: Final = re.compile(r"\d{2}:[0-5]\d:[0-5]\d[:;.]\d{2,3}")
_CLOCK: Final = re.compile(r"(\d+):(\d{2}):(\d{2}(?:\.\d+)?)")

# What writers put into a track's name when nobody named it.
_NO_TITLE: Final = re.compile(
    r"(sound|video|audio|alias data|media|data|time ?code) ?handler|core media (audio|video)|apple .* handler"
    r"|stereo|mono|surround|.*\bmainconcept\b.*|.*\bgoogle\b.*|gpac iso .*|.*\bhandler\b|.*\blavf.*|track ?\d*",
    re.IGNORECASE,
)


def probe(path: Path, *, limits: MediaLimits = DEFAULT_LIMITS) -> Media:
    """Look at a media file without decoding it.

    A file without sound is no error here: :func:`media_captioner.media.tracks.choose` decides that.

    Args:
        path: The file.
        limits: Bounds on duration, tracks and the time it may take.

    Raises:
        MediaNotFound: nothing there, or it may not be read.
        UnsafeInput: not a regular file, or a playlist that would open other files.
        UnsupportedMedia: not media, or of a kind that is not on the allow-list.
        CorruptMedia: empty, cut short or damaged so that nothing can be read.
        MediaLimitExceeded: longer, or with more tracks, than ``limits`` allow.

    """
    with open_file(path, limits) as opened:
        container = opened.container
        if not container.streams.audio and not container.streams.video:
            raise CorruptMedia(
                f"Cannot read {path}: it holds neither sound nor pictures",
                hint="The file may be cut short: copy it again.",
            )
        start = _start(container)
        duration = _container_duration(container, start)
        if duration is not None and duration > limits.max_seconds:
            raise MediaLimitExceeded(
                f"Did not read {path}: it claims to last {decimal_seconds(duration, 0)} seconds, and the limit "
                f"is {decimal_seconds(limits.max_seconds, 0)}",
                hint="Raise the limit on duration if it really is that long.",
            )
        timecode = _timecode(container)
        return Media(
            path=path.absolute(),
            fingerprint=opened.fingerprint,
            format=container.format.name,
            start=start,
            duration=duration,
            audio=tuple(
                _audio_track(number, stream, start, opened.layouts.get(stream.index))
                for number, stream in enumerate(container.streams.audio, start=1)
            ),
            video=_video_track(container.streams.video, timecode),
            timecode=timecode,
            title=_clean(container.metadata.get("title")),
        )


def _start(container: InputContainer) -> Fraction:
    """Return the container's start over all its streams, exactly: FFmpeg's own figure is in microseconds."""
    rounded = Fraction(container.start_time or 0, _MICROSECONDS)
    exact = [
        s.start_time * s.time_base
        for s in container.streams
        if s.start_time is not None and s.time_base is not None
    ]
    nearest = min(exact, key=lambda time: abs(time - rounded), default=rounded)
    return nearest if abs(nearest - rounded) <= Fraction(1, _MICROSECONDS) else rounded


def _container_duration(container: InputContainer, start: Fraction) -> Fraction | None:
    if not container.duration:
        return None
    duration = Fraction(container.duration, _MICROSECONDS)
    # Matroska states where the presentation ends on its own clock; everything else states how long it is.
    return duration - start if container.format.name.startswith("matroska") and duration > start else duration


def _audio_track(
    number: int, stream: AudioStream, container_start: Fraction, layout: ChannelLayout | None
) -> AudioTrack:
    context: AudioCodecContext | None = stream.codec_context  # None where this FFmpeg has no such decoder
    time_base = stream.time_base
    start = duration = None
    if time_base is not None:
        start = None if stream.start_time is None else stream.start_time * time_base - container_start
        duration = None if not stream.duration else stream.duration * time_base
    return AudioTrack(
        number=number,
        index=stream.index,
        codec=context.codec.canonical_name if context else "unknown",
        sample_rate=context.sample_rate if context else 0,
        channels=len(layout.channels) if layout else 0,
        layout=_PLAIN_LAYOUTS.get(layout.name, layout.name) if layout else "unknown",
        language=bcp47(stream.metadata.get("language")),
        title=_title(stream.metadata),
        default=bool(stream.disposition & Disposition.default),
        roles=frozenset(role for flag, role in _ROLES if stream.disposition & flag),
        start=start,
        duration=duration if duration is not None else _tagged_duration(stream),
        bit_rate=(context.bit_rate or None) if context else None,
    )


def _tagged_duration(stream: Stream) -> Fraction | None:
    """Read the tag with which Matroska writers say where each track ends (``00:01:00.021000000``)."""
    match = _CLOCK.match(stream.metadata.get("DURATION", ""))
    if match is None:
        return None
    end = int(match[1]) * 3600 + int(match[2]) * 60 + Fraction(match[3])
    start = (stream.start_time or 0) * (stream.time_base or Fraction(0))
    return end - start if end > start else None


def _title(metadata: Mapping[str, str]) -> str | None:
    for key in ("title", "name", "handler_name"):
        title = _clean(metadata.get(key))
        if title is not None and not (key == "handler_name" and _NO_TITLE.fullmatch(title)):
            return title
    return None


def _clean(text: str | None) -> str | None:
    """Make a tag fit to be shown: one line, no controls (bidirectional ones neither), bounded.

    Tags are other people's text, and 100 MB of it fit into a file.
    """
    if text is None:
        return None
    bounded = text[: 4 * _TITLE_LENGTH]
    visible = "".join(
        " " if c.isspace() else c for c in bounded if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(visible.split())[:_TITLE_LENGTH].rstrip() or None


def _video_track(streams: Iterable[VideoStream], timecode: str | None) -> VideoTrack | None:
    pictures = [s for s in streams if not s.disposition & _NO_PICTURE]
    if not pictures:
        return None
    main = next((s for s in pictures if s.disposition & Disposition.default), pictures[0])
    context: VideoCodecContext | None = main.codec_context
    return VideoTrack(
        index=main.index,
        codec=context.codec.canonical_name if context else "unknown",
        width=context.width if context else 0,
        height=context.height if context else 0,
        frame_rate=_frame_rate(main, timecode),
    )


def _frame_rate(stream: VideoStream, timecode: str | None) -> FrameRate | None:
    """Return a stream's frame rate, exact where it is nearly one of the standard rates.

    The average counts frames over the header's duration, so it is a little off in joined files, and the only
    one that means anything at a variable rate; the guessed rate is the nominal one.
    """
    average, nominal = stream.average_rate, stream.guessed_rate
    rate = nominal or average
    if rate is None or rate <= 0:
        return None
    if average and average > 0 and abs(average / rate - 1) > Fraction(1, 50):
        rate = average
    rate = next((known for known in _RATES if abs(known / rate - 1) < _NEARLY), rate)
    dropping = timecode is not None and timecode[-3] in ";." and rate in _DROP_FRAME
    return FrameRate(rate, drop_frame=dropping)


def _timecode(container: InputContainer) -> str | None:
    """Return the source timecode of the first frame: a ``tmcd`` track's, or the container's own (MXF, GXF, DV)."""
    video = container.streams.video[:1]
    streams: list[Stream] = [*video, *container.streams.data, *container.streams.video[1:]]
    for metadata in (*(s.metadata for s in streams), container.metadata):
        timecode = metadata.get("timecode", "").strip()
        if _TIMECODE.fullmatch(timecode):
            return timecode
        if timecode:
            _log.info("ignored the timecode %r, which is none", timecode[:40])
    return None


def libraries() -> dict[str, str]:
    """Return the versions of PyAV and of the FFmpeg libraries inside it, for ``doctor``."""
    versions = {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
    return {"av": av.__version__, **versions}
