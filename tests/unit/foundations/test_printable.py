"""Names of files come from strangers: they move no cursor and forge no line."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.cli.app import run, show_error
from media_captioner.cli.render import CaptionView
from media_captioner.errors import MediaCaptionerError, OutputNotWritable
from media_captioner.system.logs import set_up
from media_captioner.system.printable import printable, printable_lines
from media_captioner.system.secrets import Secret

HOSTILE = "a\x1b[2J\rred\nerror: all is lost.mp4"


@given(st.text())
def test_what_is_printed_holds_nothing_but_what_can_be_seen(text):
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert printable_lines(text).count("\n") == text.count("\n")


@pytest.fixture
def terminal(monkeypatch):
    """What would reach a terminal: click takes escape codes out for everything else."""
    said = []
    monkeypatch.setattr("click.echo", lambda message, **_options: said.append(message))
    monkeypatch.setattr("click.style", lambda text, **_options: text)
    return said


def test_errors_and_notices_show_names_on_one_line(terminal):
    show_error(MediaCaptionerError(f"Cannot read {HOSTILE}", hint=f"Look at {HOSTILE}"))
    CaptionView(1, as_json=False).notice("info", f"{HOSTILE} waits")
    assert all(each.isprintable() for each in terminal)


def test_the_command_line_shows_no_escape_codes(tmp_path, terminal, monkeypatch):
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    film = tmp_path / HOSTILE
    film.write_text("no film")
    for command in ("probe", "lint", "caption", "why", "retry", "forget"):
        assert run([command, str(film)]) != 1  # which an error of ours would be
    assert terminal
    assert all(each.isprintable() for each in terminal)


def test_a_log_for_machines_tells_where_an_error_happened_without_secrets(tmp_path):
    file, key = tmp_path / "log", Secret("hunter2-hunter2")
    with set_up(logging.INFO, as_json=True, file=file):
        try:
            raise ValueError(key.reveal())
        except ValueError:
            logging.getLogger("media_captioner.test").exception("failed")
    told = json.loads(file.read_text())
    assert told["traceback"].endswith("ValueError: ***")
    assert "Traceback (most recent call last)" in told["traceback"]


def test_a_name_in_a_log_begins_no_line_of_its_own(tmp_path):
    file = tmp_path / "log"
    with set_up(logging.INFO, as_json=False, file=file):
        logging.getLogger("media_captioner.test").info("begins %s", HOSTILE)
        try:
            raise ValueError("told")
        except ValueError:
            logging.getLogger("media_captioner.test").exception("failed at %s", HOSTILE)
    first, second, *trace = file.read_text().splitlines()
    assert "begins a" in first
    assert "failed at a" in second
    assert trace[0] == "Traceback (most recent call last):"
    assert "\x1b" not in file.read_text()


def test_nothing_is_logged_into_a_film(tmp_path):
    film = tmp_path / "film.mov"
    film.write_bytes(b"\0\0\0\x14ftypqt  ")
    with pytest.raises(OutputNotWritable, match="is no text"), set_up(logging.INFO, as_json=False, file=film):
        logging.getLogger("media_captioner.test").info("begins")
    assert film.read_bytes() == b"\0\0\0\x14ftypqt  "
