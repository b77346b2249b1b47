"""Media made to measure: small real files with a beep at a known time, in any container, made in milliseconds.

Everything is encoded and muxed in memory by PyAV and then written whole; no program is started. What goes
wrong in real files is made by moving the time stamps of packets (:attr:`Sound.retime`) or by changing the
bytes afterwards.
"""

from __future__ import annotations

import heapq
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from media_captioner.model import Segment
from media_captioner.system import files

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.packet import Packet

    Samples: TypeAlias = npt.NDArray[np.float32]
else:
    Samples = "numpy.ndarray"

Retiming = Callable[[Fraction], Fraction | None]
"""Gives the time at which a packet is to be presented for the one at which it would be, in seconds; None loses it."""

BEEP_LENGTH: Final = Fraction(1, 10)
"""Seconds that a beep lasts."""
BEEP_PITCH: Final = 1000
"""Hertz."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """An audio track.

    Attributes:
        samples: ``float32``, shape ``(channels, samples)``, full scale 1.
        rate: Samples per second.
        codec: FFmpeg's name of an encoder.
        layout: FFmpeg's name of a channel layout; by default the usual one for that many channels.
        bit_rate: Bits per second, or None for the encoder's own.
        retime: Moves or loses packets.
        tags: Metadata of the track (``language``, ``title``).
        disposition: Names of FFmpeg's dispositions (``comment``), or none.
        options: Options of the encoder.

    """

    samples: Samples
    rate: int = 48_000
    codec: str = "aac"
    layout: str | None = None
    bit_rate: int | None = None
    retime: Retiming | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    disposition: Sequence[str] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A video track: grey frames that grow brighter.

    Attributes:
        seconds: How long.
        codec: FFmpeg's name of an encoder.
        rate: Frames per second.
        size: Width and height, pixels.
        retime: Moves or loses packets.
        tags: Metadata of the track.
        options: Options of the encoder.

    """

    seconds: Fraction = Fraction(4)
    codec: str = "mpeg4"
    rate: Fraction = Fraction(25)
    size: tuple[int, int] = (32, 32)
    retime: Retiming | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


def beeping(
    seconds: Fraction | float,
    *at: Fraction | float,
    rate: int = 48_000,
    channels: int = 2,
    loudness: float = 0.5,
    floor: float = 0.003,
) -> Samples:
    """Return quiet noise with a beep at each time in ``at``.

    Args:
        seconds: How long.
        at: When beeps begin, seconds.
        rate: Samples per second.
        channels: How many; all alike.
        loudness: Amplitude of the beeps, full scale 1.
        floor: Amplitude of the noise.

    """
    import numpy as np

    sound = np.random.default_rng(7).standard_normal(round(seconds * rate)).astype(np.float32) * np.float32(
        floor
    )
    length = round(BEEP_LENGTH * rate)
    edge = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.004 * rate))
    tone = (loudness * edge * np.sin(2 * np.pi * BEEP_PITCH * np.arange(length) / rate)).astype(np.float32)
    for time in at:
        first = round(time * rate)
        part = tone[: max(0, len(sound) - first)]
        sound[first : first + len(part)] += part
    return np.ascontiguousarray(np.broadcast_to(sound, (channels, len(sound))))


def find_beeps(segments: Iterable[Segment], *, least: float = 0.2) -> list[Fraction]:
    """Return the presentation times at which beeps begin in ``segments``, each once, ascending.

    Args:
        segments: Decoded segments.
        least: How much of the loudest beep's amplitude another must reach.

    """
    import numpy as np

    found: list[tuple[Fraction, float]] = []
    for segment in segments:
        rate = segment.rate
        length = round(BEEP_LENGTH * rate)
        if len(segment.pcm) < length // 2:
            continue
        turn = np.exp(-2j * np.pi * BEEP_PITCH * np.arange(len(segment.pcm)) / rate)
        sums = np.concatenate([np.zeros(length), np.cumsum(segment.pcm * turn), np.zeros(length)])
        sums[-length:] = sums[-length - 1]
        match = (
            np.abs(sums[length:] - sums[:-length]) / length
        )  # at i: the beep would begin at i + 1 - length
        while (best := float(match.max())) > 150:  # of 32768: far above what noise has at one pitch
            place = int(np.argmax(match))
            found.append((segment.time_at(Fraction(place + 1 - length, rate)), best))
            match[max(0, place - 2 * length) : place + 2 * length] = 0
    loudest = max((strength for _, strength in found), default=0.0)
    times: list[Fraction] = []
    for time, strength in sorted(found):
        if strength >= least * loudest and (not times or time - times[-1] > BEEP_LENGTH):
            times.append(time)
    return times


def media_bytes(
    container: str,
    sounds: Sequence[Sound] = (),
    picture: Picture | None = None,
    *,
    tags: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    attachment: bool = False,
    cover: bool = False,
) -> bytes:
    """Return a media file.

    Args:
        container: FFmpeg's name of a muxer (``mp4``, ``matroska``, ``mpegts``).
        sounds: Its audio tracks, in order.
        picture: Its video track, which comes first, or None.
        tags: Metadata of the file.
        options: Options of the muxer.
        attachment: Whether to attach a file, as a font for subtitles is.
        cover: Whether to add a cover picture.

    """
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options=dict(options or {})) as output:
        output.metadata.update(tags or {})
        encoders: list[Callable[[], list[Packet[Any]]]] = []
        if picture is not None:
            encoders.append(_picture_encoder(output, picture))
        encoders += [_sound_encoder(output, sound) for sound in sounds]
        if attachment:
            output.add_attachment("font.ttf", "application/x-truetype-font", bytes(1000))
        if cover:
            encoders.append(_cover_encoder(output))
        for packet in heapq.merge(*(encode() for encode in encoders), key=_decoding_time):
            output.mux(packet)
    return file.getvalue()


def write_media(
    path: Path, container: str, *sounds: Sound, picture: Picture | None = None, **more: Any
) -> Path:
    """Write a media file and return its path; arguments are those of :func:`media_bytes`."""
    files.write_whole(path, media_bytes(container, sounds, picture, **more), anything=True)
    return path


def at_offset(seconds: Fraction | float) -> Retiming:
    """Return a retiming that presents everything ``seconds`` later."""
    return lambda time: time + Fraction(seconds)


def with_hole(start: Fraction | float, end: Fraction | float) -> Retiming:
    """Return a retiming that loses whatever begins from ``start`` up to ``end``."""
    return lambda time: None if start <= time < end else time


def with_jump(at: Fraction | float, seconds: Fraction | float) -> Retiming:
    """Return a retiming that presents everything from ``at`` on ``seconds`` later, or earlier if negative."""
    return lambda time: time + Fraction(seconds) if time >= at else time


def at_speed(factor: Fraction) -> Retiming:
    """Return a retiming whose clock runs ``factor`` times as fast as the samples say."""
    return lambda time: time * factor


def _decoding_time(packet: Packet[Any]) -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return (stamp or 0) * (packet.time_base or Fraction(1))


def _retimed(packets: Iterable[Packet[Any]], retime: Retiming | None) -> list[Packet[Any]]:
    kept = []
    for packet in packets:
        base = packet.time_base
        if retime is not None and packet.pts is not None:
            time = retime(packet.pts * base)
            if time is None:
                continue
            late = (packet.dts if packet.dts is not None else packet.pts) - packet.pts
            # Microseconds, so that times which the encoder's own clock cannot hold stay what they are.
            scale = Fraction(1, 1_000_000)
            packet.duration = round(packet.duration * base / scale) if packet.duration else 0
            packet.pts = round(time / scale)
            packet.dts = packet.pts + round(late * base / scale)
            packet.time_base = scale
        kept.append(packet)
    return kept


def _sound_encoder(output: Any, sound: Sound) -> Callable[[], list[Packet[Any]]]:
    import av
    import numpy as np
    from av.audio.frame import AudioFrame
    from av.stream import Disposition

    channels = len(sound.samples)
    layout = sound.layout or {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels]
    stream = output.add_stream(sound.codec, rate=sound.rate, layout=layout, options=dict(sound.options))
    stream.metadata.update(sound.tags)
    if sound.bit_rate:
        stream.bit_rate = sound.bit_rate
    flags = [Disposition[name] for name in sound.disposition]
    if flags:
        disposition = flags[0]
        for flag in flags[1:]:
            disposition |= flag
        stream.disposition = disposition.value  # PyAV 16 takes nothing but a number
    formats = list(av.codec.Codec(sound.codec, "w").audio_formats or ())
    if "fltp" not in {f.name for f in formats}:
        stream.codec_context.format = formats[-1] if sound.codec == "flac" else formats[0]

    def encode() -> list[Packet[Any]]:
        packed = np.ascontiguousarray(sound.samples.T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate = sound.rate
        frame.pts = 0
        frame.time_base = Fraction(1, sound.rate)
        return _retimed([*stream.encode(frame), *stream.encode(None)], sound.retime)

    return encode


def _picture_encoder(output: Any, picture: Picture) -> Callable[[], list[Packet[Any]]]:
    from av.video.frame import VideoFrame

    stream = output.add_stream(picture.codec, rate=picture.rate, options=dict(picture.options))
    stream.width, stream.height = picture.size
    pixels = "yuvj420p" if picture.codec == "mjpeg" else "yuv420p"
    stream.pix_fmt = pixels
    stream.metadata.update(picture.tags)

    def encode() -> list[Packet[Any]]:
        packets: list[Packet[Any]] = []
        frame = VideoFrame(*picture.size, pixels)
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        for number in range(round(picture.seconds * picture.rate)):
            frame.planes[0].update(bytes([number % 256]) * frame.planes[0].buffer_size)
            frame.pts = number
            frame.time_base = 1 / picture.rate
            packets += stream.encode(frame)
        return _retimed([*packets, *stream.encode(None)], picture.retime)

    return encode


def _cover_encoder(output: Any) -> Callable[[], list[Packet[Any]]]:
    from av.stream import Disposition
    from av.video.frame import VideoFrame

    stream = output.add_stream("mjpeg", rate=1)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuvj420p"
    stream.disposition = Disposition.attached_pic.value

    def encode() -> list[Packet[Any]]:
        frame = VideoFrame(64, 64, "yuvj420p")
        for plane in frame.planes:
            plane.update(bytes([90]) * plane.buffer_size)
        return [*stream.encode(frame), *stream.encode(None)]

    return encode
