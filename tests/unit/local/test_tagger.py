"""Listening to a recording and to its copies at other speeds."""

from __future__ import annotations

import numpy as np
import pytest

from media_captioner.captioners.local.spectrum import RATE
from media_captioner.captioners.local.tagger import HOP, Tagger, scored
from media_captioner.captioners.local.vocabulary import usable
from media_captioner.model.soundtable import by_name

WHERE = np.ones(8, bool)


def take(**logits):
    made = np.full((8, 521), -9.0, np.float32)
    for name, value in logits.items():
        made[:, by_name()[name].index] = value
    return made


def score(takes, name):
    return float(scored(takes, WHERE)[3, by_name()[name].index])


@pytest.fixture(scope="module")
def tagger():
    return Tagger()


def test_what_all_takes_hear_counts_more_than_what_one_take_fancies():
    every = score([take(Bark=1.0), take(Bark=1.0), take(Bark=1.0)], "Bark")
    fancy = score([take(Bark=1.0), take(), take()], "Bark")
    assert every == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-4)
    assert 0.3 * every < fancy < 0.6 * every


def test_speech_and_music_are_as_the_recording_itself_has_them():
    takes = [take(Speech=2.0, Piano=2.0), take(), take()]
    alone = [takes[0]] * 3
    assert score(takes, "Speech") == score(alone, "Speech")
    assert score(takes, "Piano") == score(alone, "Piano")


@pytest.mark.parametrize("at", [2.0, 9.5, 21.0])
def test_a_sound_stays_where_it_is_in_every_take(tagger, at):
    """A copy at another speed has it elsewhere; its scores must come back to the moments of the recording."""
    signal = np.zeros(24 * RATE, np.float32)
    beep = np.sin(2 * np.pi * 1000 * np.arange(RATE // 2) / RATE).astype(np.float32)
    signal[int(at * RATE) : int(at * RATE) + len(beep)] = 0.5 * beep
    p = tagger(signal).p[:, [entry.index for entry in usable()]].max(axis=1)
    heard = np.flatnonzero(p > p.max() / 4) * HOP
    assert p.max() > 0.3
    assert at - 0.75 <= heard.min()
    assert heard.max() <= at + 0.5 + 0.75


def test_silence_has_no_scores(tagger):
    assert not tagger(np.zeros(3 * RATE, np.float32)).p.any()
