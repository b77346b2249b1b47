"""WebVTT captions (W3C WebVTT: The Web Video Text Tracks Format).

Our own writer, because none of the libraries escapes: text holding ``-->`` or a blank line would become another
cue. What is written is read back with webvtt-py, another's reader, before anybody else sees it.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from media_captioner.errors import OutputError
from media_captioner.export.base import ExportContext
from media_captioner.export.text import cue_lines, one_line
from media_captioner.model import Captions, Cue
from media_captioner.timing import clock_label, to_milliseconds

_SIGNATURE: Final = re.compile(
    rb"\AWEBVTT\n\nNOTE media_captioner [^\n]*\n(?:[^\n]+\n)*?digest sha256:([0-9a-f]{64})\n\n"
)
# One cue block: an identifier, the times, then lines of text (section 4.1, WebVTT cue block); no line but that of the
# times may hold an arrow, and none may be empty.
_BLOCK: Final = re.compile(
    r"(?!.*-->)[^\r\n]+\n"
    r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3} --> \d{2,}:[0-5]\d:[0-5]\d\.\d{3}\n"
    r"(?:(?!.*-->)[^\r\n\0]+\n)+"
)
_READ_BACK: Final = 1000  # cue blocks
MADE_BY_A_MACHINE: Final = "Captions of the whole soundtrack, made by a machine; nobody has checked them."
EDITED: Final = "Captions of the whole soundtrack, made by a machine; a person changed some of them."

# White on black is what players show anyway; only what is not speech is told apart, at a contrast above 7:1 on black.
_STYLE: Final = (
    "STYLE\n::cue(.music) { color: #a5d6ff; }\n::cue(.effects), ::cue(.ambience) { color: #ffe08a; }\n\n"
)


def escape(line: str) -> str:
    """Escape one line of cue text: WebVTT section 4.2.2 (cue text) knows ``&``, ``<`` and ``>`` as special.

    Without a bare ``>`` no line can hold ``-->``, which would end the cue.
    """
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_block(start: Fraction, end: Fraction, payload: str, identifier: int | str) -> str:
    """Return one cue block around a payload that is escaped already and has no blank line.

    Its end is at least a millisecond after its start, as the format demands.
    """
    first = to_milliseconds(start)
    last = max(to_milliseconds(end), first + 1)
    return f"{identifier}\n{clock_label(first)} --> {clock_label(last)}\n{payload}\n"


def write_cue(cue: Cue, identifier: int, *, voice: bool = False, styled: bool = False) -> str:
    """Return the block of one cue.

    Args:
        cue: The cue.
        identifier: Its number.
        voice: Put it into a voice tag where it has a speaker (WebVTT section 4.2.2, voice span).
        styled: Put it into a class span named after its category.

    """
    text = "\n".join(escape(line) for line in cue_lines(cue.text))
    if styled and cue.category != "speech":
        text = f"<c.{cue.category}>{text}</c>"
    # The annotation ends at the first ">", which must not make an arrow of its end; it has no line breaks.
    speaker = escape(one_line(cue.speaker, 80)).rstrip("-") if voice and cue.speaker else ""
    if speaker:
        text = f"<v {speaker}>{text}</v>"
    return write_block(cue.start, cue.end, text, identifier)


def sealed_vtt(
    blocks: Sequence[str], context: ExportContext, about: Sequence[str], *, style: str = ""
) -> bytes:
    """Return a whole file: a NOTE that says who wrote it and holds the seal, then the blocks.

    Args:
        blocks: Cue blocks, as :func:`write_block` returns them.
        context: What is known of the run.
        about: Lines of the NOTE, without ``-->``.
        style: A STYLE block with its blank line, or an empty string.

    Raises:
        OutputError: a reader would not find exactly the cues that were written.

    """
    body = (style + "\n".join(blocks)).encode()
    lines = "".join(f"{one_line(line).replace('-->', '->')}\n" for line in about)
    note = (
        f"WEBVTT\n\nNOTE media_captioner {context.version}\n{lines}"
        f"digest sha256:{hashlib.sha256(body).hexdigest()}\n\n"
    )
    _check(note + style, blocks)
    return note.encode() + body


def is_sealed_vtt(data: bytes) -> bool:
    """Return whether ``data`` is as :func:`sealed_vtt` returned it."""
    signature = _SIGNATURE.match(data)
    return signature is not None and (
        hashlib.sha256(data[signature.end() :]).hexdigest().encode() == signature[1]
    )


class WebVtt:
    """SDH captions for players: the one .vtt that lies beside the video.

    Args:
        suffix: End of the file's name; some players look for another.

    """

    name = "vtt"
    readers = "browsers, mpv, VLC, Jellyfin, Plex, asset managers"
    loss = "evidence, confidence and layers stay in the JSON sidecar"

    def __init__(self, suffix: str = ".{language}.vtt") -> None:
        self.suffix = suffix

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file: UTF-8, line feeds, a NOTE that says who wrote it, then the cues.

        Raises:
            OutputError: a reader would not find exactly the cues that were written.

        """
        options = context.options
        blocks = [
            write_cue(cue, number, voice=options.voice_tags, styled=options.caption_style)
            for number, cue in enumerate(captions.cues, 1)
        ]
        about = EDITED if captions.removed or any(cue.locked for cue in captions.cues) else MADE_BY_A_MACHINE
        return sealed_vtt(blocks, context, [about], style=_STYLE if options.caption_style else "")

    def is_ours(self, data: bytes) -> bool:
        """Return whether the NOTE is ours and the cues are as we wrote them."""
        return is_sealed_vtt(data)


def _check(head: str, blocks: Sequence[str]) -> None:
    """Find that readers will see exactly ``blocks``, or refuse to write.

    The grammar of every block is looked at. webvtt-py, another's reader, is given all of them up to an hour or so, and
    beyond that the first and the last: it would take as long over ten hours as all the writing.
    """
    import webvtt

    for block in blocks:
        if not _BLOCK.fullmatch(block):
            raise OutputError(f"Did not write the captions: {block[:200]!r} is not one cue")
    read = (
        blocks if len(blocks) <= _READ_BACK else [*blocks[: _READ_BACK // 2], *blocks[-(_READ_BACK // 2) :]]
    )
    try:
        found = len(webvtt.from_buffer(io.StringIO(head + "\n".join(read))).captions)
    except webvtt.errors.MalformedFileError as error:
        raise OutputError(f"Did not write the captions: they cannot be read back ({error})") from error
    if found != len(read):
        raise OutputError(f"Did not write the captions: {len(read)} cues went in and {found} come out")
