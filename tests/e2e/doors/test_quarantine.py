"""Files that fail again and again, or were under way when the program did: who is left alone, and who goes on."""

import subprocess
import sys

import pytest

from media_captioner.errors import CorruptMedia
from tests.e2e.doors.sessions import journal, paid, run, tape

__all__ = ["journal"]  # a fixture

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from media_captioner.config import Settings
from media_captioner.session import open_session
from media_captioner.system.identity import content_id
from media_captioner.testing.captioner import FakeCaptioner
source = Path(sys.argv[1])
async def story():
    with open_session(FakeCaptioner(), Settings(journal=Path(sys.argv[2]))) as session:
        register = session.journal.register
        await register.begin(source)
        await register.identify(source, content_id(source))
        os.kill(os.getpid(), signal.SIGKILL)
for _ in range(int(sys.argv[3])):
    if not os.fork():
        asyncio.run(story())
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""

CRASHES = """
import os, signal, sys
if "media_captioner.media.trial" in sys.orig_argv:
    os.kill(os.getpid(), signal.SIGSEGV)
"""


def kill_at(path, journal, times):
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(journal), str(times)], check=True)


@pytest.fixture
def path(tmp_path):
    return tape(tmp_path / "a.wav", 440)


def test_what_was_under_way_when_the_program_was_killed_goes_on_once_it_is_tried(path, journal):
    kill_at(path, journal, 3)
    assert run([path], paid(), journal)["a.wav"].state == "done"


def test_what_brings_a_program_down_is_left_alone(path, journal, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(CRASHES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kill_at(path, journal, 3)
    captioner = paid()
    report = run([path], captioner, journal)["a.wav"]
    assert report.state == "quarantined"
    assert isinstance(report.error, CorruptMedia)
    assert "trying whether" in report.error.message
    assert "retry" in report.error.hint
    assert captioner.clips == []
    assert run([path], captioner, journal)["a.wav"].state == "quarantined"  # and is not tried again


def test_what_passes_its_trial_and_is_there_at_every_death_is_left_alone_in_the_end(path, journal):
    kill_at(path, journal, 6)
    assert run([path], paid(), journal)["a.wav"].state == "quarantined"
