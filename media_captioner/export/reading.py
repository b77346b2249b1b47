"""Caption files of other people, read with webvtt-py."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

from media_captioner.errors import MediaNotFound, UnsupportedMedia, reason_of
from media_captioner.export.text import clean
from media_captioner.model import Cue
from media_captioner.system.identity import check_source
from media_captioner.timing import parse_clock_time

_LARGEST: Final = 64 * 1024 * 1024  # bytes
_TIMES: Final = re.compile(r"\s*[\d:.,]+\s+-->\s+[\d:.,]+")
_MUSIC: Final = ("♪", "♫", "#")


def read_cues(path: Path) -> tuple[Cue, ...]:
    """Read a WebVTT or SRT file, in the order of the file; tags are taken out of the text.

    Raises:
        MediaNotFound: it cannot be read.
        UnsupportedMedia: it is neither, or cannot be understood.

    """
    import webvtt

    if check_source(path).size > _LARGEST:
        raise UnsupportedMedia(f"Cannot read {path}: it is larger than {_LARGEST // 2**20} MiB")
    read = webvtt.from_srt if path.suffix.lower() == ".srt" else webvtt.read
    try:
        captions = read(str(path)).captions
        return tuple(
            _cue(parse_clock_time(each.start), parse_clock_time(each.end), clean(each.text))
            for each in captions
        )
    except OSError as error:
        raise MediaNotFound(f"Cannot read {path}: {reason_of(error)}") from error
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError, ValueError) as error:
        raise UnsupportedMedia(
            f"Cannot read {path}: it is not a valid WebVTT or SRT file ({str(error) or 'no header'})",
            hint="Mend it; if it is one of ours, it is written anew where it is deleted.",
        ) from error


def lines_of(path: Path) -> tuple[int, ...]:
    """Return the number of the line, from 1, on which each cue of a WebVTT or SRT file has its times.

    Raises:
        MediaNotFound: it cannot be read.

    """
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise MediaNotFound(f"Cannot read {path}: {reason_of(error)}") from error
    return tuple(number for number, line in enumerate(text.splitlines(), 1) if _TIMES.match(line))


def _cue(start: Fraction, end: Fraction, text: str) -> Cue:
    bare = text.strip()
    if bare.startswith(_MUSIC):
        return Cue(start, end, text, "music", "order")
    return Cue(start, end, text, "effects" if bare.startswith(("[", "(")) else "speech", "order")
