from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.local import speaker
from media_captioner.captioners.local.captioner import expected_languages
from media_captioner.captioners.local.languages import NAMES, code_of, name_of, tag_of
from media_captioner.captioners.local.recogniser import TimedWord, _words
from media_captioner.captioners.local.spans import Voice, passages
from media_captioner.captioners.local.utterances import parted, shared_out
from media_captioner.captioners.local.voice import regions
from media_captioner.protocols import Context

STEP = 512 / 16_000


def words(text, pace=0.3):
    return [TimedWord(w, i * pace, i * pace + 0.25, 0.9) for i, w in enumerate(text.split())]


def test_sentences_part_utterances_and_titles_do_not():
    groups = parted(words("Come in, Mr. Dashwood. Sit down!"))
    assert [" ".join(w.text for w in g) for g in groups] == ["Come in, Mr. Dashwood.", "Sit down!"]


def test_a_long_pause_parts_utterances():
    made = [TimedWord("yes", 0, 0.3, 0.9), TimedWord("no", 2, 2.3, 0.9)]
    assert len(parted(made)) == 2


@given(
    st.lists(st.text("abc ", min_size=1, max_size=12), max_size=6),
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
)
def test_no_sentence_of_a_translation_is_lost_or_told_twice(sentences, lengths):
    spoken = [f"{text.strip() or 'x'}." for text in sentences]
    parts = shared_out(" ".join(spoken), lengths)
    assert len(parts) == len(lengths)
    assert " ".join(part for part in parts if part) == " ".join(spoken)


def test_equal_counts_pair_sentence_by_sentence():
    assert shared_out("One. Two.", [1, 100]) == ["One.", "Two."]
    assert shared_out(None, [3]) == [None]


def test_punctuation_is_attached_to_words():
    made = _words(
        [
            {"word": " “", "start": 0, "end": 0, "probability": 1},
            {"word": "Yes", "start": 0, "end": 0.3, "probability": 0.8},
            {"word": ",", "start": 0.3, "end": 0.3, "probability": 0.8},
            {"word": " sir", "start": 0.4, "end": 0.6, "probability": 0.8},
            {"word": "", "start": 0.6, "end": 0.6, "probability": 0},
        ],
        spaced=True,
    )
    assert [word.text for word in made] == ["“Yes,", "sir"]


def test_a_word_that_the_aligner_parts_at_its_hyphen_is_one():
    parts = [
        {"word": " ill", "start": 0, "end": 0.2, "probability": 0.9},
        {"word": "-disposed", "start": 0.2, "end": 0.7, "probability": 0.6},
        {"word": ".", "start": 0.7, "end": 0.7, "probability": 0.9},
        {"word": " So", "start": 0.9, "end": 1.1, "probability": 0.9},
    ]
    assert [(w.text, w.end, w.probability) for w in _words(parts, spaced=True)] == [
        ("ill-disposed.", 0.7, 0.6),
        ("So", 1.1, 0.9),
    ]


def test_a_word_is_not_stretched_over_the_silence_before_it():
    parts = [{"word": " He", "start": 0.0, "end": 11.2, "probability": 0.7}]
    (word,) = _words(parts, spaced=True)
    assert 9.9 < word.start < word.end == 11.2


def test_a_long_pause_parts_passages():
    said = [Voice(0, 2, False, 0.9), Voice(2.5, 3, False, 0.9), Voice(8, 9, False, 0.9)]
    assert passages(said) == [said[:2], said[2:]]


def test_where_no_spaces_are_written_every_part_is_a_word():
    parts = [{"word": text, "start": 0, "end": 1, "probability": 1} for text in "我们走。"]
    assert [word.text for word in _words(parts, spaced=False)] == ["我", "们", "走。"]


def test_voice_starts_above_one_threshold_and_ends_below_another():
    probabilities = np.array([0.1] * 10 + [0.4] * 5 + [0.9] * 20 + [0.4] * 5 + [0.1] * 30, np.float32)
    ((start, end),) = regions(probabilities)
    assert start == pytest.approx(15 * STEP)
    assert end == pytest.approx(40 * STEP)


def test_short_dips_are_bridged_and_clicks_are_no_voice():
    voiced, dip, click = [0.9] * 20, [0.1] * 5, [0.9] * 2
    assert len(regions(np.array(voiced + dip + voiced, np.float32))) == 1
    assert regions(np.array([0.1] * 10 + click + [0.1] * 20, np.float32)) == []


def voice(hertz, seconds=1.5):
    time = np.arange(int(seconds * 16_000)) / 16_000
    wave = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 12))
    return (0.1 * wave).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 180, 250, 330])
def test_pitch_is_found(hertz):
    found = speaker.pitch(voice(hertz))
    assert np.median(found) == pytest.approx(hertz, rel=0.02)


def test_a_voice_is_named_only_where_pitch_and_tagger_agree():
    deep, high = np.full(50, 110.0), np.full(50, 220.0)
    assert speaker.perceived(deep, 0.3, 0.1, 0.0) == "man"
    assert speaker.perceived(high, 0.1, 0.3, 0.0) == "woman"
    assert speaker.perceived(high, 0.3, 0.12, 0.0) is None
    assert speaker.perceived(deep, 0.12, 0.3, 0.0) is None
    assert speaker.perceived(np.full(50, 320.0), 0.1, 0.1, 0.6) == "child"
    assert speaker.perceived(np.zeros(0), 0.1, 0.1, 0.0) is None


def test_manner_is_what_is_measured():
    flat = np.full(80, 120.0)
    assert speaker.manner(flat * np.exp(np.linspace(0, 0.02, 80)), 40, 10, spaced=True) == ("brisk", "flat")
    assert speaker.manner(np.zeros(0), 10, 10, spaced=True) == ("slow",)
    assert speaker.manner(np.zeros(0), 10, 10, spaced=False) == ()


def test_languages_have_names_and_standard_tags():
    assert tag_of("jw") == "jv"
    assert code_of("jv") == "jw"
    assert code_of("pt-BR") == "pt"
    assert name_of("es") == "Spanish"
    assert name_of("tlh") == "tlh"
    assert len(NAMES) >= 99


def test_what_was_heard_before_weighs_the_more_the_more_there_is():
    none = expected_languages(Context())
    little = expected_languages(Context(languages={"it": 1.0}))
    much = expected_languages(Context(languages={"it": 60.0}))
    assert none["it"] < little["it"] < much["it"]
    assert much["it"] > 0.9


@given(
    st.dictionaries(st.sampled_from(sorted(NAMES)), st.floats(0, 1000)),
    st.sampled_from([None, "fr", "de-CH", "xx"]),
)
def test_expectations_add_up_and_rule_nothing_out(heard, hint):
    expected = expected_languages(Context(languages=heard, language_hint=hint))
    assert sum(expected.values()) == pytest.approx(1)
    assert min(expected.values()) > 0
