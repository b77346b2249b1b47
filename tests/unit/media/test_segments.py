import itertools
from collections import deque
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from media_captioner.errors import CorruptMedia, MediaLimitExceeded, NoAudio
from media_captioner.media.cutting import Cutter
from media_captioner.media.demux import Demuxer
from media_captioner.media.lane import Lane
from media_captioner.media.policy import MediaLimits
from media_captioner.media.probe import probe
from media_captioner.media.segments import Cutting, open_segments, open_tracks
from media_captioner.testing.media import Picture, Sound, beeping, find_beeps, media_bytes, with_hole
from media_captioner.testing.nasty.contents import babble


def written(folder, data, name="film.mkv"):
    path = folder / name
    path.write_bytes(data)
    return probe(path)


@cache
def long_data():
    return media_bytes("matroska", [Sound(beeping(75, 5, 40, 70), codec="flac")], Picture(Fraction(75)))


@pytest.fixture
def long_film(tmp_path):
    return written(tmp_path, long_data())


def test_segments_tile_the_track(long_film) -> None:
    with open_segments(long_film, long_film.audio[0]) as reader:
        segments = list(reader)
    assert reader.partial is None
    assert reader.end == 75
    assert segments[0].start == 0
    assert segments[-1].end == 75
    assert segments[-1].cut == "end"
    for before, after in itertools.pairwise(segments):
        assert after.start == before.end - after.overlap
    for segment in segments:
        assert segment.pcm.dtype == np.int16
        assert segment.rate == 16_000
        assert segment.pcm.flags["C_CONTIGUOUS"]
        assert segment.anchors[0] == (0, segment.start)
        assert segment.time_at(Fraction(len(segment.pcm), 16_000)) == segment.end
        assert segment.measurements is not None
        assert segment.measurements.channels == "dual mono"
    assert find_beeps(segments) == pytest.approx([5, 40, 70], abs=0.002)


def test_the_first_segment_comes_before_the_rest_is_read(long_film) -> None:
    with open_segments(long_film, long_film.audio[0]) as reader:
        first = next(reader)
        assert first.end <= 12
        assert reader.end == first.end
        assert reader.partial is None


def test_leaving_in_the_middle_closes_the_file(long_film) -> None:
    with open_segments(long_film, long_film.audio[0]) as reader:
        next(reader)
    assert list(reader) == []
    reader.close()


def test_an_interrupt_closes_the_file(long_film) -> None:
    def interrupted() -> None:
        with open_segments(long_film, long_film.audio[0]) as reader:
            for _ in reader:
                raise KeyboardInterrupt

    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_several_tracks_are_read_in_one_pass(tmp_path) -> None:
    sounds = [Sound(beeping(40, at), codec="flac") for at in (5, 20, 35)]
    media = written(tmp_path, media_bytes("matroska", sounds))
    with open_tracks(media, (media.audio[0], media.audio[2])) as reader:
        segments = list(reader)
    assert {segment.track.number for segment in segments} == {1, 3}
    for number, at in ((1, 5), (3, 35)):
        own = [segment for segment in segments if segment.track.number == number]
        assert [segment.index for segment in own] == list(range(len(own)))
        assert find_beeps(own) == pytest.approx([at], abs=0.002)
    assert reader.partial is None


def test_a_hole_is_never_made_up(tmp_path) -> None:
    data = media_bytes(
        "matroska", [Sound(beeping(10, 1, 8), codec="flac", retime=with_hole(3, 6))], Picture(Fraction(10))
    )
    media = written(tmp_path, data)
    with open_segments(media, media.audio[0]) as reader:
        before, after = reader
    assert before.cut == "hole"
    assert before.end == pytest.approx(3, abs=0.1)
    assert after.start == pytest.approx(6, abs=0.1)
    assert sum(len(segment.pcm) for segment in (before, after)) == pytest.approx(7 * 16_000, abs=3200)


def test_two_languages_are_told(tmp_path) -> None:
    planes = np.stack([babble(30, 1), babble(30, 2)])
    media = written(tmp_path, media_bytes("wav", [Sound(planes, codec="pcm_s16le")]), "film.wav")
    with open_segments(media, media.audio[0]) as reader:
        kinds = {segment.measurements.channels for segment in reader if segment.measurements}
    assert kinds == {"split"}


def test_a_rate_of_8_khz_becomes_16(tmp_path) -> None:
    sound = Sound(beeping(3, 2, rate=8000, channels=1), 8000, "pcm_s16le")
    media = written(tmp_path, media_bytes("wav", [sound]), "film.wav")
    with open_segments(media, media.audio[0]) as reader:
        segments = list(reader)
    assert [len(segment.pcm) for segment in segments] == [48_000]
    assert find_beeps(segments) == pytest.approx([2], abs=0.002)


def test_16_khz_mono_passes_bit_for_bit(tmp_path) -> None:
    sound = beeping(3, 2, rate=16_000, channels=1)
    media = written(tmp_path, media_bytes("wav", [Sound(sound, 16_000, "pcm_s16le")]), "film.wav")
    with open_segments(media, media.audio[0]) as reader:
        (segment,) = reader
    assert np.abs(segment.pcm - sound[0] * 32768).max() <= 1
    assert segment.measurements is not None
    assert segment.measurements.channels == "mono"


def test_fixed_cuts_are_where_they_should_be(long_film) -> None:
    cutting = Cutting(target=Fraction(20), first=Fraction(20), fixed=True)
    with open_segments(long_film, long_film.audio[0], cutting=cutting) as reader:
        assert [segment.start for segment in reader] == [0, 20, 40, 60]


class Clock:
    """Time passes by an hour with every look at it."""

    def __init__(self) -> None:
        self.hours = 0

    def monotonic(self) -> float:
        self.hours += 1
        return 3600.0 * self.hours


def test_work_without_end_is_ended(long_film) -> None:
    track = long_film.audio[0]
    lane = Lane(track, Cutter(Cutting(), 16_000, None), deque())
    limits = MediaLimits(max_wall_seconds=60)
    demuxer = Demuxer(long_film, (track,), {track.index: lane}, limits, clock=Clock())
    with pytest.raises(MediaLimitExceeded, match="60 seconds of work"):
        list(demuxer.run(()))
    demuxer.close()


def test_sound_beyond_the_limit_ends_the_work(long_film) -> None:
    with (
        open_segments(long_film, long_film.audio[0], limits=MediaLimits(max_seconds=Fraction(20))) as reader,
        pytest.raises(MediaLimitExceeded),
    ):
        list(reader)


def test_an_empty_track_is_no_audio(tmp_path) -> None:
    data = media_bytes(
        "matroska", [Sound(beeping(1), codec="flac", retime=lambda _: None)], Picture(Fraction(2))
    )
    media = written(tmp_path, data)
    with (
        open_segments(media, media.audio[0]) as reader,
        pytest.raises((NoAudio, CorruptMedia), match="track 1"),
    ):
        list(reader)
