"""A contact sheet: frames, waveform, captions and layers of sound on one timeline, because people would rather look."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from media_captioner.export.text import one_line
from media_captioner.export.timeline import end_of
from media_captioner.media.cutting import Cutting
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
from media_captioner.model import Captions, Category, Cue, Media
from media_captioner.system import files
from media_captioner.timing import clock_time
from media_captioner.video.fonts import drawable, font_for
from media_captioner.video.pictures import frames_at
from media_captioner.video.programs import need_preview
from media_captioner.video.targets import target_for

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    Levels = npt.NDArray[np.float32]

_WIDTH: Final = 1600
_SIDE: Final = 90  # pixels left of the timeline, for names of lanes
_FRAMES: Final = 10  # a strip
_FRAME_HEIGHT: Final = 86
_WAVE_HEIGHT: Final = 48
_LANE_HEIGHT: Final = 40
_LINE_HEIGHT: Final = 16
_AXIS_HEIGHT: Final = 20
_GAP: Final = 14
_MOST_STRIPS: Final = 8
_SHORTEST_STRIP: Final = Fraction(30)  # seconds

# On near-black, each colour at a contrast above 7:1 to the text that is drawn on it.
_COLOURS: Final[dict[Category, str]] = {
    "speech": "#8ab8ff",
    "music": "#d3a6ff",
    "ambience": "#8fe0a0",
    "effects": "#ffd866",
}
_BACK, _INK, _DIM, _LANE = "#14161a", "#f2f2f2", "#9aa0a8", "#22262d"


@dataclass(frozen=True, slots=True)
class _Strip:
    start: Fraction
    end: Fraction

    def x(self, moment: Fraction) -> float:
        share = (min(max(moment, self.start), self.end) - self.start) / (self.end - self.start)
        return _SIDE + float(share) * (_WIDTH - _SIDE - _GAP)


def contact_sheet(source: Path, captions: Captions, out: Path | None = None) -> Path:
    """Write a picture of an asset and its captions, and return its path.

    Args:
        source: The media file; it is only read.
        captions: Its captions.
        out: The picture (PNG); by default ``clip.contact.png`` beside the source.

    Raises:
        MediaError: the source cannot be read, or its picture may not be decoded.
        ExtraMissing: Pillow is not installed.
        OutputError: something stands at ``out``, or it cannot be written.

    """
    need_preview("a contact sheet")
    source = source.absolute()
    target = target_for(source, out, "contact.png", (".png",), "the picture is a PNG file")
    data = draw_sheet(probe(source), captions)
    files.write_whole(target, data)
    return target


def draw_sheet(media: Media, captions: Captions) -> bytes:
    """Return the contact sheet as PNG."""
    from PIL import Image, ImageDraw

    strips = _strips(end_of(captions))
    height = _strip_height(media)
    sheet = Image.new("RGB", (_WIDTH, 70 + len(strips) * height), _BACK)
    draw = ImageDraw.Draw(sheet)
    large, small = _font(captions, 24), _font(captions, 13)
    draw.text((_GAP, 12), drawable(one_line(media.path.name, 100), large), font=large, fill=_INK)
    summary = drawable(one_line(captions.summary or "", 300), small)
    draw.text((_GAP, 44), _fitting(summary, small, _WIDTH - 2 * _GAP), font=small, fill=_DIM)
    levels = _levels(media, captions, strips)
    for number, strip in enumerate(strips):
        top = 70 + number * height
        if media.video:
            _draw_frames(sheet, media, strip, top)
            top += _FRAME_HEIGHT + 4
        _draw_wave(draw, levels[number], top)
        top += _WAVE_HEIGHT + 4
        _draw_lanes(draw, captions.cues, strip, top, small)
        _draw_axis(draw, strip, top + 4 * _LANE_HEIGHT, small)
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _strips(end: Fraction) -> list[_Strip]:
    end = max(end, Fraction(1))
    length = max(_SHORTEST_STRIP, end / _MOST_STRIPS)
    if end < length:
        return [_Strip(Fraction(0), end)]
    count = -(-end // length)
    return [_Strip(number * length, (number + 1) * length) for number in range(count)]


def _strip_height(media: Media) -> int:
    frames = _FRAME_HEIGHT + 4 if media.video else 0
    return frames + _WAVE_HEIGHT + 4 + 4 * _LANE_HEIGHT + _AXIS_HEIGHT + _GAP


def _font(captions: Captions, size: int) -> FreeTypeFont:
    """Return a font for what is drawn; where no font has it all, one that has most, since nobody reads a box."""
    from PIL import ImageFont

    from media_captioner.errors import ConfigError

    try:
        return font_for("".join(cue.text for cue in captions.cues) + (captions.summary or "") + "…", size)
    except ConfigError:
        font: Any = ImageFont.load_default(size)
        return font  # type: ignore[no-any-return]


def _draw_frames(sheet: Image, media: Media, strip: _Strip, top: int) -> None:
    from PIL import ImageOps

    step = (strip.end - strip.start) / _FRAMES
    last = (media.duration or strip.end) - Fraction(1, 10)
    moments = [strip.start + step * (number + Fraction(1, 2)) for number in range(_FRAMES)]
    moments = [moment for moment in moments if moment < last] or [max(strip.start, min(moments[0], last))]
    width = int((_WIDTH - _SIDE - _GAP) / _FRAMES) - 2
    for moment, picture in zip(moments, frames_at(media, moments, height=_FRAME_HEIGHT), strict=False):
        shown = ImageOps.pad(picture, (width, _FRAME_HEIGHT), color=_LANE)
        sheet.paste(shown, (round(strip.x(moment) - width / 2), top))


def _levels(media: Media, captions: Captions, strips: Sequence[_Strip]) -> list[Levels]:
    """Return the peak of each column of each strip, ``float32`` from 0 to 1, decoded in one bounded pass."""
    import numpy as np

    columns = _WIDTH - _SIDE - _GAP
    found = np.zeros(columns * len(strips), np.float32)
    length = strips[0].end - strips[0].start
    cutting = Cutting(target=Fraction(60), first=Fraction(60), fixed=True)
    with open_segments(media, captions.track, cutting=cutting) as reader:
        for segment in reader:
            first = float(segment.start / length) * columns
            step = float(Fraction(1, segment.rate) / length) * columns
            places = (first + step * np.arange(len(segment.pcm))).astype(np.int64)
            within = (places >= 0) & (places < len(found))
            np.maximum.at(found, places[within], np.abs(segment.pcm[within].astype(np.float32)) / 32768)
    return list(found.reshape(len(strips), columns))


def _draw_wave(draw: ImageDraw, levels: Levels, top: int) -> None:
    middle = top + _WAVE_HEIGHT / 2
    draw.rectangle((_SIDE, top, _WIDTH - _GAP, top + _WAVE_HEIGHT), fill=_LANE)
    for column, level in enumerate(levels):
        # The square root shows quiet sound that a linear scale would hide.
        half = float(level) ** 0.5 * _WAVE_HEIGHT / 2
        draw.line((_SIDE + column, middle - half, _SIDE + column, middle + half), fill="#6b7685")


def _draw_lanes(draw: ImageDraw, cues: Sequence[Cue], strip: _Strip, top: int, font: FreeTypeFont) -> None:
    for lane, (category, colour) in enumerate(_COLOURS.items()):
        upper = top + lane * _LANE_HEIGHT
        draw.text((_GAP, upper + 12), category, font=font, fill=colour)
        draw.rectangle((_SIDE, upper + 1, _WIDTH - _GAP, upper + _LANE_HEIGHT - 2), fill=_LANE)
        for cue in cues:
            if cue.category != category or cue.end <= strip.start or cue.start >= strip.end:
                continue
            left, right = strip.x(cue.start), max(strip.x(cue.end), strip.x(cue.start) + 2)
            draw.rectangle((left, upper + 1, right, upper + _LANE_HEIGHT - 2), fill=colour)
            lines = two_lines(drawable(one_line(cue.text, 200), font), font, right - left - 6)
            first = upper + (_LANE_HEIGHT - len(lines) * _LINE_HEIGHT) / 2
            for number, line in enumerate(lines):
                draw.text((left + 3, first + number * _LINE_HEIGHT), line, font=font, fill=_BACK)


def two_lines(text: str, font: FreeTypeFont, width: float) -> list[str]:
    """Return ``text`` on one line of ``width`` pixels or on two, broken between words; what is too long is cut."""
    if font.getlength(text) <= width:
        return [text]
    words = text.split(" ")
    count = next((n for n in range(len(words) - 1, 0, -1) if font.getlength(" ".join(words[:n])) <= width), 0)
    lines = [" ".join(words[:count]), _fitting(" ".join(words[count:]), font, width)]
    return [line for line in lines if line]


def _fitting(text: str, font: FreeTypeFont, width: float) -> str:
    """Return as much of ``text`` as fits into ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def _draw_axis(draw: ImageDraw, strip: _Strip, top: int, font: FreeTypeFont) -> None:
    step = (strip.end - strip.start) / _FRAMES
    for number in range(_FRAMES):
        moment = strip.start + number * step
        draw.line((strip.x(moment), top, strip.x(moment), top + 4), fill=_DIM)
        label = clock_time(moment)[: -4 if step.denominator == 1 else -2]
        draw.text((strip.x(moment), top + 4), label, font=font, fill=_DIM)
