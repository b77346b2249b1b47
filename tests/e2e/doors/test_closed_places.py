"""Files and folders that may not be read or written: each is said by name, and none stops the others."""

import json
import os
import shutil
import subprocess
import time

import pytest

from tests.e2e.user import COMMAND, Place, make_clip

LIKE_ANYBODY = (
    "setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search",
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="the administrator may read everything"
)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def run(place, *arguments):
    words = [*(LIKE_ANYBODY if os.geteuid() == 0 else ()), *COMMAND, *map(str, arguments)]
    return subprocess.run(
        words, env=place.environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_one_file_that_may_not_be_read_does_not_stop_the_others(place, tmp_path):
    clip, closed = make_clip(tmp_path / "in" / "clip.mp4"), tmp_path / "in" / "closed.mp4"
    closed.write_bytes(b"x")
    closed.chmod(0)
    folder, kept = tmp_path / "in" / "private", tmp_path / "in" / "lost+found"
    for each in (folder, kept):
        each.mkdir(mode=0)
    told = run(place, "caption", "--captioner", "emulated", "--json", tmp_path / "in", folder / "x.mp4")
    states = {report["source"]: report["state"] for report in map(json.loads, told.stdout.splitlines())}
    assert states == {
        str(clip): "done", str(closed): "failed", str(folder): "failed", str(folder / "x.mp4"): "failed"
    }  # fmt: skip
    assert f"error: Cannot read {closed}: permission denied\n" in told.stderr
    assert f"error: Cannot search {folder}: permission denied\n" in told.stderr
    assert told.returncode == 3


def test_a_folder_that_may_not_be_written_is_named_before_anybody_listens(place, tmp_path):
    clip = make_clip(tmp_path / "in" / "clip.mp4")
    clip.parent.chmod(0o555)
    told = run(place, "caption", "--captioner", "emulated", clip)
    assert f"error: Cannot write {clip.parent}: permission denied\n       Choose another" in told.stderr
    assert told.returncode == 6
    assert list(clip.parent.iterdir()) == [clip]


def test_settings_and_a_journal_that_may_not_be_read_are_no_bugs(place, tmp_path):
    for name in ("config", "state"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name).chmod(0)
    told = run(place, "config")
    assert f"error: Cannot read settings from {place.settings}: permission denied" in told.stderr
    assert told.returncode == 2
    told = run(place, "status")
    assert f"error: Cannot read the journal {tmp_path}/state/" in told.stderr
    assert told.returncode == 6
    told = run(place, "doctor")
    assert f"problem  settings: Cannot read settings from {place.settings}: permission denied" in told.stdout
    assert told.returncode == 1


@pytest.mark.parametrize("command", ["why", "forget", "verify", "export", "rebuild", "probe", "caption"])
def test_a_file_that_cannot_be_reached_is_no_bug(place, tmp_path, command):
    folder, loop = tmp_path / "private", tmp_path / "loop.mp4"
    folder.mkdir(mode=0)
    loop.symlink_to(loop)
    for path in (folder / "x.mp4", loop, tmp_path / ("x" * 300 + ".mp4")):
        told = run(place, command, path)
        assert told.returncode == 3, told.stderr
        assert "bug" not in told.stderr
        assert "Traceback" not in told.stderr


def test_backfill_and_watch_say_which_folder_they_cannot_look_into(place, tmp_path):
    clip, closed = make_clip(tmp_path / "in" / "clip.mp4"), tmp_path / "in" / "private"
    for folder in (closed, tmp_path / "in" / "lost+found"):
        folder.mkdir(mode=0)
    planned = run(place, "backfill", "--captioner", "emulated", tmp_path / "in")
    assert (planned.returncode, planned.stderr.count("Cannot search")) == (0, 1)
    done = run(place, "backfill", "--captioner", "emulated", "--yes", tmp_path / "in")
    assert f"error: Cannot search {closed}: permission denied" in done.stderr
    assert (done.returncode, (clip.parent / "clip.en.vtt").exists()) == (3, True)
    log = tmp_path / "log"
    words = [*(LIKE_ANYBODY if os.geteuid() == 0 else ()), *COMMAND, "watch", "--captioner", "emulated"]
    with subprocess.Popen(
        [*words, "--log-file", str(log), str(tmp_path / "in")],
        env=place.environment,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            ends = time.monotonic() + 100
            while not log.exists() or f"cannot look into {closed}: permission denied" not in log.read_text():
                assert process.poll() is None
                assert time.monotonic() < ends, log.read_text()
                time.sleep(0.05)
        finally:
            process.kill()
    assert "look into " + str(tmp_path / "in" / "lost+found") not in log.read_text()
    assert "os error" not in log.read_text()
