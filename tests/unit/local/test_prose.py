from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.captioners.local.prose import compose
from media_captioner.captioners.local.vocabulary import usable
from tests.unit.local.records import levels, music, record, sound, utterance


def statements(facts):
    return (*facts.sounds, *facts.speech, *facts.music, *facts.qualities)


def test_a_dog_is_told_with_its_time_and_its_evidence():
    told = compose(record(sounds=[sound("Bark", 3.2, 3.9)], absent=["speech", "music"]))
    assert "a dog barking is heard at 3.2 seconds" in told.prose
    assert "No speech or music is present." in told.prose
    assert told.prose.endswith("In summary, the clip holds a dog barking.")
    (dog,) = told.facts.sounds
    assert dog.label == "dog barking"
    assert dog.group == "animal"
    assert dog.polarity == "asserted"
    assert dog.span.start == Fraction(16, 5)
    assert dog.evidence.heard_by == "yamnet"
    assert told.facts.summary == "The clip holds a dog barking."


def test_a_family_is_hedged_and_kept_as_alternative():
    told = compose(record(sounds=[sound("Thunder", 1, 4, 0.4, alternatives=["Explosion"])]))
    assert "what sounds like thunder rumbling or an explosion" in told.prose
    (fact,) = told.facts.sounds
    assert fact.polarity == "hedged"
    assert fact.alternatives == ("explosion",)


def test_two_classes_of_one_wording_are_not_told_twice():
    told = compose(record(sounds=[sound("Bark", 1, 2, alternatives=["Bow-wow"])]))
    assert "or a dog barking" not in told.prose
    assert told.facts.sounds[0].alternatives == ()


def test_a_sound_heard_again_is_told_in_one_sentence():
    told = compose(record(sounds=[sound("Bark", t, t + 0.4) for t in (2, 5, 8.5)]))
    assert "A dog barking" in told.prose or "a dog barking" in told.prose
    assert "three times, at 2, 5 and 8.5 seconds" in told.prose
    assert len(told.facts.sounds) == 3
    assert len({fact.evidence.sentence for fact in told.facts.sounds}) == 1


def test_words_are_quoted_exactly_and_translated():
    said = utterance("¿Dónde está?", 1, 3, translation="Where is it?", language="es", speaker="woman")
    told = compose(record(speech=[said], transcription="done"))
    assert "a woman speaking in Spanish" in told.prose
    assert "She says: “¿Dónde está?” (“Where is it?”)." in told.prose
    (fact,) = told.facts.speech
    assert (fact.text, fact.translation, fact.language, fact.speaker) == (
        "¿Dónde está?",
        "Where is it?",
        "es",
        "woman",
    )
    assert fact.evidence.heard_by == "faster-whisper base"


def test_an_unsure_language_is_hedged():
    told = compose(record(speech=[utterance("Oui.", 1, 2, language="fr", language_probability=0.4)]))
    assert "probably in French" in told.prose
    assert not told.facts.speech[0].language_sure


def test_quotation_marks_inside_words_do_not_end_the_quotation():
    told = compose(record(speech=[utterance('He said “no” to "it".', 0, 2)]))
    assert told.prose.count("“") == told.prose.count("”") == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("unavailable", "no speech model is on this machine"),
        ("off", "were not transcribed"),
        ("withheld", "cannot be made out"),
    ],
)
def test_speech_without_words_says_why(state, words):
    told = compose(record(speech=[utterance(None, 2, 5)], transcription=state))
    assert "From 2 to 5 seconds, somebody can be heard speaking" in told.prose
    assert words in told.prose
    assert told.facts.speech[0].text is None


def test_two_voices_are_told_apart():
    said = [utterance("Hello.", 0, 2, speaker="man"), utterance("Good day.", 2.5, 4, speaker="woman")]
    told = compose(record(speech=said))
    assert "He says: “Hello.”" in told.prose
    assert "She says: “Good day.”" in told.prose
    assert "a man and a woman speaking in English" in told.facts.summary


def test_instrumental_music_says_nothing_of_vocals():
    told = compose(
        record(music=[music(0, 10, instruments=["piano"], genre="classical", genre_sure=True, vocals="none")])
    )
    assert "instrumental classical music led by a piano" in told.prose
    assert "sing" not in told.prose
    assert "voice" not in told.prose


def test_a_doubtful_genre_is_said_with_perhaps_and_is_no_fact():
    told = compose(record(music=[music(0, 10, genre="jazz", vocals="female", tempo=120.4)]))
    assert "perhaps jazz" in told.prose
    assert "about 120 beats per minute" in told.prose
    (fact,) = told.facts.music
    assert fact.genre is None
    assert fact.tempo == pytest.approx(120)
    assert fact.vocals == "female"


def test_silence_is_told_as_silence():
    told = compose(record(levels=levels(silent=True)))
    assert "silent" in told.prose
    assert told.facts.qualities[0].term == "silence"
    assert not told.facts.sounds


def test_sound_that_cannot_be_named_is_not_named():
    told = compose(record())
    assert "cannot be named" in told.prose
    assert statements(told.facts) == ()


def test_marks_of_the_recording_are_facts():
    told = compose(record(levels=levels(clipped=True, narrow=True), speech=[utterance("Yes.", 0, 1)]))
    assert {fact.term for fact in told.facts.qualities} == {"clipping", "narrow bandwidth"}
    assert all(fact.evidence.heard_by == "measured" for fact in told.facts.qualities)


def test_the_same_record_is_told_in_the_same_words():
    made = record(sounds=[sound("Rain", 0, 10), sound("Thunder", 3, 5)], speech=[utterance("Come in.", 6, 7)])
    assert compose(made) == compose(made)


times = st.floats(0, 9, allow_nan=False).map(lambda value: round(value, 2))
names = st.sampled_from(sorted(entry.name for entry in usable()))
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)


@st.composite
def records(draw):
    sounds = [
        sound(
            draw(names),
            start := draw(times),
            min(10, start + draw(st.floats(0.1, 9)).__round__(2)),
            draw(st.floats(0.05, 1)),
            alternatives=draw(st.lists(names, max_size=2)),
            guess=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 5)))
    ]
    speech = [
        utterance(
            draw(st.none() | texts),
            start := draw(times),
            start + 0.8,
            speaker=draw(st.sampled_from(["man", "woman", "child", None])),
            manner=draw(
                st.lists(st.sampled_from(["slow", "brisk", "flat", "lively", "shouting"]), max_size=2)
            ),
            language=draw(st.sampled_from(["en", "zh", "fr", "xx"])),
            translation=draw(st.none() | texts),
            sung=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    tunes = [
        music(
            start := draw(times),
            min(10, start + draw(st.floats(0.5, 10)).__round__(2)),
            instruments=draw(
                st.lists(st.sampled_from(["piano", "organ", "drums", "ukulele"]), max_size=3, unique=True)
            ),
            genre=draw(st.sampled_from([None, "opera", "rock", "jazz"])),
            genre_sure=draw(st.booleans()),
            vocals=draw(st.sampled_from([None, "none", "male", "choir", "some"])),
            tempo=draw(st.none() | st.floats(50, 200)),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    return record(
        sounds=sorted(sounds, key=lambda s: s["start"]),
        speech=sorted(speech, key=lambda s: s["start"]),
        music=tunes,
        absent=draw(st.lists(st.sampled_from(["speech", "music"]), unique=True, max_size=2)),
        levels=levels(clipped=draw(st.booleans()), silences=draw(st.lists(st.just([1.0, 4.0]), max_size=2))),
        quality=draw(
            st.none()
            | st.fixed_dictionaries({k: st.floats(1, 5) for k in ("signal", "background", "overall")})
        ),
    )


@given(records())
def test_every_fact_points_at_the_sentence_that_states_it(made):
    told = compose(made)
    for fact in statements(told.facts):
        evidence = fact.evidence
        assert told.prose[evidence.start : evidence.end] == evidence.sentence
        assert evidence.heard_by
    assert len(told.facts.sounds) == len(made["sounds"])
    assert len(told.facts.speech) == len(made["speech"])


@given(records())
def test_whatever_was_heard_reads_as_english(made):
    told = compose(made)
    frame = re.sub(r"“[^”]*”", "“”", told.prose)  # what people say is their own affair
    assert "  " not in frame
    assert not re.search(r"\b(a|an|the) (a|an|the)\b", frame)
    assert not re.search(r"[ ,][,.;]|\.\.|,\.| \.", frame)
    assert not re.search(r"\b(\w+) \1\b", frame), frame
    for paragraph in told.prose.split("\n\n"):
        assert paragraph[0].isupper()
        assert paragraph[-1] in ".”!?"


@given(records())
def test_nothing_is_named_that_was_not_heard(made):
    told = compose(made)
    heard = {s["name"] for s in made["sounds"]} | {a for s in made["sounds"] for a in s["alternatives"]}
    named = {name for fact in told.facts.sounds for name in fact.audioset}
    assert named <= heard
