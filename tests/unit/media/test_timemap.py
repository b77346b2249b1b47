import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.media.timemap import JUMP, MISPLACED, TOLERANCE, Follower, TimeMap

RATE = 16_000


def test_without_anchors_time_runs_at_the_rate() -> None:
    times = TimeMap(RATE)
    times.restart(0, Fraction(5, 2))
    assert times.time_at(RATE) == Fraction(7, 2)
    assert times.span(0, RATE) == (((0, Fraction(5, 2)),), Fraction(7, 2))


def test_between_anchors_time_runs_straight() -> None:
    times = TimeMap(RATE)
    times.restart(0, Fraction(0))
    times.anchor(1000, Fraction(1))
    assert times.time_at(500) == Fraction(1, 2)
    assert times.time_at(1000 + RATE) == 2


def test_a_time_that_was_given_out_does_not_change() -> None:
    times = TimeMap(RATE)
    times.restart(0, Fraction(0))
    _, end = times.span(0, 2000)
    times.anchor(1500, Fraction(9))
    times.anchor(2000, Fraction(9))
    assert times.time_at(2000) == end
    times.anchor(4000, Fraction(1, 2))
    assert times.time_at(2000) == end
    assert times.time_at(4000) == Fraction(1, 2)


def test_an_anchor_that_turns_time_back_is_not_taken() -> None:
    times = TimeMap(RATE)
    times.restart(0, Fraction(3))
    times.anchor(100, Fraction(2))
    assert times.time_at(100) == 3 + Fraction(100, RATE)


anchors = st.lists(
    st.tuples(st.integers(1, 200_000), st.fractions(Fraction(1, 1000), 30, max_denominator=1000)), max_size=12
)


@given(anchors, st.lists(st.integers(1, 60_000), min_size=1, max_size=8))
def test_spans_join_and_time_never_runs_back(steps, lengths) -> None:
    times = TimeMap(RATE)
    times.restart(0, Fraction(0))
    sample, time = 0, Fraction(0)
    for more_samples, more_time in steps:
        sample += more_samples
        time += more_time
        times.anchor(sample, time)
    first, before = 0, Fraction(0)
    for length in lengths:
        found, end = times.span(first, first + length)
        assert found[0] == (0, before)
        assert end >= before  # as near as microseconds tell
        assert all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(found))
        assert found[-1][0] <= length
        first, before = first + length, end
        times.forget(first)
    assert times.time_at(first) == before


def follow(stamps, seconds=0.024):
    """Feed a chunk of frames whose stamps are given by position; return the follower and where it stands."""
    follower = Follower()
    follower.start(stamps(0.0))
    position = 0.0
    verdicts = []
    while position < 60:
        verdicts.append(follower.judge(position, stamps(position), seconds))
        position += seconds
    follower.finish(position)
    return follower, verdicts


def mapped(follower, start, position):
    times = TimeMap(RATE)
    times.restart(0, Fraction(start))
    for place, time in follower.moves:
        times.anchor(round(place * RATE), Fraction(time))
    return float(times.time_at(round(position * RATE)))


@given(st.floats(-0.006, 0.006), st.floats(0, 100_000))
def test_a_clock_that_drifts_is_followed(rate: float, start: float) -> None:
    follower, verdicts = follow(lambda position: start + position * (1 + rate))
    assert set(verdicts) == {"follows"}
    for position in (1, 10, 29.3, 55):
        assert mapped(follower, start, position) == pytest.approx(start + position * (1 + rate), abs=0.012)


@given(st.floats(-TOLERANCE * 0.9, TOLERANCE * 0.9))
def test_a_clock_that_is_right_is_left_alone(jitter: float) -> None:
    follower, _ = follow(lambda position: position + (jitter if round(position * 41) % 2 else -jitter))
    assert follower.moves == []


def test_a_constant_stray_of_stamps_is_no_drift() -> None:
    follower, _ = follow(lambda position: position + (0.9 * MISPLACED if position else 0))
    assert follower.moves == []


def test_a_first_stamp_that_is_wrong_is_mended() -> None:
    follower, _ = follow(lambda position: position + (0.05 if position else 0))
    assert mapped(follower, 0, 30) == pytest.approx(30.05, abs=0.002)


@given(st.floats(0.02, JUMP * 0.95), st.floats(6, 40))
def test_a_small_step_bends_the_map_near_it(step: float, at: float) -> None:
    follower, _ = follow(lambda position: position + (step if position >= at else 0))
    assert mapped(follower, 0, at - 5) == pytest.approx(at - 5, abs=0.001)
    assert mapped(follower, 0, at + 3.5) == pytest.approx(at + 3.5 + step, abs=0.009)


def test_one_wrong_stamp_changes_nothing() -> None:
    follower, verdicts = follow(lambda position: position + (7 if 20 <= position < 20.024 else 0))
    assert verdicts.count("suspect") == 1
    assert "jumps" not in verdicts
    assert follower.moves == []


def test_two_stamps_that_agree_are_a_jump() -> None:
    _, verdicts = follow(lambda position: position + (7 if position >= 20 else 0))
    assert verdicts[verdicts.index("suspect") + 1] == "jumps"
