from __future__ import annotations

import numpy as np
import pytest

from media_captioner.captioners.local import lesson, weights
from media_captioner.captioners.local.lesson import Lesson
from media_captioner.captioners.local.runtime import Network
from media_captioner.model.soundtable import by_name

BARK = by_name()["Bark"].index
SPEECH, MUSIC = by_name()["Speech"].index, by_name()["Music"].index


@pytest.fixture
def made():
    """Whatever has something in the second inner number is a dog; the bias says a little less of one."""
    change = np.zeros((1024, 1), np.int8)
    change[1] = 100
    return Lesson(
        np.array([BARK], np.int16), change, np.array([0.02], np.float32), np.array([-0.5], np.float32)
    )


def logits(**known):
    rows = np.full((1, 521), -8, np.float32)
    for name, value in known.items():
        rows[0, by_name()[name].index] = value
    return rows


def inner(second):
    rows = np.zeros((1, 1024), np.float32)
    rows[0, 1] = second
    return rows


def test_what_was_learnt_is_added_to_its_classes_alone(made):
    before = logits()
    after = made(before, inner(2.0))
    assert after[0, BARK] == pytest.approx(-8 + 2.0 * 100 * 0.02 - 0.5, abs=0.01)
    others = np.arange(521) != BARK
    assert np.array_equal(after[:, others], before[:, others])
    assert after.dtype == np.float32


@pytest.mark.parametrize("surely", ["Speech", "Music"])
def test_under_speech_and_music_nothing_is_added(made, surely):
    after = made(logits(**{surely: 9.0}), inner(2.0))
    assert after[0, BARK] == pytest.approx(-8, abs=0.01)


def test_a_moment_near_music_is_under_music(made):
    rows = np.concatenate([logits(Music=9.0), *[logits()] * 6])
    after = made(rows, np.concatenate([inner(2.0)] * 7))
    assert after[4, BARK] == pytest.approx(-8, abs=0.01)
    assert after[5, BARK] > -6


def test_the_shipped_lesson_leaves_speech_and_music_alone():
    classes = np.load(weights.shipped(lesson.FILE))["classes"]
    assert not {SPEECH, MUSIC} & set(classes.tolist())
    assert len(set(classes.tolist())) == len(classes)
    assert weights.shipped(lesson.FILE).stat().st_size < 300_000


def test_the_inner_tensor_is_what_the_last_layer_takes():
    patches = np.random.default_rng(0).normal(-3, 2, (3, 1, 96, 64)).astype(np.float32)
    plain = Network(weights.shipped("yamnet_i8.onnx"), batch=2)
    both = Network(weights.shipped("yamnet_i8.onnx"), batch=2, inner=lesson.INNER)
    said, taken = both.outputs(patches)
    assert np.allclose(said, plain(patches), atol=1e-4)
    assert taken.shape == (3, 1024)
    assert taken.min() >= 0  # the mean of rectified values
    assert len(plain.outputs(patches)) == 1
