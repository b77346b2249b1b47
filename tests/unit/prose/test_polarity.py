from __future__ import annotations

import pytest

from media_captioner.prose import understand


def polarity(text, audioset):
    return next((s.polarity for s in understand(text).sounds if audioset in s.audioset), None)


@pytest.mark.parametrize(
    "text",
    [
        "There is no barking, meowing, or thunder.",
        "No speech, barking, or thunder is heard.",
        "Neither barking nor thunder can be heard.",
        "The clip is free of barking and clicks.",
        "The recording lacks any barking.",
        "Barking is entirely absent.",
        "Footsteps and barking cannot be heard.",
        "Without barking or thunder, the night is calm.",
        "The absence of barking suggests a remote place.",
        "Rather than barking, a low tone fills the room.",
        "It doesn't contain barking.",
        "Nothing resembling barking is present, nor is barking implied.",
        "The non-barking animal is quiet.",
        "Birds, cars and barking are all absent.",
        "The barking one would expect is withheld.",
        "Barking, however, is not part of it.",
        "Rain and barking can all be ruled out.",
        "The barking was evidently removed.",
        "There isn't so much as barking.",
        "Barking dogs, birds: none of these is heard.",
        "Absent, too, is the barking of dogs.",
        "The sound is too regular to be barking.",
        "The promised barking never comes.",
        "One waits in vain for barking.",
        "The clip has been cleaned of barking.",
        "A fence prevents barking.",
        "There is neither thunder nor, so far as one can tell, barking.",
        "Birds are conspicuously missing, as are barking dogs.",
        "The usual barking is conspicuously missing.",
        "Barking is not picked up by the microphone.",
        "Actual barking is not captured at any point.",
    ],
)
def test_denied(text):
    assert polarity(text, "Bark") == "negated"


def test_a_guess_between_commas_is_a_remark():
    assert (
        polarity("Standing, it would appear, on a rim, a man hears small explosions.", "Explosion")
        == "asserted"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Rain falls, possibly with thunder.",
        "A boom is heard, likely thunder.",
        "The rumble suggests thunder.",
        "It may be thunder.",
        "It could be a train, a truck, or thunder.",
        "If there is any thunder, it is distant.",
        "What sounds like thunder rolls by.",
        "Thunder may be present.",
        "There appears to be thunder.",
        "A crack, perhaps of thunder, follows.",
        "It is conceivable that thunder rolls.",
        "Thunder is mentioned by the speaker.",
        "Thunder seems to be rolling in the distance.",
    ],
)
def test_guessed(text):
    assert polarity(text, "Thunder") in {"hedged", "compared"}


@pytest.mark.parametrize(
    "text",
    [
        "The noise is reminiscent of thunder.",
        "It sounds like thunder.",
        "A thunder-like boom ends it.",
        "The tone resembles thunder and hail.",
        "The effect is designed to signal thunder.",
        "The man talks about thunder.",
        "It is as loud as thunder.",
        "He announces that thunder is coming.",
        "The noise brings thunder to mind.",
        "It has the quality of thunder.",
        "In films, thunder often rolls.",
    ],
)
def test_compared_or_told(text):
    assert polarity(text, "Thunder") == "compared"


@pytest.mark.parametrize(
    "text",
    [
        "There is no music, but a dog barks.",
        "No voices are heard over the barking of a dog.",
        "The silence is broken only by barking.",
        "No sounds other than barking are present.",
        "A dog barks, likely in the distance.",
        "The dog, possibly a terrier, barks twice.",
        "There is no mistaking the barking of a dog.",
        "Not only thunder but also barking can be heard.",
        "A voice, perhaps a man's, is followed by barking.",
        "Barking could be heard throughout.",
        "The barking is no longer distant.",
        "No music plays, and the dog begins barking.",
        "A low hum, such as might come from a fridge, accompanies the barking.",
        "Suggesting a farm, the recording opens with barking.",
    ],
)
def test_stated(text):
    assert polarity(text, "Bark") == "asserted"
