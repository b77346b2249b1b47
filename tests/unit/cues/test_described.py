"""Descriptions become cues that break no rule: at every frame rate, in clips of every length, in one long asset."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from media_captioner.cues.compose import compose
from media_captioner.cues.continuity import Soundtrack
from media_captioner.cues.lint import lint
from media_captioner.cues.place import place
from media_captioner.cues.profiles import PROFILES
from media_captioner.model import CaptionedSegment, Description, Landmarks, Span
from media_captioner.prose import understand

DATA = Path(__file__).parents[2] / "quality" / "data"
RATES = {
    "23.976": Fraction(24000, 1001),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
}


@cache
def described():
    """Return every labelled description, understood."""
    files = sorted(DATA.glob("prose-*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]
    return [(text, understand(text)) for text in texts]


def nobody(_start, _end):
    return Landmarks()


def brief(start, _end):
    return Landmarks(voice=(Span(start + 1, start + 2), Span(start + Fraction(5, 2), start + 3)))


@cache
def asset(lengths, marks=nobody):
    """Return segments of all descriptions, one after another, of these lengths in turn."""
    segments, at = [], Fraction(0)
    for index, (text, facts) in enumerate(described()):
        end = at + lengths[index % len(lengths)]
        placed = place(facts, marks(at, end), at, end)
        segments.append(
            CaptionedSegment(
                index, at, end, "pause", False, description=Description(text, "test", "test"), facts=placed
            )
        )
        at = end
    return tuple(segments), at


@pytest.mark.parametrize("rate", RATES)
def test_a_long_asset_breaks_no_rule(rate):
    segments, end = asset((20, 30, 25, 11, 6))
    arranged = compose(
        Soundtrack.of(segments), PROFILES["netflix-en"], language="en", frame_rate=RATES[rate], end=end
    )
    assert lint(arranged.cues, PROFILES["netflix-en"], frame_rate=RATES[rate], end=end) == []
    assert len(arranged.cues) > 6 * len(segments)


@pytest.mark.parametrize("profile", PROFILES)
def test_words_where_somebody_speaks_too_briefly_to_read_them_break_no_rule(profile):
    segments, end = asset((12,), brief)
    arranged = compose(Soundtrack.of(segments), PROFILES[profile], language="en", frame_rate=None, end=end)
    assert lint(arranged.cues, PROFILES[profile], end=end) == []


def test_almost_all_words_find_room_in_half_a_minute():
    segments, end = asset((30,))
    said = sum(bool(speech.text) for segment in segments for speech in segment.facts.speech)
    arranged = compose(
        Soundtrack.of(segments), PROFILES["netflix-en"], language="en", frame_rate=Fraction(25), end=end
    )
    lost = [block for block in arranged.left_out if block.spoken]
    assert said > 150
    assert len(lost) <= said // 100
