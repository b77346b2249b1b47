import numpy as np
import pytest

from media_captioner.media.downmix import CLIPPED, PEAK, Downmix, is_split, sides_of
from media_captioner.testing.nasty.contents import babble

RATE = 48_000
STEREO = ("FL", "FR")


def sound(seconds=1.0, seed=1, amplitude=0.1):
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * amplitude).astype(np.float32)


def mixed(planes, names=STEREO):
    downmix = Downmix(names, RATE)
    planes = np.asarray(planes, np.float32)
    return downmix.mono(planes, downmix.measure(planes)), downmix


def power(samples):
    return float(np.mean(np.square(samples, dtype=np.float64)))


def test_mono_passes_unchanged() -> None:
    one = sound()
    mono, _ = mixed([one], ("FC",))
    assert np.array_equal(mono, one)


def test_the_same_twice_is_that() -> None:
    one = sound()
    mono, _ = mixed([one, one])
    assert np.allclose(mono, one, atol=1e-6)


def test_inverted_stereo_is_heard() -> None:
    one = sound(3)
    mono, _ = mixed([one, -one])
    assert power(mono) > 0.9 * power(one)


def test_nearly_inverted_stereo_is_heard() -> None:
    one = sound(3)
    mono, _ = mixed([one, -0.97 * one + sound(3, 2, 0.003)])
    assert power(mono) > 0.8 * power(one)


@pytest.mark.parametrize("side", [0, 1])
def test_one_side_alone_is_heard(side: int) -> None:
    planes = [np.zeros(RATE, np.float32)] * 2
    planes[side] = sound()
    mono, _ = mixed(planes)
    assert power(mono) >= 0.2 * power(planes[side])


def test_unlike_sides_are_both_heard() -> None:
    left, right = sound(3, 1), sound(3, 2)
    mono, _ = mixed([left, right])
    assert np.corrcoef(mono, left)[0, 1] > 0.6
    assert np.corrcoef(mono, right)[0, 1] > 0.6


def test_a_moment_of_inversion_does_not_make_it_flap() -> None:
    one = sound(6)
    other = one.copy()
    for start in range(0, 6 * RATE, RATE // 2):
        other[start : start + RATE // 20] *= -1  # 50 ms in every half second
    mono, _ = mixed([one, other])
    assert np.allclose(mono, (one + other) / 2, atol=1e-6)


def test_it_goes_back_to_the_mean_once_it_holds_again_and_without_a_click() -> None:
    one = np.sin(2 * np.pi * 100 * np.arange(20 * RATE) / RATE).astype(np.float32) * np.float32(0.3)
    other = one.copy()
    other[5 * RATE : 8 * RATE] *= -1
    other[8 * RATE :] *= np.float32(0.5)
    mono, _ = mixed([one, other])
    assert np.allclose(mono[15 * RATE :], (one + other)[15 * RATE :] / 2, atol=1e-6)
    assert np.abs(np.diff(mono)).max() < 3 * np.abs(np.diff(one)).max()


def test_the_centre_and_the_back_of_surround_are_heard() -> None:
    names = ("FL", "FR", "FC", "LFE", "SL", "SR")
    for place in (0, 1, 2, 4, 5):
        planes = np.zeros((6, RATE), np.float32)
        planes[place] = sound()
        mono, _ = mixed(planes, names)
        assert power(mono) > 0.04 * power(planes[place]), names[place]


def test_channels_without_names_are_all_heard() -> None:
    matrix = sides_of(("", "", "", ""))
    assert matrix is not None
    assert (matrix > 0).all()
    assert sides_of(STEREO) is None


def test_two_languages_are_not_mixed() -> None:
    planes = np.stack([babble(20, 1), babble(20, 2)])
    mono, downmix = mixed(planes)
    assert downmix.split
    assert np.corrcoef(mono, planes[0])[0, 1] > 0.99


def test_people_taking_turns_at_two_microphones_are_both_heard() -> None:
    left, right = babble(40, 1), babble(40, 2)
    turn = (np.arange(40 * RATE) // (4 * RATE)) % 2
    _, downmix = mixed([left * (turn == 0), right * (turn == 1)])
    assert not downmix.split


@pytest.mark.parametrize(
    "planes",
    [
        [sound(20, 1), sound(20, 2)],  # rain on two microphones
        [babble(20, 1), babble(20, 1)],  # one voice in the middle
        [babble(20, 1) + sound(20, 3), babble(20, 1) + sound(20, 4)],  # a voice in the middle, rain around it
        [babble(20, 1), np.zeros(20 * RATE)],
    ],
    ids=["rain", "voice", "voice in rain", "one side"],
)
def test_ordinary_stereo_is_not_taken_for_two_languages(planes) -> None:
    _, downmix = mixed(planes)
    assert not downmix.split
    assert not is_split(downmix.measure(np.asarray(planes, np.float32))[:50])


def test_peaks_and_clipping_are_counted_before_mixing() -> None:
    planes = np.zeros((2, RATE), np.float32)
    planes[1, 100:107] = 1.0
    planes[1, 30_000] = -1.25
    cells = Downmix(STEREO, RATE).measure(planes)
    assert cells[:, CLIPPED].sum() == 8
    assert cells[:, PEAK].max() == 1.25
    assert len(cells) == 10


def test_a_last_short_cell_is_measured_too() -> None:
    planes = np.full((2, RATE // 10 + 7), 0.5, np.float32)
    assert len(Downmix(STEREO, RATE).measure(planes)) == 2
