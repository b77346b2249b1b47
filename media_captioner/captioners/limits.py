"""Proves that a clip fits a service before anything is sent, and picks an encoding that does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final, Literal

from media_captioner.errors import ClipRejected
from media_captioner.model import Clip
from media_captioner.protocols import Service

InputWay = Literal["data-url", "upload", "url"]
"""How the sound gets to the service: inside the request, by temporary upload, or as an address it fetches."""

WAV_SECONDS: Final = Fraction(30)
"""Up to here WAV is sent: nothing is lost, and 30 s are 1.28 MB after base64."""

MP3_BIT_RATES: Final = (64_000, 48_000, 32_000, 24_000)
"""Mono bit rates for longer clips, the best one first, bits per second."""

_WAV_BYTES_PER_SECOND: Final = 32_000  # 16 kHz, mono, 16 bit
_WAV_HEADER: Final = 44
_MP3_EXTRA_SECONDS: Final = Fraction(1, 4)  # priming, the last frame's padding and a header frame
_MP3_EXTRA_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to encode a clip.

    Attributes:
        format: Clip format.
        bit_rate: Bits per second, or None where the format has no choice.
        most_bytes: The encoded clip has no more bytes than this.

    """

    format: str
    bit_rate: int | None
    most_bytes: int


def data_url_prefix(media_type: str) -> str:
    """Return what stands before the base64 in a data URL (RFC 2397). ``media_type`` may be empty."""
    return f"data:{media_type};base64,"


def data_url_length(raw_bytes: int, media_type: str = "") -> int:
    """Return the characters of the data URL that holds ``raw_bytes`` bytes."""
    return len(data_url_prefix(media_type)) + 4 * ceil(Fraction(raw_bytes, 3))


def most_raw_bytes(service: Service, way: InputWay = "data-url") -> int | None:
    """Return the largest file that goes to ``service`` by ``way``, or None where nothing bounds it.

    Raises:
        ClipRejected: the service does not take sound that way.

    """
    if way == "url":
        return None  # the service fetches it itself; nothing of ours is sent
    if way == "upload":
        if service.max_upload is None:
            raise _no_way(service, way)
        return service.max_upload
    if service.max_data_url is None:
        raise _no_way(service, way)
    # The longest prefix that is ever sent: audio/mpeg; 3GP says audio/3gpp, which is as long.
    return (service.max_data_url - len(data_url_prefix("audio/x-wav"))) // 4 * 3


def _no_way(service: Service, way: InputWay) -> ClipRejected:
    return ClipRejected(
        f"{service.name} takes no sound by {way}",
        hint="Leave the sound inside the request: --input data-url.",
    )


def encoded_bytes(format_name: str, seconds: Fraction, bit_rate: int | None = None) -> int:
    """Return an upper bound of the bytes of an encoded clip, for WAV (16 kHz mono) and constant-rate MP3."""
    if format_name == "wav":
        return _WAV_HEADER + ceil(seconds * _WAV_BYTES_PER_SECOND)
    if format_name == "mp3" and bit_rate:
        return _MP3_EXTRA_BYTES + ceil((seconds + _MP3_EXTRA_SECONDS) * bit_rate / 8)
    raise ValueError(f"no bound is known for {format_name} at {bit_rate} bits per second")


def choose_format(service: Service, seconds: Fraction, *, way: InputWay = "data-url") -> Encoding:
    """Pick how to encode a clip of ``seconds``: WAV up to 30 s, beyond that MP3 at the best bit rate that fits.

    Raises:
        ClipRejected: nothing fits; the clip has to be cut shorter.

    """
    room = most_raw_bytes(service, way)
    choices: list[tuple[str, int | None]] = []
    if seconds <= WAV_SECONDS or "mp3" not in service.formats:
        choices.append(("wav", None))
    choices += [("mp3", bit_rate) for bit_rate in MP3_BIT_RATES]
    for format_name, bit_rate in choices:
        heard = seconds + (_MP3_EXTRA_SECONDS if format_name == "mp3" else 0)
        if format_name not in service.formats:
            continue
        if service.max_seconds is not None and heard > service.max_seconds:
            continue
        size = encoded_bytes(format_name, seconds, bit_rate)
        if room is None or size <= room:
            return Encoding(format_name, bit_rate, size)
    raise ClipRejected(
        f"A clip of {float(seconds):.3f} s does not fit {service.name} in any encoding",
        hint=f"Cut segments of at most {_whole(longest_seconds(service, way=way))} s.",
    )


def longest_seconds(service: Service, *, way: InputWay = "data-url") -> Fraction:
    """Return the longest clip that fits ``service`` at the lowest bit rate, seconds."""
    room = most_raw_bytes(service, way)
    mp3 = "mp3" in service.formats
    bounds = []
    if service.max_seconds is not None:
        by_ear = service.max_seconds
        bounds.append(by_ear - _MP3_EXTRA_SECONDS if mp3 and by_ear > WAV_SECONDS else by_ear)
    if room is not None:
        if mp3:
            by_size = Fraction((room - _MP3_EXTRA_BYTES) * 8, MP3_BIT_RATES[-1]) - _MP3_EXTRA_SECONDS
        else:
            by_size = Fraction(room - _WAV_HEADER, _WAV_BYTES_PER_SECOND)
        bounds.append(by_size)
    return min(bounds) if bounds else Fraction(24 * 3600)


def prove(clip: Clip, service: Service, way: InputWay = "data-url") -> None:
    """Make sure that ``clip`` is within every limit of ``service``, before anything is sent.

    The duration is that of the sound and of the priming before it, which the service hears too.

    Raises:
        ClipRejected: it is not, and why.

    """
    heard = Fraction(len(clip.segment.pcm), clip.segment.rate) + clip.delay
    what = f"Segment {clip.segment.index + 1} was not sent to {service.name}"
    if not clip.data or not len(clip.segment.pcm):
        raise ClipRejected(f"{what}: it is empty")
    if clip.format not in service.formats:
        raise ClipRejected(
            f"{what}: {clip.format} is not a format it takes", hint=f"Use {' or '.join(service.formats)}."
        )
    if service.max_seconds is not None and heard > service.max_seconds:
        raise ClipRejected(
            f"{what}: it lasts {float(heard):.3f} s and the limit is {_whole(service.max_seconds)} s",
            hint=f"Cut segments of at most {_whole(longest_seconds(service, way=way))} s.",
        )
    room = most_raw_bytes(service, way)
    if room is not None and len(clip.data) > room:
        kind = "as a data URL" if way == "data-url" else "as an upload"
        raise ClipRejected(
            f"{what}: its {len(clip.data):,} bytes are more than the {room:,} that fit {kind}",
            hint=f"Cut segments of at most {_whole(longest_seconds(service, way=way))} s, or encode as MP3.",
        )


def _whole(seconds: Fraction) -> str:
    return f"{floor(seconds):,}"
