"""Changed captions hold, or they are not taken."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.export.base import ExportContext
from media_captioner.export.players.webvtt import WebVtt
from media_captioner.hooks.changed import Unusable, checked, from_document
from media_captioner.model import Chapter, Evidence
from media_captioner.model.codec import to_json
from tests.unit.hooks.conftest import HEARD, cue, make_captions


def test_what_is_unchanged_comes_back_unchanged(captions):
    assert checked(captions, captions) == captions
    assert from_document(captions, {}) == captions
    again = from_document(captions, json.loads(json.dumps({"cues": to_json(captions)["cues"]})))
    assert [each.text for each in again.cues] == [each.text for each in captions.cues]


BAD_CUES = {
    "not a cue": ["text"],
    "backwards": [cue(3, 2, "x")],
    "before the start": [cue(-1, 2, "x")],
    "after the end": [cue(60, 62, "x")],
    "out of order": [cue(5, 6, "x"), cue(1, 2, "y")],
    "empty": [cue(1, 2, " \n ")],
    "an empty line": [cue(1, 2, "a\n\nb")],
    "an escape": [cue(1, 2, "a\x1b[31m")],
    "a null": [cue(1, 2, "a\0")],
    "another line break": [cue(1, 2, "a\u2028b")],
    "half a character": [cue(1, 2, "a\ud800")],
    "endless": [cue(1, 2, "a" * 3000)],
    "no text": [replace(cue(1, 2, "x"), text=None)],
    "a float": [replace(cue(1, 2, "x"), start=1.0)],
    "nan": [replace(cue(1, 2, "x"), confidence=float("nan"))],
    "another layer": [replace(cue(1, 2, "x"), category="smell")],
    "another anchor": [replace(cue(1, 2, "x"), anchor="guess")],
    "a speaker with an escape": [replace(cue(1, 2, "x"), speaker="\x1b")],
    "too many": [cue(1, 2, "x")] * 2000,
}


@pytest.mark.parametrize("cues", BAD_CUES.values(), ids=BAD_CUES)
def test_cues_that_do_not_hold_are_refused(captions, cues):
    with pytest.raises(Unusable):
        checked(captions, replace(captions, cues=tuple(cues)))


@pytest.mark.parametrize(
    "members",
    [
        {"cues": []},
        {"summary": ""},
        {"summary": "x" * 20_000},
        {"keywords": ["list"]},
        {"keywords": ("",)},
        {"keywords": tuple(map(str, range(2000)))},
        {"chapters": (Chapter(Fraction(5), Fraction(1), "x"),)},
        {"chapters": (Chapter(Fraction(0), Fraction(1), "\0"),)},
        {"chapters": ("x",)},
    ],
    ids=str,
)
def test_other_members_that_do_not_hold_are_refused(captions, members):
    with pytest.raises(Unusable):
        checked(captions, replace(captions, **members))


@pytest.mark.parametrize("other", [None, 42, "x", [], {}])
def test_what_is_no_captions_is_refused(captions, other):
    with pytest.raises(Unusable):
        checked(captions, other)


@pytest.mark.parametrize(
    "document",
    [
        [],
        3,
        {"model": "mine"},
        {"cues": 3},
        {"cues": [{"text": "x"}]},
        {"cues": [{"start": "a", "end": 2, "text": "x"}]},
    ],
    ids=str,
)
def test_json_that_does_not_hold_is_refused(captions, document):
    with pytest.raises(Unusable):
        from_document(captions, document)


def test_evidence_is_kept_and_never_made_up(captions):
    invented = replace(cue(1, 2, "[ghost]"), evidence=(Evidence("A ghost.", 0, 8, "prose"), HEARD))
    assert checked(captions, replace(captions, cues=(invented,))).cues[0].evidence == (HEARD,)


def test_what_a_person_wrote_stays(captions):
    locked = replace(captions.cues[1], locked=True)  # its start has no end in decimals
    ours = replace(captions, cues=(captions.cues[0], locked), locked=("summary",))
    with pytest.raises(Unusable, match="a person wrote"):
        checked(ours, replace(ours, cues=(captions.cues[0],)))
    with pytest.raises(Unusable, match="summary was set by a person"):
        checked(ours, replace(ours, summary="mine"))
    assert from_document(ours, {"cues": to_json(ours)["cues"]}).cues[1].locked


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
cue_like = st.fixed_dictionaries(
    {"start": st.integers(-1, 70), "end": st.integers(-1, 70), "text": st.text(max_size=20)},
    optional={
        "category": st.sampled_from(["speech", "music", "x"]),
        "anchor": json_values,
        "locked": json_values,
    },
)


@given(
    st.dictionaries(
        st.sampled_from(["cues", "summary", "keywords", "chapters", "x"]),
        json_values | st.lists(cue_like, max_size=3),
    )
)
def test_whatever_json_comes_either_it_is_refused_or_it_can_be_written(document):
    captions = make_captions()
    try:
        found = from_document(captions, document)
    except Unusable:
        return
    written = WebVtt().write(found, ExportContext(datetime(2026, 1, 1, tzinfo=UTC)))
    assert written.decode().count(" --> ") == len(found.cues)
