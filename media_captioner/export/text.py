"""Text from captioners is data: what every format needs done to it before it may be written anywhere."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BREAKS: Final = re.compile("\r\n|[\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# Controls other than tab and line feed, lone surrogates and what XML 1.0 cannot hold (section 2.2, Char). The
# bidirectional overrides go too: they make a line read as something else than it says (Unicode TR36, 2.4).
_UNWRITABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
LONGEST_CUE: Final = 2000
"""Characters of cue text that are kept: no screen holds more, and a runaway answer must not become a file."""

EVERY_FORMAT: Final = (
    "Of every format: control characters and marks that turn the direction of reading are taken out.\n"
    f"Of all but json: a caption ends after {LONGEST_CUE} characters."
)
"""What is lost whatever is written, for people; the rest is each exporter's own."""


def clean(text: str) -> str:
    """Return ``text`` with one kind of line break, no controls, no lone surrogates and no overrides, in NFC.

    A NUL becomes U+FFFD, as WebVTT readers would have it (WebVTT section 4.1); other unwritable characters go.
    """
    if text.isascii() and (text.isprintable() or text.replace("\n", "").isprintable()):
        return text  # the most there is, and nothing of it can be wrong
    text = _BREAKS.sub("\n", text).replace("\0", "�")
    return unicodedata.normalize("NFC", _UNWRITABLE.sub("", text))


def cue_lines(text: str) -> list[str]:
    """Return the lines of a cue: cleaned, none of them blank, never none at all."""
    lines = [" ".join(line.split()) for line in clean(text[: 8 * LONGEST_CUE])[:LONGEST_CUE].split("\n")]
    return [line for line in lines if line] or ["…"]


def one_line(text: str, limit: int = LONGEST_CUE) -> str:
    """Return ``text`` cleaned, on one line, at most ``limit`` characters long."""
    line = " ".join(clean(text[: 8 * limit]).split())  # what is cut off need not be cleaned
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
