"""The script in real mpv, without a screen, asked over mpv's own socket."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from media_captioner.testing.media import Sound, beeping, write_media

pytestmark = pytest.mark.skipif(shutil.which("mpv") is None, reason="mpv is not installed")
SCRIPT = Path(__file__).parents[1] / "media_captioner.lua"
PROGRAM = """#!{python}
import json, pathlib, sys
media = pathlib.Path(sys.argv[-1])
if media.name.startswith("silent"):
    print(json.dumps({{"source": media.name, "state": "failed", "reason": "it has no sound", "tracks": None}}))
    raise SystemExit(3)
vtt = media.with_suffix(".en.vtt")
vtt.write_text("WEBVTT\\n\\n00:00:00.000 --> 00:00:09.000\\n[dog barking]\\n")
track = {{"cues": 1, "files": [str(vtt)]}}
print(json.dumps({{"source": media.name, "state": "done", "reason": None, "tracks": [track]}}))
"""


class Player:
    """mpv, and its JSON IPC."""

    def __init__(self, media, folder, command):
        address = str(folder / "mpv.socket")
        self.log = folder / "mpv.log"
        self.process = subprocess.Popen(
            ["mpv", "--no-config", "--vo=null", "--ao=null", "--idle=yes", "--force-window=no", "--pause", "--keep-open", "--no-terminal",
             f"--log-file={self.log}", f"--script={SCRIPT}", f"--input-ipc-server={address}",
             f"--script-opts=media_captioner-command={command}", *([str(media)] if media else [])]
        )  # fmt: skip
        self.socket = socket.socket(socket.AF_UNIX)
        self.until(lambda: self.socket.connect_ex(address) == 0)
        self.lines = self.socket.makefile()

    def ask(self, *command):
        self.socket.sendall(json.dumps({"command": command}).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                return answer.get("data")
        raise AssertionError("mpv went away")

    def ours(self):
        return [
            track
            for track in self.ask("get_property", "track-list") or []
            if track.get("title") == "media_captioner"
        ]

    def bound(self):
        """Whether the script is loaded: mpv answers on its socket before that."""
        bindings = self.ask("get_property", "input-bindings") or []
        return any("media_captioner/caption" in binding["cmd"] for binding in bindings)

    def told(self, text):
        return self.log.exists() and text in self.log.read_text(errors="replace")

    def until(self, true):
        for _ in range(600):
            if true():
                return
            time.sleep(0.05)
        pytest.fail("mpv did not get there: " + (self.log.read_text()[-2000:] if self.log.exists() else ""))

    def close(self):
        self.lines.close()
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "a program"
    path.write_text(PROGRAM.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.fixture
def play(tmp_path, program):
    players = []

    def start(media, command=program):
        players.append(Player(media, tmp_path, command))
        players[-1].until(players[-1].bound)
        if media:
            players[-1].until(lambda: players[-1].ask("get_property", "duration"))
        return players[-1]

    yield start
    for player in players:
        player.close()


@pytest.fixture
def media(tmp_path):
    return write_media(tmp_path / "a film.mkv", "matroska", Sound(beeping(4, 1)))


def test_the_key_captions_the_file_and_shows_its_cues_and_twice_is_once(play, media):
    player = play(media)
    player.ask("sub-add", str(subtitles(media)), "auto", "mine")
    player.ask("keypress", "Ctrl+c")
    player.until(player.ours)
    player.ask("seek", 1, "absolute")
    player.until(lambda: player.ask("get_property", "sub-text") == "[dog barking]")
    player.ask("script-message", "caption")
    player.until(lambda: player.log.read_text().count("1 captions") >= 2)
    assert len(player.ours()) == 1
    assert "mine" in [track.get("title") for track in player.ask("get_property", "track-list")]


def subtitles(media):
    path = media.with_name("mine.srt")
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nmine\n")
    return path


def test_a_missing_program_is_told(play, media):
    player = play(media, "/nowhere/media-captioner")
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("cannot start"))
    assert player.ours() == []


def test_a_file_that_cannot_be_captioned_says_why(play, media):
    player = play(media.rename(media.with_name("silent.mkv")))
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("cannot caption: it has no sound"))


def test_without_a_file_there_is_nothing_to_caption(play):
    player = play(None)
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("no file is playing"))
