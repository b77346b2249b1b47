from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.local.guards import supported
from media_captioner.captioners.local.recogniser import TimedWord, Transcript

VOICE = [(1.0, 6.0)]


def transcript(text, *, start=1.2, pace=0.3, language="en", probability=0.9, **parts):
    words = tuple(
        TimedWord(word, start + i * pace, start + (i + 0.9) * pace, probability)
        for i, word in enumerate(text.split())
    )
    base = {"logprob": -0.2, "no_speech": 0.05, "compression": 1.2, "translation": None}
    return Transcript(language, 0.9, words, **(base | parts))


def said(made, voice=VOICE, speech=0.9):
    words, _ = supported(made, voice, speech)
    return " ".join(word.text for word in words)


def test_clear_words_pass():
    assert said(transcript("Ask not what your country can do")) == "Ask not what your country can do"


def test_words_where_nobody_speaks_are_not_believed():
    words, why = supported(transcript("Thank you all", start=20), VOICE, 0.9)
    assert words == ()
    assert why == "the words lie where nobody speaks"


def test_a_word_that_is_timed_badly_between_spoken_ones_is_kept():
    made = transcript("ask not what your country", start=1.0, pace=0.8)
    assert said(made, [(1.0, 2.4), (4.0, 6.0)]) == "ask not what your country"


def test_a_tail_far_from_any_voice_is_cut():
    words = transcript("We are here now", start=2.0).words
    tail = transcript("subscribe to us", start=15.0).words
    made = Transcript("en", 0.9, words + tail, -0.2, 0.05, 1.2)
    assert said(made) == "We are here now"


@pytest.mark.parametrize(
    "doubt",
    [
        {"logprob": -1.3},
        {"logprob": -0.7, "no_speech": 0.8},
        {"compression": 3.0},
        {"probability": 0.2},
        {"pace": 0.02},
    ],
)
def test_what_the_recogniser_itself_doubts_is_not_believed(doubt):
    many = "one two three four five six seven eight nine ten " * 4
    assert said(transcript(many if "pace" in doubt else "we will see", **doubt)) == ""


def test_a_phrase_said_over_and_over_is_a_loop():
    assert said(transcript("the end of " * 4)) == ""
    assert said(transcript("no no no")) == "no no no"


@pytest.mark.parametrize(
    "phantom",
    [
        "Thanks for watching!",
        "Thank you.",
        "Gracias.",
        "Vielen Dank fürs Zuschauen",
        "Продолжение следует...",
    ],
)
def test_subtitlers_phrases_need_somebody_who_says_them(phantom):
    assert said(transcript(phantom), speech=0.2) == ""
    assert said(transcript(phantom, logprob=-0.7)) == ""
    assert said(transcript(phantom), speech=0.9) == phantom


def test_phantoms_are_known_without_spaces_too():
    made = transcript("ご視聴 ありがとう ございました", language="ja")
    assert said(made, speech=0.2) == ""


def test_remarks_in_brackets_are_no_words():
    assert said(transcript("[Music] Come in (laughs) please ♪")) == "Come in please"


def test_words_per_second_say_nothing_without_spaces():
    made = transcript("对 了 我 还 想 提 议 我 们 可 以 租 一 些 自 行 车", language="zh", pace=0.2)
    assert said(made, [(1.0, 5.0)])


@given(st.lists(st.sampled_from(["yes", "no", "perhaps", "[noise]", "the"]), max_size=12), st.floats(0, 30))
def test_only_words_that_were_transcribed_come_out(words, start):
    made = transcript(" ".join(words), start=start)
    kept, _ = supported(made, VOICE, 0.9)
    assert [word.text for word in kept] == [w for w in words if w in [k.text for k in kept]][: len(kept)]
    assert all(word in made.words for word in kept)
