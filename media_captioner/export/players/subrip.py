"""SubRip subtitles, which everything reads. The format has no standard and no escapes."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from media_captioner.export.base import ExportContext
from media_captioner.export.text import cue_lines
from media_captioner.model import Captions
from media_captioner.timing import clock_time

# Readers eat "<x>" as a tag, "{\an8}" as a position and take "-->" for the time line; each becomes what looks alike.
_SUBSTITUTES: Final = (("-->", "→"), ("<", "‹"), (">", "›"), ("{\\", "{⧵"))


def plain(line: str) -> str:
    """Return a line without what readers of SubRip take for markup."""
    for special, substitute in _SUBSTITUTES:
        line = line.replace(special, substitute)
    return line


class SubRip:
    """SDH captions for whatever reads no WebVTT."""

    name = "srt"
    suffix = ".{language}.sdh.srt"
    readers = "DaVinci Resolve, Premiere Pro, Kdenlive, YouTube, Plex, Jellyfin, television sets"
    loss = "< > and --> become ‹ › and →, {\\ becomes {⧵; speakers, layers and evidence are lost; no seal"

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
