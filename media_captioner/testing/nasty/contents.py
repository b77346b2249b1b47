"""Sound that is easily lost on its way to one channel, and files with more in them than a film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from media_captioner.errors import MediaLimitExceeded, NoAudio
from media_captioner.media.policy import MediaLimits
from media_captioner.testing.media import Picture, Samples, Sound, beeping, media_bytes
from media_captioner.testing.nasty.boxes import patched
from media_captioner.testing.nasty.case import PRIMED, Nasty, holding

_BEEP: Final = Fraction(2)
_SECONDS: Final = Fraction(3)


def _wav(samples: Callable[[], Samples], **sound: Any) -> Callable[[], bytes]:
    return lambda: media_bytes("wav", [Sound(samples(), codec="pcm_s16le", **sound)])


def _inverted() -> Samples:
    sound = beeping(_SECONDS, _BEEP).copy()
    sound[1] *= -1
    return sound


def _one_sided(side: int) -> Callable[[], Samples]:
    def make() -> Samples:
        sound = beeping(_SECONDS, _BEEP).copy()
        sound[1 - side] = 0
        return sound

    return make


def _inverted_late() -> Samples:
    sound = beeping(_SECONDS * 4, _BEEP + 8).copy()
    sound[1, 48_000 * 7 :] *= -1
    return sound


def babble(seconds: Fraction | float, seed: int, rate: int = 48_000) -> Samples:
    """Return noise that comes and goes as syllables and sentences do: ``float32``, shape ``(samples,)``."""
    import numpy as np

    draw = np.random.default_rng(seed)
    count = round(seconds * rate)
    noise = draw.standard_normal(count).astype(np.float32)
    noise[1:] += np.float32(0.9) * noise[:-1]
    loud = np.zeros(count, np.float32)
    position = 0
    while position < count:
        for _ in range(int(draw.integers(4, 12))):
            length = int(draw.uniform(0.1, 0.3) * rate)
            part = loud[position : position + length]
            part[:] = np.hanning(length)[: len(part)].astype(np.float32)
            position += length
        position += int(draw.uniform(0.3, 1.2) * rate)
    return noise * loud * np.float32(0.05)


def _two_languages() -> Samples:
    import numpy as np

    sound = np.stack([babble(16, 1), babble(16, 2)]) + np.float32(0.0005)
    sound[0] += beeping(16, 12, floor=0.0)[0]
    return np.ascontiguousarray(sound, np.float32)


def _centre_only(channels: int) -> Callable[[], Samples]:
    def make() -> Samples:
        sound = beeping(_SECONDS, floor=0.001, channels=channels).copy()
        sound[2] = beeping(_SECONDS, _BEEP)[0]  # FL FR FC LFE ...
        return sound

    return make


def _behind_only() -> Samples:
    sound = beeping(_SECONDS, floor=0.001, channels=6).copy()
    sound[4] = beeping(_SECONDS, _BEEP)[0]
    return sound


def _film_order(container: str) -> Callable[[], bytes]:
    """Return a maker of a file whose channels are left, centre, right, two sides, effects.

    Its header says so by kAudioChannelLayoutTag_MPEG_5_1_C of Apple's Core Audio: an order that FFmpeg has no
    layout of its own for. What the effects channel holds is left out of every mix.
    """

    def make() -> bytes:
        sound = beeping(_SECONDS, floor=0.001, channels=6).copy()
        sound[1] = beeping(_SECONDS, _BEEP)[0]
        sound[5] = beeping(_SECONDS, 1)[0]
        data = media_bytes(container, [Sound(sound, codec="pcm_s16le")])
        # After the name come a size of 64 bits in one container and flags of 32 bits in the other.
        return patched(data, b"chan", 8 if container == "caf" else 4, bytes((0, 123, 0, 6)) + bytes(4))

    return make


def _loud() -> Samples:
    return beeping(_SECONDS, _BEEP, loudness=3.0)


def _many_tracks(count: int) -> Callable[[], bytes]:
    def make() -> bytes:
        empty = beeping(1, rate=8000, channels=1)
        tracks = [Sound(empty, 8000, "pcm_s16le") for _ in range(count - 1)]
        last = Sound(beeping(_SECONDS, _BEEP, rate=8000, channels=1), 8000, "pcm_s16le")
        return media_bytes("matroska", [*tracks, last])

    return make


def _commentary_first(**first: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        aside = Sound(beeping(_SECONDS, 1), codec="flac", **first)
        own = Sound(beeping(_SECONDS, _BEEP), codec="flac")
        return media_bytes("matroska", [aside, own], Picture(_SECONDS))

    return make


def _format_change() -> bytes:
    """A broadcast that goes from stereo at 48 kHz to mono at 32 kHz between two programmes."""
    first = media_bytes("mpegts", [Sound(beeping(4, 1), codec="mp2")])
    second = Sound(beeping(4, 2, rate=32_000, channels=1), 32_000, "mp2")
    return first + media_bytes("mpegts", [second])


def _case(
    name: str,
    suffix: str,
    make: Callable[[], bytes],
    beeps: Sequence[float | Fraction] = (_BEEP,),
    **more: Any,
) -> Nasty:
    return Nasty(name, holding(f"{name}.{suffix}", make), tuple(Fraction(b) for b in beeps), **more)


CASES: Final = (
    _case("inverted-stereo", "wav", _wav(_inverted)),
    _case("inverted-from-seven-seconds", "wav", _wav(_inverted_late), (_BEEP + 8,)),
    _case("left-only", "wav", _wav(_one_sided(0))),
    _case("right-only", "wav", _wav(_one_sided(1))),
    _case("two-languages", "wav", _wav(_two_languages), (12,)),
    _case("centre-of-six", "wav", _wav(_centre_only(6))),
    _case("centre-of-eight", "wav", _wav(_centre_only(8))),
    _case("behind-of-six", "wav", _wav(_behind_only)),
    _case("film-order-of-six", "mov", _film_order("mov")),
    _case("film-order-of-six", "caf", _film_order("caf")),
    _case("above-full-scale", "wav", lambda: media_bytes("wav", [Sound(_loud(), codec="pcm_f32le")])),
    _case(
        "six-channels-without-a-layout",
        "mkv",
        lambda: media_bytes("matroska", [Sound(_centre_only(6)(), codec="flac")]),
    ),
    _case("format-changes", "ts", _format_change, (1, 6), within=PRIMED),
    _case("32-tracks", "mkv", _many_tracks(32), track=32),
    _case("300-tracks", "mkv", _many_tracks(300), (), refused=MediaLimitExceeded),
    _case("commentary-first", "mkv", _commentary_first(disposition=("comment",))),
    _case(
        "commentary-in-the-title", "mkv", _commentary_first(tags={"title": "Audiokommentar des Regisseurs"})
    ),
    _case("commentary-by-number", "mkv", _commentary_first(disposition=("comment",)), (1,), track=1),
    _case("picture-only", "mp4", lambda: media_bytes("mp4", [], Picture(_SECONDS)), (), refused=NoAudio),
    _case(
        "attachment-too",
        "mkv",
        lambda: media_bytes(
            "matroska", [Sound(beeping(_SECONDS, _BEEP), codec="flac")], Picture(_SECONDS), attachment=True
        ),
    ),
    _case(
        "cover-picture",
        "mp3",
        lambda: media_bytes(
            "mp3", [Sound(beeping(_SECONDS, _BEEP, channels=1), codec="libmp3lame")], cover=True
        ),
    ),
    _case(
        "huge-title",
        "mkv",
        lambda: media_bytes(
            "matroska",
            [Sound(beeping(_SECONDS, _BEEP), codec="flac")],
            tags={"title": "<b>\u202egpj.exe\u0007\n" + "x" * 5_000_000},
        ),
    ),
    _case(
        "longer-than-allowed",
        "wav",
        _wav(lambda: beeping(_SECONDS, _BEEP)),
        (),
        refused=MediaLimitExceeded,
        limits=MediaLimits(max_seconds=Fraction(2)),
    ),
    _case(
        "magicyuv-picture",
        "avi",
        lambda: media_bytes(
            "avi", [Sound(beeping(_SECONDS, _BEEP), codec="pcm_s16le")], Picture(Fraction(1), "magicyuv")
        ),
    ),
)
