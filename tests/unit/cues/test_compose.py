"""Facts in, captions out."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.cues.compose import compose
from media_captioner.cues.continuity import Soundtrack
from media_captioner.cues.lint import lint
from media_captioner.cues.profiles import PROFILES
from tests.unit.cues.factory import music, segment, sound, speech

NETFLIX = PROFILES["netflix-en"]


def captions(*segments, profile=NETFLIX, end=600, rate=Fraction(25), language="en"):
    return compose(Soundtrack.of(segments), profile, language=language, frame_rate=rate, end=Fraction(end))


def texts(arrangement):
    return [cue.text for cue in arrangement.cues]


def test_a_sound_stands_in_brackets_when_it_is_heard():
    (cue,) = captions(segment(sounds=[sound("dog barking", 4.2, 5.0)])).cues
    assert cue.text == "[dog barking]"
    assert abs(cue.start - Fraction("4.2")) <= Fraction(1, 4)
    assert cue.category == "effects"
    assert cue.evidence[0].sentence == "dog barking."


def test_a_caption_tells_the_sound_and_not_only_the_thing():
    (cue,) = captions(segment(sounds=[sound("car", 4.2, 5.0, group="traffic")])).cues
    assert cue.text == "[car driving]"


def test_words_are_shown_with_who_speaks_and_when():
    (cue,) = captions(segment(speech=[speech("Come inside, it is raining.", 3, 5, speaker="woman")])).cues
    assert cue.text == "WOMAN: Come inside, it is raining."
    assert cue.start == 3
    assert cue.end >= 5


def test_the_speaker_is_named_again_only_when_it_changes():
    said = [
        speech("Are we there yet?", 1, 3, speaker="child"),
        speech("Not yet, my dear.", 4, 6, speaker="woman"),
        speech("It is still a long way.", 7, 9, speaker="woman"),
        speech("I am hungry.", 10, 12, speaker="child"),
    ]
    assert texts(captions(segment(speech=said))) == [
        "CHILD: Are we there yet?",
        "WOMAN: Not yet, my dear.",
        "It is still a long way.",
        "CHILD: I am hungry.",
    ]


def test_another_language_is_named_once_and_shown_translated():
    said = [
        speech("¿Dónde está?", 1, 3, speaker="man", language="es", translation="Where is it?"),
        speech("No lo sé.", 5, 7, speaker="man", language="es", translation="I don't know."),
        speech("Speak English, please.", 9, 11, speaker="woman", language="en"),
    ]
    arranged = captions(segment(speech=said))
    assert texts(arranged) == [
        "MAN (in Spanish): Where is it?",
        "I don't know.",
        "WOMAN: Speak English, please.",
    ]
    assert [cue.language for cue in arranged.cues] == ["es", "es", None]


def test_speech_without_words_is_not_passed_over_in_silence():
    said = [speech(None, 2, 6, speaker="man", language="ru")]
    assert texts(captions(segment(speech=said))) == ["[man speaking Russian]"]


def test_long_speech_is_cut_at_the_ends_of_thoughts():
    text = (
        "He was not an ill disposed young man, unless to be rather cold hearted and rather selfish is to be ill"
        " disposed. But he was, in general, well respected."
    )
    arranged = captions(segment(speech=[speech(text, 1, 9)]))
    assert " ".join(cue.text.replace("\n", " ") for cue in arranged.cues) == text
    assert [cue.text.split()[-1] for cue in arranged.cues] == ["man,", "disposed.", "respected."]


def test_music_stands_between_notes_with_what_it_is():
    heard = [music(2, 20, genre="jazz", instruments=("piano", "double bass"))]
    assert texts(captions(segment(music=heard))) == ["♪ jazz music with piano and double bass ♪"]


def test_sung_words_stand_between_notes():
    said = [speech("Dancing in the light", 3, 6, sung=True)]
    assert texts(captions(segment(speech=said))) == ["♪ Dancing in the light ♪"]


def test_what_is_denied_compared_or_only_guessed_in_prose_is_not_captioned():
    from dataclasses import replace

    from tests.unit.cues.factory import evidence

    heard = [
        sound("dog barking", 1, 2, polarity="negated"),
        sound("cat meowing", 3, 4, polarity="compared"),
        replace(sound("gunshot", 5, 6, polarity="hedged"), evidence=evidence("Perhaps.", "description")),
    ]
    assert texts(captions(segment(sounds=heard))) == []


def test_a_measured_guess_is_shown_with_its_likeliest_alternative():
    heard = [sound("thunder", 5, 6, polarity="hedged", alternatives=("explosion", "fireworks"))]
    assert texts(captions(segment(sounds=heard))) == ["[thunder or explosion]"]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("birds singing", "birds chirping", "birds singing or chirping"),
        ("church bell tolling", "bell ringing", "bell tolling or ringing"),
        ("horn honking", "car horn honking", "horn honking"),
        ("door slamming", "dog barking", "door slamming or dog barking"),
        ("car door closing", "oven door closing", "car door closing or oven door closing"),
        ("rain", "running water", "rain or running water"),
        ("singing", "chanting", "singing or chanting"),
        ("wind", "wind", "wind"),
    ],
)
def test_what_two_guesses_have_in_common_is_said_once(one, other, said):
    heard = [sound(one, 5, 7, polarity="hedged", alternatives=(other,))]
    assert texts(captions(segment(sounds=heard))) == [f"[{said}]"]


def test_rain_over_four_segments_is_one_rain_that_continues():
    segments = [
        segment(
            i,
            30 * i,
            30 * i + 30,
            sounds=[sound("rain", 30 * i, 30 * i + 30, sustained=True, group="weather")],
        )
        for i in range(5)
    ]
    arranged = captions(*segments)
    assert texts(arranged) == ["[rain]", "[rain continues]", "[rain continues]"]
    assert [round(cue.start) for cue in arranged.cues] == [0, 60, 120]


def test_a_door_that_slams_twice_slams_twice():
    segments = [
        segment(0, 0, 30, sounds=[sound("door slamming", 28, 28.5, group="impact")]),
        segment(1, 30, 60, sounds=[sound("door slamming", 33, 33.5, group="impact")]),
    ]
    assert texts(captions(*segments)) == ["[door slamming]", "[door slamming]"]


def test_words_in_a_stretch_that_two_segments_share_are_said_once():
    first = segment(0, 0, 30, speech=[speech("one two three four five six", 24, 30)])
    second = segment(1, 28, 58, speech=[speech("five six seven eight", 28, 32)])
    said = " ".join(texts(captions(first, second))).replace("\n", " ")
    assert said == "one two three four five six seven eight"


def test_a_sound_under_speech_shares_the_screen_with_it():
    arranged = captions(
        segment(
            speech=[speech("Come in now.", 2, 5.4), speech("Close the door.", 5.5, 8)],
            sounds=[sound("thunder rumbling", 2.3, 4, group="weather")],
        )
    )
    assert texts(arranged)[0] == "[thunder rumbling]\nCome in now."


def test_talk_without_a_pause_makes_room_for_a_bark():
    said = [
        speech("The old grey fox walks down the hill, and then it turns and goes away again.", 0, 5),
        speech("Nobody knows why it would do so, but that is how the story has been told.", 5, 10),
    ]
    arranged = captions(segment(speech=said, sounds=[sound("dog barking", 1, 2)]), end=10)
    assert texts(arranged) == [
        "[dog barking]\nThe old grey fox walks down the hill,",
        "and then it turns and goes away again.",
        "Nobody knows why it would do so,\nbut that is how the story has been told.",
    ]
    assert lint(arranged.cues, NETFLIX, frame_rate=Fraction(25), end=Fraction(10)) == []


def test_where_there_is_no_time_for_the_alternative_the_likelier_name_is_shown():
    glass = sound("glass shattering", 5, 5.2, polarity="hedged", alternatives=("metallic clang",))
    busy = [speech("He spoke of it twice.", 3, 4.9), speech("And then he went home.", 6.2, 9)]
    assert "[glass shattering]" in texts(captions(segment(speech=busy, sounds=[glass]), end=10))
    alone = captions(segment(sounds=[glass]), end=10)
    assert texts(alone) == ["[glass shattering or metallic clang]"]


def test_what_finds_no_room_is_kept_and_said():
    from fractions import Fraction

    busy = [
        speech(f"This is sentence number {i} and it fills both of the lines of the screen.", 4 * i, 4 * i + 4)
        for i in range(7)
    ]
    arranged = captions(segment(speech=busy, sounds=[sound("dog barking", 9.5, 10)]), end=28)
    assert [block.text for block in arranged.left_out] == ["[dog barking]"]
    assert arranged.left_out[0].start == Fraction("9.5")


def test_layers_can_be_left_out():
    whole = segment(
        sounds=[sound("dog barking", 1, 2)], music=[music(8, 20)], speech=[speech("Hello there.", 4, 6)]
    )
    arranged = compose(
        Soundtrack.of([whole]),
        NETFLIX,
        language="en",
        frame_rate=None,
        end=Fraction(30),
        layers={"speech", "music"},
    )
    assert {cue.category for cue in arranged.cues} == {"speech", "music"}


def test_the_bbc_writes_sounds_in_capitals_and_songs_with_a_hash():
    whole = segment(sounds=[sound("dog barking", 1, 2)], speech=[speech("La la la", 5, 8, sung=True)])
    assert texts(captions(whole, profile=PROFILES["bbc"])) == ["DOG BARKING", "# La la la #"]


# What a captioner could ever hand over: any number of facts, overlapping, of any length, in any order.
times = st.tuples(st.integers(0, 280), st.integers(0, 200)).map(
    lambda pair: (pair[0] / 10, (pair[0] + pair[1]) / 10)
)
word = st.text("abcdefghij ,.!?' ÄßЖ中文字", min_size=1, max_size=12)


@st.composite
def anything_heard(draw):
    said, at = [], 0.0
    for _ in range(draw(st.integers(0, 6))):
        at += draw(st.integers(0, 30)) / 10
        length = draw(st.integers(1, 60)) / 10
        said.append(
            speech(
                " ".join(draw(st.lists(word, max_size=30))) or None, at, at + length, sung=draw(st.booleans())
            )
        )
        at += length
    sounds = [
        sound(
            draw(st.sampled_from(["dog barking", "rain", "glass shattering", "a" * 60])),
            *draw(times),
            sustained=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    tunes = [
        music(*draw(times), genre=draw(st.sampled_from([None, "jazz", "folk"])))
        for _ in range(draw(st.integers(0, 2)))
    ]
    return segment(speech=said, sounds=sounds, music=tunes)


@given(heard=anything_heard(), name=st.sampled_from(sorted(PROFILES)))
def test_whatever_is_heard_the_screen_stays_in_order(heard, name):
    profile = PROFILES[name]
    for rate in (None, Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001)):
        arranged = captions(heard, profile=profile, end=45, rate=rate)
        found = lint(arranged.cues, profile, frame_rate=rate, end=Fraction(45))
        # Speech can be faster than anybody reads; nothing else may ever be wrong.
        assert {violation.rule for violation in found} <= {"reading-speed", "too-short"}, (rate, found)
        assert all(cue.start >= 0 and cue.end > cue.start for cue in arranged.cues), rate


def test_rain_under_another_name_is_still_the_same_rain():
    segments = [
        segment(
            0, 0, 30, sounds=[sound("heavy rain", 0, 30, sustained=True, group="weather", audioset=("Rain",))]
        ),
        segment(
            1,
            30,
            60,
            sounds=[
                sound(
                    "rain on a surface",
                    30,
                    60,
                    sustained=True,
                    group="weather",
                    audioset=("Rain on surface", "Rain"),
                ),
                sound("wind blowing", 40, 60, sustained=True, group="weather", audioset=("Wind",)),
            ],
        ),
    ]
    assert texts(captions(*segments)) == ["[heavy rain]", "[wind blowing]"]


def test_one_shots_in_two_segments_are_two_however_near():
    segments = [
        segment(0, 0, 30, sounds=[sound("door slamming", 28, 29, group="impact")]),
        segment(1, 30, 60, sounds=[sound("door slamming", 30.5, 31, group="impact")]),
    ]
    assert texts(captions(*segments)) == ["[door slamming]", "[door slamming]"]


def test_voices_of_one_kind_are_numbered_where_they_are_told_apart():
    said = [
        speech("We get there when we get there.", 1, 4, speaker="man", voice=2),
        speech("Are we there yet?", 5, 7, speaker="woman", voice=1),
        speech("How are you doing?", 8, 10, speaker="man", voice=3),
    ]
    assert texts(captions(segment(speech=said))) == [
        "MAN 1: We get there when we get there.",
        "WOMAN: Are we there yet?",
        "MAN 2: How are you doing?",
    ]


def test_what_the_words_and_the_music_say_is_not_said_again():
    from dataclasses import replace

    from tests.unit.cues.factory import evidence

    line = evidence("A man shouts, “Run!”", "description")
    shout = replace(sound("shouting", 1, 2, group="voice", audioset=("Shout",)), evidence=line)
    said = [replace(speech("Run!", 1, 2, speaker="man", manner="shouting"), evidence=line)]
    sung = sound("singing", 12, 20, sustained=True, group="voice", audioset=("Singing",))
    played = [music(10, 29, genre="pop", vocals="female", mood=("tension",))]
    arranged = captions(segment(sounds=[shout, sung, sound("dog barking", 5, 6)], speech=said, music=played))
    assert texts(arranged) == ["MAN (shouting): Run!", "[dog barking]", "♪ tense pop song, woman singing ♪"]


@pytest.mark.parametrize(("one", "other", "whole"), [("heard", "said", "said"), ("said", "order", "order")])
def test_the_time_of_a_cue_is_no_surer_than_that_of_its_least_sure_part(one, other, whole):
    words = speech("How can I possibly work quietly like this?", 1, 4, anchor=one)
    (cue,) = captions(segment(speech=(words,), sounds=(sound("dog barking", 1.2, 1.6, anchor=other),))).cues
    assert cue.anchor == whole
