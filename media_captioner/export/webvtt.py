"""WebVTT captions (W3C WebVTT: The Web Video Text Tracks Format).

Our own writer, because none of the libraries escapes: text holding ``-->`` or a blank line would become another
cue. What is written is read back with webvtt-py, another's reader, before anybody else sees it.
"""

from __future__ import annotations

import hashlib
import io
import re
from fractions import Fraction
from typing import Final

from media_captioner.errors import OutputError
from media_captioner.export.base import ExportContext
from media_captioner.export.text import cue_lines
from media_captioner.model import Captions, Cue
from media_captioner.timing import clock_time

_SIGNATURE: Final = re.compile(
    rb"\AWEBVTT\n\nNOTE media_captioner [^\n]*\n(?:[^\n]+\n)*?digest sha256:([0-9a-f]{64})\n\n"
)


def escape(line: str) -> str:
    """Escape one line of cue text: WebVTT section 4.2.2 (cue text) knows ``&``, ``<`` and ``>`` as special.

    Without a bare ``>`` no line can hold ``-->``, which would end the cue.
    """
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_cue(cue: Cue, identifier: int) -> str:
    """Return one cue block. Its end is at least a millisecond after its start, as the format demands."""
    start = clock_time(cue.start)
    end = clock_time(max(cue.end, cue.start + Fraction(1, 1000)))
    text = "\n".join(escape(line) for line in cue_lines(cue.text))
    return f"{identifier}\n{start} --> {end}\n{text}\n"


class WebVtt:
    """SDH captions for players: the one .vtt that lies beside the video."""

    name = "vtt"
    suffix = ".{language}.vtt"
    readers = "browsers, mpv, VLC, Jellyfin, Plex, asset managers"
    loss = "evidence, confidence and layers stay in the JSON sidecar"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file: UTF-8, line feeds, a NOTE that says who wrote it, then the cues.

        Raises:
            OutputError: an independent reader does not find exactly the cues that were written.

        """
        body = "\n".join(write_cue(cue, number) for number, cue in enumerate(captions.cues, 1)).encode()
        note = (
            f"WEBVTT\n\nNOTE media_captioner {context.version}\n"
            "Captions of the whole soundtrack, made by a machine; nobody has checked them.\n"
            f"digest sha256:{hashlib.sha256(body).hexdigest()}\n\n"
        )
        data = note.encode() + body
        _check(data, len(captions.cues))
        return data

    def is_ours(self, data: bytes) -> bool:
        """Return whether the NOTE is ours and the cues are as we wrote them."""
        signature = _SIGNATURE.match(data)
        return signature is not None and (
            hashlib.sha256(data[signature.end() :]).hexdigest().encode() == signature[1]
        )


def _check(data: bytes, expected: int) -> None:
    import webvtt

    try:
        found = len(webvtt.from_buffer(io.StringIO(data.decode())).captions)
    except webvtt.errors.MalformedFileError as error:
        raise OutputError(f"Did not write the captions: they cannot be read back ({error})") from error
    if found != expected:
        raise OutputError(f"Did not write the captions: {expected} cues went in and {found} come out")
