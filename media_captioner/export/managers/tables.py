"""Tables for bulk import: CSV for people with spreadsheets, JSON Lines for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import is_sealed_lines, sealed_lines
from media_captioner.export.text import clean, one_line
from media_captioner.export.timeline import comment_of, end_of, frame_rate_of, timeline_of
from media_captioner.model import Captions
from media_captioner.timing import clock_time, decimal_seconds

_BEFORE, _AFTER = '{"kind":"seal","seal":"', '"}'
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What makes a spreadsheet calculate a cell."""


def cell(text: str) -> str:
    """Return ``text`` as a cell that no spreadsheet takes for a formula: an apostrophe before what would begin one.

    OWASP, CSV Injection: ``=``, ``+``, ``-``, ``@``, tab and carriage return, and their full-width forms.
    """
    line = one_line(text, 30_000)  # a spreadsheet's cell holds 32,767 characters
    return f"'{line}" if line.startswith(FORMULA) else line


def _table(head: list[str], rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")  # RFC 4180
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


class AssetTable:
    """One row for the asset: description, keywords, languages, transcript."""

    name = "csv"
    suffix = ".csv"
    readers = "bulk import of asset managers, spreadsheets (UTF-8 with a mark, commas, CR LF)"
    loss = "only what describes the whole asset; a text that a spreadsheet would calculate gets an apostrophe; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return a head and one row."""
        spoken = " ".join(one_line(cue.text) for cue in captions.cues if cue.category == "speech")
        row = {
            "file": captions.media.path.name,
            "duration": clock_time(end_of(captions)),
            "description": captions.summary or "",
            "keywords": "; ".join(one_line(word, 200).replace(";", ",") for word in captions.keywords),
            "languages": "; ".join(captions.spoken),
            "caption_language": captions.language,
            "transcript": spoken,
            "captions": str(len(captions.cues)),
            "captioner": captions.captioner,
            "model": captions.model,
        }
        return _table(list(row), [[cell(value) for value in row.values()]])

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: a table has no place for a seal."""
        return False


class CueTable:
    """One row for each cue: a shot list of the sound."""

    name = "cues-csv"
    suffix = ".cues.csv"
    readers = "spreadsheets, logging tools, asset managers with timed metadata"
    loss = "each cue is one line; a text that a spreadsheet would calculate gets an apostrophe; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return a head and one row for each cue, with both seconds and source timecode."""
        timeline = timeline_of(captions, context)
        rate = frame_rate_of(captions, context)
        head = ["file", "start", "end", "start_timecode", "end_timecode", "category", "text", "speaker"]
        head += ["language", "confidence", "evidence"]
        rows = []
        for cue in captions.cues:
            frames = [max(0, rate.frame_at(time)) for time in (cue.start, cue.end)]
            rows.append(
                [
                    cell(captions.media.path.name),
                    decimal_seconds(max(Fraction(0), cue.start), 3),
                    decimal_seconds(max(Fraction(0), cue.end), 3),
                    *(timeline.timecode(frame) for frame in frames),
                    cue.category,
                    cell(cue.text) or "…",
                    cell(cue.speaker or ""),
                    cue.language or "",
                    "" if cue.confidence is None else f"{cue.confidence:.2f}",
                    cell(comment_of(cue)),
                ]
            )
        return _table(head, rows)

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: a table has no place for a seal."""
        return False


class JsonLines:
    """The asset on one line, then each cue on one: files of many assets may be put together."""

    name = "jsonl"
    suffix = ".jsonl"
    readers = "search engines, data warehouses, scripts"
    loss = "answers, measurements and evidence; times are rounded to the millisecond"

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return one JSON object a line; ``kind`` says what it is."""
        name = clean(captions.media.path.name)
        cues = b"".join(
            _line(
                {
                    "kind": "cue",
                    "file": name,
                    "number": number,
                    "start": _seconds(cue.start),
                    "end": _seconds(cue.end),
                    "category": cue.category,
                    "text": one_line(cue.text) or "…",
                    "speaker": cue.speaker and clean(cue.speaker),
                    "language": cue.language,
                    "confidence": cue.confidence,
                }
            )
            for number, cue in enumerate(captions.cues, 1)
        )
        asset = _line(
            {
                "kind": "asset",
                "file": name,
                "duration": _seconds(end_of(captions)),
                "description": clean(captions.summary or ""),
                "keywords": [one_line(word, 200) for word in captions.keywords],
                "languages": list(captions.spoken),
                "caption_language": captions.language,
                "captioner": clean(captions.captioner),
                "model": clean(captions.model),
            }
        )
        return sealed_lines(_BEFORE, _AFTER, asset + cues)

    def is_ours(self, data: bytes) -> bool:
        """Return whether the seal, a first line of its own, holds."""
        return is_sealed_lines(_BEFORE, _AFTER, data)


def _line(value: dict[str, Any]) -> bytes:
    held = {key: member for key, member in value.items() if member is not None}
    return (json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _seconds(seconds: Fraction) -> float:
    return round(float(seconds), 3)
