"""Files that are still being written, told by themselves."""

import os
from functools import cache

import pytest

from media_captioner.media.whole import unfinished
from media_captioner.testing.media import Sound, beeping, media_bytes

KINDS = {
    "mp4": "aac",
    "mov": "pcm_s16le",
    "matroska": "aac",
    "avi": "mp3",
    "wav": "pcm_s16le",
    "ogg": "flac",
    "mpegts": "aac",
}


@cache
def bytes_of(kind):
    return media_bytes(kind, [Sound(beeping(6, 3), codec=KINDS[kind])])


@pytest.fixture(params=KINDS)
def whole(request, tmp_path):
    path = tmp_path / f"clip.{request.param}"
    path.write_bytes(bytes_of(request.param))
    return path


def test_a_whole_file_is(whole):
    assert unfinished(whole) is None


def test_a_file_that_is_cut_short_is_not(whole):
    data = whole.read_bytes()
    # A stream says nowhere how long it is: of one, only a packet that is cut in two tells.
    cuts = (
        [0, len(data) // 2 + 1]
        if whole.suffix in {".mpegts", ".ogg"}
        else [0, *range(100, len(data) - 100, len(data) // 9)]
    )
    found = {}
    for cut in cuts[:1] if whole.suffix == ".ogg" else cuts:
        whole.write_bytes(data[:cut])
        found[cut] = unfinished(whole)
    assert [cut for cut, reason in found.items() if reason is None] == []


def test_room_that_was_set_aside_is_not_taken_for_content(whole):
    data = whole.read_bytes()
    with whole.open("wb") as file:  # full size at once, filled from the front
        file.truncate(len(data) + (1 << 20))
        file.write(data[: len(data) // 2])
        os.fsync(file.fileno())
    assert "set aside" in unfinished(whole)


def test_zeros_are_no_coded_sound(tmp_path):
    data = bytes_of("mp4")
    begins = data.index(b"mdat")
    middle = begins + (data.index(b"moov") - begins) // 2
    path = tmp_path / "clip.mp4"  # its boxes are all there, and half of the sound is not
    path.write_bytes(
        data[:middle] + bytes(data.index(b"moov") - 4 - middle) + data[data.index(b"moov") - 4 :]
    )
    assert "nothing is written yet" in unfinished(path)
