"""Times that a description states, and numbers of seconds that are none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.prose import clean, reading, times

LENGTH = Fraction(20)


def hints(text):
    """Return for each hint when it begins, until when it lasts, and what it is said of."""
    read = reading.read(clean(text))
    return [
        (
            h.begin and (float(h.begin.start), float(h.begin.end)),
            h.until and float(h.until),
            read.text[h.first : h.last].strip(" ,;"),
        )
        for h in times.find(read, LENGTH)
    ]


@pytest.mark.parametrize(
    ("text", "begin", "until"),
    [
        ("At 9.9 seconds, a car horn can be heard.", (9.9, 9.9), None),
        ("At nine seconds a car horn can be heard.", (9, 9), None),
        ("From 13 to 18 seconds, music can be heard.", (13, 13), 18),
        ("Glass breaks between 0:03 and 0:05.", (3, 3), 5),
        ("A church bell tolling is heard from 4.5–6.8 seconds.", (4.5, 4.5), 6.8),
        ("From 18 seconds to the end, rain falls.", (18, 18), 20),
        ("From 4 seconds onwards a siren wails.", (4, 4), 20),
        ("Rain is heard from the beginning until the 12-second mark.", (0, 0), 12),
        ("The audio clip begins with rain, which lasts until 6.8 seconds.", None, 6.8),
        ("The rain ceases at 6.8 seconds.", None, 6.8),
        ("Music fades in at 3 seconds and stops at 8 seconds.", (3, 3), 8),
        ("Nothing is heard until 6.8 seconds, when a dog barks.", (6.8, 6.8), None),
        ("Around the 9-second mark, a dog barks.", (9, 9), None),
        ("At the fifteen second point a dog barks.", (15, 15), None),
        ("A horn honks by the 0:12 mark.", (12, 12), None),
        ("[0:05] A dog barks.", (5, 5), None),
        ("About three seconds in, a dog barks.", (3, 3), None),
        ("A dog barks five seconds into the recording.", (5, 5), None),
        ("A bell rings two seconds before the end.", (18, 18), None),
        ("In the first two seconds a dog barks.", (0, 2), None),
        ("In the final seconds, a dog barks.", (17, 20), None),
        ("During the last five seconds, a dog barks.", (15, 15), 20),
        ("About halfway through, a dog barks.", (10, 10), None),
        ("Three quarters of the way through the clip, a dog barks.", (15, 15), None),
        ("A dog barks twice, at 1.2 and 4.5 seconds.", (1.2, 1.2), None),
    ],
)
def test_a_stated_time_is_a_hint(text, begin, until):
    assert hints(text) == [(begin, until, clean(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Three seconds of silence follow.",
        "After three seconds of silence, a dog barks.",
        "A dog barks at one-second intervals.",
        "After a two-second pause, a dog barks.",
        "Two seconds later a dog barks.",
        "A tone lasts about two seconds and swells over one second.",
        "A dog barks every 0.6 seconds.",
        "The 6-second clip is six seconds long.",
        "The level is 12 dB at 3 kHz, at 60 beats per minute.",
        "A man says: “I will be back in five seconds, at 9 seconds.”",
        "At 12:30 in the afternoon a bell rings.",
        "At thirty seconds, a dog barks.",
        "No dog is heard at 9 seconds.",
        "A cello joins halfway through the song.",
        "After a few seconds the cat meows.",
        "A second dog barks.",
    ],
)
def test_other_numbers_are_no_hints(text):
    assert hints(text) == []


def test_each_time_is_said_of_what_stands_next_to_it():
    assert hints("A dog barks at 3 seconds and a horn honks at 9 seconds.") == [
        ((3, 3), None, "A dog barks at 3 seconds"),
        ((9, 9), None, "and a horn honks at 9 seconds."),
    ]
    assert hints("A dog barks, and at 9 seconds a horn sounds, followed by applause.") == [
        ((9, 9), None, "at 9 seconds a horn sounds"),
    ]


def test_words_have_the_time_of_the_sentence_that_introduces_them():
    found = hints(
        "At 7 seconds, a man speaks in English. He says: “Where did you put the keys?” A dog barks."
    )
    assert [hint[:2] for hint in found] == [((7, 7), None)] * 2
    assert found[1][2].startswith("He says")
    assert len(hints("At 7 seconds, a dog barks. A man says: “Where did you put the keys?”")) == 1


def test_a_rough_time_is_taken_less_exactly():
    def tolerance(text):
        return times.find(reading.read(text), LENGTH)[0].tolerance

    exact, whole = tolerance("At 9.5 seconds a dog barks."), tolerance("At 9 seconds a dog barks.")
    assert exact < whole < tolerance("At about 9 seconds a dog barks.")


_PIECES = st.sampled_from(
    "at from to until the about 3 9.5 0:12 seconds second mark in first last final end halfway through a dog barks , ; . "
    "“ ” and then no before of".split()
)


@given(st.lists(_PIECES, max_size=30), st.fractions(min_value=1, max_value=40))
def test_hints_lie_in_the_clip_and_in_their_sentence(pieces, length):
    read = reading.read(clean(" ".join(pieces)))
    for hint in times.find(read, length):
        assert hint.begin is None or 0 <= hint.begin.start <= hint.begin.end <= length
        assert hint.until is None or (hint.begin.start if hint.begin else 0) < hint.until <= length
        assert hint.begin is not None or hint.until is not None
        sentence = next(passage for passage in read.passages if passage.text == hint.sentence)
        assert sentence.start <= hint.first <= hint.last
