"""A thousand clips through the real daemon, which is killed again and again, at a service that fails now and then.

    python -m tests.fault.soak                     # 1,000 clips; some ten minutes
    python -m tests.fault.soak --clips 200 --kills 10

First half: ``kill -9`` at random moments. Second half: one process, whose memory and descriptors are read after every
twenty-fifth clip. Figures as JSON: how each clip ended, how often a clip was asked for that had been answered, and the
memory. After each kill the journal is read as the dead process left it, so that what was asked for again is told apart:

* ``kept``: its answer was in the journal at a kill before. This must not happen.
* ``unprovoked``: nothing was killed between the answer and the second request. This must not happen.
* ``in_flight``: a kill met it between being sent and its answer being written down. No service without a second
  question can do better; at one kill it can be as many as were under way at once.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from media_captioner.schedule.journal.reports import reading
from media_captioner.system import identity
from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer, Recorded
from media_captioner.testing.media import Sound, beeping, media_bytes
from media_captioner.watch.memory import FINAL, Memory, memory_file

FAULTS = ("truncated", "server-error", "empty", "html", "unavailable")
PROGRAM = "from media_captioner.cli import main; main()"
ANSWERED = "ok"


@dataclass(frozen=True)
class Kill:
    """A kill: when it was over, monotonic time, and the clips whose answers the journal then had, by SHA-256."""

    at: float
    kept: frozenset[str]


def clip_in(request: Recorded) -> str:
    """Return the SHA-256 of the clip that a request carries."""
    [message] = request.json["messages"]
    [part] = message["content"]
    url = part["audio_url"]["url"]
    return hashlib.sha256(base64.b64decode(url.partition(";base64,")[2])).hexdigest()


def asked_again(requests: Sequence[Recorded], kills: Sequence[Kill]) -> Counter[str]:
    """Count the requests for clips that had been answered, by how that came about (see above)."""
    found: Counter[str] = Counter(kept=0, unprovoked=0, in_flight=0)
    answered: dict[str, float] = {}
    for request in sorted(requests, key=lambda each: each.begun):
        clip = clip_in(request)
        if (before := answered.get(clip)) is not None:
            since = [kill for kill in kills if before < kill.at <= request.begun]
            kept = any(clip in kill.kept for kill in since)
            found["kept" if kept else "in_flight" if since else "unprovoked"] += 1
        if request.fault == ANSWERED:
            answered[clip] = request.begun
    return found


class Soak:
    """One run.

    Args:
        home: An empty folder.
        server: The service.
        clips: How many.
        kills: How often the daemon is killed in the first half.
        seed: For what is left to chance.

    """

    def __init__(self, home: Path, server: FaultServer, *, clips: int, kills: int, seed: int = 0) -> None:
        self.home, self.server, self.clips, self.kills = home, server, clips, kills
        self.chance = random.Random(seed)
        self.root = home / "in"
        self.root.mkdir()
        os.environ["XDG_STATE_HOME"] = str(home / "state")
        self.environment = os.environ | {
            "XDG_CONFIG_HOME": str(home / "config"),
            "MEDIA_CAPTIONER_FORMATS": "vtt",
        }
        settings = home / "settings.toml"
        settings.write_text(f"[[watch]]\nroot = '{self.root}'\nsettle_seconds = 0.2\nrescan_seconds = 10\n")
        self.command = [sys.executable, "-c", PROGRAM, "watch", "--config", str(settings)]
        self.command += ["--captioner", "openai-compatible", "--base-url", server.url, "--model", "soak"]
        self.command += [
            "--journal",
            str(home / "journal.db"),
            "--log",
            "json",
            "--log-file",
            str(home / "log"),
        ]
        self.daemon: subprocess.Popen[bytes] | None = None
        self.killed: list[Kill] = []
        self.asked = self.released = 0
        self.readings: list[dict[str, float]] = []

    def start(self) -> None:
        self.asked = len(self.server.requests)
        self.daemon = subprocess.Popen(self.command, env=self.environment)

    def kill(self) -> None:
        """Kill the daemon after it has asked for a few things, so that every kill meets it at work."""
        wanted, ends = self.asked + self.chance.randint(1, 15), time.monotonic() + 60
        while len(self.server.requests) < wanted and time.monotonic() < ends:
            time.sleep(0.02)
        time.sleep(self.chance.uniform(0, 0.5))
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()
        while self.server.connections:  # what it had sent is still read
            time.sleep(0.01)
        at = time.monotonic()
        with reading(self.home / "journal.db") as connection:
            rows = connection.execute("SELECT clip FROM question WHERE answer IS NOT NULL").fetchall()
        self.killed.append(Kill(at, frozenset(clip for (clip,) in rows)))

    def drop(self, number: int) -> None:
        sound = Sound(
            beeping(1.5 + number % 7 / 10, 0.1 + number % 11 / 10, rate=16_000, floor=0.003 + number / 1e6),
            rate=16_000,
        )
        part = self.root / f".{number}.part"
        part.write_bytes(media_bytes("mp4", [sound]))
        folder = self.root / f"{number % 20}"
        folder.mkdir(exist_ok=True)
        part.rename(folder / f"{number}.mp4")

    def done(self) -> int:
        """Return how many clips the daemon has done with, in whatever way."""
        file = memory_file(self.root)
        if not file.exists():
            return 0
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=60)) as connection:
            return sum(state in FINAL for (state,) in connection.execute("SELECT state FROM file"))

    def release(self) -> int:
        """Let the clips be tried again that died with the daemon three times in a row; return how many those are."""
        memory = Memory(self.root, memory_file(self.root))
        held = [
            each.path
            for folder in memory.folders()
            for each in memory.inside(folder).values()
            if each.state == "quarantined"
        ]
        memory.close()
        if held:
            retry = [*self.command[:3], "retry", *map(str, held), "--journal", str(self.home / "journal.db")]
            subprocess.run(retry, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        return len(held)

    def run(self) -> dict[str, object]:
        """Play it and return the figures."""
        started, half = time.monotonic(), self.clips // 2
        self.start()
        self.drop(0)
        self.settle(1)  # so that there is a journal at the first kill
        killed_at = set(self.chance.sample(range(1, half), min(self.kills, half - 1)))
        for number in range(1, half):
            self.drop(number)
            time.sleep(self.chance.uniform(0, 0.1))
            if number in killed_at:
                self.kill()
                self.start()
        self.settle(half)
        self.released = self.release()
        self.settle(half)
        process = psutil.Process(self.daemon.pid)
        for number in range(half, self.clips):
            self.drop(number)
            if number % 25 == 24:
                self.settle(number + 1)
                self.read(process, number + 1)
        self.settle(self.clips)
        self.daemon.terminate()
        code = self.daemon.wait(30)
        return self.figures() | {"exit_code": code, "seconds": round(time.monotonic() - started)}

    def settle(self, count: int, within: float = 300.0) -> None:
        ends = time.monotonic() + within
        while self.done() < count and time.monotonic() < ends:
            assert self.daemon.poll() is None, f"the daemon ended with {self.daemon.returncode}"
            time.sleep(0.2)

    def read(self, process: psutil.Process, clips: int) -> None:
        megabytes = round(process.memory_info().rss / 1e6, 1)
        self.readings.append({"clips": clips, "megabytes": megabytes, "descriptors": process.num_fds()})

    def figures(self) -> dict[str, object]:
        memory = Memory(self.root, memory_file(self.root))
        states = memory.counts()
        memory.close()
        media = list(self.root.glob("*/*.mp4"))
        wrong = 0
        for path in media:
            sidecar = path.with_name(f"{path.stem}.media_captioner.json")
            document = json.loads(sidecar.read_bytes()) if sidecar.exists() else {}
            wrong += document.get("content_id") != identity.content_id(path)
        again = asked_again([request for request in self.server.requests if request.body], self.killed)
        return {
            "clips": len(media),
            "states": states,
            "without_captions_of_its_bytes": wrong,
            "kills": len(self.killed),
            "quarantined_by_kills": self.released,
            "requests": len(self.server.requests),
            "faults": sum(request.fault != ANSWERED for request in self.server.requests),
            "answered_and_asked_again": dict(again),
            "most_at_once": self.server.peak,
            "readings": self.readings,
            "journal_megabytes": round((self.home / "journal.db").stat().st_size / 1e6, 2),
            "log_megabytes": round((self.home / "log").stat().st_size / 1e6, 2),
        }


def main() -> int:
    """Run it and print the figures; 0 where every clip has captions of its bytes and none was asked for in vain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    script = [
        chance.choice(FAULTS) if chance.random() < 0.1 else ANSWERED for _ in range(3 * arguments.clips)
    ]
    with (
        tempfile.TemporaryDirectory(prefix="media-captioner-soak-") as name,
        running(FaultServer(*script)) as server,
    ):
        soak = Soak(Path(name), server, clips=arguments.clips, kills=arguments.kills, seed=arguments.seed)
        try:
            figures = soak.run()
        finally:
            if soak.daemon is not None and soak.daemon.poll() is None:
                soak.daemon.kill()
                soak.daemon.wait()
    print(json.dumps(figures, indent=1))
    again = figures["answered_and_asked_again"]
    return int(bool(figures["without_captions_of_its_bytes"] or again["kept"] or again["unprovoked"]))


if __name__ == "__main__":
    sys.exit(main())
