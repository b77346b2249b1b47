"""Every container with every codec that people have, each with a beep at two and a half seconds."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from media_captioner.testing.media import Picture, Sound, beeping, media_bytes
from media_captioner.testing.nasty.case import EXACT, PRIMED, Nasty, holding

_BEEP: Final = Fraction(3, 2)
_SECONDS: Final = Fraction(5, 2)

# muxer, suffix, sound codec, samples a second, channels, picture codec, how exactly the container tells time
_KINDS: Final[tuple[tuple[str, str, str, int, int, str | None, Fraction], ...]] = (
    ("mp4", "mp4", "aac", 48_000, 1, "mpeg4", EXACT),
    ("mp4", "mp4", "ac3", 48_000, 2, "libx264", EXACT),
    ("mp4", "mp4", "libmp3lame", 44_100, 1, "mpeg4", PRIMED),
    ("mp4", "mp4", "flac", 48_000, 2, None, EXACT),
    ("mp4", "mp4", "libopus", 48_000, 2, None, EXACT),
    ("mov", "mov", "pcm_s16be", 48_000, 2, "mpeg4", EXACT),
    ("mov", "mov", "pcm_s24le", 96_000, 2, "mjpeg", EXACT),
    ("ipod", "m4a", "alac", 44_100, 2, None, EXACT),
    ("3gp", "3gp", "libopencore_amrnb", 8_000, 1, "h263", EXACT),
    ("3g2", "3g2", "aac", 16_000, 1, "mpeg4", EXACT),
    ("matroska", "mkv", "flac", 48_000, 2, "mpeg4", EXACT),
    ("matroska", "mkv", "libopus", 48_000, 2, "libx264", EXACT),
    ("matroska", "mkv", "ac3", 48_000, 6, "mpeg4", EXACT),
    ("matroska", "mkv", "eac3", 48_000, 6, None, EXACT),
    ("matroska", "mkv", "libmp3lame", 48_000, 1, "mpeg4", PRIMED),
    ("matroska", "mka", "pcm_f32le", 48_000, 2, None, EXACT),
    ("matroska", "mka", "wavpack", 48_000, 2, None, EXACT),
    ("matroska", "mka", "tta", 44_100, 2, None, EXACT),
    ("webm", "webm", "libopus", 48_000, 2, "libvpx", EXACT),
    ("avi", "avi", "libmp3lame", 44_100, 1, "mpeg4", PRIMED),
    ("avi", "avi", "pcm_s16le", 48_000, 2, "mjpeg", EXACT),
    ("avi", "avi", "ac3", 48_000, 2, "mpeg4", PRIMED),
    ("flv", "flv", "libmp3lame", 44_100, 1, "flv1", PRIMED),
    ("flv", "flv", "aac", 44_100, 1, "flv1", PRIMED),
    ("flv", "flv", "adpcm_swf", 22_050, 1, "flv1", EXACT),
    ("flv", "flv", "nellymoser", 8_000, 1, "flv1", PRIMED),
    ("mpegts", "ts", "mp2", 48_000, 2, "mpeg2video", PRIMED),
    ("mpegts", "ts", "aac", 48_000, 1, "libx264", PRIMED),
    ("mpegts", "ts", "ac3", 48_000, 2, "libx264", PRIMED),
    ("mpegts", "mts", "libopus", 48_000, 2, "libx264", PRIMED),
    ("mpeg", "mpg", "mp2", 44_100, 2, "mpeg1video", PRIMED),
    ("vob", "vob", "ac3", 48_000, 2, "mpeg2video", PRIMED),
    ("mxf", "mxf", "pcm_s16le", 48_000, 2, "mpeg2video", EXACT),
    ("dv", "dv", "pcm_s16le", 48_000, 2, "dvvideo", EXACT),
    ("nut", "nut", "mp2", 48_000, 2, "mpeg4", PRIMED),
    ("asf", "wmv", "libmp3lame", 44_100, 1, "mpeg4", PRIMED),
    ("ogg", "opus", "libopus", 48_000, 2, None, EXACT),
    ("ogg", "oga", "flac", 48_000, 2, None, EXACT),
    ("wav", "wav", "pcm_s16le", 48_000, 2, None, EXACT),
    ("wav", "wav", "pcm_s24le", 96_000, 2, None, EXACT),
    ("wav", "wav", "pcm_u8", 8_000, 1, None, EXACT),
    ("wav", "wav", "pcm_f32le", 44_100, 2, None, EXACT),
    ("wav", "wav", "pcm_alaw", 8_000, 1, None, EXACT),
    ("wav", "wav", "adpcm_ms", 22_050, 1, None, EXACT),
    ("wav", "wav", "g722", 16_000, 1, None, EXACT),
    ("w64", "w64", "pcm_s16le", 48_000, 2, None, EXACT),
    ("aiff", "aiff", "pcm_s16be", 48_000, 2, None, EXACT),
    ("caf", "caf", "alac", 48_000, 2, None, EXACT),
    ("au", "au", "pcm_s16be", 48_000, 2, None, EXACT),
    ("flac", "flac", "flac", 44_100, 2, None, EXACT),
    ("mp3", "mp3", "libmp3lame", 44_100, 1, None, EXACT),
    ("adts", "aac", "aac", 44_100, 1, None, PRIMED),
    ("ac3", "ac3", "ac3", 48_000, 2, None, PRIMED),
    ("mp2", "mp2", "mp2", 48_000, 2, None, PRIMED),
    ("tta", "tta", "tta", 48_000, 2, None, EXACT),
    ("wv", "wv", "wavpack", 48_000, 2, None, EXACT),
    ("amr", "amr", "libopencore_amrnb", 8_000, 1, None, EXACT),
)


def _size(picture: str) -> tuple[int, int]:
    return {"dvvideo": (720, 576), "h263": (128, 96), "mjpeg": (32, 32)}.get(picture, (64, 64))


def _kind(
    muxer: str, suffix: str, codec: str, rate: int, channels: int, picture: str | None, within: Fraction
) -> Nasty:
    def make() -> bytes:
        sound = Sound(beeping(_SECONDS, _BEEP, rate=rate, channels=channels), rate, codec)
        shown = Picture(_SECONDS, picture, size=_size(picture)) if picture else None
        return media_bytes(muxer, [sound], shown)

    name = f"{suffix}-{codec}-{channels}ch-{rate}"
    return Nasty(name, holding(f"{name}.{suffix}", make), (_BEEP,), within)


CASES: Final = tuple(_kind(*kind) for kind in _KINDS)
