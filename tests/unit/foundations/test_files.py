"""The writer: whole or not at all, and never over what is not ours."""

import os
import stat

import pytest

from media_captioner.errors import (
    AlreadyRunning,
    MediaNotFound,
    OutputConflict,
    OutputNotWritable,
    UnsafeInput,
)
from media_captioner.system import files, identity


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_whole(tmp_path):
    digest = files.write_whole(tmp_path / "clip.en.vtt", b"WEBVTT\n")
    assert (tmp_path / "clip.en.vtt").read_bytes() == b"WEBVTT\n"
    assert digest == identity.sha256_of(tmp_path / "clip.en.vtt")
    assert _names(tmp_path) == ["clip.en.vtt"]


def test_a_failure_in_the_middle_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "clip.xmp"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), files.written_whole(path, anything=True) as file:
        file.write(b"half of the n")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["clip.xmp"]


def test_what_stands_there_is_replaced_only_when_it_is_what_we_last_saw(tmp_path):
    path = tmp_path / "clip.en.vtt"
    ours = files.write_whole(path, b"one")
    files.write_whole(path, b"two", replacing=ours)
    path.write_bytes(b"edited by a person")
    with pytest.raises(OutputConflict):
        files.write_whole(path, b"three", replacing=ours)
    with pytest.raises(OutputConflict):
        files.write_whole(path, b"three")
    assert path.read_bytes() == b"edited by a person"
    assert _names(tmp_path) == ["clip.en.vtt"]


def test_the_mode_of_the_old_file_is_kept(tmp_path):
    path = tmp_path / "clip.xmp"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.write_whole(path, b"new", anything=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_whole(tmp_path / "clip.xmp", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "clip.xmp").stat().st_mode) == 0o640


def test_a_missing_folder_is_said_by_name(tmp_path):
    with pytest.raises(OutputNotWritable, match="gone"):
        files.write_whole(tmp_path / "gone" / "clip.vtt", b"x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said_and_costs_nothing(tmp_path, monkeypatch):
    # The same errno as a full disk, from the kernel itself, through the same calls.
    path = tmp_path / "clip.vtt"
    path.write_bytes(b"old")
    real = os.open

    def full(name, flags, *rest, **more):
        if str(name).endswith(".tmp"):
            real(name, flags, *rest, **more)
            return real("/dev/full", os.O_WRONLY)
        return real(name, flags, *rest, **more)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(files.DiskFull, match=r"clip\.vtt"):
        files.write_whole(path, b"new" * 100_000, anything=True)
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["clip.vtt"]


def test_only_regular_files_are_sources(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "clip.mp4").write_bytes(b"x")
    assert identity.check_source(tmp_path / "clip.mp4").size == 1
    for name in ("pipe.mp4", "folder.mp4"):
        with pytest.raises(UnsafeInput):
            identity.check_source(tmp_path / name)
    for name in ("none.mp4", "clip.mp4/inside", "nul\0.mp4"):
        with pytest.raises(MediaNotFound):
            identity.check_source(tmp_path / name)


def test_content_id_follows_the_bytes_and_not_the_name(tmp_path):
    one, two, three = (tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4"))
    one.write_bytes(b"same")
    two.write_bytes(b"same")
    three.write_bytes(b"other")
    assert identity.content_id(one) == identity.content_id(two) != identity.content_id(three)


def test_content_id_of_a_large_file_notices_its_ends_and_its_length(tmp_path):
    path = tmp_path / "tape.mov"
    with path.open("wb") as file:
        file.truncate(identity._SAMPLED + 10)
    seen = {identity.content_id(path)}
    with path.open("r+b") as file:
        file.write(b"x")
    seen.add(identity.content_id(path))
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    seen.add(identity.content_id(path))
    with path.open("ab") as file:
        file.write(b"\0")
    seen.add(identity.content_id(path))
    assert len(seen) == 4


def test_leftovers_of_killed_runs_are_swept_but_not_those_at_work(tmp_path):
    for name in (".mc-0123.tmp", ".mc-4567.tmp", "keep.tmp", ".mc-notes"):
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / ".mc-0123.tmp", (0, 0))
    assert files.sweep(tmp_path, older_than=3600, now=10_000) == 1
    assert _names(tmp_path) == [".mc-4567.tmp", ".mc-notes", "keep.tmp"]


def test_the_second_holder_of_a_lock_is_told_who_the_first_is(tmp_path):
    lock = tmp_path / "state" / "lock"
    with (
        files.locked(lock, doing="watching /archive"),
        pytest.raises(AlreadyRunning, match="watching /archive"),
    ):
        with files.locked(lock, doing="watching /archive too"):
            pass
    with files.locked(lock, doing="again"):
        pass
