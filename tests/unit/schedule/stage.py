"""A captioner that takes its time, and the whole room around it, on a clock that tests turn."""

import asyncio
import hashlib
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction

from media_captioner.model import AudioTrack, Clip, Description, Segment, Usage
from media_captioner.protocols import Service
from media_captioner.schedule.gate import Lane
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.once import Till
from media_captioner.schedule.question import Question
from media_captioner.schedule.rate import PacedLimiter
from media_captioner.schedule.scheduler import Asking, Scheduler
from media_captioner.testing.clock import FakeClock

SERVICE = Service("test service", Fraction(60), Fraction(30), ("wav",), concurrency=2)
_TRACK = AudioTrack(1, 0, "pcm_s16le", 16_000, 1, "mono")


class Listener:
    """A captioner: each clip takes some seconds, and what comes of it is taken from a script."""

    name, model = "test", "test/1"

    def __init__(self, clock, *script, takes=1.0, service=SERVICE):
        self.clock, self.script, self.takes, self.service = clock, list(script), takes, service
        self.asked = []  # what was heard, in order
        self.starts = []
        self.under_way = self.most = 0

    async def describe(self, clip, context):
        self.asked.append(clip.data.decode())
        self.starts.append(self.clock.monotonic())
        step = self.script.pop(0) if self.script else "It says {}."
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.clock.wait(self.takes)
        finally:
            self.under_way -= 1
        if isinstance(step, BaseException):
            raise step
        prose = step.format(clip.data.decode())
        return Description(
            prose, self.name, self.model, Usage(input_tokens=100, output_tokens=50, requests=1)
        )

    async def close(self):
        pass


def clip(name):
    segment = Segment(0, _TRACK, Fraction(0), Fraction(30), (), 16_000, ((0, Fraction(0)),), "end")
    data = name.encode()
    return Clip(segment, data, "wav", "audio/wav", Fraction(0), hashlib.sha256(data).hexdigest())


def asking(name, *, content="mc1:a", number=0, sample=1, root=None):
    async def encode():
        return clip(name)

    start = Fraction(30 * number)
    question = Question(content, 0, start, start + 30, "wav@16000", "test/1", sample)
    return Asking(question, encode, root=root)


class Stage:
    """One process: a journal, a limiter, a till and a scheduler around one captioner."""

    def __init__(self, path, clock, captioner, *, limits=None, terms=None, **till):
        self.clock, self.captioner = clock, captioner
        self.journal = open_journal(path, clock=clock)
        service = captioner.service
        self.limiter = PacedLimiter(service.name, limits or Limits.of(service), self.journal.paces, clock)
        self.till = Till(self.journal.store, self.limiter, clock, **till)
        self.scheduler = Scheduler(captioner, self.till, chance=lambda: 0.5, **(terms or {}))
        self.lane = Lane("clip.mp4")

    def describe(self, name, lane=None, **where):
        return self.scheduler.describe(lane or self.lane, asking(name, **where))

    async def attempts(self):
        return await self.journal.read(
            lambda connection: connection.execute(
                "SELECT outcome, requests, tokens, dollars FROM attempt ORDER BY id"
            ).fetchall()
        )


def play(story, path=None, *script, clock=None, **stage):
    """Run ``story(stage)`` while time passes by itself."""

    async def run():
        own = clock or FakeClock()
        service = stage.pop("service", SERVICE)
        captioner = Listener(own, *script, takes=stage.pop("takes", 1.0), service=service)
        set_up = Stage(path, own, captioner, **stage)
        try:
            async with own.running(idle=lambda: set_up.journal.idle):
                return await story(set_up)
        finally:
            set_up.journal.close()

    return asyncio.run(run())


@asynccontextmanager
async def cancelled(task):
    """Cancel ``task`` and go on when it is gone."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    yield


def service(**changes):
    return replace(SERVICE, **changes)
