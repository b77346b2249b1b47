"""What every exporter has to do, as tests that anybody's exporter inherits.

::

    from media_captioner.testing.exporters import ExporterContract

    class TestMyFormat(ExporterContract):
        exporter = MyFormat()

        def read(self, data):
            return [cue.text for cue in my_reader(data)]

The tests need no fixture and no plugin; any runner that finds methods named ``test_*`` runs them.
"""

# ruff: noqa: S101 - a contract asserts

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_captioner.export.base import ExportContext, Exporter, Merging, WithCompanions
from media_captioner.export.text import cue_lines
from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Captions,
    Chapter,
    Cue,
    Description,
    Evidence,
    Facts,
    Fingerprint,
    Media,
    VideoTrack,
)
from media_captioner.timing import FrameRate

HOSTILE: Final = (
    "a --> b",
    "-->",
    "<script>alert(1)</script>",
    "</script>",
    "<v Bob>Hello",
    "<!-- --> ]]> <?x ?> &amp; &#0;",
    "fish & chips",
    "one\n\n\ntwo",
    "NOTE not a note",
    "STYLE",
    "REGION",
    "WEBVTT",
    "12",
    "12\n00:00:01.000 --> 00:00:02.000\nthree",
    "00:00:01,000 --> 00:00:02,000",
    "nul \0 here",
    "lone \ud800 surrogate",
    "right \u202eto left",
    "line\u2028and\u2029paragraph\x85next\x0btab\x1cfile",
    "tab\there",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted' \"twice\", and; more",
    "pipe | C:ResolveColorRed |M:x |D:1",
    "{\\an8}{braces} back\\slash \\N \\{ \\}",
    "* list\n# heading\n[link](x) `code` _em_ **b** 1. one",
    "%s %d {0} {x}",
    "",
    "   \n  ",
    "文字 🎬 é e\u0301",
    "x" * 1_000_000,
    "<b>&amp; --> {\\an8}|♪ \u202e\r\n\n=1+1\t\0\ud800 e\u0301" * 25_000,
)
"""Cue texts that have broken somebody's captions."""

CONTEXT: Final = ExportContext(now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), content_id="mc1:" + "0" * 64)


def sample_captions(
    *texts: str, rate: Fraction | None = Fraction(25), timecode: str | None = None
) -> Captions:
    """Return captions with one cue for each text, two seconds apart.

    Args:
        texts: Texts of the cues.
        rate: Frames per second of the picture, or None for an asset without one.
        timecode: Source timecode of the first frame.

    """
    track = AudioTrack(1, 1, "aac", 48_000, 2, "stereo", "en")
    end = Fraction(2 * len(texts) + 2)
    media = Media(
        Path("/media/sample clip.mp4"),
        Fingerprint(1000, 1_700_000_000_000_000_000, 5, 6),
        "mov,mp4,m4a,3gp,3g2,mj2",
        Fraction(0),
        end,
        (track,),
        VideoTrack(0, "h264", 1280, 720, FrameRate(rate)) if rate else None,
        timecode,
    )
    layers: tuple[Any, ...] = ("speech", "music", "ambience", "effects")
    cues = tuple(
        Cue(
            Fraction(2 * number),
            Fraction(2 * number + 1),
            text,
            layers[number % 4],
            "heard",
            evidence=(Evidence("Something is heard.", 0, 19, "test"),),
        )
        for number, text in enumerate(texts)
    )
    description = Description("Something is heard.", "test", "test-1")
    segment = CaptionedSegment(
        0, Fraction(0), end, "end", silent=False, description=description, facts=Facts(summary="Something.")
    )
    return Captions(
        media,
        track,
        "en",
        ("en",),
        cues,
        (segment,),
        summary="Something is heard.",
        keywords=("something", "sound"),
        chapters=(Chapter(Fraction(0), end, "Sound"),),
        captioner="test",
        model="test-1",
    )


class ExporterContract:
    """Tests of one exporter. Subclasses set :attr:`exporter` and, where they can, :meth:`read`.

    Attributes:
        exporter: The exporter.
        sealed: Whether its format has a place for a seal, so that ``is_ours`` can tell.

    """

    exporter: Exporter
    sealed: bool = True

    def read(self, data: bytes) -> Sequence[str] | None:  # noqa: ARG002 - for subclasses
        """Return the text of each cue that a program by somebody else finds in ``data``, or None to leave that out."""
        return None

    def expected(self, captions: Captions) -> Sequence[str]:
        """Return the text of each cue after the format's declared loss."""
        return ["\n".join(cue_lines(cue.text)) for cue in captions.cues]

    def test_it_says_what_it_is(self) -> None:
        """Name, suffix and readers are there; the suffix fits beside a media file."""
        exporter = self.exporter
        assert isinstance(exporter, Exporter)
        assert exporter.name == exporter.name.strip().lower() != ""
        suffix = exporter.suffix.format(language="en", extension=".mp4")
        assert suffix.startswith(".")
        assert ".." not in suffix
        assert exporter.readers
        assert isinstance(exporter.loss, str)

    def test_the_same_captions_give_the_same_bytes(self) -> None:
        """Nothing but the arguments shapes the file."""
        captions = sample_captions("[dog barking]", "Hello.")
        assert self.exporter.write(captions, CONTEXT) == self.exporter.write(captions, CONTEXT)

    def test_every_kind_of_asset_can_be_written(self) -> None:
        """No cues, no picture, odd frame rates, source timecode."""
        for captions in (
            sample_captions(),
            sample_captions("one", rate=None),
            sample_captions("one", rate=Fraction(30000, 1001), timecode="01:00:00;00"),
            sample_captions("one", rate=Fraction(24000, 1001), timecode="not a timecode"),
            replace(sample_captions("one"), summary=None, keywords=(), chapters=(), spoken=(), segments=()),
        ):
            assert isinstance(self.exporter.write(captions, CONTEXT), bytes)

    def test_hostile_text_breaks_nothing(self) -> None:
        """As many cues come out as go in, with the same text after the declared loss."""
        for text in HOSTILE:
            self.check(sample_captions("before", text, "after", text))

    def check(self, captions: Captions) -> None:
        """Write ``captions`` and read them back."""
        data = self.exporter.write(captions, CONTEXT)
        found = self.read(data)
        if found is not None:
            assert list(found) == list(self.expected(captions))
        if self.sealed:
            assert self.exporter.is_ours(data)

    def test_everything_that_is_text_may_be_hostile(self) -> None:
        """Titles, summaries, keywords, speakers and names of files come from outside as well."""
        for text in HOSTILE:
            captions = sample_captions("before", "after")
            captions = replace(
                captions,
                summary=text,
                keywords=(text, "last"),
                model=text,
                captioner=text,
                chapters=(replace(captions.chapters[0], title=text),),
                cues=tuple(replace(cue, speaker=text) for cue in captions.cues),
                media=replace(captions.media, title=text, path=Path("/media") / _file_name(text)),
            )
            self.check(captions)

    def test_a_file_is_known_until_somebody_edits_it(self) -> None:
        """``is_ours`` tells an edit, or says no where the format has no place for a seal."""
        data = self.exporter.write(sample_captions("[dog barking]"), CONTEXT)
        assert self.exporter.is_ours(data) is self.sealed
        assert not self.exporter.is_ours(b"")
        assert not self.exporter.is_ours(b"Something else")
        middle = len(data) * 3 // 4
        assert not self.exporter.is_ours(data[:middle] + b"~" + data[middle:])

    def test_merging_keeps_what_is_there_and_comes_to_rest(self) -> None:
        """For an exporter that merges: a second run over its own file changes not one byte."""
        if not isinstance(self.exporter, Merging):
            return
        captions = sample_captions("[dog barking]", "Hello.")
        data = self.exporter.write(captions, CONTEXT)
        later = replace(CONTEXT, now=datetime(2027, 1, 1, tzinfo=UTC))
        assert self.exporter.can_merge(data)
        assert self.exporter.merge(data, captions, later) == data
        assert not self.exporter.can_merge(b"\0\1\2")

    def test_companions_have_names_within_one_folder(self) -> None:
        """For an exporter with further files: each has a plain name."""
        if not isinstance(self.exporter, WithCompanions):
            return
        files = self.exporter.companions(sample_captions("[dog barking]"), CONTEXT)
        assert files
        assert not any("/" in name or name.startswith(".") for name in files)


def _file_name(text: str) -> str:
    kept = text.replace("\0", "").replace("/", "_").encode("utf-8", "ignore")[:100].decode("utf-8", "ignore")
    return (kept.strip(". ") or "clip") + ".mp4"
