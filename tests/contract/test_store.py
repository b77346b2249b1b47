"""What every Store has to do, whatever it is made of."""

import asyncio
import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media_captioner.errors import BudgetExceeded
from media_captioner.model import Description, Evidence, Facts, Sound, Span, Usage
from media_captioner.schedule.budget import Allowance, Cap
from media_captioner.schedule.question import Amount, Question
from media_captioner.testing.clock import FakeClock

QUESTION = Question("mc1:abc", 1, Fraction(0), Fraction(30), "wav@16000", "qwen/7", clip="c" * 64)
_EXAMPLE = itertools.count()  # examples share a place, so each needs a purse and questions of its own

ANSWER = Description(
    "A dog barks “twice”.",
    "qwen",
    "qwen/7",
    Usage(Fraction(30), 760, 752, 400, Fraction(41, 10_000), 1),
    request_id="r-1",
    facts=Facts(
        sounds=(Sound("dog", "animal", "asserted", span=Span(Fraction(1, 8), Fraction(2)), confidence=0.5),)
    ),
    evidence={"heard": [1, 2]},
)


async def _ask(store, question=QUESTION, answer=ANSWER, **terms):
    claim = await store.claim(question, **terms)
    assert claim.standing == "mine"
    await store.done(claim, answer)


def _other(**changes):
    return replace(QUESTION, **changes)


def test_what_was_answered_is_known_for_good(place):
    async def story():
        first = place.start()
        assert await first.store.get(QUESTION) is None
        await _ask(first.store)
        known = await first.store.get(QUESTION)
        assert (known.description, known.refusal, known.elsewhere) == (ANSWER, None, False)
        first.close()
        assert (await place.start().store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


def test_nobody_asks_what_somebody_asks_already(place):
    async def story():
        here, there = place.start(), place.start()
        claim = await here.store.claim(QUESTION)
        assert claim.standing == "mine"
        assert (await here.store.claim(QUESTION)).standing == "busy"
        assert (await there.store.claim(QUESTION)).standing == "busy"
        assert await there.store.get(QUESTION) is None
        await here.store.done(claim, ANSWER)
        assert (await there.store.claim(QUESTION)).standing == "known"
        assert (await there.store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


def test_of_many_who_want_to_ask_at_once_one_may(place):
    async def story():
        processes = [place.start() for _ in range(3)]
        claims = await asyncio.gather(
            *(process.store.claim(QUESTION) for process in processes for _ in range(5))
        )
        assert sorted(claim.standing for claim in claims) == ["busy"] * 14 + ["mine"]

    asyncio.run(story())


def test_what_was_given_back_may_be_asked_again(place):
    async def story():
        store = place.start().store
        first = await store.claim(QUESTION)
        await store.release(first, "CaptionerUnavailable: gone", spent=None)
        second = await store.claim(QUESTION)
        assert second.standing == "mine"
        assert second.attempt != first.attempt
        await store.done(second, ANSWER)
        assert (await store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


@pytest.mark.parametrize(
    "change",
    [
        {"content": "mc1:def"},
        {"track": 2},
        {"start": Fraction(1, 16_000)},
        {"end": Fraction(30) - Fraction(1, 16_000)},
        {"encoding": "mp3@16000"},
        {"captioner": "qwen/8"},
        {"sample": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_question_tells_it_from_others(place, change):
    async def story():
        store = place.start().store
        await _ask(store)
        assert await store.get(_other(clip="other sound", **change)) is None

    asyncio.run(story())


def test_the_file_s_name_and_the_clip_s_bytes_are_no_part_of_the_question(place):
    async def story():
        store = place.start().store
        await _ask(store)
        # Another build of FFmpeg decodes the last bit differently: nothing is paid again.
        assert (await store.get(_other(clip="d" * 64))).description == ANSWER
        assert (await store.get(_other(clip=None))).description == ANSWER

    asyncio.run(story())


def test_the_same_sound_elsewhere_has_the_same_answer(place):
    async def story():
        store = place.start().store
        await _ask(store)
        twin = _other(content="mc1:another", start=Fraction(90), end=Fraction(120))
        assert await store.get(replace(twin, clip=None)) is None
        found = await store.get(twin)
        assert (found.description, found.elsewhere) == (ANSWER, True)
        again = await store.get(replace(twin, clip=None))
        assert (again.description, again.elsewhere) == (ANSWER, True)  # it was paid for there
        assert (await store.claim(_other(content="mc1:third"))).standing == "known"
        assert (await store.get(_other(content="mc1:third"))).elsewhere
        assert await store.get(_other(content="mc1:third", sample=2)) is None
        assert await store.get(_other(content="mc1:third", captioner="qwen/8")) is None

    asyncio.run(story())


def test_the_same_sound_is_not_asked_about_twice_at_once(place):
    async def story():
        store = place.start().store
        claim = await store.claim(QUESTION)
        assert (await store.claim(_other(content="mc1:another"))).standing == "busy"
        await store.release(claim, "failed", spent=Amount(1))
        assert (await store.claim(_other(content="mc1:another"))).standing == "mine"

    asyncio.run(story())


def test_the_first_answer_stays(place):
    async def story():
        store = place.start().store
        claim = await store.claim(QUESTION)
        await store.done(claim, ANSWER)
        await store.done(claim, replace(ANSWER, prose="A late one."))
        assert (await store.get(QUESTION)).description == ANSWER

    asyncio.run(story())


def test_what_is_refused_is_not_asked_again(place):
    async def story():
        store = place.start().store
        await store.refuse(QUESTION, "the service refuses this sound")
        known = await store.get(QUESTION)
        assert (known.description, known.refusal, known.halve) == (
            None,
            "the service refuses this sound",
            False,
        )
        assert (await store.claim(QUESTION)).standing == "known"
        other = _other(track=5, clip="e" * 64)
        await store.refuse(other, "too long", halve=True)
        assert (await store.get(other)).halve

    asyncio.run(story())


def test_p3_who_dies_while_asking_leaves_the_question_to_others_and_the_bill_in_the_books(place):
    async def story():
        caps = [Cap("run:1", "for this run", Allowance(requests=2))]
        first, second = place.start(), place.start()
        assert (await first.store.claim(QUESTION, caps, Amount(1, 900, Fraction(1)))).standing == "mine"
        assert (await second.store.claim(QUESTION, caps)).standing == "busy"
        first.kill()
        assert (await second.store.claim(QUESTION, caps)).standing == "mine"
        # Its request may have been paid, so it counts: there is no room for a third.
        with pytest.raises(BudgetExceeded):
            await second.store.claim(_other(track=9, clip="f" * 64), caps)

    asyncio.run(story())


def test_what_is_dropped_is_gone_but_not_where_the_same_sound_is_still_wanted(place):
    async def story():
        store = place.start().store
        await _ask(store)
        twin = _other(content="mc1:another")
        await store.get(twin)
        await _ask(store, _other(captioner="paid", clip="9" * 64))
        assert await store.drop("mc1:abc", 1, "qwen/7") == 1
        assert await store.get(_other(clip=None)) is None
        assert (await store.get(twin)).description == ANSWER
        assert await store.get(_other(captioner="paid", clip=None)) is not None
        assert await store.forget("mc1:abc") == 1
        assert await store.get(_other(captioner="paid", clip=None)) is None

    asyncio.run(story())


# --- money ---------------------------------------------------------------------------------------------------


def _cap(purse="day:1", until=None, **most):
    return Cap(purse, "for today (UTC)", Allowance(**most), until)


def test_a_reservation_is_settled_from_the_usage(place):
    async def story():
        store, until = place.start().store, FakeClock().now()
        caps = [_cap(dollars=Fraction(1, 100), until=until)]
        amount = Amount(1, 2000, Fraction(8, 1000))
        await _ask(store, caps=caps, amount=amount)  # took 0.0041
        second = _other(track=2, clip="2" * 64)
        with pytest.raises(BudgetExceeded) as caught:
            await store.claim(second, caps, amount)
        assert "$0.0059 of $0.0100 are left" in caught.value.message
        assert caught.value.until == until
        await _ask(store, second, caps=caps, amount=Amount(1, 2000, Fraction(59, 10_000)))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("ending", "left"),
    [
        ({"spent": None, "sent": False}, 10),  # nothing left the machine
        ({"spent": Amount(1)}, 9),  # refused: a request, and no dollars
        ({"spent": None}, 9),  # nobody knows whether it was billed
    ],
)
def test_what_failed_costs_what_it_cost(place, ending, left):
    async def story():
        store = place.start().store
        caps = [_cap(requests=10, dollars=Fraction(10))]
        claim = await store.claim(QUESTION, caps, Amount(1, 10, Fraction(1)))
        await store.release(claim, "failed", **ending)
        known = ending["spent"] is not None or not ending.get("sent", True)
        dollars_left = Fraction(10) if known else Fraction(9)
        with pytest.raises(BudgetExceeded, match=f"{left} of 10 requests"):
            await store.claim(QUESTION, caps, Amount(left + 1, 0, Fraction(0)))
        with pytest.raises(BudgetExceeded):
            await store.claim(QUESTION, caps, Amount(1, 0, dollars_left + Fraction(1, 10**9)))
        assert (await store.claim(QUESTION, caps, Amount(1, 0, dollars_left))).standing == "mine"

    asyncio.run(story())


def test_a_cap_that_has_no_room_charges_no_other_purse(place):
    async def story():
        store = place.start().store
        wide, narrow = _cap("run:1", requests=1), _cap("day:1", requests=0)
        with pytest.raises(BudgetExceeded):
            await store.claim(QUESTION, [wide, narrow])
        assert (await store.claim(QUESTION, [wide])).standing == "mine"

    asyncio.run(story())


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_p6_however_many_spend_at_once_no_cap_is_passed(place, data):
    processes = [place.start() for _ in range(2)]
    most = Allowance(
        dollars=Fraction(data.draw(st.integers(0, 40)), 1000), tokens=data.draw(st.integers(0, 20_000))
    )
    purse = f"run:{next(_EXAMPLE)}"
    shares = data.draw(st.lists(st.integers(0, 100), min_size=5, max_size=12))
    spent = []

    async def one(number, share):
        store = processes[number % 2].store
        amount = Amount(1, 1500, Fraction(5, 1000))
        question = _other(content=purse, track=number, clip=f"{purse}{number}")
        try:
            claim = await store.claim(question, [Cap(purse, "for this run", most)], amount)
        except BudgetExceeded:
            return
        usage = Usage(input_tokens=1500 * share // 100, dollars=Fraction(5 * share, 100_000), requests=1)
        await asyncio.sleep(0)
        if share % 7 == 0:
            await store.release(claim, "lost", spent=None)
            spent.append(amount)
            return
        await store.done(claim, replace(ANSWER, usage=usage))
        spent.append(Amount(1, usage.input_tokens, usage.dollars))

    async def story():
        await asyncio.gather(*(one(number, share) for number, share in enumerate(shares)))

    asyncio.run(story())
    assert sum((amount.dollars for amount in spent), Fraction(0)) <= most.dollars
    assert sum(amount.tokens for amount in spent) <= most.tokens
    for process in processes:
        process.close()


def test_evidence_of_any_kind_comes_back(place):
    async def story():
        store = place.start().store
        answer = replace(
            ANSWER,
            facts=Facts(
                sounds=(Sound("rain", "weather", "hedged", evidence=Evidence("Rain, perhaps.", 0, 4)),)
            ),
            evidence={"nested": {"list": [1, None, "x"]}, "lone": "\ud800"},
        )
        await _ask(store, answer=answer)
        assert (await store.get(QUESTION)).description == answer

    asyncio.run(story())
