"""Exact time: seconds as fractions, frame rates, SMPTE timecode.

Inside the package a time is a :class:`~fractions.Fraction` of a second on the presentation timeline of the
video (0 is the first moment that a player shows), or an integer count of samples. Nothing is rounded until
an exporter has to, and then once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

ZERO: Final = Fraction(0)

_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{1,3})")


def from_samples(count: int, rate: int) -> Fraction:
    """Return the seconds that ``count`` samples last at ``rate`` samples per second."""
    return Fraction(count, rate)


def nearest(seconds: Fraction, rate: Fraction | int) -> int:
    """Return ``seconds * rate`` as the nearest whole number (ties to even), as ``round`` would.

    It is what every time in a file goes through; the product as a reduced fraction would take five times as long.
    """
    numerator = seconds.numerator * rate.numerator
    denominator = seconds.denominator * rate.denominator
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def to_samples(seconds: Fraction, rate: int) -> int:
    """Return the sample nearest to ``seconds`` (ties to the even sample)."""
    return nearest(seconds, rate)


def to_milliseconds(seconds: Fraction) -> int:
    """Return ``seconds`` as whole milliseconds, the grid of WebVTT and SRT (ties to even)."""
    return nearest(seconds, 1000)


def decimal_seconds(seconds: Fraction, digits: int = 9) -> str:
    """Write ``seconds`` as a plain decimal, exact where ``digits`` places can hold it, without trailing zeros.

    Sample positions at 8, 16 and 32 kHz need at most eight places, so they are exact; 48 kHz has thirds.

    >>> decimal_seconds(Fraction(1, 16000))
    '0.0000625'
    >>> decimal_seconds(Fraction(30))
    '30'
    """
    scaled = round(seconds * 10**digits)
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    whole, part = divmod(scaled, 10**digits)
    tail = f"{part:0{digits}d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def clock_time(seconds: Fraction, *, separator: str = ".") -> str:
    """Write ``seconds`` as ``HH:MM:SS.mmm``; hours grow past 99 where they must.

    WebVTT section 4.1 (timestamp) uses ``.``; SRT uses ``,`` as ``separator``. Times before zero are written
    as zero: neither format can hold them.
    """
    return clock_label(to_milliseconds(seconds), separator=separator)


def clock_label(milliseconds: int, *, separator: str = ".") -> str:
    """Write whole ``milliseconds`` as :func:`clock_time` does."""
    total = max(0, milliseconds)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milliseconds = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{separator}{milliseconds:03d}"


def parse_clock_time(text: str) -> Fraction:
    """Read ``HH:MM:SS.mmm``, ``MM:SS.mmm`` or plain decimal seconds.

    Raises:
        ValueError: ``text`` is none of these.

    """
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:[.,]\d+)?)", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time: write HH:MM:SS.mmm or seconds")
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds.replace(",", "."))


@dataclass(frozen=True, slots=True)
class FrameRate:
    """A video frame rate.

    Attributes:
        rate: Frames per second, exact (``Fraction(30000, 1001)`` for 29.97).
        drop_frame: Whether timecode at this rate skips labels to follow the clock (SMPTE ST 12-1, 8.2.3);
            only meaningful for 30000/1001 and 60000/1001.

    """

    rate: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a frame rate must be above zero, not {self.rate}")
        if self.drop_frame and self.rate not in {Fraction(30000, 1001), Fraction(60000, 1001)}:
            raise ValueError(
                f"drop-frame timecode exists for 29.97 and 59.94 only, not {float(self.rate):.3f}"
            )

    @property
    def nominal(self) -> int:
        """Frames that one second of timecode counts: 24 for 23.976, 30 for 29.97, 60 for 59.94."""
        return -(-self.rate.numerator // self.rate.denominator)

    @property
    def frame_duration(self) -> Fraction:
        """Seconds that one frame is shown."""
        return 1 / self.rate

    def frame_at(self, seconds: Fraction) -> int:
        """Return the index of the frame nearest to ``seconds`` (frame 0 starts at 0)."""
        return nearest(seconds, self.rate)

    def time_of(self, frame: int) -> Fraction:
        """Return the exact second at which ``frame`` starts."""
        return frame / self.rate

    def timecode(self, frame: int) -> str:
        """Label ``frame`` as ``HH:MM:SS:FF``, or ``HH:MM:SS;FF`` in drop-frame (SMPTE ST 12-1).

        Labels wrap at 24 hours, as they do on tape.
        """
        nominal = self.nominal
        label = frame
        if self.drop_frame:
            dropped = nominal // 15  # 2 labels a minute at 29.97, 4 at 59.94, none in each tenth minute
            per_ten = 600 * nominal - 9 * dropped
            per_one = 60 * nominal - dropped
            tens, rest = divmod(label, per_ten)
            extra = 0 if rest < 60 * nominal else 1 + (rest - 60 * nominal) // per_one
            label += dropped * (9 * tens + extra)
        label %= 24 * 3600 * nominal
        seconds, frames = divmod(label, nominal)
        mark = ";" if self.drop_frame else ":"
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{frames:02d}"

    def frame_of(self, timecode: str) -> int:
        """Return the frame that ``timecode`` labels.

        Raises:
            ValueError: not a timecode, or a label that drop-frame skips.

        """
        match = _TIMECODE.fullmatch(timecode.strip())
        if match is None:
            raise ValueError(f"{timecode!r} is not a timecode: write HH:MM:SS:FF")
        hours, minutes, seconds, frames = (int(match[i]) for i in (1, 2, 3, 5))
        if minutes > 59 or seconds > 59 or frames >= self.nominal:
            raise ValueError(f"{timecode!r} is not a timecode at {self.nominal} frames per second")
        label = ((hours * 60 + minutes) * 60 + seconds) * self.nominal + frames
        if not self.drop_frame:
            return label
        dropped = self.nominal // 15
        if seconds == 0 and frames < dropped and minutes % 10:
            raise ValueError(f"{timecode!r} does not exist in drop-frame timecode")
        total = hours * 60 + minutes
        return label - dropped * (total - total // 10)


_COMMON_RATES: Final = (
    *(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)),
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100, 120)),
)


def nearest_frame_rate(rate: Fraction) -> Fraction:
    """Return the exact rate that a rounded one such as 29.97 or 23.976 stands for, or ``rate`` itself.

    >>> nearest_frame_rate(Fraction("29.97"))
    Fraction(30000, 1001)

    Raises:
        ValueError: ``rate`` is not above zero.

    """
    if rate <= 0:
        raise ValueError(f"a frame rate must be above zero, not {rate}")
    near = min(_COMMON_RATES, key=lambda known: abs(known - rate))
    return near if abs(near - rate) * 2000 < rate else rate
