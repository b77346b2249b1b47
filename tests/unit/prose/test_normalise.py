from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.prose import clean


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("One.\r\nTwo.\rThree.", "One.\nTwo.\nThree."),
        ("**In summary**, a `beep`.", "In summary, a beep."),
        ("## Sounds\n- a dog\n- a cat\n1. rain", "Sounds\na dog\na cat\nrain"),
        ("He says “stop”.<|im_end|>", "He says “stop”."),
        ('She asks, "Why?" and "how"?', "She asks, “Why?” and “how”?"),
        ('A 5" speaker hums.', "A 5” speaker hums."),
        ("surfaces-likely a hammer", "surfaces—likely a hammer"),
        ("a brief moment-perhaps a student", "a brief moment—perhaps a student"),
        ("a pause - then a bang -- and silence", "a pause—then a bang—and silence"),
        (
            "close-mic'd, four-on-the-floor, black-and-white",
            "close-mic'd, four-on-the-floor, black-and-white",
        ),
        ("the opening of一个 snack bag", "the opening of snack bag"),
        ("He says “安静” (quietly) 安静.", "He says “安静” (quietly) ."),
        ("a\u200b b\x00c\ufeff", "a bc"),
        ("5 * 3 * 2 and snake_case_name", "5 * 3 * 2 and snake_case_name"),
    ],
)
def test_cleans(raw, wanted):
    assert clean(raw) == wanted


def test_foreign_words_survive_in_every_kind_of_quotation():
    text = "“中文” 「日本語」 «русский» „ελληνικά“ (한국어)"
    assert clean(text) == text


@given(st.text(st.characters(), max_size=400))
def test_leaves_no_controls_and_no_surrogates(text):
    cleaned = clean(text)
    assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    cleaned.encode("utf-8")


@given(st.text("ab “”\"'-—*_`#\n1.。中(", max_size=200))
def test_straight_quotation_marks_never_remain(text):
    assert '"' not in clean(text)
