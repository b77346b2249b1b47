"""Plugins written on the spot, and events about an asset that is not there."""

import itertools
import sys
from fractions import Fraction
from importlib import metadata
from pathlib import Path

import pytest

from media_captioner.hooks.events import (
    AssetDone,
    AssetFailed,
    AssetFound,
    BudgetReached,
    CuesReady,
    PlanMade,
    SegmentDescribed,
    SidecarsWritten,
)
from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Captions,
    Chapter,
    Cue,
    Description,
    Evidence,
    Fingerprint,
    Media,
)

_numbers = itertools.count()
ROOT = Path("/tapes")
TAPE = ROOT / "1987" / "tape 7.mov"
HEARD = Evidence("A dog barks.", 0, 12, "prose")


@pytest.fixture
def write_plugin(tmp_path, monkeypatch):
    """Write a module and return an entry point that names it, or something in it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source, *, name=None, thing=""):
        module = f"plugin_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(f"from media_captioner.hooks import *\n{source}\n")
        sys.modules.pop(module, None)
        return metadata.EntryPoint(name or module, f"{module}{thing and ':' + thing}", "media_captioner")

    return write


def cue(start, end, text, **more):
    return Cue(Fraction(start), Fraction(end), text, "effects", "heard", evidence=(HEARD,), **more)


def make_captions():
    media = Media(TAPE, Fingerprint(1, 2, 3, 4), "mov", Fraction(0), Fraction(60), ())
    segment = CaptionedSegment(
        0, Fraction(0), Fraction(60), "end", False, description=Description("A dog barks.", "fake", "fake-1")
    )
    return Captions(
        media,
        AudioTrack(1, 0, "aac", 48000, 2, "stereo"),
        "en",
        (),
        (cue(1, 3, "[dog barking]"), cue(Fraction(10, 3), 6, "[door closing]")),
        (segment,),
        summary="A dog barks.",
        keywords=("dog",),
        chapters=(Chapter(Fraction(0), Fraction(60), "Yard"),),
    )


@pytest.fixture
def captions():
    return make_captions()


@pytest.fixture
def events(captions):
    """One event of each kind."""
    file = TAPE.with_suffix(".en.vtt")
    return {
        event.name: event
        for event in (
            AssetFound(TAPE, ROOT),
            PlanMade(TAPE, (1,), ("the only one",), Fraction(60), ROOT),
            SegmentDescribed(TAPE, 1, captions.segments[0], ROOT),
            CuesReady(TAPE, 1, captions, "netflix-en", ROOT),
            SidecarsWritten(TAPE, 1, (file,), ROOT),
            AssetDone(TAPE, "done", "A dog barks.", ("dog",), ("en",), (file,), 1.5, ROOT),
            AssetFailed(TAPE, "failed", "CorruptMedia", f"Cannot read {TAPE}: broken", None, ROOT),
            BudgetReached(f"No money is left for {TAPE}", None, TAPE, ROOT),
        )
    }
