"""The commands around the daemon: service and backfill."""

import configparser
import json
import os
import plistlib
import shlex

import pytest

from media_captioner.cli.app import run
from media_captioner.config.tables import WatchedRoot
from media_captioner.hooks import attending
from media_captioner.hooks.plugged import Plugged
from media_captioner.outcomes import AssetReport
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.identity import content_id, standing
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.watch.backfill import media_below, noting
from media_captioner.watch.memory import Memory, memory_file
from media_captioner.watch.rules import Rules
from media_captioner.watch.service import launchd_plist, systemd_unit
from media_captioner.watch.survey import Survey
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


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_no_unit_is_printed_for_what_cannot_be_watched(kind, root, tmp_path, monkeypatch, capsys):
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))

    def said(*options):
        code = run(["service", kind, *map(str, options)])
        told = capsys.readouterr()
        return code, told.out if code == 0 else told.out + told.err

    for options, reason in (
        ([root / "none"], "no such folder"),
        ([], "no folder to watch"),
        ([root, "--config", tmp_path / "none.toml"], "none.toml"),
    ):
        code, told = said(*options)
        assert (code, reason in told, "ExecStart" in told or "plist" in told) == (2, True, False)
    assert str(root) in said(root)[1]
    (tmp_path / "own.toml").write_text(f'[[watch]]\nroot = "{root}"\n')
    assert str(tmp_path / "own.toml") in said("--config", tmp_path / "own.toml")[1]
    odd = root / os.fsdecode(b"\xff tapes")
    odd.mkdir()
    assert said(odd)[0] == 2
    # Whose account it is to run under has settings of its own.
    assert said("--user", "archive")[0] == (0 if kind == "systemd" else 2)
    assert kind == "systemd" or (tmp_path / "state" / "media-captioner").is_dir()


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
    assert "1 file, " in capsys.readouterr().err
    assert not sidecar(root / "a.mp4").exists()
    assert run([*command, "--yes"]) == 0
    assert sidecar(root / "a.mp4").exists()
    assert not sidecar(root / "b.mp4").exists()
    (root / "c.mp4").write_bytes(clip)
    capsys.readouterr()
    assert run([*command, "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["files"], planned["captioned"], planned["seconds"]) == (2, 1, 2.0)
    assert run(command) == 0
    said = capsys.readouterr().err
    assert "2 files, 1 of them captioned already, 0:02 of sound to caption" in said
    assert "nothing is paid for" in said


def test_backfill_at_a_paid_service_needs_a_cap(root, clip, monkeypatch):
    (root / "a.mp4").write_bytes(clip)
    monkeypatch.setenv("DASHSCOPE_API_KEY", "none")
    assert run(["backfill", str(root), "--captioner", "qwen", "--yes"]) == 2


def test_a_daemon_need_not_look_at_what_backfill_captioned(root, clip, tmp_path):
    for name in ("a.mp4", "b.mp4", "broken.mp4"):
        (root / name).write_bytes(clip if len(name) == 5 else b"\0" * 4096)
    options = ["--captioner", "emulated", "--formats", "vtt", "--journal", str(tmp_path / "j.db")]
    assert run(["backfill", str(root), *options, "--yes"]) != 0  # one is broken
    memory = Memory(root, memory_file(root))
    table = WatchedRoot(root=root)
    news = Survey(Rules(table), memory, SYSTEM_CLOCK).everything(thorough=True)
    assert [finding.path.name for finding in news.found] == ["broken.mp4"]
    known = memory.of(root / "a.mp4")
    memory.close()
    assert (known.state, known.content) == ("done", content_id(root / "a.mp4"))
    (root / "b.mp4").write_bytes(clip + b"\0\0\0\x08free")
    found, _ = media_below(table)
    with noting(table, found) as note:
        (root / "b.mp4").write_bytes(clip)
        note(AssetReport(root / "b.mp4", "done"))
        assert not note.memory.of(root / "b.mp4").is_same(standing(root / "b.mp4"))


def test_where_a_captioner_states_no_price_the_plan_says_so(root, clip, capsys, monkeypatch):
    (root / "a.mp4").write_bytes(clip)
    found = Plugged(captioners={"parrot": lambda options: FakeCaptioner(name="parrot")})
    monkeypatch.setattr(attending, "plugged", lambda: found)
    for command in ("backfill", "plan"):
        assert run([command, str(root), "--captioner", "parrot"]) == 0
        assert "price unknown" in "".join(capsys.readouterr())
        assert run([command, str(root), "--captioner", "emulated"]) == 0
        assert "price" not in "".join(capsys.readouterr())
