"""Runs that share a captioner and a journal, tapes for them, and a captioner that is paid."""

import asyncio
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from media_captioner import batch
from media_captioner.config import Settings
from media_captioner.model import Description, Usage
from media_captioner.protocols import Price, Service, SilentReporter
from media_captioner.session import open_session
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.media import Sound, write_media

PRICE = Price(Fraction(4), Fraction(3), "a test", "2026-01-01")

PAID = Service(
    "paid service",
    Fraction(60),
    Fraction(30),
    ("wav", "mp3"),
    max_data_url=10_000_000,
    concurrency=2,
    price=PRICE,
)

ONE_BY_ONE = replace(PAID, concurrency=1)

RATE = 16_000


def tape(path, *beeps, seconds=8):
    """Write a WAV of one tone after the other, each of some seconds, cut apart by a pause."""
    parts = []
    for beep in beeps:
        time = np.arange(seconds * RATE) / RATE
        parts.append(np.zeros(seconds * RATE) if not beep else 0.3 * np.sin(2 * np.pi * beep * time))
        parts[-1][-RATE // 2 :] = 0
    sound = np.concatenate(parts).astype(np.float32)[None, :]
    return write_media(path, "wav", Sound(sound, rate=RATE, codec="pcm_s16le"))


def costs(prose="A dog barks."):
    def answer(clip, _context):
        usage = Usage(input_tokens=100, output_tokens=50, dollars=Fraction(55, 100_000), requests=1)
        return Description(f"{prose}", "paid", "paid-1", usage, request_id=clip.sha256[:8])

    return answer


def paid(*answers, service=PAID):
    captioner = FakeCaptioner(*(answers or (costs(),)), name="paid", model="paid-1", service=service)
    captioner.address = "http://service.test"
    return captioner


class Notes(SilentReporter):
    def __init__(self):
        self.notices, self.seen = [], []

    def notice(self, level, message):
        self.notices.append(message)

    def progress(self, progress):
        self.seen.append(progress)


def run(
    paths, captioner, journal=None, *, clock=None, reporter=None, wait_hours=0.0, at_once=None, **settings
):
    """Caption ``paths`` in one run with a journal, and return the reports by name."""
    settings = {"detail": "high", **settings}
    chosen = Settings(journal=journal, **settings)
    options = {"clock": clock} if clock else {}

    async def story():
        with open_session(captioner, chosen, reporter=reporter, **options) as session:
            work = batch.Batch(
                lambda _: chosen,
                captioner,
                reporter or SilentReporter(),
                session=session,
                wait_hours=wait_hours,
                at_once=at_once,
                **options,
            )
            if clock is None:
                await work.run(paths, lambda _: None)
            else:
                async with clock.running(idle=lambda: session.journal.idle and not busy()):
                    await work.run(paths, lambda _: None)
        return {report.source.name: report for report in work.reports}

    def busy():
        # Decoding threads are at work as long as they have anything to do; a fake clock must not overtake them.
        loop = asyncio.get_running_loop()
        executor = getattr(loop, "_default_executor", None)
        return executor is not None and (
            executor._work_queue.qsize() > 0 or executor._idle_semaphore._value < len(executor._threads)
        )

    return asyncio.run(story())


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "state" / "journal.db"
