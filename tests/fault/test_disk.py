"""D1 to D5, D7: a disk that is full, fails, or may not be written: nothing is half there, and nothing is paid twice."""

import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from media_captioner.errors import ConfigError, DiskFull, OutputError, OutputNotWritable
from media_captioner.export import sidecar
from media_captioner.schedule.journal.reports import overview, reading
from tests.fault import captioning
from tests.fault.kills import SEGMENTS, Offspring, Scene, asked, make_tape, slow_service

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

pytestmark = pytest.mark.timeout(300)

OUTPUTS = ["tape.en.vtt", "tape.media_captioner.json", "tape.wav", "tape.xmp"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    with slow_service() as server, Offspring() as offspring:
        yield Scene(folder / "scene", make_tape(folder / "tape.wav"), server, offspring)


@contextmanager
def disk(place, size):
    """Mount a disk of ``size`` at ``place``, where this user may."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def remount(place, option):
    subprocess.run(["mount", "-o", f"remount,{option}", str(place)], check=True)


@needs_strace
@pytest.mark.parametrize(
    ("syscall", "error", "when"),
    [
        ("write", "ENOSPC", "1+"),
        ("write", "EDQUOT", "1+"),
        ("write", "EFBIG", "1+"),
        ("fsync", "EIO", "3+"),
        ("rename", "EACCES", "1+"),
        ("rename", "EROFS", "2+"),
    ],
    ids=[
        "d1-no-space",
        "d1-no-quota",
        "d1-too-large",
        "d2-fsync-fails",
        "d3-rename-denied",
        "d3-disk-turned-read-only",
    ],
)
def test_a_failing_disk_costs_no_answer_and_leaves_no_half_file(stage, syscall, error, when):
    stage.set_up()
    inject = f"inject={syscall}:error={error}:when={when}"
    assert stage.start("-o", "/dev/null", "-e", f"trace={syscall}", "-e", inject) == 6
    stage.check_outputs_are_whole_or_missing()
    assert not list(stage.folder.glob(".mc-*"))
    assert not (stage.folder / "tape.media_captioner.json").exists()  # the last: it says that all is there
    assert stage.answered() == stage.asked().total() == SEGMENTS
    assert stage.restart().state == "done"
    assert sorted(path.name for path in stage.folder.glob("tape.*")) == OUTPUTS
    assert stage.asked().total() == SEGMENTS  # nothing was paid again


def test_d1_outputs_on_a_full_disk_wait_for_room(stage):
    stage.set_up()
    place = stage.folder / "out"
    with disk(place, "64k"):
        (place / "filler").write_bytes(bytes(64 * 1024))
        with pytest.raises(DiskFull) as raised:
            captioning.run(**stage.options, out=place)
        assert str(place) in raised.value.message
        assert "Free some space" in raised.value.hint
        assert [path.name for path in place.iterdir()] == ["filler"]
        remount(place, "size=8m")
        (report,) = captioning.run(**stage.options, out=place)
        assert report.state == "done"
        assert not sidecar.read(place / "tape.media_captioner.json").edited
    assert stage.asked().total() == SEGMENTS


def test_d1_a_journal_on_a_full_disk_asks_nothing_until_there_is_room(stage):
    stage.set_up()
    place = stage.journal.parent
    with disk(place, "1m"), ThreadPoolExecutor(1) as pool:  # less than what is kept back for answers
        run = pool.submit(stage.offspring.run, stage.options)
        while not (stage.journal.exists() and working(stage.journal)):
            assert not run.done()
            time.sleep(0.05)
        assert stage.asked().total() == 0
        remount(place, "size=64m")
        assert run.result() == 0
    assert stage.asked().total() == SEGMENTS


def working(journal):
    try:
        with reading(journal) as connection:
            return overview(connection, "").assets == {"working": 1}
    except (ConfigError, OutputError):  # it is being made
        return False


def test_d4_a_read_only_folder_is_refused_before_anything_is_paid(stage):
    stage.set_up()
    place = stage.folder / "archive"
    with disk(place, "8m"):
        shutil.copy(stage.tape, place / "tape.wav")
        remount(place, "ro")
        (report,) = captioning.run(**stage.options | {"sources": [str(place / "tape.wav")]})
        assert isinstance(report.error, OutputNotWritable)
        assert "--out" in report.error.hint
        assert [path.name for path in place.iterdir()] == ["tape.wav"]
    assert stage.asked().total() == 0


def test_d5_captioning_needs_no_temporary_folder(stage, monkeypatch):
    stage.set_up()
    monkeypatch.setattr(tempfile, "tempdir", str(stage.folder / "none"))
    assert stage.restart().state == "done"


NAMES = [
    b"new\nline.wav",
    b"100%s %d.wav",
    b"-y.wav",
    b"http:x.wav",
    b"$(touch x).wav",
    "\N{DOG FACE}.wav".encode(),
    b"no utf-8 \xff.wav",
    b"dot..wav",
    b" space .wav",
]


def test_d7_whatever_a_file_is_called_it_is_captioned(tmp_path):
    tape = make_tape(tmp_path / "tape.wav", 2)
    folder = tmp_path / "names"
    folder.mkdir()
    sources = [folder / os.fsdecode(name) for name in NAMES]
    for source in sources:
        shutil.copy(tape, source)
    with slow_service() as server:
        reports = captioning.run(server.url, tmp_path / "j.db", sources)
        assert asked(server).total() == 2  # the same sound under every name
    assert [report.state for report in reports] == ["done"] * len(NAMES)
    assert len(list(folder.iterdir())) == 4 * len(NAMES)
    for source in sources:
        assert sidecar.read(source.with_name(source.stem + sidecar.SUFFIX)).captions.segments


def test_d7_the_longest_name_that_a_disk_takes_is_captioned(tmp_path):
    source = make_tape(tmp_path / ("n" * 251 + ".wav"), 2)
    with slow_service() as server:
        (report,) = captioning.run(server.url, tmp_path / "state" / "j.db", [source])
    assert report.state == "done"
    written = {path.suffix: path for path in tmp_path.glob("n*") if path != source}
    assert sorted(written) == [".json", ".vtt", ".xmp"]
    assert sidecar.read(written[".json"]).captions.segments
