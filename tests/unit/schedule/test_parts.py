"""The small parts: tries, descriptions that are none, caps, states of the queue."""

import asyncio
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_captioner.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    CaptionerUnavailable,
    RateLimited,
    ResponseInvalid,
)
from media_captioner.model import Usage
from media_captioner.schedule.budget import Allowance, Budget, Cap, check, day_purse
from media_captioner.schedule.degenerate import degenerate
from media_captioner.schedule.dispatch import LocalDispatcher
from media_captioner.schedule.protocols import QueueStatus, amount_of
from media_captioner.schedule.question import Amount
from media_captioner.schedule.retry import Retry, persist
from media_captioner.schedule.waiting import within
from media_captioner.testing.clock import FakeClock

# --- tries ---------------------------------------------------------------------------------------------------


def _persist(policy, failures, chance=lambda: 1.0):
    clock, calls = FakeClock(), 0

    async def ask():
        nonlocal calls
        calls += 1
        if calls <= len(failures):
            raise failures[calls - 1]
        return "answer"

    async def story():
        async with clock.running():
            try:
                return await persist(ask, policy, clock, chance)
            except Exception as error:  # noqa: BLE001 - whatever it was is looked at
                return error

    return asyncio.run(story()), calls, [round(wait, 6) for wait in clock.slept]


def test_waits_double_up_to_a_bound():
    result, _, waits = _persist(Retry(tries=9, longest=30.0), [CaptionerUnavailable("x")] * 7)
    assert result == "answer"
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_tries_are_counted_by_the_kind_of_failure():
    failures = [CaptionerUnavailable("a"), ResponseInvalid("b"), CaptionerUnavailable("c")]
    assert _persist(Retry(tries=3, invalid=2), failures)[:2] == ("answer", 4)
    result, calls, _ = _persist(Retry(tries=3, invalid=1), failures)
    assert (type(result), calls) == (ResponseInvalid, 2)


def test_n4_what_cannot_help_is_not_tried_again():
    result, calls, waits = _persist(Retry(), [AuthenticationFailed("key")])
    assert (type(result), calls, waits) == (AuthenticationFailed, 1, [])


def test_a_refusal_to_slow_down_waits_in_the_limiter_not_here():
    result, calls, waits = _persist(Retry(refused=3), [RateLimited("slow")] * 2)
    assert (result, calls, waits) == ("answer", 3, [])


def test_the_time_in_all_is_bounded_too():
    result, calls, _ = _persist(Retry(tries=1000, total=100, longest=30), [CaptionerUnavailable("x")] * 999)
    assert isinstance(result, CaptionerUnavailable)
    assert calls < 12


@given(tries=st.integers(1, 10**6), chance=st.floats(0, 1))
def test_full_jitter_spreads_from_nothing_to_the_bound(tries, chance):
    policy = Retry()
    assert 0 <= policy.delay(tries, chance) <= policy.longest
    assert policy.delay(tries, 0.0) == 0


def test_a_deadline_cancels_what_is_late():
    async def story():
        clock, ended = FakeClock(), []

        async def slow():
            try:
                await clock.wait(50)
            finally:
                ended.append(clock.monotonic())

        async with clock.running():
            with pytest.raises(TimeoutError):
                await within(clock, 5, slow())
            assert ended == [1005]
            assert await within(clock, 5, asyncio.sleep(0, "in time")) == "in time"

    asyncio.run(story())


# --- descriptions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prose",
    [
        "",
        " \n\t ",
        "…",
        "!!! ??? ...",
        "\u200b\u200b",
        "the the the the the the the the the the the the",
        "The clip opens with rain. " + "And then, and then, " * 60,
        "A man says: " + "ha" * 200,
        "音频中有雨声。" * 12,
        "Rain falls. " * 400,
        "a " * 50_000,
    ],
)
def test_what_is_no_description(prose):
    assert degenerate(prose)


@pytest.mark.parametrize(
    "prose",
    [
        "Silence.",
        "A dog barks.",
        "雨声。",
        (
            "The singer repeats “na na na na na na na na, hey hey hey, goodbye” while a crowd claps along, and then the "
            "recording fades out over a low hum from the room, with a cough near the microphone at the very end."
        ),
        "Tick, tick, tick, tick: a clock. Then a door opens, footsteps cross a wooden floor, and a kettle is set down.",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
    ],
)
def test_what_is_one(prose):
    assert degenerate(prose) is None


@given(st.text(max_size=400))
def test_any_text_is_judged(prose):
    found = degenerate(prose)
    assert found is None or found in {"empty", "nothing but punctuation", "the same words over and over"}
    if not any(character.isalnum() for character in prose):
        assert found


@given(
    unit=st.lists(st.sampled_from("rain dog man door wind".split()), min_size=1, max_size=20),
    before=st.integers(0, 20),
)
def test_any_loop_that_makes_up_most_of_the_text_is_found(unit, before):
    opening = [f"word{number}" for number in range(before)]
    assert degenerate(" ".join(opening + unit * (8 + before)))


# --- caps ----------------------------------------------------------------------------------------------------

amounts = st.builds(Amount, st.integers(0, 5), st.integers(0, 5000), st.fractions(0, 1, max_denominator=1000))


@given(
    most=st.builds(
        Allowance,
        dollars=st.none() | st.fractions(0, 2, max_denominator=100),
        tokens=st.none() | st.integers(0, 10_000),
        requests=st.none() | st.integers(0, 10),
    ),
    held=amounts,
    amount=amounts,
)
def test_p6_what_passes_the_check_fits_into_the_cap(most, held, amount):
    cap = Cap("purse", "for this run", most)
    total = held + amount
    fits = (
        (most.dollars is None or total.dollars <= most.dollars)
        and (most.tokens is None or total.tokens <= most.tokens)
        and (most.requests is None or total.requests <= most.requests)
    )
    if fits:
        check([cap], {"purse": held}, amount)
    else:
        with pytest.raises(BudgetExceeded) as caught:
            check([cap], {"purse": held}, amount)
        assert "for this run" in caught.value.message
        assert caught.value.hint


def test_a_budget_gives_the_caps_of_the_moment():
    now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    some = Allowance(dollars=Fraction(2))
    budget = Budget(run=some, day=some, roots={"/in": some})
    run, day, root = budget.caps(now, "7", "/in")
    assert (run.purse, run.until) == ("run:7", None)
    assert (day.purse, day.until) == ("day:2026-12-31", datetime(2027, 1, 1, tzinfo=UTC))
    assert (root.purse, root.until) == ("root:/in", None)
    unbounded = Cap("root:/elsewhere", "for /elsewhere", Allowance())
    assert budget.caps(now, "7", "/elsewhere") == (run, day, unbounded)


def test_what_a_day_takes_is_counted_before_anybody_bounds_it():
    now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    (day,) = Budget().caps(now, "7")
    check([day], {day.purse: Amount(10**9, 10**12, Fraction(10**9))}, Amount(1))
    (bounded,) = Budget(day=Allowance(requests=5)).caps(now, "7")
    assert bounded.purse == day.purse == day_purse("2026-12-31")
    with pytest.raises(BudgetExceeded):
        check([bounded], {day.purse: Amount(5)}, Amount(1))


def test_a_description_takes_what_the_service_counted():
    usage = Usage(input_tokens=160, audio_tokens=152, output_tokens=387, dollars=Fraction(1, 7), requests=1)
    assert amount_of(usage) == Amount(1, 547, Fraction(1, 7))
    assert amount_of(Usage()) == Amount(1)


# --- the queue of assets -------------------------------------------------------------------------------------


def test_assets_go_by_priority_then_in_order():
    async def story():
        queue, done = LocalDispatcher(), []
        for name, priority in [("a", 0), ("b", 0), ("urgent", 9), ("c", 0)]:
            assert await queue.submit(name, priority=priority)
        assert not await queue.submit("b")
        assert await queue.status() == QueueStatus(4, 0, 0)
        await queue.close()

        async def work(name):
            done.append(name)
            assert not await queue.submit(name)

        await queue.run_worker(work)
        assert done == ["urgent", "a", "b", "c"]
        assert await queue.status() == QueueStatus(0, 0, 4)
        with pytest.raises(RuntimeError):
            await queue.submit("late")

    asyncio.run(story())


def test_a_full_queue_holds_its_feeder():
    async def story():
        queue, done = LocalDispatcher(most=2), []

        async def feed():
            for number in range(7):
                await queue.submit(str(number))
            await queue.close()

        async def work(name):
            assert (await queue.status()).waiting <= 2
            done.append(name)

        await asyncio.gather(feed(), queue.run_worker(work), queue.run_worker(work))
        assert sorted(done) == [str(number) for number in range(7)]

    asyncio.run(story())


def test_cancelling_takes_out_of_the_queue_or_interrupts():
    async def story():
        queue, done, begun = LocalDispatcher(), [], asyncio.Event()

        async def work(name):
            begun.set()
            if name == "long":
                await asyncio.Event().wait()
            done.append(name)

        for name in ("long", "never", "last"):
            await queue.submit(name)
        worker = asyncio.create_task(queue.run_worker(work))
        await begun.wait()
        assert await queue.cancel("never")
        assert await queue.cancel("long")
        assert not await queue.cancel("unknown")
        await queue.close()
        await worker
        assert done == ["last"]

    asyncio.run(story())


def test_a_worker_that_is_stopped_stops_its_work():
    async def story():
        queue, ended, begun = LocalDispatcher(), [], asyncio.Event()

        async def work(name):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        await queue.submit("a")
        worker = asyncio.create_task(queue.run_worker(work))
        await begun.wait()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        assert ended == ["a"]

    asyncio.run(story())
