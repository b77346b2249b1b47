"""Facts without times, placed by what was measured."""

from __future__ import annotations

import itertools
from fractions import Fraction

from media_captioner.cues.place import place
from media_captioner.model import Change, Landmarks, Span
from media_captioner.prose import understand

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
