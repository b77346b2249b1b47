"""Several assets, one captioner: remembered answers, fair turns, tries again, caps, and the state of things."""

import asyncio
from datetime import timedelta
from fractions import Fraction

import pytest

from media_captioner.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    CaptionerUnavailable,
    ClipRejected,
    ContentRefused,
    DiskFull,
    Postponed,
    RateLimited,
    ResponseInvalid,
)
from media_captioner.schedule.budget import Allowance, Budget
from media_captioner.schedule.gate import Gate, Lane
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.question import Amount
from media_captioner.schedule.scheduler import Heard, Unheard, Weight
from tests.unit.schedule.stage import clip, play, service


def test_a_second_run_asks_nothing(tmp_path):
    async def story(stage):
        return await asyncio.gather(*(stage.describe(f"sound {n}", number=n) for n in range(5)))

    def asked(stage_story):
        async def run(stage):
            await stage_story(stage)
            return stage.captioner.asked

        return run

    assert len(play(asked(story), tmp_path / "j.db")) == 5
    assert play(asked(story), tmp_path / "j.db") == []


def test_concurrency_is_the_service_s():
    async def story(stage):
        await asyncio.gather(*(stage.describe(f"sound {n}", number=n) for n in range(12)))
        assert stage.captioner.most == 3

    play(story, service=service(concurrency=3))


def test_a_short_clip_is_not_stuck_behind_a_long_tape():
    async def story(stage):
        tape = [asyncio.create_task(stage.describe(f"tape {n}", number=n)) for n in range(40)]
        await stage.clock.wait(2.5)
        before = len(stage.captioner.asked)
        short = Lane("short.mp4")
        await asyncio.gather(
            *(stage.describe(f"short {n}", short, content="mc1:s", number=n) for n in range(3))
        )
        between = [name for name in stage.captioner.asked[before:] if name.startswith("tape")]
        assert len(between) <= 6
        for task in tape:
            task.cancel()
        await asyncio.gather(*tape, return_exceptions=True)
        await stage.scheduler.drain(10)

    play(story)


def test_priorities_go_first_and_equals_take_turns():
    async def story():
        gate, order = Gate(1), []

        async def one(lane, number):
            async with gate.turn(lane):
                order.append(f"{lane.name}{number}")
                await asyncio.sleep(0)

        a, b, urgent = Lane("a"), Lane("b"), Lane("!", priority=5)
        await asyncio.gather(*(one(lane, n) for lane in (a, b, urgent) for n in range(3)))
        assert order == ["a0", "!0", "!1", "!2", "a1", "b0", "a2", "b1", "b2"]

    asyncio.run(story())


def test_who_leaves_the_line_loses_no_place():
    async def story():
        gate, lane, entered = Gate(1), Lane("a"), []

        async def one(number):
            async with gate.turn(lane):
                entered.append(number)
                await asyncio.sleep(0.001)

        tasks = [asyncio.create_task(one(number)) for number in range(5)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0.0015)
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(1), gate.turn(lane):
            pass
        assert {0, 3, 4} <= set(entered)

    asyncio.run(story())


# --- tries ---------------------------------------------------------------------------------------------------


def test_a_failure_that_passes_is_tried_again():
    async def story(stage):
        assert isinstance(await stage.describe("rain"), Heard)
        assert [row[0] for row in await stage.attempts()] == ["unknown", "unknown", "answered"]

    play(story, None, CaptionerUnavailable("1"), ResponseInvalid("2"))


def test_what_is_not_retryable_is_asked_once():
    async def story(stage):
        with pytest.raises(AuthenticationFailed):
            await stage.describe("rain")
        assert stage.captioner.asked == ["rain"]

    play(story, None, AuthenticationFailed("wrong key"))


def test_n4_a_wrong_key_is_tried_once_for_everybody():
    async def story(stage):
        found = await asyncio.gather(
            *(stage.describe(f"sound {n}", number=n) for n in range(9)), return_exceptions=True
        )
        assert all(isinstance(error, AuthenticationFailed) for error in found)
        assert len(stage.captioner.asked) <= 2  # those that were under way already
        assert isinstance(stage.scheduler.stopped, AuthenticationFailed)

    play(story, None, *[AuthenticationFailed("wrong key")] * 9)


def test_one_clip_that_the_service_cannot_digest_is_a_gap_and_no_outage():
    async def story(stage):
        with pytest.raises(CaptionerUnavailable):
            await stage.describe("rain")
        assert len(stage.captioner.asked) == 4
        assert isinstance(await stage.describe("wind", number=1), Heard)

    play(story, None, *[CaptionerUnavailable("500")] * 4)


def test_n3_an_outage_postpones_and_is_not_the_clip_s_fault():
    async def story(stage):
        found = await asyncio.gather(
            *(stage.describe(f"sound {n}", number=n) for n in range(4)), return_exceptions=True
        )
        assert all(isinstance(error, Postponed) for error in found), found
        assert all(error.until is not None for error in found)
        # The circuit keeps the crowd away: far fewer requests than four clips with four tries each.
        assert len(stage.captioner.asked) <= 4 * 4
        assert stage.clock.monotonic() > 1010

    play(story, None, *[CaptionerUnavailable("503")] * 100)


def test_n2_refused_for_ever_becomes_waiting():
    async def story(stage):
        with pytest.raises(Postponed) as caught:
            await stage.describe("rain")
        assert len(stage.captioner.asked) == 6
        gaps = [b - a for a, b in zip(stage.captioner.starts, stage.captioner.starts[1:], strict=False)]
        assert all(gap > 1 for gap in gaps)
        assert caught.value.until > stage.clock.now()

    play(story, None, *[RateLimited("slow down")] * 50)


def test_n1_a_wait_beyond_a_minute_becomes_waiting_until_then():
    async def story(stage):
        began = stage.clock.now()
        with pytest.raises(Postponed) as caught:
            await stage.describe("rain")
        assert caught.value.until - began >= timedelta(seconds=3600)
        assert stage.clock.now() - began < timedelta(seconds=70)
        with pytest.raises(Postponed):
            await stage.describe("wind", number=1)
        assert stage.captioner.asked == ["rain"]

    play(story, None, RateLimited("slow down", retry_after=3600.0))


def test_n8_an_empty_description_is_asked_for_again_and_then_halved(tmp_path):
    async def story(stage):
        return await stage.describe("rain"), stage.captioner.asked

    found, asked = play(story, tmp_path / "j.db", "...", "!!!")
    assert isinstance(found, Unheard)
    assert found.halve
    assert asked == ["rain", "rain"]
    again, asked = play(story, tmp_path / "j.db")
    assert (again, asked) == (found, [])  # the next run goes straight to the halves


@pytest.mark.parametrize(
    ("error", "halve"), [(ClipRejected("too long"), True), (ContentRefused("inappropriate"), False)]
)
def test_n4_what_the_service_cannot_use_is_not_paid_twice(tmp_path, error, halve):
    async def story(stage):
        return await stage.describe("rain"), stage.captioner.asked

    assert play(story, tmp_path / "j.db", error) == (Unheard(error.message, halve), ["rain"])
    assert play(story, tmp_path / "j.db") == (Unheard(error.message, halve), [])


def test_several_samples_are_several_questions():
    async def story(stage):
        found = [await stage.describe("rain", sample=sample) for sample in (1, 2, 3)]
        assert [heard.description.prose for heard in found] == ["one", "two", "three"]
        again = [await stage.describe("rain", sample=sample) for sample in (1, 2, 3)]
        assert again == found
        elsewhere = await stage.describe("rain", content="mc1:b", sample=2)
        assert elsewhere == Heard(found[1].description, elsewhere=True, clip=clip("rain").sha256)

    play(story, None, "one", "two", "three")


# --- money ---------------------------------------------------------------------------------------------------


def _terms(budget, cost=Fraction(1, 100)):
    return {"budget": budget, "run": "1", "weigh": lambda clip: Weight(Amount(1, 150, cost), 150)}


def test_p6_a_cap_stops_before_it_is_passed_and_what_is_known_stays_free():
    async def story(stage):
        found = await asyncio.gather(
            *(stage.describe(f"sound {n}", number=n) for n in range(6)), return_exceptions=True
        )
        assert sum(isinstance(entry, Heard) for entry in found) == 3
        stopped = next(entry for entry in found if isinstance(entry, BudgetExceeded))
        assert "the budget for today (UTC) is passed: 0 of 3 requests are left" in stopped.message
        assert stopped.until.hour == 0
        assert stopped.until > stage.clock.now()
        assert isinstance(await stage.describe("sound 0", number=0), Heard)
        assert len(stage.captioner.asked) == 3

    play(story, terms=_terms(Budget(day=Allowance(requests=3))))


def test_a_new_day_brings_a_new_allowance():
    async def story(stage):
        await stage.describe("rain")
        with pytest.raises(BudgetExceeded) as caught:
            await stage.describe("wind", number=1)
        await stage.clock.wait((caught.value.until - stage.clock.now()).total_seconds())
        assert isinstance(await stage.describe("wind", number=1), Heard)

    play(story, terms=_terms(Budget(day=Allowance(requests=1))))


def test_a_watched_folder_has_a_purse_of_its_own():
    async def story(stage):
        await stage.describe("rain", root="/in")
        with pytest.raises(BudgetExceeded, match="for /in"):
            await stage.describe("wind", number=1, root="/in")
        assert isinstance(await stage.describe("wind", number=1), Heard)

    play(story, terms=_terms(Budget(roots={"/in": Allowance(requests=1)})))


def test_d1_a_full_disk_pauses_until_there_is_room(monkeypatch):
    async def story(stage):
        room = [False] * 5

        async def scarce():
            return room.pop() if room else True

        monkeypatch.setattr(stage.journal.store, "room", scarce)
        began = stage.clock.monotonic()
        assert isinstance(await stage.describe("rain"), Heard)
        assert stage.clock.monotonic() - began > 9
        assert stage.captioner.asked == ["rain"]

    play(story)


def test_d1_a_disk_that_stays_full_ends_the_waiting_without_a_request(monkeypatch):
    async def story(stage):
        async def never():
            return False

        monkeypatch.setattr(stage.journal.store, "room", never)
        with pytest.raises(DiskFull):
            await stage.describe("rain")
        assert stage.captioner.asked == []

    play(story, patience=30.0)


def test_the_clip_is_encoded_only_when_its_turn_has_come():
    async def story(stage):
        encoded = []

        async def encode():
            encoded.append(stage.captioner.under_way)
            return clip("rain")

        from dataclasses import replace

        from tests.unit.schedule.stage import asking

        wanted = replace(asking("rain"), clip=encode)
        await stage.scheduler.describe(stage.lane, wanted)
        await stage.scheduler.describe(stage.lane, wanted)
        assert len(encoded) == 1

    play(story)


@pytest.mark.parametrize(
    ("limits", "takes", "least"),
    [
        (Limits(8), 1.0, 25.0),
        (Limits(8, requests_per_minute=600), 0.2, 20.1),
        (Limits(8, tokens_per_minute=600 * 150), 0.2, 20.1),  # each answer takes 150
    ],
    ids=["concurrency", "requests", "tokens"],
)
def test_what_a_service_allows_is_used_to_a_twentieth(limits, takes, least):
    """Two hundred clips: ``least`` is from the first start to the last answer, were nothing ever lost."""

    async def story(stage):
        began = stage.clock.monotonic()
        await asyncio.gather(*(stage.describe(f"clip {number}", number=number) for number in range(200)))
        assert stage.captioner.most <= 8
        return stage.clock.monotonic() - began

    terms = {"weigh": lambda _clip: Weight(Amount(1, 200), 200)}
    took = play(story, limits=limits, takes=takes, terms=terms, service=service(concurrency=8))
    assert least <= took <= least * 1.05
