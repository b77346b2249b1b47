"""Programs with windows, on a screen that nobody sees."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

SECONDS = 120  # that a program may take to get somewhere


def needs(*programs):
    """Skip the test where a program is missing, and name it."""
    for each in programs:
        if not shutil.which(each):
            pytest.skip(f"{each} is not installed")


def until(found):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(1)
    raise TimeoutError(f"the program did not get there in {SECONDS} s")


@contextmanager
def running(home, *command, **environment):
    """Start a program with a home, a screen and a session of its own; whatever still runs in the end is killed."""
    with _process("Xvfb", "-displayfd", "1", "-screen", "0", "1280x720x24", stdout=subprocess.PIPE) as screen:
        environment |= {
            "PATH": os.environ["PATH"],
            "DISPLAY": ":" + screen.stdout.readline().decode().strip(),
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "LC_ALL": "C.UTF-8",
        }
        with (
            (home / "log").open("w") as log,
            _process("dbus-run-session", "--", *command, env=environment, stdout=log, stderr=log) as process,
        ):
            yield process


@contextmanager
def _process(*command, **options):
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
