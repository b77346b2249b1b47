"""Any sound or video as a small MP3, under a limit that somebody else has set.

Model Studio's own advice for a file that is too large is to mix it to one channel at 16 kHz and lower the bit
rate; this does just that, with the highest bit rate that fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import ConfigError, ExtraMissing, MediaLimitExceeded
from media_captioner.media.cutting import Cutting
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.media.segments import open_segments
from media_captioner.model import AudioTrack, Media, Segment
from media_captioner.protocols import Progress, Reporter, SilentReporter
from media_captioner.system import files
from media_captioner.timing import ZERO

# MPEG-2 layer III at 16 kHz (ISO/IEC 13818-3, 2.4.2.3): bits per second, the best first.
_BIT_RATES: Final = (96_000, 80_000, 64_000, 56_000, 48_000, 40_000, 32_000, 24_000, 16_000, 8_000)
_RATE: Final = 16_000
_FRAME: Final = Fraction(576, _RATE)  # seconds
_EXTRA_FRAMES: Final = 4  # the encoder's delay, and what flushing it adds
_PASS: Final = Fraction(60)  # seconds decoded at once


@dataclass(frozen=True, slots=True)
class Compressed:
    """A small file that was written.

    Attributes:
        path: Where it is.
        bytes: Its size.
        bit_rate: Bits per second.
        rate: Samples per second; always one channel.
        seconds: Length of its sound.
        partial: Why not all of the track could be read, or None.

    """

    path: Path
    bytes: int
    bit_rate: int
    rate: int
    seconds: Fraction
    partial: str | None


def compress(
    media: Media,
    track: AudioTrack,
    path: Path,
    *,
    max_bytes: int,
    limits: MediaLimits = DEFAULT_LIMITS,
    reporter: Reporter | None = None,
    overwrite: bool = False,
) -> Compressed:
    """Write a track's sound as an MP3 of at most ``max_bytes``, holes filled with silence.

    The sound is streamed through: memory does not grow with its length.

    Args:
        media: The probed file.
        track: One of its tracks.
        path: Where to; nothing else may stand there unless ``overwrite`` is given.
        max_bytes: The limit.
        limits: Bounds on duration, errors and time.
        reporter: Whom to tell how far it is.
        overwrite: Replace whatever stands there.

    Raises:
        MediaLimitExceeded: it does not fit even at the lowest bit rate.
        MediaError: the track cannot be decoded.
        OutputError: the file cannot be written.

    """
    expected = track.duration or media.duration
    if expected is None:
        expected = _measured(media, track, limits)
    bit_rate = _best_rate(expected, max_bytes, media)
    reporter = reporter or SilentReporter()
    with (
        files.written_whole(path, anything=overwrite) as file,
        open_segments(
            media, track, cutting=Cutting(target=_PASS, first=_PASS, fixed=True), limits=limits
        ) as reader,
    ):
        encoder = _encoder(bit_rate)
        size, at = 0, ZERO
        for segment in reader:
            for pcm in _with_holes(segment, at):
                size += file.write(encoder.encode(pcm))
            at = segment.end
            if size > max_bytes:
                break
            reporter.progress(Progress(media.path.name, "encode", at, expected, f"{bit_rate // 1000} kbit/s"))
        size += file.write(encoder.flush())
        if size > max_bytes:  # the header lied about the length
            raise MediaLimitExceeded(
                f"{media.path.name} is longer than its header says, so it did not fit {max_bytes} bytes",
                hint="Try again with a smaller --under, which chooses a lower bit rate.",
            )
        partial = reader.partial
    return Compressed(path, size, bit_rate, _RATE, at, partial)


def _best_rate(seconds: Fraction, max_bytes: int, media: Media) -> int:
    if max_bytes <= 0:
        raise ConfigError("The size limit must be above zero")
    for bit_rate in _BIT_RATES:
        if ceil((seconds + _EXTRA_FRAMES * _FRAME) * bit_rate / 8) <= max_bytes:
            return bit_rate
    least = ceil(seconds * _BIT_RATES[-1] / 8)
    raise MediaLimitExceeded(
        f"{media.path.name} does not fit {max_bytes} bytes: at the lowest bit rate it takes {least}",
        hint="Cut it into segments: media-captioner segments.",
    )


def _measured(media: Media, track: AudioTrack, limits: MediaLimits) -> Fraction:
    with open_segments(
        media, track, cutting=Cutting(target=_PASS, first=_PASS, fixed=True), limits=limits
    ) as reader:
        for _ in reader:
            pass
        return reader.end


def _with_holes(segment: Segment, at: Fraction) -> list[bytes]:
    """Return the segment's sound, after the silence between ``at`` and its start, in pieces of bounded size."""
    hole = max(0, round((segment.start - at) * _RATE))
    second = bytes(2 * _RATE)
    pieces = [second] * (hole // _RATE)
    return [*pieces, bytes(2 * (hole % _RATE)), segment.pcm.tobytes()]


def _encoder(bit_rate: int) -> Any:
    try:
        import lameenc
    except ImportError as error:
        raise ExtraMissing("MP3 encoding needs lameenc", hint="pip install lameenc") from error
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(bit_rate // 1000)
    encoder.set_in_sample_rate(_RATE)
    encoder.set_out_sample_rate(_RATE)
    encoder.set_channels(1)
    encoder.set_quality(5)
    encoder.silence()
    return encoder
