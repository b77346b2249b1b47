from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.words import errors, normal


@pytest.mark.parametrize(
    ("truth", "heard", "wrong"),
    [
        ("mister quilter is here", "Mr. Quilter is here.", 0),
        ("I'm sorry, please try again", "I am sorry. Please try again!", 0),
        ("press 1 now", "Press one now.", 0),
        ("mend the coat", "men the coat", 1),
        ("one two three", "", 3),
        ("", "oh no", 2),
        ("re-enter your password", "Reenter your password", 2),
    ],
)
def test_errors_are_counted_as_a_person_would(truth, heard, wrong):
    assert errors(truth, heard).wrong == wrong


@given(st.text(max_size=60))
def test_a_text_has_no_errors_against_itself(text):
    count = errors(text, text)
    assert count.wrong == 0
    assert count.words == len(normal(text))
