from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.prose.sentences import LONGEST, split


def texts(text):
    return [sentence.text for sentence in split(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A dog barks. A cat meows.", ["A dog barks.", "A cat meows."]),
        ("It lasts 0.5 to 0.6 seconds. Then it ends.", ["It lasts 0.5 to 0.6 seconds.", "Then it ends."]),
        ("He says, “Stop. Now.” He leaves.", ["He says, “Stop. Now.”", "He leaves."]),
        ("“Are we there yet?” she asks. He sighs.", ["“Are we there yet?” she asks.", "He sighs."]),
        ("He says “你好。” (“Hello.”) and waves. Done.", ["He says “你好。” (“Hello.”) and waves.", "Done."]),
        (
            "Dr. Smith met J. Doe at approx. 5 p.m. in St. Paul. Rain.",
            ["Dr. Smith met J. Doe at approx. 5 p.m. in St. Paul.", "Rain."],
        ),
        ("Wait… what? Yes!", ["Wait… what?", "Yes!"]),
        ("First line\nSecond line.", ["First line", "Second line."]),
        ("A line that is\nwrapped by hand. Next.", ["A line that is\nwrapped by hand.", "Next."]),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("It is cut off in the mid", ["It is cut off in the mid"]),
        ("", []),
    ],
)
def test_splits(text, wanted):
    assert texts(text) == wanted


def test_paragraphs_are_counted():
    assert [sentence.paragraph for sentence in split("One. Two.\n\nThree.\nFour.")] == [0, 0, 1, 2]


@given(st.text("aB .!?…“”«»()'\n中。0", max_size=300))
def test_loses_nothing_and_keeps_offsets(text):
    found = split(text)
    assert all(text[s.start : s.end] == s.text for s in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "".join("".join(s.text for s in found).split()) == "".join(text.split())


def test_a_sentence_without_end_is_cut():
    assert max(len(s.text) for s in split("word " * 2_000)) <= LONGEST
