"""Transcripts to read: what was said and heard, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from media_captioner.export.base import ExportContext
from media_captioner.export.remarks import contradicted
from media_captioner.export.seals import is_sealed_lines, sealed_lines
from media_captioner.export.text import one_line
from media_captioner.model import Captions
from media_captioner.timing import clock_time

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~&.])")
_BEFORE, _AFTER = "<!-- ", " -->"


def _time(seconds: Fraction) -> str:
    return clock_time(seconds).partition(".")[0]


def _title(captions: Captions) -> str:
    return one_line(captions.media.title or captions.media.path.stem, 200) or "Transcript"


class TextTranscript:
    """Plain text: one line a cue, with its time."""

    name = "txt"
    suffix = ".{language}.txt"
    readers = "people; search in any archive"
    loss = "times are whole seconds, each cue is one line; evidence and confidence; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole transcript."""
        lines = [_title(captions), f"made by media_captioner {context.version}", ""]
        if captions.summary:
            lines += [one_line(captions.summary), ""]
        lines += [f"[{_time(cue.start)}] {one_line(cue.text) or '…'}" for cue in captions.cues]
        return ("\n".join(lines) + "\n").encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: a text is no place for a seal."""
        return False


class MarkdownTranscript:
    """Markdown (CommonMark): a heading for each chapter, a list item for each cue."""

    name = "md"
    suffix = ".{language}.md"
    readers = "people; wikis, note-taking programs"
    loss = "times are whole seconds, each cue is one line; evidence and confidence"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole transcript."""
        lines = [
            f"# {escape(_title(captions))}",
            "",
            f"Made by media_captioner {escape(context.version)}.",
            "",
        ]
        if captions.summary:
            lines += [escape(one_line(captions.summary)), ""]
        lines += _chapters(captions)
        if captions.keywords:
            words = ", ".join(escape(one_line(word, 200)) for word in captions.keywords)
            lines += ["", f"Keywords: {words}"]
        lines += _remarks(captions)
        return sealed_lines(_BEFORE, _AFTER, ("\n".join(lines) + "\n").encode())

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal holds."""
        return is_sealed_lines(_BEFORE, _AFTER, data)


def escape(line: str) -> str:
    """Return a line with every mark of Markdown and HTML escaped (CommonMark 0.31, 2.4)."""
    return _MARKS.sub(r"\\\1", line)


def _remarks(captions: Captions) -> Iterator[str]:
    remarks = list(contradicted(captions))
    if remarks:
        yield from ("", "## Recording", "")
    for remark in remarks:
        yield f"- **{_time(remark.start)} to {_time(remark.end)}** {escape(remark.sentence)}"


def _chapters(captions: Captions) -> Iterator[str]:
    waiting = list(captions.chapters)
    for cue in captions.cues:
        while waiting and cue.start >= waiting[0].start:
            chapter = waiting.pop(0)
            yield from ("", f"## {_time(chapter.start)} {escape(one_line(chapter.title, 200))}", "")
        yield f"- **{_time(cue.start)}** {escape(one_line(cue.text) or '…')}"
