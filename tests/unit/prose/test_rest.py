from __future__ import annotations

import pytest

from media_captioner.prose import places, tags, understand


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "An upbeat pop song plays, with electric guitar and synths.",
            {"Music", "Pop music", "Electric guitar", "Synthesizer"},
        ),
        ("A string quartet performs a slow waltz.", {"Music"}),
        ("A country song plays on the radio.", {"Music", "Country"}),
        ("Trumpets and trombones play a march.", {"Music", "Trumpet", "Trombone"}),
        ("A male rapper enters over a trap beat.", {"Music", "Hip hop music", "Rapping"}),
    ],
)
def test_music(text, wanted):
    assert wanted <= set(tags(understand(text)))


@pytest.mark.parametrize(
    "text",
    [
        "There is no music.",
        "The rhythm of the footsteps is steady.",
        "A country road is heard.",
        "The heavy metal door closes.",
        "A single note sounds on a glockenspiel.",
        "Birdsong fills the air.",
        "The pitch drops by a minor third.",
        "A rocking chair creaks.",
    ],
)
def test_no_music(text):
    assert not [music for music in understand(text).music if music.polarity == "asserted"]


def test_music_carries_what_is_said_of_it():
    music = understand(
        "A slow, melancholic jazz ballad is played by saxophone and piano; a woman sings."
    ).music[0]
    assert (music.genre, music.instruments, music.pace, music.mood) == (
        "jazz", ("saxophone", "piano"), "slow", ("melancholic",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The recording is of high fidelity.", {"high_fidelity"}),
        ("The recording quality is moderate.", {"moderate_fidelity"}),
        ("The loud bangs cause digital clipping.", {"clipping"}),
        ("The audio clip clips slightly.", {"clipping"}),
        ("The audio clip begins.", set()),
        ("It is free from distortion and lacks any reverberation.", set()),
        ("The sound is dry and mono.", {"dry", "mono"}),
        ("Dry leaves rustle.", set()),
        ("Distorted electric guitars play.", set()),
        ("The overall reverberation is minimal.", set()),
        ("Wind buffets the microphone; wind noise is audible.", {"wind"}),
    ],
)
def test_qualities(text, terms):
    assert {q.term for q in understand(text).qualities if q.polarity == "asserted"} == terms


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("It was likely recorded in a small workshop.", "indoor"),
        ("The scene is a busy street.", "outdoor"),
        ("It is not a street, but a large hall.", "indoor"),
        ("The sound sits in the center of the stereo field.", None),
        ("A drum-like tone is heard.", None),
    ],
)
def test_setting(text, setting):
    assert places.of(understand(text).places) == setting


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A gunshot rings out and a woman screams.", {"weapon", "scream"}),
        ("Possibly an explosion.", {"explosion"}),
        ("There is no gunfire, and nobody screams.", set()),
        ("He says, “Shit, they found us.”", {"profanity"}),
        ("Er sagt auf Deutsch: “Scheiße!”", {"profanity"}),
        ("A man says, “他妈的！”", {"profanity"}),
        ("She says, “I want to end my life.”", {"self_harm"}),
        ("A baby cries.", {"crying", "minor"}),
        ("A bottle smashes on the floor; glass shatters.", {"glass_break"}),
        ("An ambulance siren wails.", {"emergency"}),
        ("A gust tips over a vase, which breaks.", {"glass_break"}),
        ("A smoke alarm beeps.", {"alarm"}),
        ("A man shouts, “Help me!”", {"shouting", "distress"}),
        ("They discuss cocaine.", set()),
        ("He says, “I was on heroin.”", {"drugs"}),
        ("A woman moans in a sexually explicit recording.", {"sexual"}),
        ("The speech is xenophobic and full of racial slurs.", {"hate"}),
        ("The orchestra attacks the final cadence; the fight has gone out of her.", set()),
        ("A timer is wound with a ratcheting sound.", set()),
        ("Their laughter is ricocheting off the walls.", set()),
        ("Steam leaves with a violent hiss.", set()),
        ("Engines scream, and an alligator bellows.", set()),
        ("Fingers slide along the wound strings of a guitar.", set()),
        ("The attack is immediate, and the piece is in a minor key.", set()),
        ("An explosion of applause follows.", set()),
        ("The gallery explodes, and hundreds applaud.", set()),
        ("The sails flap violently, and the water bubbles violently.", set()),
        ("There is a beat of silence and then a wet slap.", set()),
        ("A mother answers with mock despair, her words slurred over a fight song.", set()),
        ("The train drowns out the saxophone.", set()),
    ],
)
def test_flags(text, wanted):
    flags = {flag.name for flag in understand(text).flags}
    assert flags >= wanted
    assert flags or not wanted
    if not wanted:
        assert flags == set()


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (
            "A dog barks. A cat meows.\n\nIn summary, the audio captures a dog and a cat in a yard.",
            "A dog and a cat in a yard.",
        ),
        ("The audio clip is a short beep.", "A short beep."),
        ("", None),
    ],
)
def test_summary(text, summary):
    assert understand(text).summary == summary


def test_a_long_summary_is_cut_where_it_may_end():
    text = (
        "In summary, the audio is a recording of a man, " + "characterized by a long description " * 12 + "."
    )
    summary = understand(text).summary
    assert summary.startswith("A recording of a man")
    assert len(summary) <= 181
