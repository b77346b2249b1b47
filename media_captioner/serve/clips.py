"""Turns the bytes that arrived into clips that a captioner takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

from media_captioner.captioners.limits import choose_format, most_raw_bytes
from media_captioner.errors import MediaCaptionerError, MediaLimitExceeded, NoAudio
from media_captioner.media.cutting import Cutting
from media_captioner.media.encode import ENCODERS, encode
from media_captioner.media.policy import MediaLimits
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
from media_captioner.media.tracks import choose
from media_captioner.model import Clip, Segment
from media_captioner.protocols import Service
from media_captioner.serve.refused import EMPTY, NOT_OPENED, TOO_LONG, invalid

MAX_SECONDS: Final = Fraction(2400)
"""Longest sound that is accepted: the service's 40 minutes."""

PADDING: Final = Fraction(1)
"""Seconds beyond a limit that an encoder's padding may take; they are not held against the client."""

_LIMITS: Final = MediaLimits(
    max_seconds=MAX_SECONDS + PADDING, max_tracks=1, max_streams=4, max_wall_seconds=300.0
)
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
    segments = _segments(path, service)
    seconds = sum((Fraction(len(one.pcm), one.rate) - one.overlap for one in segments), Fraction(0))
    if not seconds:
        raise invalid(EMPTY)
    if seconds > MAX_SECONDS + PADDING:
        raise invalid(TOO_LONG)
    rooms = [most_raw_bytes(service)] if service.max_data_url is not None else []
    rooms += [service.max_upload] if service.max_upload is not None else []
    fits = not rooms or path.stat().st_size <= max(room or 0 for room in rooms)
    if len(segments) == 1 and found in service.formats and fits:
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        clip = Clip(segments[0], data, found, ENCODERS[found].media_type, Fraction(0), digest)
        return Arrived(path, found, seconds, (clip,))
    return Arrived(path, found, seconds, tuple(_encoded(one, service) for one in segments))


def _encoded(segment: Segment, service: Service) -> Clip:
    if service.max_data_url is None:
        return encode(segment)
    chosen = choose_format(service, Fraction(len(segment.pcm), segment.rate))
    return encode(segment, chosen.format, bit_rate=chosen.bit_rate)


def _segments(path: Path, service: Service) -> list[Segment]:
    longest = min(service.max_seconds or MAX_SECONDS, MAX_SECONDS) + PADDING
    cutting = Cutting(target=longest, first=longest)
    if service.max_seconds is not None and service.max_seconds < MAX_SECONDS:
        cutting = Cutting(target=service.max_seconds, first=service.max_seconds)
    try:
        media = probe(path, limits=_LIMITS)
        with open_segments(media, choose(media)[0].track, cutting=cutting, limits=_LIMITS) as reader:
            return list(reader)
    except MediaLimitExceeded:
        raise invalid(TOO_LONG) from None
    except NoAudio:
        raise invalid(EMPTY) from None
    except MediaCaptionerError:
        raise invalid(NOT_OPENED) from None
