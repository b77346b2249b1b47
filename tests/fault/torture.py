"""Writers of every kind against a real daemon: nothing is captioned early, twice, or not at all.

    python -m tests.fault.torture                      # 10,000 files, all writers; some 12 minutes of one core
    python -m tests.fault.torture --files 500
    python -m tests.fault.torture --seed 7

Each writer puts clips into a watched folder in its own way, in processes of their own (``cp``, ``rsync``, Python).
The captioner is real enough to count: for every clip that it is given it notes which sound that was, by its pitch or,
for the crowd that is put there at once, by the number that its sound spells. No two files sound alike.
At the end each file must have captions of the bytes that lie there now. What is counted as a failure:

* premature: a clip was heard that is no whole version that ever lay there
* duplicate: the same bytes were heard more often than once
* lost: a file that lies there has no captions, or those of other bytes
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from media_captioner.captioners.emulated import measure
from media_captioner.config import Settings
from media_captioner.config.tables import WatchedRoot
from media_captioner.model import Description, Facts, Usage
from media_captioner.protocols import Service
from media_captioner.system import identity
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.watch.daemon import open_daemon
from tests.fault.writers import CROWD, HUM, LONG, QUIET, WRITERS, by_rsync, clip, crowd_clips, spelled

FOLDERS = 4  # that the crowd lies in
SERVICE = Service("torture", Fraction(60), Fraction(30), ("wav",), concurrency=7)


@dataclass
class Ear:
    """A captioner's memory: what it was given, by number, and how long that was."""

    heard: Counter = field(default_factory=Counter)
    short: list[float] = field(default_factory=list)
    actions: dict[int, Callable[[], object]] = field(default_factory=dict)

    def answer(self, clip_, _context) -> Description:
        found = measure(clip_.segment.pcm, clip_.segment.rate)
        number = round((found.pitch - 300) / 20)
        if abs(found.pitch - HUM) < 20:
            number = CROWD + spelled(clip_.segment.pcm)
        self.heard[number] += 1
        if action := self.actions.pop(number, None):
            action()  # somebody does something to the file while it is being heard
        if found.seconds < LONG - 0.2:
            self.short.append(float(found.seconds))
        usage = Usage(audio_seconds=Fraction(found.seconds), requests=1)
        return Description("A tone sounds.", "fake", "fake-1", usage, facts=Facts(summary="A tone sounds."))


@dataclass
class Torture:
    """One run.

    Attributes:
        root: The watched folder, empty.
        spare: A folder that is not watched.
        seed: For what is left to chance.
    """

    root: Path
    spare: Path
    seed: int = 0
    ear: Ear = field(default_factory=Ear)
    versions: dict[int, int] = field(default_factory=dict)  # how often each sound may be heard
    gone: list[Path] = field(default_factory=list)
    numbers: int = 0
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(200))

    def new(self) -> bytes:
        """Return the bytes of a clip with a pitch that no other clip has."""
        self.numbers += 1
        self.versions[self.numbers] = 1
        return clip(300 + 20 * self.numbers)

    async def run(self, *, crowd: int, rounds: int) -> dict[str, object]:
        """Play everything and return the figures.

        Args:
            crowd: How many files are put there at once besides.
            rounds: How often each writer and each mischief has its turn.

        """
        chance = random.Random(self.seed)
        settings = Settings(formats=("vtt",), profile="plain")
        table = WatchedRoot(root=self.root, settle_seconds=QUIET, rescan_seconds=5, patience_minutes=10)
        self.obstacles()
        started = time.monotonic()
        with open_daemon(
            [table],
            lambda _folder: settings,
            retry_seconds=0.5,
            captioner_for=lambda *_: FakeCaptioner(self.ear.answer, service=SERVICE),
        ) as daemon:
            work = asyncio.create_task(daemon.run())
            try:
                await self.play(chance, crowd, rounds)
                await self.rest()
                await asyncio.sleep(3 * QUIET)  # whatever would be done once more
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            states = daemon.folders[0].memory.counts()
        return self.figures() | {"seconds": round(time.monotonic() - started, 1), "states": states}

    def apart(self, work: Callable[..., None], *arguments: object) -> asyncio.Future[None]:
        """Run something in a thread that the daemon has no use for."""
        return asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    def obstacles(self) -> None:
        """Put there what must never be opened."""
        (self.root / "loop").symlink_to(self.root)
        (self.root / "folder.mp4").mkdir()
        os.mkfifo(self.root / "pipe.mp4")
        secret = self.spare / "secret.mp4"
        secret.write_bytes(clip(5900))  # should it be heard, it is counted as premature
        (self.root / "link.mp4").symlink_to(secret)

    async def play(self, chance: random.Random, crowd: int, rounds: int) -> None:
        """Let everybody loose at once."""
        jobs = []
        for turn in range(rounds):
            for writer in WRITERS:
                if writer is by_rsync and shutil.which("rsync") is None:
                    continue
                path = self.root / f"{turn}" / f"{writer.__name__}.mp4"
                path.parent.mkdir(exist_ok=True)
                jobs.append(self.apart(writer, path, self.new(), self.spare, chance))
        for turn in range(rounds):
            for mischief in (self.replaced, self.deleted, self.renamed, self.rename_storm):
                folder = self.root / f"{mischief.__name__}{turn}"
                folder.mkdir()
                jobs.append(mischief(folder, chance))
        jobs.append(self.crowd(crowd))
        await asyncio.gather(*jobs)

    async def crowd(self, count: int) -> None:
        """Put many files there at once."""
        source = self.spare / "crowd"

        def make() -> None:
            for part in range(FOLDERS):
                (source / f"{part}").mkdir(parents=True)
            for number, data in enumerate(crowd_clips(count)):
                (source / f"{number % FOLDERS}" / f"{number:05d}.mov").write_bytes(data)

        await self.apart(make)
        self.versions |= {CROWD + number: 1 for number in range(count)}
        program = await asyncio.create_subprocess_exec("cp", "-r", str(source), str(self.root))
        assert await program.wait() == 0

    async def replaced(self, folder: Path, chance: random.Random) -> None:
        """Put another file in its place: at some moment, and while the first is being heard."""
        path, part = folder / "a.mp4", folder / ".a.part"
        path.write_bytes(self.new())
        part.write_bytes(self.new())
        await asyncio.sleep(chance.uniform(0, 4 * QUIET))
        part.rename(path)
        path, part = folder / "b.mp4", folder / ".b.part"
        path.write_bytes(self.new())
        number = self.numbers
        part.write_bytes(self.new())
        self.ear.actions[number] = lambda: part.rename(path)
        await self.until_heard(number)

    async def deleted(self, folder: Path, chance: random.Random) -> None:
        """Delete a file: at some moment, and while it is being heard."""
        path = folder / "a.mp4"
        path.write_bytes(self.new())
        await asyncio.sleep(chance.uniform(0, 4 * QUIET))
        path.unlink()
        path = folder / "b.mp4"
        path.write_bytes(self.new())
        self.ear.actions[self.numbers] = path.unlink
        self.gone.append(path)
        await self.until_heard(self.numbers)

    async def renamed(self, folder: Path, chance: random.Random) -> None:
        """Rename a file: at some moment, and while it is being heard (which is then heard again)."""
        path = folder / "a.mp4"
        path.write_bytes(self.new())
        self.versions[self.numbers] += 1
        await asyncio.sleep(chance.uniform(0, 4 * QUIET))
        path.rename(folder / "b.mp4")
        path = folder / "c.mp4"
        path.write_bytes(self.new())
        self.versions[self.numbers] += 1
        number = self.numbers
        self.ear.actions[number] = lambda: path.rename(folder / "d.mp4")
        await self.until_heard(number)

    async def rename_storm(self, folder: Path, chance: random.Random) -> None:
        """Rename a captioned file twenty times, also to where a deeper folder was just made."""
        path = folder / "0.mp4"
        path.write_bytes(self.new())
        number = self.numbers
        await self.until(lambda: self.is_captioned(path))
        for turn in range(1, 21):
            deeper = folder / f"d{turn % 3}"
            deeper.mkdir(exist_ok=True)
            path = path.rename((deeper if turn % 2 else folder) / f"{turn}.mp4")
            await asyncio.sleep(chance.uniform(0, QUIET / 4))
        await self.until(lambda: self.is_captioned(path))
        assert self.ear.heard[number] == 1, "a renamed file was heard again"

    async def until_heard(self, number: int) -> None:
        await self.until(lambda: self.ear.heard[number])

    @staticmethod
    async def until(condition: Callable[[], object], within: float = 240.0) -> None:
        ends = time.monotonic() + within
        while not condition() and time.monotonic() < ends:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.1)

    def media(self) -> list[Path]:
        """Return the files that lie there and are to have captions."""
        return [
            path
            for path in self.root.rglob("*.m[po][4v]")
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        ]

    @staticmethod
    def is_captioned(path: Path) -> bool:
        """Return whether a file has captions, of the bytes that lie there now."""
        sidecar = path.with_name(f"{path.stem}.media_captioner.json")
        try:
            document = json.loads(sidecar.read_bytes())
            return document["content_id"] == identity.content_id(path) and not document.get("partial")
        except (OSError, ValueError):
            return False

    async def rest(self, stalled: float = 120.0) -> None:
        """Wait until everything has captions, or nothing more was heard for as long as that."""
        missing, heard, moved = self.media(), 0, time.monotonic()
        while missing and time.monotonic() - moved < stalled:
            if self.is_captioned(missing[-1]):
                missing.pop()
                continue
            await asyncio.sleep(0.2)
            if (total := self.ear.heard.total()) != heard:
                heard, moved = total, time.monotonic()

    def figures(self) -> dict[str, object]:
        """Return what went wrong and what was done."""
        heard, versions = self.ear.heard, self.versions
        lost = [str(path) for path in self.media() if not self.is_captioned(path)]
        orphans = [path for path in self.gone if path.with_name(f"{path.stem}.media_captioner.json").exists()]
        strange = {number: count for number, count in heard.items() if number not in versions}
        return {
            "files": len(self.media()),
            "heard": sum(heard.values()),
            "premature": len(self.ear.short) + sum(strange.values()),
            "duplicate": sum(max(0, heard[number] - most) for number, most in versions.items()),
            "lost": len(lost),
            "orphans": len(orphans),
            "lost_files": lost[:10],
        }


def main() -> int:
    """Run at full size, print the figures as JSON, and return 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="files put there at once")
    parser.add_argument("--rounds", type=int, default=10, help="turns of each writer and each mischief")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="media-captioner-torture-") as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
        for part in ("in", "spare"):
            (folder / part).mkdir()
        torture = Torture(folder / "in", folder / "spare", arguments.seed)
        figures = asyncio.run(torture.run(crowd=arguments.files, rounds=arguments.rounds))
    print(json.dumps(figures, indent=1))
    return int(any(figures[name] for name in FAILURES))


FAILURES = ("premature", "duplicate", "lost", "orphans")


if __name__ == "__main__":
    sys.exit(main())
