"""The only place where money is spent: once for each question, whatever happens around it."""

import asyncio
from dataclasses import replace

import pytest

from media_captioner.errors import (
    AuthenticationFailed,
    CaptionerUnavailable,
    ContentRefused,
    DiskFull,
    RateLimited,
    ResponseTruncated,
)
from media_captioner.schedule.once import Degenerate, Errand
from media_captioner.schedule.question import Amount
from tests.unit.schedule.stage import asking, clip, play, service

RESERVED = Amount(1, 900)


def _errand(stage, name, **where):
    heard = clip(name)
    question = replace(asking(name, **where).question, clip=heard.sha256)
    return Errand(question, lambda: stage.captioner.describe(heard, None), RESERVED, tokens=RESERVED.tokens)


def test_a_question_is_asked_once_and_then_known():
    async def story(stage):
        first = await stage.till.once(_errand(stage, "rain"))
        second = await stage.till.once(_errand(stage, "rain"))
        assert first.description.prose == second.description.prose == "It says rain."
        assert stage.captioner.asked == ["rain"]
        assert await stage.attempts() == [("answered", 1, 150, "0")]
        assert stage.till.spent == Amount(1, 150)

    play(story)


def test_the_same_sound_asked_for_at_once_is_sent_once():
    async def story(stage):
        found = await asyncio.gather(
            *(stage.till.once(_errand(stage, "rain", content=f"mc1:{number}")) for number in range(6))
        )
        assert {known.description.prose for known in found} == {"It says rain."}
        assert stage.captioner.asked == ["rain"]

    play(story)


def test_after_a_failure_the_next_who_wants_to_know_asks():
    async def story(stage):
        found = await asyncio.gather(
            *(stage.till.once(_errand(stage, "rain", content=f"mc1:{number}")) for number in range(3)),
            return_exceptions=True,
        )
        assert sum(isinstance(known, CaptionerUnavailable) for known in found) == 1
        assert stage.captioner.asked == ["rain"] * 2

    play(story, None, CaptionerUnavailable("gone"))


@pytest.mark.parametrize(
    ("error", "books"),
    [
        (RateLimited("slow down"), ("failed", 1, 0, "0")),
        (AuthenticationFailed("wrong key"), ("failed", 1, 0, "0")),
        (CaptionerUnavailable("reset"), ("unknown", 1, 900, "0")),
        (ResponseTruncated("cut"), ("unknown", 1, 900, "0")),
        (ContentRefused("no"), ("unknown", 1, 900, "0")),
        (ValueError("a mistake in a captioner"), ("unknown", 1, 900, "0")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_n6_what_may_have_been_billed_is_booked_as_unknown(error, books):
    async def story(stage):
        with pytest.raises(type(error)):
            await stage.till.once(_errand(stage, "rain"))
        assert await stage.attempts() == [books]
        assert (await stage.till.once(_errand(stage, "rain"))).description  # free to be asked again

    play(story, None, error)


def test_a_captioner_that_knows_that_nothing_was_billed_is_believed():
    refused = CaptionerUnavailable("connection refused")
    refused.billed = False

    async def story(stage):
        with pytest.raises(CaptionerUnavailable):
            await stage.till.once(_errand(stage, "rain"))
        assert await stage.attempts() == [("failed", 1, 0, "0")]

    play(story, None, refused)


def test_k3_who_stops_waiting_does_not_stop_a_request_that_may_have_left():
    async def story(stage):
        task = asyncio.create_task(stage.till.once(_errand(stage, "rain")))
        await stage.clock.wait(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stage.till.drain(10) == 0
        assert await stage.attempts() == [("answered", 1, 150, "0")]
        assert (await stage.till.once(_errand(stage, "rain"))).description.prose == "It says rain."
        assert stage.captioner.asked == ["rain"]

    play(story)


def test_k3_what_had_not_left_is_not_sent_for_nobody(monkeypatch):
    async def story(stage):
        claim = stage.journal.store.claim

        async def claim_while_somebody_stops(*terms):
            granted = await claim(*terms)
            task.cancel()
            await asyncio.sleep(0)
            return granted

        monkeypatch.setattr(stage.journal.store, "claim", claim_while_somebody_stops)
        task = asyncio.create_task(stage.till.once(_errand(stage, "rain")))
        with pytest.raises(asyncio.CancelledError):
            await task
        await stage.till.drain(10)
        assert stage.captioner.asked == []
        assert await stage.attempts() == [("unsent", 0, 0, "0")]

    play(story)


def test_k3_draining_gives_up_after_its_time_and_books_it():
    async def story(stage):
        task = asyncio.create_task(stage.till.once(_errand(stage, "rain")))
        await stage.clock.wait(0.5)
        began = stage.clock.monotonic()
        assert await stage.till.drain(10) == 1
        assert stage.clock.monotonic() - began == 10
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stage.attempts() == [("unknown", 1, 900, "0")]
        assert not stage.till.flying

    play(story, takes=60.0)


def test_a_captioner_that_never_answers_is_given_up():
    async def story(stage):
        with pytest.raises(CaptionerUnavailable, match="No answer within 100 s"):
            await stage.till.once(_errand(stage, "rain"))
        assert (await stage.attempts())[0][0] == "unknown"

    play(story, takes=1e6, timeout=100.0)


@pytest.mark.parametrize("prose", ["...", "  ", "!!! — ???", "and again " * 50])
def test_n8_an_answer_that_says_nothing_is_paid_and_not_kept(prose):
    async def story(stage):
        with pytest.raises(Degenerate):
            await stage.till.once(_errand(stage, "rain"))
        assert await stage.attempts() == [("failed", 1, 150, "0")]
        assert await stage.journal.store.get(asking("rain").question) is None

    play(story, None, prose)


def test_d1_an_answer_waits_for_room_and_is_not_lost(monkeypatch):
    async def story(stage):
        done, full = stage.journal.store.done, [DiskFull("full")] * 3

        async def scarce(claim, description):
            if full:
                raise full.pop()
            await done(claim, description)

        monkeypatch.setattr(stage.journal.store, "done", scarce)
        assert (await stage.till.once(_errand(stage, "rain"))).description.prose == "It says rain."
        assert stage.captioner.asked == ["rain"]

    play(story)


def test_the_three_points_are_passed_in_order():
    points = []

    async def story(stage):
        await stage.till.once(_errand(stage, "rain"))

    play(story, witness=points.append)
    assert points == ["claimed", "answered", "recorded"]


def test_a_question_without_a_clip_is_a_mistake():
    async def story(stage):
        with pytest.raises(ValueError, match="clip"):
            await stage.till.once(Errand(asking("rain").question, lambda: None))

    play(story)


def test_the_limiter_hears_what_was_used():
    async def story(stage):
        await stage.till.once(_errand(stage, "rain"))
        began = stage.clock.monotonic()
        await stage.till.once(_errand(stage, "wind", number=1))
        # 900 tokens were reserved, 150 used: the second need not wait for the difference.
        assert stage.captioner.starts[1] - began < 1
        assert stage.captioner.starts[1] - stage.captioner.starts[0] >= 150 / 900 * 60 * 0.1

    play(story, service=service(tokens_per_minute=9_000))
