"""Files that go wrong: read without a hang or a crash, with every beep where it is heard, or refused for what they are."""

from __future__ import annotations

import socket
import threading
from fractions import Fraction

import pytest

from media_captioner.errors import MediaChanged, MediaError, MediaLimitExceeded
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
from media_captioner.media.tracks import choose
from media_captioner.testing.media import find_beeps
from media_captioner.testing.nasty import CATALOGUE, Nasty
from media_captioner.testing.nasty.boxes import index_first
from media_captioner.testing.nasty.clocks import film

SHORT = Fraction(3)


def read(path, *, number=None, limits=DEFAULT_LIMITS):
    media = probe(path, limits=limits)
    track = choose(media, number=number)[0].track
    with open_segments(media, track, limits=limits) as reader:
        return list(reader), reader


@pytest.mark.parametrize("case", CATALOGUE, ids=lambda case: case.name)
def test_a_nasty_file_is_read_right_or_refused(case: Nasty, tmp_path) -> None:
    path = case.write(tmp_path)
    if case.refused is not None:
        with pytest.raises(case.refused) as refusal:
            read(path, number=case.track, limits=case.limits)
        assert type(refusal.value) is case.refused
        return
    segments, reader = read(path, number=case.track, limits=case.limits)
    found = find_beeps(segments)
    assert len(found) == len(case.beeps), [float(time) for time in found]
    for heard, true in zip(found, case.beeps, strict=True):
        assert abs(heard - true) <= case.within, f"{float(heard)} instead of {float(true)}"
    assert bool(reader.partial) == case.partial, reader.partial
    assert reader.end == max(segment.end for segment in segments)


def test_the_catalogue_covers_what_was_promised() -> None:
    assert len(CATALOGUE) >= 80
    assert sum(case.refused is not None for case in CATALOGUE) >= 30
    assert sum(case.partial for case in CATALOGUE) >= 10


def test_a_disguised_playlist_opens_no_connection(tmp_path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    port = listener.getsockname()[1]
    texts = {
        "hls.mp4": f"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile http://127.0.0.1:{port}/a.ts\n",
        "late.mp4": "x" * 5000 + f"\n#EXTM3U\nhttp://127.0.0.1:{port}/a.ts\n",
        "dash.mp4": f"\n\n<!-- {'x' * 5000} --><MPD><BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></MPD>",
        f"http:127.0.0.1:{port}": "no media",
    }
    try:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
            with pytest.raises(MediaError):
                probe(tmp_path / name)
        with pytest.raises(TimeoutError):
            listener.accept()
    finally:
        listener.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mpg", "flv"])
def test_a_file_cut_anywhere_gives_an_error_of_ours_or_its_beginning(suffix: str, tmp_path) -> None:
    data = film(suffix, 1, seconds=SHORT)
    if suffix == "mp4":
        data = index_first(data)
    path = tmp_path / f"cut.{suffix}"
    for end in [*range(0, 2048, 211), *range(2048, len(data), len(data) // 12)]:
        path.write_bytes(data[:end])
        try:
            segments, _ = read(path)
        except MediaError:
            continue
        assert all(segment.end <= SHORT + 1 for segment in segments)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mpg", "flv"])
def test_damage_anywhere_gives_an_error_of_ours_or_most_of_the_sound(suffix: str, tmp_path) -> None:
    import numpy as np

    data = film(suffix, 1, seconds=SHORT)
    draw = np.random.default_rng(5)
    path = tmp_path / f"damaged.{suffix}"
    for _ in range(12):
        damaged = np.frombuffer(data, np.uint8).copy()
        places = draw.integers(0, len(data), size=int(draw.integers(1, 40)))
        damaged[places] = draw.integers(0, 256, size=len(places))
        path.write_bytes(damaged.tobytes())
        try:
            segments, _ = read(path, limits=MediaLimits(max_seconds=Fraction(600)))
        except MediaError:
            continue
        assert sum(len(segment.pcm) for segment in segments) <= 16_000 * 600


def test_a_file_that_grows_while_it_is_read_is_partial(tmp_path) -> None:
    data = film("mkv", 1, seconds=40)
    path = tmp_path / "growing.mkv"
    path.write_bytes(data[: len(data) // 2])
    media = probe(path)
    with open_segments(media, media.audio[0]) as reader:
        first = next(reader)
        with path.open("ab") as file:
            file.write(data[len(data) // 2 : -1000])
        rest = list(reader)
    assert first.end < rest[-1].end
    assert reader.partial is not None
    assert "still being written" in reader.partial


def test_another_file_in_its_place_is_noticed(tmp_path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film("mkv", 1, seconds=SHORT))
    media = probe(path)
    other = tmp_path / "other.mkv"
    other.write_bytes(film("mkv", 2, seconds=SHORT))
    other.replace(path)
    with pytest.raises(MediaChanged):
        open_segments(media, media.audio[0])


def test_a_file_that_vanishes_is_an_error_of_ours(tmp_path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film("mkv", 1, seconds=SHORT))
    media = probe(path)
    path.unlink()
    with pytest.raises(MediaError):
        open_segments(media, media.audio[0])


def test_too_many_errors_end_the_work(tmp_path) -> None:
    data = bytearray(film("mkv", 1, seconds=10))
    for place in range(len(data) // 4, len(data), 997):
        data[place] ^= 0x10
    path = tmp_path / "damaged.mkv"
    path.write_bytes(data)
    with pytest.raises(MediaLimitExceeded, match="could not be decoded"):
        read(path, limits=MediaLimits(max_decode_errors=5))


def test_decoding_works_in_one_thread_after_another(tmp_path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(film("mkv", 1, seconds=40))
    media = probe(path)
    segments = []
    with open_segments(media, media.audio[0]) as reader:
        while True:
            box: list[object] = []
            worker = threading.Thread(target=lambda: box.append(next(reader, None)))  # noqa: B023
            worker.start()
            worker.join()
            if box == [None]:
                break
            segments += box
    assert find_beeps(segments) == pytest.approx([1], abs=0.012)
