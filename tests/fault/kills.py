"""Killing a captioning run at a chosen moment, starting it again, and counting what was paid.

``python -m tests.fault.kills`` sweeps every moment and prints the count; the tests take a sample.
"""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from media_captioner.export import sidecar
from media_captioner.system import files
from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.media import Sound, write_media
from tests.fault import captioning

SEGMENTS = 20
SYSCALLS = ("pwrite64", "write", "fdatasync", "fsync", "rename", "connect", "unlink", "ftruncate", "openat")
_RATE = 16_000


def make_tape(path, segments=SEGMENTS, seconds=4):
    """Write a WAV of that many different tones, each cut from the next by a pause."""
    parts = []
    for number in range(segments):
        time = np.arange(seconds * _RATE) / _RATE
        tone = 0.3 * np.sin(2 * np.pi * (300 + 40 * number) * time)
        tone[-_RATE // 3 :] = 0
        parts.append(tone)
    sound = np.concatenate(parts).astype(np.float32)[None, :]
    return write_media(path, "wav", Sound(sound, rate=_RATE, codec="pcm_s16le"))


def slow_service():
    """A healthy service that takes a moment, so that requests are under way when the run dies."""
    return running(FaultServer(then=("slow-first-byte", {"seconds": 0.05})))


def asked(server):
    """Return how often each clip arrived whole, once nobody is connected any more.

    What a killed program had sent is still read from its sockets for a while: three looks in a row find none open.
    """
    quiet, deadline = 0, time.monotonic() + 60
    while quiet < 3:
        assert time.monotonic() < deadline, "a client stays connected"
        quiet = 0 if server.connections else quiet + 1
        time.sleep(0.01)
    return Counter(request.body for request in server.requests if request.body)


class Offspring:
    """A program that has everything imported, and does each run in a child: a run takes no second to start."""

    def __init__(self):
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.captioning", "--offspring"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self._parent:
            self._parent.stdin.close()

    def run(self, options, *strace):
        """Run with ``options``, traced where ``strace`` has arguments, and return the exit code."""
        print(json.dumps(options), file=self._parent.stdin, flush=True)
        child = int(self._parent.stdout.readline())
        tracer = None
        if strace:
            tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(child), *strace])
            while "TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text():
                time.sleep(0.005)
        os.kill(child, signal.SIGCONT)
        code = int(self._parent.stdout.readline())
        if tracer is not None:
            tracer.wait(30)
        return code


@dataclass
class Scene:
    """A folder with one asset, its journal, and a service that counts."""

    folder: Path
    tape: Path
    server: FaultServer
    offspring: Offspring
    before: Counter = field(default_factory=Counter)

    @property
    def media(self):
        return self.folder / "tape.wav"

    @property
    def journal(self):
        return self.folder / "state" / "journal.db"

    def set_up(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copy2(self.tape, self.media)
        self.before = asked(self.server)
        return self

    @property
    def options(self):
        return {"url": self.server.url, "journal": str(self.journal), "sources": [str(self.media)]}

    def start(self, *strace, **further):
        """Run the program, traced where ``strace`` has arguments, and return its exit code."""
        return self.offspring.run(self.options | further, *strace)

    def kill_at(self, syscall, count):
        """Kill the program when any of its threads makes ``syscall`` for the ``count``-th time."""
        inject = f"inject={syscall}:signal=KILL:when={count}"
        code = self.start("-o", "/dev/null", "-e", f"trace={syscall}", "-e", inject)
        assert code in {0, -9}
        return code != 0

    def restart(self):
        """Run to the end in this process: what a killed one leaves behind is all on the disk."""
        (report,) = captioning.run(**self.options)
        return report

    def asked(self):
        return asked(self.server) - self.before

    def answered(self):
        """Return how many answers the journal holds, read as a crash left it."""
        if not self.journal.exists():
            return 0
        copy = self.folder / "copy"
        shutil.copytree(self.journal.parent, copy)
        try:
            connection = sqlite3.connect(copy / self.journal.name)
            (count,) = connection.execute("SELECT count(*) FROM answer").fetchone()
            connection.close()
        except sqlite3.OperationalError:  # killed before the tables were made
            count = 0
        shutil.rmtree(copy)
        return count

    def check_outputs_are_whole_or_missing(self):
        """After a kill: a file is the whole new one, or not there (there was no old one)."""
        for path in self.folder.glob("tape.*"):
            if path.name.endswith(sidecar.SUFFIX):
                assert not sidecar.read(path).edited
            elif path.suffix == ".vtt":
                assert path.read_text().endswith("\n")
                assert path.read_text().startswith("WEBVTT")
            elif path.suffix == ".xmp":
                assert path.read_bytes().rstrip().endswith(b"?>")

    def check_it_recovers(self):
        """Start again and check what came of it; return how many requests the kill cost."""
        self.check_outputs_are_whole_or_missing()
        answered, sent = self.answered(), self.asked()
        lost = sent.total() - answered
        assert 0 <= lost <= captioning.AT_ONCE
        report = self.restart()
        # Killed after its last file was in place, it has nothing left to do.
        assert report.state in {"done", "up to date"}, (report.state, report.reason)
        names = sorted(path.name for path in self.folder.glob("tape.*"))
        assert names == ["tape.en.vtt", "tape.media_captioner.json", "tape.wav", "tape.xmp"]
        captions = sidecar.read(self.folder / "tape.media_captioner.json").captions
        assert len(captions.segments) == SEGMENTS
        # Requests = those planned, and those under way at the kill: not one more, not one fewer.
        assert self.asked().total() == SEGMENTS + lost
        assert files.sweep(self.folder, older_than=-1, now=2**40) <= 1  # at most one temporary file per kill
        connection = sqlite3.connect(self.journal)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        return lost


def count_points(scene, syscalls=SYSCALLS):
    """Return how often one thread at most makes each of ``syscalls`` in a run: the moments at which to kill it."""
    scene.set_up()
    log = scene.folder / "trace"
    assert scene.start("-o", str(log), "-e", f"trace={','.join(syscalls)}") == 0
    counts = Counter(re.findall(r"^(\d+) +(\w+)\(", log.read_text(errors="replace"), flags=re.MULTILINE))
    return {
        syscall: max((count for (_, name), count in counts.items() if name == syscall), default=0)
        for syscall in syscalls
    }


def sweep(folder, points):
    """Kill at each of ``points``, recover, and yield each with the requests that it cost."""
    tape = make_tape(folder / "tape.wav")
    with slow_service() as server, Offspring() as offspring:
        scene = Scene(folder / "scene", tape, server, offspring)
        for syscall, count in points:
            scene.set_up()
            killed = scene.kill_at(syscall, count)
            yield syscall, count, killed, scene.check_it_recovers()


def main():
    import tempfile

    syscalls = sys.argv[1:] or [name for name in SYSCALLS if name != "openat"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape = make_tape(folder / "tape.wav")
        with slow_service() as server, Offspring() as offspring:
            counts = count_points(Scene(folder / "scene", tape, server, offspring), syscalls)
        print("moments:", counts, "in all", sum(counts.values()), flush=True)
        points = [(syscall, count) for syscall in syscalls for count in range(1, counts[syscall] + 1)]
        kills = lost = 0
        for syscall, count, killed, cost in sweep(folder, points):
            kills += killed
            lost += cost
            print(
                f"{syscall} {count}: {'killed' if killed else 'ran to its end'}, {cost} under way", flush=True
            )
        print(f"{kills} kills, {lost} requests under way at them, {lost / max(1, kills):.2f} each")


if __name__ == "__main__":
    main()
