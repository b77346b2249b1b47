"""Kodi itself, on a virtual screen, reads what ``--layout kodi`` writes: plot and tags into its library, and the subtitles."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from on_a_screen import SECONDS, needs, running, until

from media_captioner.testing import background
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.media import Picture, Sound, beeping, write_media

PROGRAM = Path(sys.executable).with_name("media-captioner")
SOURCES = (
    '<sources><video><source><name>films</name><path pathversion="1">{}/</path></source></video></sources>'
)


@pytest.mark.hosts
@pytest.mark.timeout(4 * SECONDS)
def test_kodi_finds_plot_tags_and_subtitles(tmp_path):
    needs("kodi", "Xvfb", "dbus-run-session")
    home, films = tmp_path / "home", tmp_path / "films"
    for folder in (home, films):
        folder.mkdir(mode=0o700)
    caption(films / "storm.mp4", home)
    with kodi(home):  # which makes its library
        pass
    userdata = home / ".kodi" / "userdata"
    (userdata / "sources.xml").write_text(SOURCES.format(films))
    (database,) = (userdata / "Database").glob("MyVideos*.db")
    with sqlite3.connect(database) as library:  # as "Set content: movies, local information only" does
        library.execute(
            "insert into path (strPath, strContent, strScraper, scanRecursive) values (?, 'movies', 'metadata.local', 9)",
            (f"{films}/",),
        )
    with kodi(home) as ask:
        ask("VideoLibrary.Scan")
        (movie,) = until(
            lambda: ask("VideoLibrary.GetMovies", properties=["plot", "tag", "file"]).get("movies")
        )
        ask("Player.Open", item={"file": movie["file"]})
        (player,) = until(lambda: ask("Player.GetActivePlayers"))
        names = ["subtitles", "currentsubtitle"]
        shown = until(
            lambda: (ask("Player.GetProperties", playerid=player["playerid"], properties=names) or {}).get(
                "subtitles"
            )
        )
    assert movie["file"] == str(films / "storm.mp4")
    assert "dog barking" in movie["plot"].lower()
    assert "dog barking" in movie["tag"]
    assert [each["language"] for each in shown] == ["eng"]


def caption(film, home):
    write_media(film, "mp4", Sound(beeping(30, 2)), picture=Picture(30, size=(320, 180)))
    with background.running(FaultServer(prose="A dog barks from 1 to 3 seconds.")) as service:
        arguments = ["--captioner", "openai-compatible", "--base-url", f"{service.url}/v1", "--model", "m"]
        done = subprocess.run(
            [PROGRAM, "caption", "--layout", "kodi", *arguments, film],
            env=os.environ | {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "STATE", "CACHE")},
            check=False, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.name for path in film.parent.iterdir()} == {
        "storm.mp4", "storm.en.srt", "storm.nfo", "storm.media_captioner.json"
    }  # fmt: skip


@contextmanager
def kodi(home):
    """Start Kodi, and give what asks it over its JSON-RPC; it is asked to quit in the end."""
    command = ["kodi", "--standalone", "--audio-backend=null"]
    with running(home, *command, LIBGL_ALWAYS_SOFTWARE="1") as process:
        until(answers)
        yield ask
        ask("Application.Quit")
        process.wait(SECONDS)


def answers():
    try:
        return ask("JSONRPC.Ping") == "pong"
    except OSError:
        return False


def ask(method, **parameters):
    """Ask Kodi, and return its result, or None for an error. It sends notices between answers."""
    with socket.create_connection(("127.0.0.1", 9090), 30) as line:
        line.sendall(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}).encode())
        text = ""
        while block := line.recv(65536):
            text += block.decode()
            for document in documents(text):
                if document.get("id") == 7:
                    return document.get("result")
    raise ConnectionError("Kodi went away")


def documents(text):
    """Yield the JSON documents that stand whole in ``text``, one after the other."""
    text = text.lstrip()
    while text:
        try:
            document, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            return
        yield document
        text = text[end:].lstrip()
