"""The script in real mpv, without a screen, asked over mpv's own socket."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import webvtt

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.media import Sound, beeping, write_media

pytestmark = pytest.mark.skipif(shutil.which("mpv") is None, reason="mpv is not installed")
PROGRAM = Path(sys.executable).with_name("media-captioner")
SCRIPT = Path(__file__).parents[1] / "media_captioner.lua"
STAND_IN = """#!{python}
import json, pathlib, sys
media = pathlib.Path(sys.argv[-1])
if media.name.startswith("old") and "--early" in sys.argv:
    sys.exit("Usage: ...\\nError: No such option: --early")
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

    def __init__(self, media, folder, command, environment, script):
        address = str(folder / "mpv.socket")
        self.log = folder / "mpv.log"
        self.process = subprocess.Popen(
            ["mpv", "--no-config", "--vo=null", "--ao=null", "--idle=yes", "--force-window=no", "--pause", "--keep-open", "--no-terminal",
             f"--log-file={self.log}", f"--script={script}", f"--input-ipc-server={address}",
             *([f"--script-opts=media_captioner-command={command}"] if command else []),
             *([str(media)] if media else [])],
            env={**os.environ, **environment},
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

    def tracks(self):
        return [track for track in self.ask("get_property", "track-list") or [] if track["type"] == "sub"]

    def ours(self):
        return [track for track in self.tracks() if track.get("title") == "media_captioner"]

    def shown(self):
        return [track["title"] for track in self.tracks() if track["selected"]]

    def bound(self):
        """Whether the script is loaded: mpv answers on its socket before that."""
        bindings = self.ask("get_property", "input-bindings") or []
        return any("media_captioner/caption" in binding["cmd"] for binding in bindings)

    def told(self, text):
        return self.log.exists() and text in self.log.read_text(errors="replace")

    def until(self, true):
        for _ in range(1200):
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
    path.write_text(STAND_IN.format(python=sys.executable))
    path.chmod(0o755)
    return path


@pytest.fixture
def play(tmp_path, program):
    players = []

    def start(media, command=program, script=SCRIPT, **environment):
        players.append(Player(media, tmp_path, command, environment, script))
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


def under_version(version, folder):
    """The script, in an mpv that says it is of another version."""
    script = folder / "media_captioner.lua"
    script.write_text(
        "local real = mp.get_property\n"
        f"mp.get_property = function(name, ...) if name == 'mpv-version' then return '{version}' end return real(name, ...) end\n"
        f"dofile({json.dumps(str(SCRIPT))})\n"
    )
    return script


@pytest.mark.parametrize("key", ["Ctrl+c", "Alt+c"])
def test_an_mpv_that_is_too_old_is_told_and_nothing_is_begun(play, media, tmp_path, key):
    player = play(media, script=under_version("mpv 0.32.0", tmp_path))
    player.until(lambda: player.told("needs mpv 0.33 or newer, and this is mpv 0.32.0"))
    said = player.log.read_text(errors="replace").count("needs mpv 0.33")
    player.ask("keypress", key)
    player.until(lambda: player.log.read_text(errors="replace").count("needs mpv 0.33") > said)
    assert not media.with_suffix(".en.vtt").exists()
    assert player.tracks() == []


@pytest.mark.parametrize("version", ["mpv v0.41.0", "mpv 1.0.0", "mpv git-2026-01-02-abcdef"])
def test_newer_versions_however_they_are_written_are_taken(play, media, tmp_path, version):
    player = play(media, script=under_version(version, tmp_path))
    player.ask("keypress", "Ctrl+c")
    player.until(player.ours)
    assert not player.told("needs mpv")


def test_a_file_that_cannot_be_captioned_says_why(play, media):
    player = play(media.rename(media.with_name("silent.mkv")))
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("cannot caption: it has no sound"))


def test_a_program_older_than_the_script_is_told(play, media):
    player = play(media.rename(media.with_name("old.mkv")))
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("older than this script; update media-captioner"))


def sidecar(place, **changes):
    """What an earlier run left, where mpv does not find it by itself."""
    captions = place.with_name("heard.vtt")
    captions.write_text("WEBVTT\n\n00:00:00.000 --> 00:00:09.000\n[rain]\n")
    document = {
        "schema": "media_captioner/sidecar@1",
        "media": {"fingerprint": {"size": place.stat().st_size}},
        "outputs": {"heard.soundtrack.vtt": "", "heard.vtt": "", "heard.xmp": ""},
    }
    place.with_suffix(".media_captioner.json").write_text(json.dumps(document | changes))


def test_captions_of_an_earlier_run_are_offered_and_a_key_shows_and_hides_them(play, media):
    sidecar(media)
    player = play(media)
    player.until(lambda: player.told("Alt+c shows and hides them"))
    player.ask("sub-add", str(subtitles(media)), "select", "mine")
    assert (len(player.ours()), player.shown()) == (1, ["mine"])
    player.ask("keypress", "Alt+c")
    player.until(lambda: player.shown() == ["media_captioner"])
    player.ask("keypress", "Alt+c")
    player.until(lambda: player.shown() == ["mine"])  # what was shown before


def test_captions_that_mpv_finds_by_itself_are_not_added_twice(play, media):
    sidecar(media, outputs={"a film.en.vtt": ""})
    media.with_name("heard.vtt").rename(media.with_suffix(".en.vtt"))
    player = play(media)
    player.until(lambda: player.told("captions are there"))
    assert len(player.tracks()) == 1
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("1 captions"))
    player.until(lambda: [track["selected"] for track in player.tracks()] == [True])
    player.ask("seek", 1, "absolute")
    player.until(lambda: player.ask("get_property", "sub-text") == "[dog barking]")  # read again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "media_captioner/sidecar@9"}, "of another version: Ctrl+c"),
        ({"media": {"fingerprint": {"size": 1}}}, "changed since it was captioned: Ctrl+c"),
    ],
)
def test_captions_that_do_not_fit_are_not_offered(play, media, changes, said):
    sidecar(media, **changes)
    player = play(media)
    player.until(lambda: player.told(said))
    assert player.tracks() == []


def test_the_key_that_shows_says_how_to_make_some(play, media):
    player = play(media)
    player.ask("keypress", "Alt+c")
    player.until(lambda: player.told("there are no captions yet: Ctrl+c makes them"))


class Slow(FaultServer):
    """A service that answers once, and then when it is let."""

    def __init__(self):
        super().__init__(prose="A dog barks from 1 to 3 seconds.")
        self.asked, self.let = 0, threading.Event()

    async def _answer(self, request, responder):
        self.asked += 1
        if self.asked > 1:
            await asyncio.to_thread(self.let.wait, 100)
        await super()._answer(request, responder)


@pytest.mark.timeout(300)
@pytest.mark.skipif(not PROGRAM.exists(), reason="media-captioner is not installed beside this Python")
def test_the_program_itself_and_its_captions_while_they_come(play, tmp_path):
    film = write_media(tmp_path / "long.mkv", "matroska", Sound(beeping(30, 1, 11, 21)))
    with running(Slow()) as service:
        try:
            player = play(
                film, None, MEDIA_CAPTIONER_COMMAND=str(PROGRAM), MEDIA_CAPTIONER_CAPTIONER="openai-compatible",
                MEDIA_CAPTIONER_BASE_URL=f"{service.url}/v1", MEDIA_CAPTIONER_MODEL="m",
                MEDIA_CAPTIONER_SEGMENT_SECONDS="10", XDG_STATE_HOME=str(tmp_path / "state"),
                XDG_CONFIG_HOME=str(tmp_path / "config"), TMPDIR=str(tmp_path),
            )  # fmt: skip
            player.ask("keypress", "Ctrl+c")
            player.until(lambda: player.shown() == ["media_captioner"])
            early = player.ours()[0]["external-filename"]
            player.ask("seek", 2, "absolute")
            player.until(lambda: player.ask("get_property", "sub-text") == "[dog barking]")
            assert not film.with_suffix(".en.vtt").exists()  # it listens still
            service.let.set()
            player.until(lambda: player.told(" captions"))
        finally:
            service.let.set()
    assert [track["external-filename"] for track in player.ours()] == [str(film.with_suffix(".en.vtt"))]
    player.until(lambda: not Path(early).exists())
    last = webvtt.read(film.with_suffix(".en.vtt"))[-1]
    assert last.start_in_seconds > 15
    player.ask("seek", (last.start_in_seconds + last.end_in_seconds) / 2, "absolute")
    player.until(lambda: player.ask("get_property", "sub-text") == last.text)


def test_without_a_file_there_is_nothing_to_caption(play):
    player = play(None)
    player.ask("keypress", "Ctrl+c")
    player.until(lambda: player.told("no file is playing"))


def test_the_settings_of_the_page_are_ones_that_mpv_reads(media, tmp_path):
    page = SCRIPT.with_name("README.md").read_text("utf-8")
    settings = page.split("media_captioner.conf`:\n\n```\n")[1].split("```")[0]
    place = tmp_path / "config" / "script-opts" / "media_captioner.conf"
    place.parent.mkdir(parents=True)
    place.write_text(settings.replace("auto=no", "auto=yes"))
    log = tmp_path / "mpv.log"
    options = ["--vo=null", "--ao=null", "--no-terminal", f"--config-dir={tmp_path / 'config'}"]
    command = ["mpv", *options, f"--log-file={log}", f"--script={SCRIPT}", str(media)]
    with subprocess.Popen(command) as player:
        try:
            for _ in range(600):
                if log.exists() and "cannot start" in log.read_text(errors="replace"):
                    break
                time.sleep(0.05)
        finally:
            player.terminate()
    said = log.read_text(errors="replace")
    assert 'cannot start "/home/me/media_captioner/.venv/bin/media-captioner"' in said
    assert "error converting" not in said
    assert "unknown key" not in said
