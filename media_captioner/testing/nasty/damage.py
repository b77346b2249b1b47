"""Files that are cut short, damaged, empty or something else altogether."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, Final

from media_captioner.errors import CorruptMedia, MediaLimitExceeded, UnsupportedMedia
from media_captioner.testing.media import Picture, Sound, beeping, media_bytes
from media_captioner.testing.nasty.boxes import boxes, index_first, patched
from media_captioner.testing.nasty.case import PRIMED, Nasty, holding
from media_captioner.testing.nasty.clocks import film

_SECONDS: Final = Fraction(10)
_BEEP: Final = Fraction(2)


@cache
def _whole(suffix: str) -> bytes:
    return film(suffix, _BEEP, seconds=_SECONDS)


@cache
def _sound(muxer: str, codec: str) -> bytes:
    return media_bytes(muxer, [Sound(beeping(_SECONDS, _BEEP, channels=1), codec=codec)])


def _cut(data: Callable[[], bytes], share: Fraction = Fraction(1, 2)) -> Callable[[], bytes]:
    return lambda: data()[: int(len(data()) * share)]


def _flipped(data: Callable[[], bytes], every: int) -> Callable[[], bytes]:
    """One bit in every so many bytes turned over, in the second half."""

    def make() -> bytes:
        damaged = bytearray(data())
        for place in range(len(damaged) // 2, len(damaged), every):
            damaged[place] ^= 0x10
        return bytes(damaged)

    return make


def _overwritten(
    data: Callable[[], bytes], start: Fraction, end: Fraction, value: int
) -> Callable[[], bytes]:
    def make() -> bytes:
        damaged = bytearray(data())
        first, last = int(len(damaged) * start), int(len(damaged) * end)
        damaged[first:last] = bytes([value]) * (last - first)
        return bytes(damaged)

    return make


def _header_only() -> bytes:
    data = index_first(_whole("mp4"))
    return data[: next(start for kind, start, _ in boxes(data) if kind == "mdat") + 8]


def _noise(size: int) -> bytes:
    import numpy as np

    return np.random.default_rng(3).bytes(size)


def _endless() -> bytes:
    """A header that claims thirty thousand years."""
    # Info > Duration: id 0x4489, length 8, milliseconds (RFC 9559, 5.1.2.10)
    return patched(_whole("mkv"), b"\x44\x89\x88", 0, struct.pack(">d", 1e15))


def _case(name: str, suffix: str, make: Callable[[], bytes], *beeps: Fraction, **more: Any) -> Nasty:
    return Nasty(name, holding(f"{name}.{suffix}", make), beeps, PRIMED, **more)


def _of(suffix: str) -> Callable[[], bytes]:
    return lambda: _whole(suffix)


_MIDDLE: Final = (Fraction(5, 10), Fraction(6, 10))

CASES: Final = (
    _case(
        "cut-short-index-first",
        "mp4",
        _cut(lambda: index_first(_whole("mp4"))),
        _BEEP,
        partial=True,
    ),
    _case("cut-short-index-last", "mp4", _cut(_of("mp4")), refused=CorruptMedia),
    _case("cut-short", "mkv", _cut(_of("mkv")), _BEEP, partial=True),
    _case("cut-short", "ts", _cut(_of("ts"), Fraction(501, 1000)), _BEEP, partial=True),
    _case("cut-short", "flv", _cut(_of("flv")), _BEEP, partial=True),
    _case("cut-short", "wav", _cut(lambda: _sound("wav", "pcm_s16le")), _BEEP, partial=True),
    _case("cut-short", "flac", _cut(lambda: _sound("flac", "flac")), _BEEP, partial=True),
    _case("cut-short", "mp3", _cut(lambda: _sound("mp3", "libmp3lame")), _BEEP, partial=True),
    _case("cut-short", "aiff", _cut(lambda: _sound("aiff", "pcm_s16be")), _BEEP, partial=True),
    _case(
        "cut-short",
        "avi",
        _cut(
            lambda: media_bytes(
                "avi", [Sound(beeping(_SECONDS, _BEEP), codec="pcm_s16le")], Picture(_SECONDS)
            )
        ),
        _BEEP,
        partial=True,
    ),
    _case("header-only", "mp4", _header_only, refused=CorruptMedia),
    _case("header-only", "mkv", _cut(_of("mkv"), Fraction(1, 500)), refused=CorruptMedia),
    _case("header-only", "wav", lambda: _sound("wav", "pcm_s16le")[:44], refused=CorruptMedia),
    _case("header-only", "flac", lambda: _sound("flac", "flac")[:60], refused=CorruptMedia),
    _case("bits-flipped", "mkv", _flipped(_of("mkv"), 997), _BEEP, partial=True),
    _case("bits-flipped", "ts", _flipped(_of("ts"), 997), _BEEP, partial=True),
    _case("bits-flipped", "flac", _flipped(lambda: _sound("flac", "flac"), 997), _BEEP, partial=True),
    _case("zeroes-in-the-middle", "mkv", _overwritten(_of("mkv"), *_MIDDLE, 0), _BEEP, partial=True),
    _case("zeroes-in-the-middle", "ts", _overwritten(_of("ts"), *_MIDDLE, 0), _BEEP),
    _case(
        "zeroes-in-the-middle",
        "mp4",
        _overwritten(lambda: index_first(_whole("mp4")), *_MIDDLE, 0),
        _BEEP,
        partial=True,
    ),
    _case("noise-in-the-middle", "mpg", _overwritten(_of("mpg"), *_MIDDLE, 0xA5), _BEEP, partial=True),
    _case("empty", "mp4", lambda: b"", refused=CorruptMedia),
    _case("one-byte", "mp4", lambda: b"\0", refused=UnsupportedMedia),
    _case("text", "mp4", lambda: b"Dear Sir or Madam,\n\nplease find attached.\n", refused=UnsupportedMedia),
    _case("noise", "mp4", lambda: _noise(100_000), refused=UnsupportedMedia),
    _case("zeroes", "mp4", lambda: bytes(100_000), refused=UnsupportedMedia),
    _case("endless", "mkv", _endless, refused=MediaLimitExceeded),
    _case("wrong-ending", "txt", _of("mkv"), _BEEP),
    _case("wrong-ending", "mp3", _of("mp4"), _BEEP),
)
