"""The commands around the daemon: service and backfill."""

import configparser
import plistlib
import shlex

from media_captioner.cli.app import run
from media_captioner.watch.service import launchd_plist, systemd_unit
from tests.unit.watch.conftest import sidecar

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
