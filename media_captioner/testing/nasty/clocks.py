"""Clocks that do not simply start at zero and run: offsets, edit lists, holes, overlaps, drift, splices, wraps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from media_captioner.errors import MediaLimitExceeded
from media_captioner.media.policy import MediaLimits
from media_captioner.testing.media import (
    Picture,
    Retiming,
    Sound,
    at_offset,
    at_speed,
    beeping,
    media_bytes,
    with_hole,
    with_jump,
)
from media_captioner.testing.nasty import stamps
from media_captioner.testing.nasty.boxes import patched
from media_captioner.testing.nasty.case import EXACT, PRIMED, Nasty, holding

_SECONDS: Final = Fraction(4)
_MUXERS: Final = {"mkv": "matroska", "mp4": "mp4", "ts": "mpegts", "mpg": "mpeg", "flv": "flv", "mov": "mov"}
_SOUNDS: Final = {
    "mkv": "flac",
    "mp4": "flac",
    "ts": "mp2",
    "mpg": "mp2",
    "flv": "adpcm_swf",
    "mov": "pcm_s16be",
}
_TS_START: Final = Fraction(0)
_PICTURES: Final = {"ts": "mpeg2video", "mpg": "mpeg1video", "flv": "flv1"}


def film(
    suffix: str,
    *beeps: Fraction | float,
    seconds: Fraction | float = _SECONDS,
    retime: Retiming | None = None,
    picture: Retiming | None = None,
    pictured: bool = True,
    codec: str | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """Return a small film in the container of ``suffix`` with its sound, and its picture, retimed."""
    rate = 22_050 if suffix == "flv" else 48_000
    channels = 1 if suffix == "flv" else 2
    sound = Sound(
        beeping(seconds, *beeps, rate=rate, channels=channels), rate, codec or _SOUNDS[suffix], retime=retime
    )
    shown = Picture(Fraction(seconds), _PICTURES.get(suffix, "mpeg4"), size=(64, 64), retime=picture)
    return media_bytes(_MUXERS[suffix], [sound], shown if pictured else None, options=options)


def _case(
    name: str,
    suffix: str,
    make: Callable[[], bytes],
    *beeps: float | Fraction,
    within: Fraction | None = None,
    **more: object,
) -> Nasty:
    exactness = within if within is not None else EXACT if suffix in {"mkv", "mp4", "mov", "wav"} else PRIMED
    file = holding(f"{name}.{suffix}", make)
    return Nasty(name, file, tuple(Fraction(b) for b in beeps), exactness, **more)  # type: ignore[arg-type]


def _late(suffix: str) -> Nasty:
    return _case(
        f"late-sound-{suffix}", suffix, lambda: film(suffix, 1, retime=at_offset(Fraction(5, 2))), 3.5
    )


def _early(suffix: str) -> Nasty:
    return _case(
        f"early-sound-{suffix}",
        suffix,
        lambda: film(suffix, 2, retime=at_offset(1), picture=at_offset(2)),
        2,
    )


def _hole(suffix: str, start: float, end: float) -> Nasty:
    name = f"hole-of-{end - start:g}-seconds-{suffix}"
    # What is lost begins and ends on a packet, so a beep well after it keeps its time.
    return _case(
        name,
        suffix,
        lambda: film(suffix, 0.3, end + 1, seconds=end + 2, retime=with_hole(start, end)),
        0.3,
        end + 1,
    )


def _overlap_mkv(seconds: float) -> Nasty:
    """Clusters from two seconds on are stamped earlier than the sound before them ends."""

    def make() -> bytes:
        data = film(
            "mkv", 0.5, 3.2, pictured=False, options={"cluster_time_limit": "500", "write_crc32": "0"}
        )
        return stamps.clusters(data, lambda time: time - round(1000 * seconds) if time >= 1990 else time)

    return _case(f"overlap-of-{seconds:g}-seconds-mkv", "mkv", make, 0.5, 3.2 - seconds)


def _restamped(
    *beeps: float, retime: Retiming, picture: bool = False, seconds: float = 4
) -> Callable[[], bytes]:
    """A broadcast whose stamps were changed; ``retime`` is told seconds from where its sound begins."""

    def make() -> bytes:
        data = film("ts", *beeps, seconds=seconds, options={"muxdelay": "0"})

        def moved(time: Fraction) -> Fraction | None:
            later = retime(time - _TS_START)
            return None if later is None else later + _TS_START

        return stamps.transport(data, moved, picture=picture)

    return make


def _drift(suffix: str, factor: Fraction) -> Nasty:
    beeps = [Fraction(k) for k in (1, 7, 13, 19, 25, 31, 37)]
    return _case(
        f"clock-at-{float(factor):g}-{suffix}",
        suffix,
        lambda: film(suffix, *beeps, seconds=40, retime=at_speed(factor), picture=at_speed(factor)),
        *(beep * factor for beep in beeps),
    )


def _joined(suffix: str, *, seconds: Fraction, pictured: bool = True, **more: Retiming | None) -> bytes:
    """Two files end to end, the second one's clock starting as it likes."""
    first = film(suffix, seconds - 1, seconds=seconds, pictured=pictured)
    return first + film(suffix, Fraction(3, 2), pictured=pictured, **more)  # type: ignore[arg-type]


def _jittered(milliseconds: int) -> Retiming:
    """Stamps that stray within three tenths of a second and come back, as stale rates make them."""
    return lambda time: time + Fraction(round(time * 1000) % 300 * milliseconds, 300_000)


def _one_wrong(at: float, by: float) -> Retiming:
    return lambda time: time + Fraction(by) if at <= time < at + Fraction(1, 5) else time


def _edit_list(media_time: int, length: int | None = None) -> Callable[[], bytes]:
    """A film whose edit list starts the sound ``media_time`` samples in, and may end it early (milliseconds)."""

    def make() -> bytes:
        data = film("mov", 2.5, 3.5)
        # elst: version and flags (4), count (4), duration (4), media time (4); the sound's comes last.
        data = patched(data, b"elst", 12, media_time.to_bytes(4, "big"), last=True)
        return data if length is None else patched(data, b"elst", 8, length.to_bytes(4, "big"), last=True)

    return make


def _chained_ogg() -> bytes:
    one = media_bytes("ogg", [Sound(beeping(3, 1), codec="flac")])
    return one + media_bytes("ogg", [Sound(beeping(4, 2.5), codec="flac")])


def _variable_rate() -> bytes:
    def uneven(time: Fraction) -> Fraction | None:
        return None if round(time * 25) % 7 in {1, 2, 5} else time

    return film("mkv", 2, picture=uneven)


CASES: Final = (
    *(_late(suffix) for suffix in ("mp4", "mkv", "mov", "ts", "mpg", "flv")),
    *(_early(suffix) for suffix in ("mp4", "mkv", "ts")),
    *(_hole(suffix, 1.0, 1.3) for suffix in ("mkv", "ts")),
    *(_hole(suffix, 1.0, 6.0) for suffix in ("mkv", "ts", "flv")),
    *(_hole(suffix, 1.0, 13.0) for suffix in ("ts", "flv")),
    *(_overlap_mkv(seconds) for seconds in (0.3, 1.0)),
    _case(
        "overlap-of-0.3-seconds-ts",
        "ts",
        _restamped(0.5, 3.2, retime=with_jump(2, Fraction(-3, 10))),
        0.5,
        2.9,
    ),
    _case("overlap-of-1-seconds-ts", "ts", _restamped(0.5, 3.2, retime=with_jump(2, -1)), 0.5, 2.2),
    *(_drift(suffix, Fraction(factor)) for suffix in ("mkv", "ts") for factor in ("1.005", "0.995")),
    _case("edit-list-cuts-the-start", "mov", _edit_list(48_000), 1.5, 2.5),
    _case("edit-list-cuts-both-ends", "mov", _edit_list(24_000, 2500), 2),
    _case("variable-frame-rate", "mkv", _variable_rate, 2),
    _case(
        "starts-at-ten-hours",
        "ts",
        lambda: film("ts", 2, retime=at_offset(36_000), picture=at_offset(36_000)),
        2,
    ),
    _case(
        "starts-at-ten-hours",
        "mkv",
        lambda: film("mkv", 2, retime=at_offset(36_000), picture=at_offset(36_000)),
        2,
    ),
    _case(
        "clock-wraps",
        "ts",
        # 33 bits at 90 kHz last 95443.7 seconds (ISO/IEC 13818-1, 2.4.3.7); the muxer adds 1.4.
        lambda: film(
            "ts", 1, 3, retime=at_offset(95_440), picture=at_offset(95_440), options={"muxdelay": "0"}
        ),
        1,
        3,
    ),
    _case("joined-files", "ts", lambda: _joined("ts", seconds=Fraction(12)), 11, 13.5),
    _case("joined-short-files", "ts", lambda: _joined("ts", seconds=Fraction(4)), 3, 5.5),
    _case("joined-files", "mpg", lambda: _joined("mpg", seconds=Fraction(12)), 11, 13.5),
    _case("joined-sound-only", "ts", lambda: _joined("ts", seconds=Fraction(4), pictured=False), 3, 5.5),
    _case(
        "clock-jumps-ahead",
        "ts",
        lambda: _joined("ts", seconds=Fraction(4), retime=at_offset(5000), picture=at_offset(5000)),
        3,
        5.5,
    ),
    _case("chained", "ogg", _chained_ogg, 1, 5.5, within=PRIMED),
    _case("jittering-stamps", "ts", _restamped(1, 5, 9, seconds=10, retime=_jittered(32)), 1, 5, 9),
    _case("one-stamp-wrong", "ts", _restamped(1, 3, retime=_one_wrong(2, 3)), 1, 3),
    _case("one-stamp-far-back", "ts", _restamped(1, 3, retime=_one_wrong(2, -50_000)), 1, 3),
    _case("first-stamp-wrong", "ts", _restamped(1, 3, retime=_one_wrong(-1, 2)), 1, 3),
    _case("sound-jumps-ahead-alone", "ts", _restamped(1, 3, retime=with_jump(2, 20)), 1, 23),
    _case(
        "fragmented",
        "mp4",
        lambda: film("mp4", 2, codec="alac", options={"movflags": "frag_keyframe+empty_moov"}),
        2,
    ),
    _case("hole-of-20-hours", "mkv", lambda: film("mkv", 1, 3, retime=with_jump(2, 72_000)), 1, 72_003),
    _case(
        "hole-past-the-limit",
        "mkv",
        lambda: film("mkv", 1, 3, retime=with_jump(2, 72_000)),
        refused=MediaLimitExceeded,
        limits=MediaLimits(max_seconds=Fraction(3600)),
    ),
)
