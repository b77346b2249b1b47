"""The runner: limits hold, nothing outlives us, errors say what was being done."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from media_captioner.errors import ToolCrashed, ToolMissing, ToolTimeout
from media_captioner.system import processes

PYTHON = sys.executable


def until_gone(number, seconds=30):
    """Return whether the process whose number the file holds has ended, or ends soon."""
    stat, deadline = Path("/proc", number.read_text().strip(), "stat"), time.monotonic() + seconds
    while stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_what_a_program_prints_comes_back():
    finished = processes.run(
        [PYTHON, "-c", "import sys; print('hi'); sys.stderr.write('note')"], doing="a test", timeout=20
    )
    assert finished.stdout.strip() == b"hi"
    assert finished.stderr == "note"


def test_it_reads_what_it_is_given_and_never_the_terminal():
    echo = [PYTHON, "-c", "import sys; sys.stdout.write(sys.stdin.read())"]
    assert processes.run(echo, doing="a test", timeout=20, stdin=b"abc").stdout == b"abc"
    assert processes.run(echo, doing="a test", timeout=20).stdout == b""


def test_a_missing_program_is_named():
    with pytest.raises(ToolMissing, match="no-such-program"):
        processes.run(["no-such-program"], doing="a test", timeout=5)


def test_a_failing_program_is_quoted():
    with pytest.raises(ToolCrashed, match="while mending clip.mp4: it is broken"):
        processes.run(
            [PYTHON, "-c", "import sys; sys.exit('it is broken')"], doing="mending clip.mp4", timeout=20
        )


def test_a_program_that_ignores_being_asked_is_killed_with_its_children(tmp_path):
    number = tmp_path / "number"
    stubborn = f"trap '' TERM; sleep 600 & echo $! > {number}; while :; do wait; done"
    with pytest.raises(ToolTimeout):
        processes.run(["sh", "-c", stubborn], doing="a test", timeout=1)
    assert until_gone(number)


def test_a_program_that_prints_without_end_is_stopped():
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(ToolCrashed, match="printed more than"):
        processes.run([PYTHON, "-c", flood], doing="a test", timeout=60, max_output=100_000)


def test_much_on_standard_error_does_not_stall_it_and_only_the_end_is_kept():
    noisy = "import sys; sys.stderr.write('x' * 3_000_000 + 'the end')"
    finished = processes.run([PYTHON, "-c", noisy], doing="a test", timeout=20)
    assert finished.stderr.endswith("the end")
    assert len(finished.stderr) <= processes.KEPT_OUTPUT


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_k4_a_program_does_not_outlive_us(tmp_path):
    story = f"""
from pathlib import Path
from media_captioner.system import processes
processes.run(["sh", "-c", "echo $$ > {tmp_path}/number; exec sleep 60"], doing="sleeping", timeout=60)
"""
    with subprocess.Popen([sys.executable, "-c", story]) as parent:
        deadline = time.monotonic() + 30
        while not (tmp_path / "number").exists() or not (tmp_path / "number").read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        parent.kill()
    assert until_gone(tmp_path / "number")
