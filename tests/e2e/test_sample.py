"""What the tool makes of the sample, against what is heard in it, and against what lies beside it."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

import media_captioner
from media_captioner.captioners.local import models
from tests.e2e.user import Place
from tests.quality.words import errors

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTH = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
KEPT = json.loads((SAMPLES / "captions" / "street-scene.media_captioner.json").read_text("utf-8"))
REMAKE = "If that is meant: media-captioner caption samples/street-scene.mp4 --force --out samples/captions"

NEAR = Fraction(1)  # seconds
NOT_FOUND = {
    "church bell, two strokes",  # only its second stroke is
    "car accelerating past",  # 1.2 s late
    "clap of thunder overhead",  # told as one with the thunder before it
    "crickets in the evening",
    "dog barking twice, over the music",
}


@pytest.fixture(scope="module")
def captions():
    if models.path() is None:
        pytest.skip("the weights of the speech recogniser are not on this machine")
    return media_captioner.caption(SAMPLES / "street-scene.mp4", media_captioner.Settings(captioner="local"))


def names(cue, event):
    """Whether a cue near the event's start names it."""
    if abs(cue.start - Fraction(event["start"])) > NEAR:
        return False
    spoken = cue.category == event["kind"] == "speech"
    return spoken or any(word in cue.text.lower() for word in event["accept"])


def missed(cues):
    """Labels of the planted events that no cue of their own names."""
    left, labels = list(cues), set()
    for event in TRUTH:
        cue = next((cue for cue in left if names(cue, event)), None)
        if cue is None:
            labels.add(event["label"])
        else:
            left.remove(cue)
    return labels


@pytest.mark.models
def test_every_planted_event_is_found_or_known_to_be_missed(captions):
    assert missed(captions.cues) == NOT_FOUND


@pytest.mark.models
def test_no_sound_is_told_that_is_not_there(captions):
    wanted = {word for event in TRUTH for word in event["accept"]}
    sounds = [cue.text.lower() for cue in captions.cues if cue.category in {"effects", "ambience"}]
    assert all(any(word in text for word in wanted) for text in sounds), sounds


@pytest.mark.models
def test_the_words_are_right(captions):
    said = " ".join(
        utterance.text or "" for segment in captions.segments for utterance in segment.facts.speech
    )
    count = errors(" ".join(event["text"] for event in TRUTH if event["kind"] == "speech"), said)
    assert count.rate <= 0.05, said


@pytest.mark.models
def test_the_captions_beside_the_sample_are_what_the_tool_makes(captions):
    def sounds(cues):
        return [(text, start) for text, start, category in cues if category != "speech"]

    kept = [(cue["text"], Fraction(str(cue["start"])), cue["category"]) for cue in KEPT["cues"]]
    made = [(cue.text, cue.start, cue.category) for cue in captions.cues]
    assert [text for text, _ in sounds(kept)] == [text for text, _ in sounds(made)], REMAKE
    assert all(
        abs(one - other) < Fraction(1, 10)
        for (_, one), (_, other) in zip(sounds(kept), sounds(made), strict=True)
    ), REMAKE


def test_without_the_speech_model_and_a_network_all_but_the_words_is_captioned(tmp_path):
    place = Place(tmp_path)
    place.environment["HF_HOME"] = str(tmp_path / "hub")
    film, out = SAMPLES / "street-scene.mp4", tmp_path / "out"
    for _ in range(2):  # the second time from what was kept
        done = place.run("caption", film, "--captioner", "local", "--offline", "--force", "--out", out)
        assert done.returncode == 0, done.stderr
        assert "Words cannot be transcribed" in done.stderr
    captions = media_captioner.load(out / "street-scene.media_captioner.json")
    heard = [cue.text for cue in captions.cues]
    assert "[dog barking]" in heard
    assert any("speaking" in text for text in heard), heard
