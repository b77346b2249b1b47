"""Turns the bytes that arrived into clips that a captioner takes."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

from media_captioner.captioners.limits import most_raw_bytes
from media_captioner.errors import CorruptMedia, MediaCaptionerError
from media_captioner.model import AudioTrack, Clip, Pcm, Segment
from media_captioner.protocols import Service
from media_captioner.serve.refused import EMPTY, NOT_OPENED, TOO_LONG, invalid

RATE: Final = 16_000
MAX_SECONDS: Final = Fraction(2400)
"""Longest sound that is accepted: the service's 40 minutes."""

MEDIA_TYPES: Final = MappingProxyType(
    {
        "wav": "audio/wav",
        "wav_gsm_ms": "audio/wav",
        "mp3": "audio/mpeg",
        "aac": "audio/aac",
        "amr": "audio/amr",
        "3gp": "audio/3gpp",
    }
)
"""The documented formats, by the names that clips have."""

# RFC 2361: PCM, GSM 6.10, and WAVE_FORMAT_EXTENSIBLE, which can hold PCM.
_WAVE_TAGS: Final = MappingProxyType({0x0001: "wav", 0xFFFE: "wav", 0x0031: "wav_gsm_ms"})
# Second byte of a frame without its protection bit and version bit: ADTS has layer 0 (ISO/IEC 13818-7), MP3
# is layer III (ISO/IEC 11172-3) of MPEG-1, MPEG-2 or MPEG-2.5.
_MPEG: Final = MappingProxyType({0xF0: "aac", 0xF2: "mp3", 0xE2: "mp3"})


def sniff(head: bytes) -> str | None:
    """Return the format of a file that begins with ``head``, or None where it is not one of the documented ones.

    Args:
        head: The first 4,096 bytes, or all there are.

    """
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        place = head.find(b"fmt ", 12)
        tag = int.from_bytes(head[place + 8 : place + 10], "little") if place >= 0 else 0
        return _WAVE_TAGS.get(tag)
    if head[4:8] == b"ftyp":
        return "3gp" if head[8:11] in {b"3gp", b"3g2", b"3gr", b"3gs"} else None
    for start, name in ((b"#!AMR", "amr"), (b"ID3", "mp3")):
        if head.startswith(start):
            return name
    return _MPEG.get(head[1] & 0xF6) if head[:1] == b"\xff" and len(head) > 1 else None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that a client sent.

    Attributes:
        path: Where it lies.
        format: What it is.
        seconds: How long it is, counted in decoded samples.
        clips: Its sound, cut to what the captioner takes.

    """

    path: Path
    format: str
    seconds: Fraction
    clips: tuple[Clip, ...]


def clips_of(path: Path, service: Service) -> Arrived:
    """Decode a file and cut it to the limits of ``service``; what fits goes on as the bytes that came.

    Raises:
        Refused: it is empty, too long, or no documented format.

    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise invalid(EMPTY)
    found = sniff(head)
    if found is None:
        raise invalid(NOT_OPENED)
    try:
        track, pcm = _decoded(path)
    except MediaCaptionerError:
        raise invalid(NOT_OPENED) from None
    if not len(pcm):
        raise invalid(EMPTY)
    seconds = Fraction(len(pcm), RATE)
    if seconds > MAX_SECONDS + 1:  # an encoder's padding is not held against the client
        raise invalid(TOO_LONG)
    room = most_raw_bytes(service) if service.max_data_url is not None else None
    whole = service.max_seconds is None or seconds <= service.max_seconds
    if whole and found in service.formats and (room is None or path.stat().st_size <= room):
        clip = _clip(_segment(track, pcm, 0, Fraction(0)), path.read_bytes(), found)
        return Arrived(path, found, seconds, (clip,))
    return Arrived(path, found, seconds, tuple(_cut(track, pcm, service)))


def _cut(track: AudioTrack, pcm: Pcm, service: Service) -> Iterator[Clip]:
    longest = min(service.max_seconds or service.target_seconds, service.target_seconds)
    size = int(longest * RATE)
    for index, start in enumerate(range(0, len(pcm), size)):
        segment = _segment(track, pcm[start : start + size], index, Fraction(start, RATE))
        yield _clip(segment, _wav(segment.pcm), "wav")


def _segment(track: AudioTrack, pcm: Pcm, index: int, start: Fraction) -> Segment:
    end = start + Fraction(len(pcm), RATE)
    return Segment(index, track, start, end, pcm, RATE, ((0, start),), "end")


def _clip(segment: Segment, data: bytes, name: str) -> Clip:
    digest = hashlib.sha256(data).hexdigest()
    return Clip(segment, data, name, MEDIA_TYPES[name], Fraction(0), digest)


def _wav(pcm: Pcm) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.astype("<i2").tobytes())
    return buffer.getvalue()


def _decoded(path: Path) -> tuple[AudioTrack, Pcm]:
    """Return the main track of a file and its sound: ``int16``, shape ``(samples,)``, 16 kHz mono.

    Raises:
        MediaError: it cannot be decoded.

    """
    import av
    import numpy as np

    from media_captioner.media.probe import probe
    from media_captioner.media.tracks import choose

    track = choose(probe(path))[0].track
    blocks: list[Pcm] = []
    samples = 0
    most = int((MAX_SECONDS + 2) * RATE)
    try:
        with closing(av.open(str(path))) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            stream = next(found for found in container.streams.audio if found.index == track.index)
            for frame in container.decode(stream):
                for resampled in resampler.resample(frame):
                    blocks.append(resampled.to_ndarray().reshape(-1).astype(np.int16))
                    samples += len(blocks[-1])
                if samples > most:
                    break
            blocks.extend(rest.to_ndarray().reshape(-1).astype(np.int16) for rest in resampler.resample(None))
    except av.error.FFmpegError as error:
        if not blocks:
            raise CorruptMedia(f"Cannot decode {path.name}") from error
    return track, np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
