"""Exact time: decimal seconds, clock time, SMPTE timecode."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner import timing
from media_captioner.timing import FrameRate

RATES = {
    "23.976": FrameRate(Fraction(24000, 1001)),
    "24": FrameRate(Fraction(24)),
    "25": FrameRate(Fraction(25)),
    "29.97 non-drop": FrameRate(Fraction(30000, 1001)),
    "29.97 drop": FrameRate(Fraction(30000, 1001), drop_frame=True),
    "59.94 drop": FrameRate(Fraction(60000, 1001), drop_frame=True),
}


@pytest.mark.parametrize(
    ("rate", "frame", "timecode"),
    [
        # SMPTE ST 12-1: two labels are skipped at the start of each minute except every tenth.
        ("29.97 drop", 1799, "00:00:59;29"),
        ("29.97 drop", 1800, "00:01:00;02"),
        ("29.97 drop", 17981, "00:09:59;29"),
        ("29.97 drop", 17982, "00:10:00;00"),
        ("29.97 drop", 107892, "01:00:00;00"),
        ("59.94 drop", 3600, "00:01:00;04"),
        ("59.94 drop", 215784, "01:00:00;00"),
        ("29.97 non-drop", 107892, "00:59:56:12"),
        ("25", 90000, "01:00:00:00"),
        ("23.976", 86400, "01:00:00:00"),
        ("25", 24 * 3600 * 25, "00:00:00:00"),
    ],
)
def test_known_timecodes(rate, frame, timecode):
    assert RATES[rate].timecode(frame) == timecode


@given(name=st.sampled_from(sorted(RATES)), frame=st.integers(0, 2_000_000))
def test_timecode_and_frame_are_each_others_inverse(name, frame):
    rate = RATES[name]
    assert rate.frame_of(rate.timecode(frame)) == frame


@given(frame=st.integers(0, 2_589_000))
def test_drop_frame_labels_follow_the_clock_within_two_frames_and_its_drift(frame):
    rate = RATES["29.97 drop"]
    hours, minutes, seconds, frames = (int(x) for x in rate.timecode(frame).replace(";", ":").split(":"))
    shown = hours * 3600 + minutes * 60 + seconds + Fraction(frames, 30)
    # Labels fall behind by up to two frames within a minute (ST 12-1 drops two at its end); besides, drop-frame runs
    # one part in a million behind the clock: 108 labels an hour are dropped where 107.892 would be right.
    drift = rate.time_of(frame) / 1_000_000
    assert abs(shown - rate.time_of(frame)) <= Fraction(2, 30) + drift


@pytest.mark.parametrize("text", ["00:01:00;00", "00:01:00;01"])
def test_a_label_that_drop_frame_skips_is_refused(text):
    with pytest.raises(ValueError, match="does not exist"):
        RATES["29.97 drop"].frame_of(text)


def test_drop_frame_exists_at_two_rates_only():
    with pytest.raises(ValueError, match="drop-frame"):
        FrameRate(Fraction(25), drop_frame=True)


@given(st.integers(-(10**12), 10**12))
def test_sample_positions_are_exact_decimals(samples):
    for rate in (8000, 16000, 32000):
        seconds = timing.from_samples(samples, rate)
        assert Fraction(timing.decimal_seconds(seconds)) == seconds


@given(st.fractions(min_value=0, max_value=400_000))
def test_clock_time_reads_back_within_half_a_millisecond(seconds):
    assert abs(timing.parse_clock_time(timing.clock_time(seconds)) - seconds) <= Fraction(1, 2000)


def test_clock_time_knows_more_than_99_hours_and_no_time_before_zero():
    assert timing.clock_time(Fraction(100 * 3600)) == "100:00:00.000"
    assert timing.clock_time(Fraction(-1)) == "00:00:00.000"
    assert timing.clock_time(Fraction(59, 1000), separator=",") == "00:00:00,059"


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "12:xx", "-3"])
def test_what_is_not_a_time_is_refused(text):
    with pytest.raises(ValueError, match="not a time"):
        timing.parse_clock_time(text)


@given(
    seconds=st.fractions(max_denominator=10**6),
    rate=st.sampled_from([1, 1000, 48_000, Fraction(24000, 1001), Fraction(60000, 1001)]),
)
def test_nearest_is_what_round_says(seconds, rate):
    assert timing.nearest(seconds, rate) == round(seconds * rate)
    for half in (Fraction(1, 2000), Fraction(3, 2000), Fraction(-1, 2000)):  # ties go to the even one
        assert timing.to_milliseconds(half) == round(half * 1000)
