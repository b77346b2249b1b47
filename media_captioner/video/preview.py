"""A short preview with the captions burnt into the picture, to look at how they sit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from media_captioner.errors import ConfigError, ToolCrashed
from media_captioner.export.text import cue_lines
from media_captioner.media.probe import probe
from media_captioner.model import Captions, Cue, Media
from media_captioner.system import files
from media_captioner.timing import decimal_seconds
from media_captioner.video.fonts import font_for
from media_captioner.video.pictures import check_picture
from media_captioner.video.programs import CAREFULLY, ffmpeg_program, need_preview, run_graph
from media_captioner.video.targets import target_for

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

LONGEST: Final = Fraction(120)
"""Seconds of a preview; it is to look at, and drawing is slow."""
_LINE: Final = 0.055  # height of a line, of the picture's height
_EVEN: Final = "crop=trunc(iw/2)*2:trunc(ih/2)*2"  # 4:2:0 has no odd sizes
_MARGIN: Final = 0.05  # title-safe area (EBU R 95)


def preview(
    source: Path,
    captions: Captions,
    *,
    start: Fraction = Fraction(0),
    seconds: Fraction = Fraction(10),
    out: Path | None = None,
    font: Path | None = None,
) -> Path:
    """Write a short MP4 with the captions in the picture, and return its path.

    moviepy composes the picture; the sound is cut by ffmpeg from the track that was captioned, because moviepy takes
    another track where there are several, and loses the offset of one that starts late.

    Args:
        source: The media file; it is only read.
        captions: Its captions.
        start: Where the preview begins, seconds.
        seconds: How long it is, at most :data:`LONGEST`.
        out: The preview; by default ``clip.preview.mp4`` beside the source.
        font: A font file; by default one that has all the characters.

    Raises:
        MediaError: the source cannot be read, or has no picture that may be decoded.
        ExtraMissing: moviepy is not installed.
        ConfigError: no font has the characters of the captions, or the times lie outside the media.
        ToolError: ffmpeg is missing or fails.
        OutputError: something stands at ``out``, or it cannot be written.

    """
    need_preview("a preview")
    source = source.absolute()
    media = probe(source)
    check_picture(media)
    target = target_for(source, out, "preview.mp4", (".mp4",), "a preview is an MP4 file")
    end = min(start + min(seconds, LONGEST), media.duration or start + seconds)
    if end <= start:
        raise ConfigError(f"Cannot preview {source} from {float(start):g} s: it is over by then")
    shown = [cue for cue in captions.cues if cue.start < end and cue.end > start]
    height = media.video.height if media.video else 0
    chosen = font_for("".join(cue.text for cue in shown), max(10, round(height * _LINE)), path=font)
    with files.private_folder() as folder, files.placed_whole(target) as temporary:
        names = {
            "SOURCE": source,
            "CUT": folder / "cut.mp4",
            "PICTURE": folder / "picture.mp4",
            "TARGET": temporary,
        }
        size, doing = media.fingerprint.size, f"writing {target.name}"
        run_graph(_cut(media, start, end), names, doing=doing, folder=folder, size=size)
        _render(names["CUT"], shown, (start, end), chosen, names["PICTURE"])
        run_graph(_with_sound(captions, start, end), names, doing=doing, folder=folder, size=size)
    return target


def _cut(media: Media, start: Fraction, end: Fraction) -> Any:
    """Cut the picture out, plain: moviepy reads what ffmpeg prints of a file, and stumbles over much of it.

    Measured: a timecode track is enough for moviepy 2.2.1 to fail with ffmpeg 9.
    """
    import ffmpeg

    assert media.video is not None  # noqa: S101 - for the type checker; just checked
    times = {"ss": decimal_seconds(start), "t": decimal_seconds(end - start)}
    source = ffmpeg.input("SOURCE", **CAREFULLY, **times)
    options = {"c:v": "libx264", "preset": "ultrafast", "crf": 10, "pix_fmt": "yuv420p", "vf": _EVEN}
    return ffmpeg.output(
        source[str(media.video.index)], "CUT", map_metadata=-1, write_tmcd=0, f="mp4", **options
    )


def _render(
    cut: Path, cues: list[Cue], span: tuple[Fraction, Fraction], font: FreeTypeFont, out: Path
) -> None:
    try:
        _compose(_moviepy(), cut, cues, span, font, out)
    except (OSError, ValueError, KeyError, AttributeError) as error:  # what moviepy raises
        raise ToolCrashed(f"moviepy failed to draw the captions: {str(error)[:200]}") from error


def _compose(
    moviepy: Any, cut: Path, cues: list[Cue], span: tuple[Fraction, Fraction], font: FreeTypeFont, out: Path
) -> None:
    start, end = span
    with moviepy.VideoFileClip(str(cut), audio=False) as picture:
        layers = [picture]
        for cue, lines in _stacked(cues):
            first, last = max(cue.start, start) - start, min(cue.end, end) - start
            image = moviepy.ImageClip(_drawn(cue, lines, font, picture.size))
            layers.append(image.with_start(float(first)).with_duration(float(last - first)))
        composed = moviepy.CompositeVideoClip(layers, size=picture.size).with_duration(picture.duration)
        composed.write_videofile(
            str(out), fps=picture.fps, codec="libx264", audio=False, preset="veryfast", threads=2, logger=None,
            pixel_format="yuv420p",
        )  # fmt: skip


def _stacked(cues: list[Cue]) -> Iterator[tuple[Cue, int]]:
    """Yield each cue with the number of lines below it: those of cues that show at the same time and came before."""
    placed: list[tuple[Cue, int]] = []
    for cue in cues:
        free = 0
        for other, below in placed:
            if other.end > cue.start and other.start < cue.end:
                free = max(free, below + len(cue_lines(other.text)) + 1)
        placed.append((cue, free))
        yield cue, free


def _drawn(cue: Cue, below: int, font: FreeTypeFont, size: tuple[int, int]) -> Any:
    """Return a caption as a picture of the size of the video, ``uint8``, shape ``(height, width, 4)``."""
    import numpy as np
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (size[0], size[1]), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    text = "\n".join(cue_lines(cue.text))
    at = (size[0] / 2, size[1] * (1 - _MARGIN) - below * font.size)
    box = draw.multiline_textbbox(at, text, font=font, anchor="md", align="center")
    pad = font.size * 0.3
    draw.rectangle((box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad), fill=(0, 0, 0, 190))
    draw.multiline_text(at, text, font=font, anchor="md", align="center", fill=(255, 255, 255, 255))
    return np.asarray(image)


def _with_sound(captions: Captions, start: Fraction, end: Fraction) -> Any:
    import ffmpeg

    picture = ffmpeg.input("PICTURE", protocol_whitelist="file")
    times = {"ss": decimal_seconds(start), "t": decimal_seconds(end - start)}
    sound = ffmpeg.input("SOURCE", **CAREFULLY, **times)[f"a:{captions.track.number - 1}?"]
    options = {"c:v": "copy", "c:a": "aac", "f": "mp4", "movflags": "+faststart"}
    return ffmpeg.output(picture["v"], sound, "TARGET", **options)


def _moviepy() -> Any:
    """Import moviepy with the ffmpeg of our choice, and without what its import brings into the environment.

    moviepy loads any ``.env`` file above its own folder when it is imported: keys of a project, or the name of another
    program to run. What it set is taken back, and the program is named before.
    """
    with _environment_kept():
        program = str(ffmpeg_program())
        os.environ.update(FFMPEG_BINARY=program, FFPLAY_BINARY=program)
        import moviepy

        return moviepy


@contextmanager
def _environment_kept() -> Iterator[None]:
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
