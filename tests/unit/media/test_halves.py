"""Halving a segment: nothing is lost, nothing is heard twice, and every run cuts at the same sample."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.media.halves import halve
from media_captioner.testing.sounds import segment, tone

RATE = 16_000


def _noise(seconds, seed=1):
    return np.random.default_rng(seed).integers(-9000, 9000, round(seconds * RATE)).astype(np.int16)


@given(
    seconds=st.floats(8, 40),
    start=st.fractions(0, 100, max_denominator=1000),
    quiet=st.floats(0.3, 0.7),
    late=st.integers(0, 5),
)
def test_the_halves_are_the_whole(seconds, start, quiet, late):
    pcm = _noise(seconds)
    middle = round(len(pcm) * quiet)
    pcm[middle : middle + RATE // 5] //= 100
    whole = segment(pcm, start=start, index=7)
    # The clock of the recording slips a little in the second half.
    slip = (round(len(pcm) * 0.8), start + Fraction(round(len(pcm) * 0.8), RATE) + Fraction(late, 100))
    whole = replace(
        whole, anchors=(*whole.anchors, slip), end=whole.end + Fraction(late, 100), overlap=Fraction(1, 4)
    )
    first, second = halve(whole)
    assert np.array_equal(np.concatenate([first.pcm, second.pcm]), pcm)
    assert (first.start, second.end) == (whole.start, whole.end)
    assert first.end == second.start == whole.time_at(Fraction(len(first.pcm), RATE))
    assert abs(len(first.pcm) - middle) <= RATE // 4
    assert (first.overlap, second.overlap) == (Fraction(1, 4), 0)
    for part, offset in ((first, 0), (second, len(first.pcm))):
        for share in (0, 1, 2, 3):
            moment = Fraction(len(part.pcm) * share, 4 * RATE)
            assert part.time_at(moment) == whole.time_at(moment + Fraction(offset, RATE))
    again = halve(replace(whole, pcm=pcm.copy()))
    assert [len(part.pcm) for part in again] == [len(first.pcm), len(second.pcm)]


def test_a_silent_half_is_known_to_be_silent():
    pcm = np.concatenate([tone(6), np.zeros(6 * RATE, np.int16)])
    first, second = halve(segment(pcm))
    assert (first.silent, second.silent) == (False, True)
    assert first.measurements is None
