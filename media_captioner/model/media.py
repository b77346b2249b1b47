"""A media file as the prober sees it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from media_captioner.timing import FrameRate


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What ``stat`` says of a file: enough to notice that it changed while it was read.

    Attributes:
        size: Bytes.
        mtime_ns: Time of last change, nanoseconds since 1970.
        inode: File number within its device.
        device: Device number.

    """

    size: int
    mtime_ns: int
    inode: int
    device: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of an asset.

    Attributes:
        number: 1 for the first audio track of the file, 2 for the next; what ``--track`` takes.
        index: The stream's index in the container, over streams of every kind.
        codec: FFmpeg's name of the codec (``aac``, ``pcm_s24le``).
        sample_rate: Samples per second.
        channels: Channels in one sample frame.
        layout: FFmpeg's name of the channel layout (``stereo``, ``5.1(side)``).
        language: BCP 47 tag (``en``, ``zh``), or None where the file names none or says "undetermined".
        title: The track's own title.
        default: Whether the file marks it as the default track.
        roles: Dispositions that matter to the choice: ``commentary``, ``audio_description``,
            ``hearing_impaired``, ``original``, ``dub``, ``karaoke``, ``clean_effects``.
        start: Presentation time of its first sample in seconds, or None where the header does not say.
        duration: Its length in seconds as the header says, or None.
        bit_rate: Bits per second as the header says, or None.

    """

    number: int
    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    language: str | None = None
    title: str | None = None
    default: bool = False
    roles: frozenset[str] = frozenset()
    start: Fraction | None = None
    duration: Fraction | None = None
    bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The picture, as far as captions need to know it.

    Attributes:
        index: The stream's index in the container.
        codec: FFmpeg's name of the codec.
        width: Pixels.
        height: Pixels.
        frame_rate: The stream's average rate, or None where it has none.

    """

    index: int
    codec: str
    width: int
    height: int
    frame_rate: FrameRate | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """An asset's media file.

    Attributes:
        path: Absolute path.
        fingerprint: Its ``stat`` when it was probed.
        format: FFmpeg's name of the container (``mov,mp4,m4a,3gp,3g2,mj2``).
        start: The container's start time in seconds over all its streams. Presentation time is a stream's
            own time less this (measured: edit lists, priming and transport stream offsets come out right).
        duration: Length of the presentation in seconds as the header says, or None.
        audio: Its audio tracks in container order.
        video: The main picture, or None for sound alone. Cover art is not a picture.
        timecode: Source timecode of the first frame as the file says (``01:00:00:00``), or None.
        title: The file's own title, or None.

    """

    path: Path
    fingerprint: Fingerprint
    format: str
    start: Fraction
    duration: Fraction | None
    audio: tuple[AudioTrack, ...]
    video: VideoTrack | None = None
    timecode: str | None = None
    title: str | None = None
