"""Captions drawn into the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from moviepy import ImageClip, VideoClip
from moviepy.video.tools.subtitles import SubtitlesClip
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from media_captioner import Cue, errors
from media_captioner_moviepy.edits import cues_of

_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial Unicode.ttf",
          "Arial.ttf", "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc")  # fmt: skip
_MISSING = "\U0010fffe"  # a noncharacter: no font has it, so it shows how a font draws what it lacks
_LINE = 0.055  # height of a line, of the picture's height
_MARGIN = 0.05  # title-safe area (EBU R 95)
_LEAST = 10  # pixels; smaller letters cannot be read


def burn_in(
    clip: VideoClip,
    cues: Sequence[Cue] | None = None,
    *,
    font: str | Path | None = None,
    font_size: int | None = None,
) -> VideoClip:
    """Return the clip with captions drawn into its picture; a clip that has them already comes back as it is.

    Args:
        clip: Any clip.
        cues: What to draw, in the clip's own time; by default :func:`cues_of` the clip.
        font: A font file; by default one of the system's that has every character.
        font_size: Pixels; by default 5.5 % of the picture's height.

    Raises:
        media_captioner.errors.ConfigError: no font has all the characters of the cues.

    """
    if getattr(clip, "captions_burnt_in", False):
        return clip
    shown = sorted(cues_of(clip) if cues is None else cues, key=lambda cue: cue.start)
    width, height = clip.size
    letters = safe_font(
        "".join(cue.text for cue in shown), font_size or max(_LEAST, round(height * _LINE)), font
    )

    @lru_cache(maxsize=32)
    def box(text: str) -> NDArray[np.uint8]:
        return _drawn(text, letters, int(width * (1 - 2 * _MARGIN)))

    def draw(get_frame: Callable[[float], Any], time: float) -> NDArray[np.uint8]:
        frame = np.array(get_frame(time)[..., :3], dtype=np.uint8)
        bottom = round(height * (1 - _MARGIN))
        for cue in shown:
            if cue.start <= time < cue.end:
                bottom = _blend(frame, box(cue.text), bottom)
        return frame

    burnt: VideoClip = clip.transform(draw)
    burnt.captions_burnt_in = True
    return burnt


def subtitles_clip(
    cues: Sequence[Cue],
    size: tuple[int, int],
    *,
    font: str | Path | None = None,
    font_size: int | None = None,
) -> SubtitlesClip:
    """Return moviepy's own ``SubtitlesClip`` of cues, to place in a ``CompositeVideoClip``.

    Unlike one that moviepy makes from an SRT file it keeps the last cue, shows cues that overlap together, and needs no
    font to be named.

    Args:
        cues: The cues; at least one, because a ``SubtitlesClip`` takes its length from them.
        size: Width and height of the picture they are for, pixels.
        font: A font file; by default one of the system's that has every character.
        font_size: Pixels; by default 5.5 % of the picture's height.

    Raises:
        ValueError: there are no cues.
        media_captioner.errors.ConfigError: no font has all the characters of the cues.

    """
    if not cues:
        raise ValueError("there are no cues to make a SubtitlesClip of")
    letters = safe_font(
        "T" + "".join(cue.text for cue in cues), font_size or max(_LEAST, round(size[1] * _LINE)), font
    )
    edges = sorted({edge for cue in cues for edge in (cue.start, cue.end)})
    spans = []
    for start, end in pairwise(edges):
        texts = [cue.text for cue in cues if cue.start <= start < cue.end]
        if texts:
            spans.append(((float(start), float(end)), "\n".join(texts)))
    return SubtitlesClip(
        spans, make_textclip=lambda text: ImageClip(_drawn(text, letters, int(size[0] * (1 - 2 * _MARGIN))))
    )


def safe_font(text: str, size: int, path: str | Path | None = None) -> ImageFont.FreeTypeFont:
    """Return a font that has every character of ``text``.

    Args:
        text: All that is to be drawn.
        size: Pixels.
        path: A font file to take; without one, usual fonts are looked for where the system keeps its fonts.

    Raises:
        media_captioner.errors.ConfigError: the font, or every font, lacks characters: they would be drawn as boxes.

    """
    needed = {char for char in text if not char.isspace()}
    fewest = needed
    for name in (str(path),) if path else _FONTS:
        try:
            font = ImageFont.truetype(name, size)
        except OSError as error:
            if path:
                raise errors.ConfigError(f"Cannot use the font {path}: {error}") from error
            continue
        unknown = bytes(font.getmask(_MISSING))
        lacking = {char for char in needed if bytes(font.getmask(char)) == unknown}
        if not lacking:
            return font
        fewest = min(fewest, lacking, key=len)
    raise errors.ConfigError(
        f"No font with all characters of the captions was found: {''.join(sorted(fewest))[:40]!r} would be boxes",
        hint="Install a font that has them (fonts-dejavu, fonts-noto-cjk), or give one with font=.",
    )


def _drawn(text: str, font: ImageFont.FreeTypeFont, width: int) -> NDArray[np.uint8]:
    """Return text on a dark box, shape ``(height, width, 4)``, no wider than ``width`` pixels."""
    pad = round(font.size * 0.3)
    lines = "\n".join(_folded(line, font, width - 2 * pad) for line in text.split("\n"))
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = probe.multiline_textbbox((0, 0), lines, font=font, align="center")
    image = Image.new(
        "RGBA", (max(1, int(right - left) + 2 * pad), max(1, int(bottom - top) + 2 * pad)), (0, 0, 0, 190)
    )
    ImageDraw.Draw(image).multiline_text(
        (pad - left, pad - top), lines, font=font, align="center", fill=(255, 255, 255, 255)
    )
    return np.asarray(image)


def _folded(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Break a line that is wider than the picture, at spaces where it has some."""
    lines, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if not current or font.getlength(longer) <= width:
            current = longer
        else:
            lines.append(current)
            current = word
    return "\n".join([*lines, current])


def _blend(frame: NDArray[np.uint8], box: NDArray[np.uint8], bottom: int) -> int:
    """Lay ``box`` into ``frame``, centred, its lower edge at ``bottom``; return its upper edge."""
    box = box[: max(0, bottom), : frame.shape[1]]
    high, wide = int(box.shape[0]), int(box.shape[1])
    top, left = bottom - high, (frame.shape[1] - wide) // 2
    under = frame[top:bottom, left : left + wide]
    share = box[..., 3:].astype(np.float32) / 255
    under[:] = (box[..., :3] * share + under * (1 - share)).round().astype(np.uint8)
    return top
