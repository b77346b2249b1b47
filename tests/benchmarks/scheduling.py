"""How close the scheduler comes to what a service allows, and what it takes for itself.

Each line ends with a ratio against a reference of the same run; the bound follows in brackets.

* ``latency``: 200 clips at a service that streams each for four seconds, 470 events evenly, and takes eight at once,
  against 200 / 8 times four seconds. The service runs in another process of the same machine.
* ``burst``: the same at a service that says nothing for a second and then everything at once. Eight answers then wait
  for one another's reading, so this shows what reading costs; nobody promised anything here.
* ``own``: 200 clips at a captioner in this process that only waits: what gate, limiter and journal take themselves.
* ``requests``, ``tokens``: 200 clips with a limit a minute, against the least time that the limit allows from the
  first start to the last answer. The service counts: no window of ten seconds holds more than its share.
* ``queue``: 10,000 assets found and queued, against a process that has imported as much and queued one.
* ``status``: ``media-captioner status`` on a journal of 100,000 assets, against one of ten.
* ``memory``: an asset of ten hours captioned whole, against one of two.

    python tests/benchmarks/scheduling.py [PART...]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import wave
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av

from media_captioner.batch import Batch
from media_captioner.captioners import Options, create
from media_captioner.config import Settings
from media_captioner.finding import find_media, siblings_of
from media_captioner.model import Description, Usage
from media_captioner.protocols import Service, SilentReporter
from media_captioner.schedule.dispatch import LocalDispatcher
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.question import Question
from media_captioner.schedule.scheduler import Asking
from media_captioner.session import Session
from media_captioner.system.secrets import Secret
from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from media_captioner.testing.sounds import clip, tone

COUNT, CONCURRENCY = 200, 8
LATENCY = 4.0  # seconds; the real service says its first word after half a second, and some 440 tokens in all
SAMPLE = Path(__file__).parents[2] / "samples" / "street-scene.mp4"
WINDOW = 10.0  # seconds
# A description of the usual length, in which no two sentences are alike.
_PROSE = " ".join(
    f"At {n} seconds door {n * 7} opens and voice {n * 13} answers from room {n * 29}." for n in range(36)
)
_USED = 160 + 468  # tokens that the service counts for each clip: in, and out


def serve(pipe, answer):
    with running(FaultServer(then=answer, prose=_PROSE)) as server:
        pipe.send(server.url)
        pipe.recv()
        pipe.send(server.timeline)


def describe_all(captioner, journal, limits):
    """Describe every clip; return the seconds of the clock and of the processor, and what was spent."""
    sounds = [clip(tone(0.1), data=number.to_bytes(4) * 2_000) for number in range(COUNT)]

    def asking(number):
        async def encoded():
            return sounds[number]

        question = Question(
            "mc1:benchmark", 0, Fraction(number), Fraction(number + 1), "wav", captioner.model
        )
        return Asking(question, encoded)

    async def story():
        with Session(captioner, open_journal(journal), limits=limits) as session:
            lane = session.lane("tape.wav")
            began, used = time.monotonic(), time.process_time()
            await asyncio.gather(*(session.scheduler.describe(lane, asking(n)) for n in range(COUNT)))
            spent = session.scheduler.spent
            took = time.monotonic() - began, time.process_time() - used
        await captioner.close()
        return *took, spent

    return asyncio.run(story())


def paced(name, limits, answer, least, bound=" [1.05]"):
    """Run against a service in another process and print how long it took; ``least(tokens)`` is the reference."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, answer))
    process.start()
    options = Options(api_key=Secret("sk-benchmark"), base_url=ours.recv(), way="data-url")
    with tempfile.TemporaryDirectory() as folder:
        wall, processor, spent = describe_all(create("qwen", options), Path(folder) / "journal.db", limits)
    ours.send(None)
    timeline = ours.recv()
    process.join()
    assert len(timeline) == spent.requests == COUNT
    assert spent.tokens == COUNT * _USED, spent.tokens / COUNT
    most = max(sum(1 for other in timeline if start <= other < start + WINDOW) for start in timeline)
    reference = least(spent.tokens)
    print(
        f"{name}: {COUNT} clips, {wall:.2f} s, {1000 * processor / COUNT:.1f} ms of processor a clip,"
        f" at most {most} in {WINDOW:.0f} s at the service; wall / least {wall / reference:.3f}{bound}",
        flush=True,
    )
    return most


def streamed(seconds):
    return "steady", {"seconds": seconds}


def latency():
    paced("latency", Limits(CONCURRENCY), streamed(LATENCY), lambda _: COUNT * LATENCY / CONCURRENCY)


def burst():
    answer = "slow-first-byte", {"seconds": 1.0}
    paced("burst", Limits(CONCURRENCY), answer, lambda _: COUNT / CONCURRENCY, bound="")


def own():
    listener = Listener()
    listener.address, listener.seconds = "benchmark", 1.0
    with tempfile.TemporaryDirectory() as folder:
        wall, processor, _ = describe_all(listener, Path(folder) / "journal.db", Limits(CONCURRENCY))
    print(
        f"own: {1000 * processor / COUNT:.1f} ms of processor a clip for gate, limiter and journal;"
        f" wall / least {wall * CONCURRENCY / COUNT:.3f} [1.05]",
        flush=True,
    )


def requests():
    minute = 600
    limits = Limits(CONCURRENCY, requests_per_minute=minute)
    most = paced("requests", limits, streamed(0.5), lambda _: (COUNT - 1) * 60 / minute + 0.5)
    print(f"requests: {most / (minute * WINDOW / 60):.2f} of the share of a window [1.00]")


def tokens():
    minute = 600 * _USED
    limits = Limits(CONCURRENCY, tokens_per_minute=minute)
    most = paced("tokens", limits, streamed(0.5), lambda used: used * (COUNT - 1) / COUNT * 60 / minute + 0.5)
    print(f"tokens: {most * _USED / (minute * WINDOW / 60):.2f} of the share of a window [1.00]")


def peak(part, *arguments):
    """Return the most memory that a process which does ``part`` of this file needs, MB."""
    done = subprocess.run(
        [sys.executable, __file__, part, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def queued(folder, count):
    """Find and queue that many assets, and print the peak of this process, MB."""
    for number in range(int(count)):
        (Path(folder) / f"the recording of day {number:05}.mp4").touch()
    found = find_media([Path(folder)])
    siblings = siblings_of(found)

    async def submit():
        queue = LocalDispatcher()
        for number in range(len(found)):
            await queue.submit(str(number))
        return await queue.status()

    assert (len(siblings), len(found), asyncio.run(submit()).waiting) == (0, int(count), int(count))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def queue():
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        none, many = peak("queued", empty, 1), peak("queued", full, 10_000)
    print(f"queue: 10,000 assets take {many - none:.1f} MB [60]; {many / none:.2f} of the process without")


def fill(path, count):
    """Write a journal of that many assets, each with one answered request."""
    open_journal(path).close()
    rows = [(number, f"{number:064}") for number in range(1, count + 1)]
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.executemany(
            "INSERT INTO asset (source, content, state, changed)"
            " VALUES ('/archive/' || ?1 || '.mp4', ?2, iif(?1 % 50, 'done', 'failed'), date('now'))",
            rows,
        )
        journal.executemany(
            "INSERT INTO answer (id, description, answered) VALUES (?1, '{}', date('now'))",
            [(number,) for number, _ in rows],
        )
        journal.executemany(
            "INSERT INTO question (key, content, track, begins, ends, encoding, captioner, sample, answer)"
            " VALUES (?2, ?2, 0, 0, 30000000, 'wav@16000', 'qwen', 1, ?1)",
            rows,
        )
        journal.executemany(
            "INSERT INTO attempt (question, content, captioner, owner, asked, outcome, purses, requests, tokens,"
            " dollars) VALUES (?1, ?2, 'qwen', 1, date('now'), 'answered', json_array('day:' || date('now')), 1, 600,"
            " '7/10000')",
            rows,
        )
        journal.execute(
            "INSERT INTO purse VALUES ('day:' || date('now'), ?, ?, ?)",
            (count, 600 * count, str(Fraction(7 * count, 10_000))),
        )


def status():
    def seconds(journal):
        took = []
        for _ in range(5):
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            command = [sys.executable, "-c", "from media_captioner.cli import main; main()", "status"]
            subprocess.run([*command, "--journal", str(journal)], check=True, capture_output=True)
            wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
        return min(took)

    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.db", Path(folder) / "large.db"
        fill(small, 10)
        fill(large, 100_000)
        (few, _), (many, wall) = seconds(small), seconds(large)
    print(
        f"status: 100,000 assets, all asked about today: {wall:.3f} s, {many:.3f} s of processor [0.3] with the start"
        f" of the program, {many - few:.3f} s without; {many / few:.2f} of a journal of ten"
    )


class Listener:
    """A captioner that says something else of every clip, and keeps none."""

    name = model = "benchmark"
    service = Service("benchmark", Fraction(60), Fraction(30), ("wav",), concurrency=CONCURRENCY)
    said, seconds, address = 0, 0.0, None

    async def describe(self, clip, context):
        self.said += 1
        if self.seconds:
            await asyncio.sleep(self.seconds)
        prose = f"A machine hums at speed {self.said} while rain falls. A man says, 'Number {self.said}.'"
        return Description(prose, self.name, self.model, Usage(requests=1))

    async def close(self):
        pass


def captioned(folder, hours):
    """Caption the sample's soundtrack over and over for that many hours, and print the peak of this process, MB."""
    tape, rate = Path(folder) / "tape.wav", 8_000
    with wave.open(str(tape), "wb") as file, av.open(str(SAMPLE)) as film:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        resampler = av.AudioResampler("u8", "mono", rate)
        frames = [out for frame in film.decode(audio=0) for out in resampler.resample(frame)]
        sound = b"".join(frame.to_ndarray().tobytes() for frame in frames)
        for _ in range(int(hours) * 3600 * rate // len(sound) + 1):
            file.writeframes(sound)
    listener = Listener()

    async def story():
        with Session(listener, open_journal(Path(folder) / "journal.db")) as session:
            settings = Settings(journal=Path(folder) / "journal.db")
            work = Batch(lambda _: settings, listener, SilentReporter(), session=session)
            await work.run([tape], lambda _: None)
        return work.reports

    (report,) = asyncio.run(story())
    assert report.state == "done", report.reason
    assert listener.said >= int(hours) * 120
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory():
    with tempfile.TemporaryDirectory() as folder:
        two, ten = peak("captioned", folder, 2), peak("captioned", folder, 10)
    print(
        f"memory: ten hours need {ten:.0f} MB [250], two hours {two:.0f} MB; {ten / two:.2f} [1.0]",
        flush=True,
    )


PARTS = {part.__name__: part for part in (latency, burst, own, requests, tokens, queue, status, memory)}


def main():
    if sys.argv[1:2] in (["queued"], ["captioned"]):
        {"queued": queued, "captioned": captioned}[sys.argv[1]](*sys.argv[2:])
        return
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
