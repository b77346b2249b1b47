"""The daemon as the system runs it: a process that serves its health, obeys signals and is alone at its folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest

from media_captioner.cli.app import run
from tests.unit.watch.conftest import clip, root

__all__ = ["clip", "root"]  # fixtures

MAIN = "from media_captioner.cli import main; raise SystemExit(main())"


@pytest.fixture
def service(root, tmp_path):
    """Start the daemon as a process on ``root``, and end it afterwards."""
    running = []

    def start(*options, named=True, below=()):
        folders = [str(root)] if named else []
        command = [*below, sys.executable, "-c", MAIN, "watch", *folders, "--captioner", "emulated"]
        with (tmp_path / "log").open("a") as log:
            running.append(
                subprocess.Popen(
                    [*command, "--log", "json", "--port", "0", "--journal", str(tmp_path / "j.db"), *options],
                    stderr=log,
                    env=os.environ | {"MEDIA_CAPTIONER_FORMATS": "vtt"},
                )
            )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def logged(tmp_path, text, within=30.0):
    """Wait for a line of the log that holds ``text``, and return it."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        for line in (tmp_path / "log").read_text("utf-8").splitlines():
            if text in line:
                return json.loads(line)
        time.sleep(0.05)
    raise AssertionError((tmp_path / "log").read_text("utf-8"))


def test_the_daemon_serves_its_health_reads_settings_again_and_ends_when_told(
    root, clip, tmp_path, service, capsys
):
    process = service()
    address = logged(tmp_path, "health at")["message"].split()[2].removesuffix("/healthz")
    path = root / "a.mp4"
    path.write_bytes(clip)
    logged(tmp_path, '"state": "done"')
    assert f'media_captioner_files{{root="{root}",state="done"}} 1' in httpx.get(f"{address}/metrics").text
    assert httpx.get(f"{address}/healthz").json() == {"status": "ok", "problems": []}
    assert httpx.get(f"{address}/healthz", headers={"host": "evil.test"}).status_code == 403
    second = service()
    assert second.wait(60) == 8
    process.send_signal(signal.SIGHUP)
    logged(tmp_path, "read the settings again")
    assert process.poll() is None
    assert run(["why", str(path), "--journal", str(tmp_path / "j.db")]) == 0
    assert "done since" in capsys.readouterr().out
    (root / "b.mp4.part").write_bytes(clip)
    assert run(["why", str(root / "b.mp4.part"), "--journal", str(tmp_path / "j.db")]) == 0
    assert "not whole yet" in capsys.readouterr().out
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143


def test_new_tables_are_watched_after_sighup_and_a_mistake_in_them_changes_nothing(
    root, clip, tmp_path, service
):
    late = tmp_path / "late"
    late.mkdir()
    settings = tmp_path / "settings.toml"
    table = "[[watch]]\nroot = '{}'\nsettle_seconds = 0.2\n"
    settings.write_text(table.format(root))
    process = service("--config", str(settings), named=False)
    logged(tmp_path, f"watching {root}")
    settings.write_text(table.format(root) + "colour = 'red'\n")
    process.send_signal(signal.SIGHUP)
    logged(tmp_path, "those from before go on")
    settings.write_text(table.format(root) + table.format(late))
    process.send_signal(signal.SIGHUP)
    logged(tmp_path, f"watching {late}")
    (late / "a.mp4").write_bytes(clip)
    assert logged(tmp_path, '"state": "done"')["path"] == str(late / "a.mp4")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_w4_where_the_system_watches_no_more_folders_they_are_looked_at_and_that_is_said(
    root, clip, tmp_path, service
):
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[[watch]]\nroot = '{root}'\nsettle_seconds = 0.2\nrescan_seconds = 3600\n")
    # -D: the daemon itself is the child, and the tracer ends with it.
    limit = ["strace", "-D", "-f", "-qq", "-o", str(tmp_path / "trace")]
    limit += ["-e", "trace=inotify_add_watch", "-e", "inject=inotify_add_watch:error=ENOSPC"]
    process = service("--config", str(settings), below=limit)
    said = logged(tmp_path, "is looked at every", within=60)
    assert (said["level"], "max_user_watches" in said["message"]) == ("warning", True)
    path = root / "a.mp4"
    path.write_bytes(clip)
    assert logged(tmp_path, '"state": "done"', within=60)["path"] == str(path)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert (tmp_path / "log").read_text("utf-8").count("is looked at every") == 1
    assert "ENOSPC" in (tmp_path / "trace").read_text("utf-8")
