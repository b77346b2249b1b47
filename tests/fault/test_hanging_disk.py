"""D6: a disk that hangs holds up the files that lie on it, and nothing else."""

import asyncio
import contextlib
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from media_captioner.testing.clock import FakeClock
from media_captioner.watch.health import Health
from tests.unit.watch.conftest import at_work, clip, root, until

__all__ = ["clip", "root"]  # fixtures

pytestmark = pytest.mark.timeout(300)

MAIN = "from media_captioner.cli import main; raise SystemExit(main())"
FILES = 9  # more than a folder may have under way at once


@contextlib.contextmanager
def hanging(process, paths):
    """Have every system call of ``process`` that names one of ``paths`` hang while the block runs."""
    command = [
        "strace",
        "-f",
        "-p",
        str(process.pid),
        "-e",
        "trace=%file",
        "-e",
        "inject=%file:delay_enter=600s",
    ]
    for path in paths:
        command += ["-P", str(path)]
    tracer = subprocess.Popen([*command, "-o", "/dev/null"], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: all_traced(process.pid))
        yield
    finally:
        tracer.terminate()  # it lets go of every thread, and what hung goes on
        tracer.wait(30)


def all_traced(process_id):
    """Whether every thread is: one that is not yet would read what shall hang, and tell the others."""
    threads = Path(f"/proc/{process_id}/task").glob("*/status")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one ended meanwhile
        return all("TracerPid:\t0\n" not in thread.read_text() for thread in threads)
    return False


def wait_for(condition, address=None, within=60.0):
    ends = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < ends, address and httpx.get(address).text
        time.sleep(0.05)
    return found


@pytest.fixture
def daemon(root, tmp_path):
    """The daemon as a process on two folders; gives it, the folders and the address of its health."""
    other = tmp_path / "other"
    other.mkdir()
    log, tables = tmp_path / "log", tmp_path / "settings.toml"
    tables.write_text(
        'captioner = "emulated"\nformats = ["vtt"]\n'
        + "".join(f"[[watch]]\nroot = '{each}'\nsettle_seconds = 0.2\n" for each in (root, other))
    )
    options = ["--config", str(tables), "--port", "0", "--journal", str(tmp_path / "j.db")]
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", MAIN, "watch", *options], stderr=file)
    line = wait_for(
        lambda: next((line for line in log.read_text().splitlines() if "health at" in line), None)
    )
    yield process, other, line.split("health at ")[1].split()[0].removesuffix("/healthz")
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def captions(folder):
    return len(list(folder.glob("*.media_captioner.json")))


def figure(health, name):
    found = re.search(rf"^media_captioner_{name} (\d+)$", httpx.get(f"{health}/metrics").text, re.MULTILINE)
    return int(found[1])


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("what", ["settings", "outputs"])
def test_d6_files_on_a_disk_that_hangs_hold_up_no_others(root, clip, daemon, what):
    process, other, health = daemon
    # Each file is another one, or the second would only be a copy of the first.
    clips = [clip + b"\0\0\0\x09free" + bytes([number]) for number in range(2 * FILES)]
    names = [root / f"{number}.mp4" for number in range(FILES)]
    outputs = [name.with_suffix(suffix) for name in names for suffix in (".media_captioner.json", ".en.vtt")]
    with hanging(process, [root / ".media-captioner.toml"] if what == "settings" else outputs):
        for name, data in zip(names, clips, strict=False):
            name.write_bytes(data)
        # All places that it may have are taken.
        wait_for(lambda: figure(health, "under_way") and figure(health, "in_line"), f"{health}/metrics")
        for number, data in enumerate(clips[FILES:]):
            (other / f"{number}.mp4").write_bytes(data)
        wait_for(lambda: captions(other) == FILES)
        assert (
            httpx.get(f"{health}/healthz").status_code == 200
        )  # it answers, and this folder can be looked at
        assert captions(root) == 0
    wait_for(lambda: captions(root) == FILES)  # the disk is back: nothing was lost


def test_d6_health_tells_of_a_folder_that_nobody_can_look_at_any_more(root):
    async def story():
        async with at_work(root) as daemon:
            await until(lambda: daemon.folders[0].looked is not None)
            assert Health(daemon).problems() == []
            daemon.clock = FakeClock(monotonic=daemon.clock.monotonic() + 10_000)
            (problem,) = Health(daemon).problems()
            assert problem.startswith(f"{root} was not looked at for ")

    asyncio.run(story())
