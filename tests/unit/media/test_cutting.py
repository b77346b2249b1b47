import itertools
from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_captioner.media.cutting import Cutter, Cutting
from media_captioner.media.downmix import Downmix
from media_captioner.media.lane import Lane
from media_captioner.testing.nasty.contents import babble
from tests.unit.media.building import RATE, noise, silence, tone, track

SOUNDS = [
    noise(200, 0.1),
    silence(200),
    tone(200),
    (babble(200, 1, RATE) * 32767).astype(np.int16),
]
"""Sounds with pauses everywhere, nowhere, and now and then."""


def through_a_lane(chunks, cutting, block=RATE):
    """Cut chunks of sound as a decoder hands them over, in blocks."""
    ready = deque()
    lane = Lane(track(), Cutter(cutting, RATE, None), ready)
    measuring = Downmix(("FC",), RATE)
    time = Fraction(0)
    for pcm in chunks:
        lane.begin_chunk(time)
        for first in range(0, len(pcm), block):
            part = pcm[first : first + block]
            lane.take(
                part,
                measuring.measure(part[None].astype(np.float32) / 32768),
                RATE / 10,
                channels=1,
                split=False,
            )
        lane.end_chunk("hole")
        time += Fraction(len(pcm), RATE) + 100
    return list(ready)


cuttings = st.builds(
    Cutting,
    target=st.fractions(2, 30, max_denominator=10),
    first=st.fractions(1, 30, max_denominator=10),
    search=st.fractions(0, 40, max_denominator=10),
    minimum=st.fractions(0, 20, max_denominator=10),
    overlap=st.fractions(0, 10, max_denominator=10),
    fixed=st.booleans(),
)
chunks = st.lists(
    st.tuples(st.sampled_from(range(len(SOUNDS))), st.integers(1, 45 * RATE)), min_size=1, max_size=2
)


@settings(max_examples=40)
@given(chunks, cuttings, st.sampled_from([RATE // 3, 2 * RATE, 10 * RATE]))
def test_every_sample_is_in_a_segment_once_but_for_overlaps(parts, cutting, block) -> None:
    sounds = [SOUNDS[kind][:length] for kind, length in parts]
    segments = through_a_lane(sounds, cutting, block)
    assert [segment.index for segment in segments] == list(range(len(segments)))
    together = [segment.pcm[int(segment.overlap * RATE) :] for segment in segments]
    assert np.array_equal(np.concatenate(together), np.concatenate(sounds))
    for segment in segments:
        assert 0 < len(segment.pcm) <= cutting.target * RATE
        assert segment.end - segment.start == Fraction(len(segment.pcm), RATE)
    assert len(segments[0].pcm) <= cutting.first * RATE
    for before, after in itertools.pairwise(segments):
        if before.cut == "hole":
            assert after.overlap == 0
            assert after.start > before.end
        else:
            assert after.start == before.end - after.overlap
            assert (after.overlap > 0) <= (before.cut == "forced")
            assert np.array_equal(
                before.pcm[len(before.pcm) - int(after.overlap * RATE) :],
                after.pcm[: int(after.overlap * RATE)],
            )


def test_the_last_segment_is_not_a_scrap() -> None:
    for tail in (0.1, 1, 3):
        segments = through_a_lane([noise(12 + 30 + tail)], Cutting())
        assert min(len(segment.pcm) for segment in segments) >= 4 * RATE


def test_what_a_hole_leaves_is_a_segment_however_short() -> None:
    segments = through_a_lane([noise(0.2), noise(5)], Cutting())
    assert [len(segment.pcm) / RATE for segment in segments] == [0.2, 5]
    assert [segment.cut for segment in segments] == ["hole", "hole"]


def test_the_first_segment_is_short() -> None:
    segments = through_a_lane([noise(100)], Cutting())
    assert len(segments[0].pcm) <= 12 * RATE
    assert len(segments[1].pcm) > 15 * RATE


def test_fixed_lengths_are_exact() -> None:
    segments = through_a_lane([noise(35)], Cutting(target=Fraction(10), first=Fraction(10), fixed=True))
    assert [len(segment.pcm) / RATE for segment in segments] == [10, 10, 10, 5]
    assert all(segment.overlap == 0 for segment in segments)


def test_pauseless_sound_overlaps_and_says_so() -> None:
    ebb = 10 ** (np.sin(2 * np.pi * 5 * np.arange(60 * RATE) / RATE) / 2)
    segments = through_a_lane([(noise(60, 0.03) * ebb).astype(np.int16)], Cutting())
    assert segments[0].cut == "forced"
    assert segments[1].overlap > 0


def test_silence_is_marked_and_a_knock_in_it_is_not() -> None:
    pcm = silence(90)
    pcm[50 * RATE : 50 * RATE + 20] = 40
    segments = through_a_lane([pcm], Cutting())
    marked = [segment.silent for segment in segments]
    assert marked.count(False) == 1
    (heard,) = [segment for segment in segments if not segment.silent]
    assert heard.start <= 50 <= heard.end


@pytest.mark.parametrize(
    "wrong",
    [{"target": Fraction(0)}, {"first": Fraction(1, 2)}, {"overlap": Fraction(-1)}, {"search": Fraction(-1)}],
)
def test_a_rule_that_cannot_work_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="segment|negative"):
        Cutting(**wrong)
