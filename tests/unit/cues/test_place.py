"""Facts without times, placed by what was measured."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from media_captioner.cues.place import place
from media_captioner.model import Change, Landmarks, Span
from media_captioner.prose import clean, reading, times, understand, understood

END = Fraction(20)


def placed(text, **marks):
    return place(understand(text), Landmarks(**marks), Fraction(0), END)


def onsets(*times):
    return tuple(Change(Fraction(time), 1.0) for time in times)


def test_rain_that_begins_to_fall_does_not_begin_with_the_clip():
    facts = placed("A bell rings. Then rain begins to fall.", onsets=onsets(3, 12))
    assert [float(sound.span.start) for sound in facts.sounds] == [3, 12]
    assert {sound.anchor for sound in facts.sounds} == {"change"}


def test_what_the_clip_begins_with_is_at_its_start():
    facts = placed("The audio clip begins with a dog barking. A bell rings.", onsets=onsets(1, 12))
    assert [float(sound.span.start) for sound in facts.sounds] == [1, 12]


def test_words_go_where_somebody_speaks():
    voice = (Span(Fraction(4), Fraction(6)), Span(Fraction(13), Fraction(15)))
    facts = placed(
        "A man says, “Where did you put the keys?” A woman replies, “On the kitchen table.”", voice=voice
    )
    assert [(speech.span, speech.anchor) for speech in facts.speech] == [(each, "voice") for each in voice]


def test_words_are_said_one_after_another_where_nobody_knows_who_speaks_when():
    facts = placed("A man says, “One.” Then a dog barks. A woman replies, “Two.” He adds, “Three.”")
    spans = [speech.span for speech in facts.speech]
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    assert spans[0].start == 0
    assert spans[-1].end <= END
    assert {speech.anchor for speech in facts.speech} == {"order"}


def test_a_tone_that_follows_and_lasts_begins_where_it_follows():
    text = "The audio clip begins with applause. Immediately following, a constant buzz is introduced."
    facts = placed(text, onsets=onsets(1, 9))
    assert [float(sound.span.start) for sound in facts.sounds] == [1, 9]


def hinted(text, **marks):
    read = reading.read(clean(text))
    return place(understood(read), Landmarks(**marks), Fraction(0), END, times.find(read, END))


def test_a_stated_time_finds_the_change_near_it():
    facts = hinted("A bell rings. At 12.5 seconds, a car horn honks.", onsets=onsets(3, 12, 16))
    assert [float(sound.span.start) for sound in facts.sounds] == [3, 12]
    assert {sound.anchor for sound in facts.sounds} == {"change"}


def test_a_stated_time_is_taken_at_its_word_where_nothing_is_near():
    facts = hinted("A church bell tolling is heard from 10.5 to 13.2 seconds.", onsets=onsets(1, 2))
    assert facts.sounds[0].span == Span(Fraction(21, 2), Fraction(66, 5))
    assert facts.sounds[0].anchor == "said"


def test_what_lasts_lasts_as_long_as_is_said():
    facts = hinted("From 5 to 15 seconds, steady rain can be heard. A constant hum lasts until 8 seconds.")
    rain = facts.sounds[0]
    assert (rain.span, rain.anchor) == (Span(Fraction(5), Fraction(15)), "said")


def test_words_go_to_the_voice_near_the_time_that_is_said():
    voice = tuple(Span(Fraction(at), Fraction(at + 2)) for at in (2, 8, 14))
    facts = hinted("At around 14 seconds a man says, “Where did you put the keys?”", voice=voice)
    assert (facts.speech[0].span, facts.speech[0].anchor) == (voice[2], "voice")


def test_words_go_where_they_are_said_to_be_where_nobody_is_known_to_speak():
    voice = (Span(Fraction(1), Fraction(3)),)
    facts = hinted("A man says, “Good morning.” At 15 seconds, a woman says, “Goodbye.”", voice=voice)
    assert [speech.anchor for speech in facts.speech] == ["voice", "said"]
    assert facts.speech[1].span.start == 15


_TIMES = st.lists(st.integers(0, 400), min_size=1, max_size=5)
_NAMES = ("a dog barks", "a bell rings", "a car horn honks", "glass shatters", "thunder rumbles")


@given(_TIMES, _TIMES, _TIMES)
def test_stated_times_stay_in_the_segment_and_in_order(told, rises, spoken):
    text = " ".join(f"At {at / 10} seconds, {name}." for at, name in zip(told, _NAMES, strict=False))
    marks = tuple(Change(Fraction(at, 20), 1.0) for at in sorted(rises))
    voice = tuple(Span(Fraction(at, 21), Fraction(at + 10, 21)) for at in sorted(set(spoken))[::3])
    facts = hinted(text, onsets=marks, voice=voice)
    assert all(0 <= sound.span.start <= sound.span.end <= END for sound in facts.sounds)
    stated = [
        (float(sound.evidence.sentence.split()[1]), sound.span.start)
        for sound in facts.sounds
        if float(sound.evidence.sentence.split()[1]) < END
    ]
    for (one, first), (other, second) in itertools.combinations(stated, 2):
        assert other - one < 2 * 0.75 or first <= second  # each may be three quarters of a second off
