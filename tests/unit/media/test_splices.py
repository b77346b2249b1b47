import pytest

from media_captioner.media.splices import Splice, Splices

PATIENCE = 10_000


def watching(*times):
    splices = Splices(pictured=True)
    for time in times:
        splices.picture(time, 0.04)
    return splices


def steady(first, last):
    return [first + 0.04 * k for k in range(round((last - first) / 0.04))]


def test_small_jumps_ahead_are_holes() -> None:
    assert watching(*steady(0, 9)).resolve(0, 5, 9, 0) is None


def test_a_clock_that_turns_far_back_starts_anew() -> None:
    assert watching(*steady(0, 20)).resolve(0, -20, 0.1, 0) == Splice(1, -20)


def test_without_a_picture_any_turn_back_is_a_splice_and_any_jump_ahead_a_hole() -> None:
    splices = Splices(pictured=False)
    assert splices.resolve(0, -3, 0, 0) == Splice(1, -3)
    assert splices.resolve(1, 500, 500, 0) is None


def test_the_picture_going_there_steadily_shows_a_hole() -> None:
    assert watching(*steady(0, 20)).resolve(0, 15, 20, 0) is None


def test_the_picture_jumping_along_shows_a_splice_and_says_by_how_much() -> None:
    splices = watching(*steady(0, 5), 1000, 1000.04)
    splice = splices.resolve(0, 995.2, 1000.1, 0)
    assert isinstance(splice, Splice)
    assert splice.seconds == pytest.approx(995, abs=0.05)


def test_the_picture_turning_back_a_little_shows_a_splice() -> None:
    splices = watching(*steady(0, 5), 0, 0.04)
    splice = splices.resolve(0, -4.9, 0.02, 0)
    assert isinstance(splice, Splice)
    assert splice.seconds == pytest.approx(-5, abs=0.05)


def test_the_sound_waits_for_the_picture_and_not_for_ever() -> None:
    splices = watching(*steady(0, 5))
    assert splices.resolve(0, -4.9, 0.02, 1) is False
    assert splices.resolve(0, 900, 905, 1) is False
    assert splices.resolve(0, -4.9, 0.02, PATIENCE) is None
    assert splices.resolve(0, 900, 905, PATIENCE) is None


def test_tracks_share_a_splice_and_its_amount() -> None:
    splices = watching(*steady(0, 20))
    first = splices.resolve(0, -20, 0.1, 0)
    second = splices.resolve(0, -20.3, 0.1, 0)
    assert first == second == Splice(1, -20)
    assert splices.resolve(1, -19, 0.2, 0) == Splice(2, -19)


def test_one_damaged_packet_of_the_picture_is_no_splice() -> None:
    splices = watching(*steady(0, 5), 4000, *steady(5.04, 10))
    assert splices.resolve(0, 3990, 4000, 0) is False
