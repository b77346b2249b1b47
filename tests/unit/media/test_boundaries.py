import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.media.boundaries import change_points, find_cut, level
from media_captioner.testing.nasty.contents import babble
from tests.unit.media.building import RATE, noise, silence, tone


def speech(seconds, seed=1):
    return (babble(seconds, seed, RATE) * 32767).astype(np.int16)


def joined(*parts):
    return np.concatenate(parts)


def test_the_longest_pause_is_cut() -> None:
    pcm = joined(noise(3), silence(0.2), noise(3), silence(0.8), noise(2), silence(0.3), noise(2))
    cut = find_cut(pcm, RATE, 0, len(pcm))
    assert cut.reason in {"pause", "change"}
    assert 6.2 < cut.sample / RATE < 7.0


def test_the_threshold_follows_the_material() -> None:
    pcm = joined(noise(4, 0.2), noise(0.5, 0.02), noise(4, 0.2))  # never below -40 dBFS
    cut = find_cut(pcm, RATE, 0, len(pcm))
    assert cut.reason == "pause"
    assert 4 <= cut.sample / RATE <= 4.5


def test_only_the_window_counts() -> None:
    pcm = joined(silence(2), noise(4), silence(0.3), noise(4), silence(2))
    cut = find_cut(pcm, RATE, 3 * RATE, 9 * RATE)
    assert 6 <= cut.sample / RATE <= 6.3


def syllables(seconds, seed=1):
    """Return sound that swells and ebbs five times a second without ever pausing."""
    ebb = 10 ** (np.sin(2 * np.pi * 5 * np.arange(round(seconds * RATE)) / RATE) / 2)
    return (noise(seconds, 0.03, seed) * ebb).astype(np.int16)


def test_pauseless_sound_is_cut_by_force_late_in_the_window() -> None:
    pcm = syllables(10)
    cut = find_cut(pcm, RATE, 0, len(pcm))
    assert cut.reason == "forced"
    assert cut.sample >= len(pcm) // 2


class Listener:
    """A voice detector that hears somebody wherever it is told."""

    def __init__(self, *spans):
        self.spans = spans

    def probabilities(self, pcm):
        times = (np.arange(-(-len(pcm) // 512)) + 0.5) * 512 / RATE
        speaking = np.zeros(len(times), bool)
        for start, end in self.spans:
            speaking |= (times >= start) & (times < end)
        return speaking.astype(np.float32)


def test_a_voice_detector_judges_the_pauses() -> None:
    pcm = joined(noise(3), silence(1), noise(3), silence(0.4), noise(3))
    cut = find_cut(pcm, RATE, 0, len(pcm), Listener((2.5, 6.5)))
    assert cut.reason == "voice"
    assert 7 <= cut.sample / RATE <= 7.4


def test_a_change_of_scene_is_a_place_to_cut_where_there_is_no_pause() -> None:
    swell = 1 + 0.7 * np.sin(2 * np.pi * 5 * np.arange(6 * RATE) / RATE)  # it does not pause either
    hum = sum(tone(6, pitch, 0.12).astype(float) for pitch in (110, 220, 440, 880, 1760, 3520)) * swell
    pcm = joined(syllables(6), (syllables(6, 2) / 30 + hum * 0.6).astype(np.int16))
    cut = find_cut(pcm, RATE, 2 * RATE, 10 * RATE)
    assert cut.sample / RATE == pytest.approx(6, abs=0.4)
    assert cut.reason == "change"


def test_changes_are_found_and_timed() -> None:
    hum = (tone(4, 440, 0.3) + noise(4, 0.002)).astype(np.int16)
    pcm = joined(noise(4, 0.05), hum, noise(4, 0.2))
    found = change_points(pcm, RATE)
    for time in (4, 8):
        near = [change for change in found if abs(change.seconds - time) < 0.25]
        assert near, f"no change near {time} s in {found}"
        assert max(change.strength for change in near) > 0.4


def test_one_scene_has_no_changes() -> None:
    assert change_points(noise(10), RATE) == ()
    assert change_points(silence(10), RATE) == ()
    assert change_points(tone(10), RATE) == ()


def test_a_knock_is_no_change_of_scene() -> None:
    pcm = noise(10, 0.01)
    pcm[5 * RATE : 5 * RATE + 500] = 20_000
    assert all(change.strength < 0.6 for change in change_points(pcm, RATE))


@given(st.integers(0, 40_000), st.integers(0, 3), st.sampled_from([8000, 16_000]))
def test_any_sound_has_a_level_and_changes_in_order(samples: int, kind: int, rate: int) -> None:
    pcm = [silence, noise, tone, speech][kind](3)[:samples]
    assert len(level(pcm, rate)) == len(pcm) * 100 // rate // 1 or len(level(pcm, rate)) == len(pcm) // (
        rate // 100
    )
    found = change_points(pcm, rate)
    assert all(0 <= change.strength <= 1 for change in found)
    assert list(found) == sorted(found, key=lambda change: change.seconds)


@given(st.integers(0, 100_000), st.integers(1, 100_000), st.integers(0, 3))
def test_a_cut_lies_in_its_window(earliest: int, length: int, kind: int) -> None:
    pcm = [silence, noise, tone, speech][kind](13)
    cut = find_cut(pcm, RATE, earliest, earliest + length)
    assert earliest <= cut.sample <= earliest + length
