"""The commands around the daemon: service, backfill, why, retry, and the daemon itself as a process."""

import configparser
import json
import os
import plistlib
import shlex
import signal
import subprocess
import sys
import time

import httpx
import pytest

from media_captioner.cli.app import run
from media_captioner.watch.service import launchd_plist, systemd_unit
from tests.unit.watch.conftest import sidecar

MAIN = "from media_captioner.cli import main; raise SystemExit(main())"
HOSTILE = ["/opt/media captioner/bin/run", "watch", '/media/100% "live" $HOME', "--log", "json"]


def test_a_systemd_unit_keeps_every_argument_as_it_is():
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read_string(systemd_unit(HOSTILE, user="archive"))
    words = shlex.split(parser["Service"]["ExecStart"].replace("$$", "\\$").replace("%%", "%"))
    assert [word.replace("\\$", "$") for word in words] == HOSTILE
    assert parser["Service"]["User"] == "archive"
    assert parser["Service"]["SuccessExitStatus"] == "143"
    assert "User" not in systemd_unit(HOSTILE)


def test_a_property_list_keeps_every_argument_as_it_is(tmp_path):
    found = plistlib.loads(launchd_plist(HOSTILE, tmp_path / "log"))
    assert found["ProgramArguments"] == HOSTILE
    assert found["KeepAlive"] == {"SuccessfulExit": False}


def test_backfill_shows_its_plan_and_begins_only_when_told(root, clip, capsys, tmp_path):
    (root / "a.mp4").write_bytes(clip)
    (root / "b.mp4").write_bytes(clip)
    (root / ".captionignore").write_text("b.*\n")
    command = [
        "backfill",
        str(root),
        "--captioner",
        "emulated",
        "--formats",
        "vtt",
        "--journal",
        str(tmp_path / "j.db"),
    ]
    assert run(command) == 0
    assert "1 files" in capsys.readouterr().err
    assert not sidecar(root / "a.mp4").exists()
    assert run([*command, "--yes"]) == 0
    assert sidecar(root / "a.mp4").exists()
    assert not sidecar(root / "b.mp4").exists()


def test_backfill_at_a_paid_service_needs_a_cap(root, clip, monkeypatch):
    (root / "a.mp4").write_bytes(clip)
    monkeypatch.setenv("DASHSCOPE_API_KEY", "none")
    assert run(["backfill", str(root), "--captioner", "qwen", "--yes"]) == 2


@pytest.fixture
def service(root, tmp_path):
    """Start the daemon as a process on ``root``, and end it afterwards."""
    running = []

    def start(*options):
        command = [sys.executable, "-c", MAIN, "watch", str(root), "--captioner", "emulated"]
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
    assert second.wait(30) == 8
    process.send_signal(signal.SIGHUP)
    logged(tmp_path, "read the settings again")
    assert process.poll() is None
    assert run(["why", str(path), "--journal", str(tmp_path / "j.db")]) == 0
    assert "done since" in capsys.readouterr().out
    (root / "b.mp4.part").write_bytes(clip)
    assert run(["why", str(root / "b.mp4.part"), "--journal", str(tmp_path / "j.db")]) == 0
    assert "not whole yet" in capsys.readouterr().out
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
