"""Advanced SubStation Alpha (ASS v4.00+), for burning captions into a picture."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_lines, sealed_lines
from media_captioner.export.text import cue_lines
from media_captioner.model import Captions, Cue

_BEFORE: Final = "[Script Info]\n; "
# Override codes stand in braces and line breaks are "\N": neither may come from a captioner.
NO_OVERRIDES: Final = str.maketrans({"{": "(", "}": ")", "\\": "/"})
"""What takes the meaning from text that players read as ASS, as many do with SubRip too."""
_FORMAT: Final = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, "
    "Encoding"
)
# Colours are &HAABBGGRR. A box of three quarters black behind the text, at the bottom centre (alignment 2).
_STYLE: Final = (
    "{name},{font},{size},&H00{colour},&H00FFFFFF,&H40000000,&H40000000,0,{italic},0,0,100,100,0,0,3,2,0,2,"
    "{side},{side},{bottom},1"
)
_LOOKS: Final = {
    "speech": ("FFFFFF", 0),
    "music": ("FFD6A5", -1),
    "ambience": ("8AE0FF", 0),
    "effects": ("8AE0FF", 0),
}


class AdvancedSubStation:
    """Captions as they are to look, for burning in."""

    name = "ass"
    suffix = ".{language}.ass"
    readers = "ffmpeg and melt (burning in), Aegisub, mpv, VLC"
    loss = "times are rounded to 10 ms; { } \\ become ( ) /; evidence and confidence"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file, laid out for the size of the picture."""
        video = captions.media.video
        width, height = (video.width, video.height) if video else (1920, 1080)
        lines = [
            f"; Captions of the whole soundtrack, made by media_captioner {context.version}",
            "ScriptType: v4.00+",
            f"PlayResX: {width}",
            f"PlayResY: {height}",
            "WrapStyle: 0",
            "ScaledBorderAndShadow: yes",
            "",
            "[V4+ Styles]",
            f"Format: {_FORMAT}",
        ]
        for name, (colour, italic) in _LOOKS.items():
            look = _STYLE.format(
                name=name,
                font="DejaVu Sans",
                size=max(
                    8, round(height * 0.05)
                ),  # a line is a twentieth of the picture (EBU R 95 safe area)
                colour=colour,
                italic=italic,
                side=round(width * 0.05),
                bottom=round(height * 0.05),
            )
            lines.append(f"Style: {look}")
        lines += [
            "",
            "[Events]",
            "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
        ]
        lines += [_event(cue) for cue in captions.cues]
        return sealed_lines(_BEFORE, "", ("\n".join(lines) + "\n").encode())

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_lines(_BEFORE, "", data)


def _event(cue: Cue) -> str:
    text = "\\N".join(line.translate(NO_OVERRIDES) for line in cue_lines(cue.text))
    start = max(0, round(cue.start * 100))
    end = max(start + 1, round(cue.end * 100))
    return f"Dialogue: 0,{_time(start)},{_time(end)},{cue.category},,0,0,0,,{text}"


def _time(hundredths: int) -> str:
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"


def seconds_of(time: str) -> Fraction:
    """Read a time as ASS writes it (``1:02:03.45``).

    Raises:
        ValueError: it is none.

    """
    hours, minutes, seconds = time.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
