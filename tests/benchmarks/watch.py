"""What watching costs: the time from a complete file to the first request, a look at 100,000 files, idling.

    python tests/benchmarks/watch.py                 # all three
    python tests/benchmarks/watch.py latency|rescan|idle

* latency: seconds from the last byte of a file until the captioner is asked, less the quiet period; median and
  worst. Aimed at: a median below 0.5 s.
* rescan: a tree of 100,000 files in 1,000 folders about which everything is known: the first look after a start,
  which lists all of it, and a later one, which lists one folder in sixteen; in CPU seconds and as a ratio to
  ``os.walk`` with a ``stat`` of every file in the same run; and the memory of the process. Aimed at: below 3 s.
* idle: CPU of a daemon with nothing to do on that tree, in percent of one core. Aimed at: below 0.5.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from media_captioner.config import Settings
from media_captioner.config.tables import WatchedRoot
from media_captioner.model import Fingerprint
from media_captioner.system import identity
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.media import Sound, beeping, media_bytes
from media_captioner.watch.daemon import open_daemon
from media_captioner.watch.memory import Known, Memory, memory_file
from media_captioner.watch.rules import Rules
from media_captioner.watch.survey import Survey

FOLDERS, EACH = 1000, 100
QUIET = 1.0
SECONDS_IDLE = 60


def latency(folder: Path, turns: int = 15) -> dict[str, float]:
    """Drop one file after the other and measure until the captioner is asked."""
    asked: list[float] = []

    class Timed(FakeCaptioner):
        async def describe(self, clip, context):
            asked.append(time.monotonic())
            return await super().describe(clip, context)

    async def play() -> list[float]:
        waits = []
        table = WatchedRoot(root=folder, settle_seconds=QUIET)
        settings = Settings(formats=("vtt",))
        with open_daemon([table], lambda _: settings, captioner_for=lambda *_: Timed()) as daemon:
            work = asyncio.create_task(daemon.run())
            while daemon.folders[0].looked is None:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
            for turn in range(turns):
                (folder / f"{turn}.mp4").write_bytes(media_bytes("mp4", [Sound(beeping(3 + turn / 10, 1))]))
                complete, before = time.monotonic(), len(asked)
                while len(asked) == before:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.02)
                waits.append(asked[before] - complete - QUIET)
                await asyncio.sleep(0.5)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        return waits

    waits = asyncio.run(play())
    return {"median": round(statistics.median(waits), 3), "worst": round(max(waits), 3)}


def tree(folder: Path) -> WatchedRoot:
    """Make the tree, and let everything be known about it."""
    for number in range(FOLDERS):
        inner = folder / f"{number % 10}" / f"{number}"
        inner.mkdir(parents=True)
        for each in range(EACH):
            os.close(os.open(inner / f"clip-{each:03d}.mp4", os.O_CREAT | os.O_WRONLY))
    memory = Memory(folder, memory_file(folder))
    for inner in folder.glob("*/*"):
        memory.note(
            Known(path, identity.standing(path) or Fingerprint(0, 0, 0, 0), "done", content="mc1:0")
            for path in inner.iterdir()
        )
    memory.close()
    return WatchedRoot(root=folder)


def rescan(folder: Path) -> dict[str, float]:
    """Look at a tree about which everything is known."""
    process = psutil.Process()
    before = process.memory_info().rss

    def cpu(work) -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    def walk() -> None:
        for base, _, names in os.walk(folder):
            for name in names:
                os.stat(f"{base}/{name}")  # noqa: PTH116 - the fastest way is the reference

    memory = Memory(folder, memory_file(folder))
    survey = Survey(Rules(WatchedRoot(root=folder)), memory, SYSTEM_CLOCK)
    walked = cpu(walk)
    found = []
    thorough = cpu(lambda: found.append(survey.everything(thorough=True)))
    time.sleep(2.5)  # folders that changed so shortly before are listed again
    survey.everything(thorough=True)
    later = [cpu(lambda: found.append(survey.everything(thorough=False))) for _ in range(4)]
    assert not any(news.found or news.gone for news in found), "there was something to do"
    memory.close()
    return {
        "files": FOLDERS * EACH,
        "first_look": round(thorough, 2),
        "later_look": round(statistics.median(later), 3),
        "walk": round(walked, 2),
        "first_look_to_walk": round(thorough / walked, 2),
        "megabytes": round((process.memory_info().rss - before) / 1e6, 1),
    }


def idle(folder: Path) -> dict[str, float]:
    """Let a daemon idle as a process of its own, and read its processor time."""
    program = "from media_captioner.cli import main; main()"
    options = ["--captioner", "emulated", "--journal", str(folder.parent / "journal.db")]
    daemon = subprocess.Popen([sys.executable, "-c", program, "watch", str(folder), *options])
    try:
        process = psutil.Process(daemon.pid)
        begun = -1.0
        while (used := sum(process.cpu_times()[:2])) - begun > 0.1 or used < 1:  # start and first look
            begun = used
            time.sleep(5)
        begun = used
        time.sleep(SECONDS_IDLE)
        used = sum(process.cpu_times()[:2]) - begun
        return {
            "percent": round(100 * used / SECONDS_IDLE, 3),
            "megabytes": round(process.memory_info().rss / 1e6, 1),
            "descriptors": process.num_fds(),
        }
    finally:
        daemon.terminate()
        daemon.wait()


def main() -> None:
    """Run what is named, and print the figures as JSON."""
    wanted = sys.argv[1:] or ["latency", "rescan", "idle"]
    with tempfile.TemporaryDirectory(prefix="media-captioner-benchmark-") as name:
        home = Path(name)
        os.environ["XDG_STATE_HOME"] = str(home / "state")
        os.environ["XDG_CONFIG_HOME"] = str(home / "config")
        small, large = home / "small", home / "large"
        small.mkdir()
        large.mkdir()
        if "latency" in wanted:
            print(json.dumps({"latency": latency(small)}))
        if {"rescan", "idle"} & set(wanted):
            tree(large)
        if "rescan" in wanted:
            print(json.dumps({"rescan": rescan(large)}))
        if "idle" in wanted:
            print(json.dumps({"idle": idle(large)}), flush=True)


if __name__ == "__main__":
    main()
