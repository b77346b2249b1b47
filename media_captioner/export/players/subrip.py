"""SubRip subtitles, which everything reads. The format has no standard and no escapes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from media_captioner.export.base import ExportContext
from media_captioner.export.players.ass_ import NO_OVERRIDES
from media_captioner.export.text import cue_lines
from media_captioner.model import Captions
from media_captioner.timing import clock_time

# Readers eat "<x>" as a tag and take "-->" for the time line; each becomes what looks alike.
_SUBSTITUTES: Final = (("-->", "→"), ("<", "‹"), (">", "›"))
# Some readers take every line with two times in it for the head of another cue, whatever stands between them.
_TIME: Final = re.compile(r"(\d:\d{1,2}:\d{1,2})[.,](?=\d)")


def plain(line: str) -> str:
    """Return a line without what readers of SubRip take for markup."""
    for special, substitute in _SUBSTITUTES:
        line = line.replace(special, substitute)
    return _TIME.sub(r"\1·", line.translate(NO_OVERRIDES))


class SubRip:
    """SDH captions for whatever reads no WebVTT.

    Args:
        suffix: End of the file's name; some players look for another.

    """

    name = "srt"
    readers = "DaVinci Resolve, Premiere Pro, Kdenlive, YouTube, Plex, Jellyfin, television sets"
    loss = "< > --> become ‹ › →, { } \\ become ( ) /, 0:00:01.5 becomes 0:00:01·5; speakers, layers, evidence; no seal"

    def __init__(self, suffix: str = ".{language}.sdh.srt") -> None:
        self.suffix = suffix

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return the whole file: UTF-8 without a mark, lines ending in CR LF as SubRip itself writes them."""
        blocks = []
        for number, cue in enumerate(captions.cues, 1):
            start = clock_time(cue.start, separator=",")
            end = clock_time(max(cue.end, cue.start + Fraction(1, 1000)), separator=",")
            text = "\n".join(plain(line) for line in cue_lines(cue.text))
            blocks.append(f"{number}\n{start} --> {end}\n{text}\n")
        return "\n".join(blocks).replace("\n", "\r\n").encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: the format has no comments, so no seal."""
        return False
