"""What every Limiter has to do, whatever its pace is kept in."""

import asyncio
import itertools

import pytest

from media_captioner.errors import Postponed
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.pace import Patience


async def _request(limiter, clock, takes, log, name):
    flight = await limiter.acquire(10)
    log.append((clock.monotonic(), name))
    await clock.wait(takes)
    await limiter.settle(flight, "answered", tokens=10)


def _most_in_a_window(starts, seconds):
    return max(sum(1 for other in starts if start <= other < start + seconds) for start in starts)


def test_n12_two_processes_share_one_rate(place, clock):
    async def story():
        limits, log = Limits(concurrency=50, requests_per_minute=600, requests_per_second=10), []
        limiters = [place.start().limiter(clock, limits) for _ in range(2)]
        async with clock.running(idle=place.idle):
            await asyncio.gather(
                *(_request(limiters[number % 2], clock, 0.7, log, number) for number in range(40))
            )
        starts = [moment for moment, _ in log]
        assert _most_in_a_window(starts, 1) <= 10
        # Both had their turns, and nobody was idle: the limit was used.
        assert len({number % 2 for _, number in log[:6]}) == 2
        assert starts[-1] - starts[0] < 40 / 10 * 1.2

    asyncio.run(story())


def test_p6_two_processes_share_one_concurrency(place, clock):
    async def story():
        under_way, most, log = 0, 0, []
        limiters = [place.start().limiter(clock, Limits(concurrency=3)) for _ in range(2)]

        async def one(limiter):
            nonlocal under_way, most
            flight = await limiter.acquire()
            under_way += 1
            most = max(most, under_way)
            await clock.wait(2)
            under_way -= 1
            log.append(clock.monotonic())
            await limiter.settle(flight, "answered")

        async with clock.running(idle=place.idle):
            await asyncio.gather(*(one(limiters[number % 2]) for number in range(12)))
        assert most == 3
        assert len(log) == 12

    asyncio.run(story())


def test_first_come_first_served(place, clock):
    async def story():
        limiter, log = place.start().limiter(clock, Limits(concurrency=2)), []
        async with clock.running(idle=place.idle):
            await asyncio.gather(*(_request(limiter, clock, 1, log, number) for number in range(9)))
        assert [name for _, name in log] == list(range(9))

    asyncio.run(story())


def test_n1_a_refusal_pauses_every_process_and_one_probe_goes_first(place, clock):
    async def story():
        limits, log = Limits(concurrency=9), []
        here, there = (place.start().limiter(clock, limits, chance=lambda: 0.0) for _ in range(2))
        async with clock.running(idle=place.idle):
            refused = await here.acquire()
            began = clock.monotonic()
            await here.settle(refused, "throttled", retry_after=20.0)
            assert (await there.trouble()) is not None
            await asyncio.gather(
                _request(here, clock, 5, log, "a"),
                _request(there, clock, 5, log, "b"),
                _request(there, clock, 5, log, "c"),
            )
            assert (await here.trouble()) is None
        first, second, _ = sorted(moment for moment, _ in log)
        assert first >= began + 20
        assert second >= first + 5  # after the probe's answer

    asyncio.run(story())


def test_n1_a_long_pause_is_told_instead_of_waited_out(place, clock):
    async def story():
        here, there = (
            place.start().limiter(clock, patience=Patience(pause=60, trouble=600)) for _ in range(2)
        )
        async with clock.running(idle=place.idle):
            refused = await here.acquire()
            await here.settle(refused, "throttled", retry_after=3600.0)
            with pytest.raises(Postponed) as caught:
                await there.acquire()
        assert 3590 < (caught.value.until - clock.now()).total_seconds() <= 3600

    asyncio.run(story())


def test_p6_a_pause_holds_across_a_restart(place, clock):
    async def story():
        first = place.start()
        async with clock.running(idle=place.idle):
            limiter = first.limiter(clock)
            refused = await limiter.acquire()
            await limiter.settle(refused, "throttled", retry_after=30.0)
            began = clock.monotonic()
            first.close()
            log = []
            await _request(place.start().limiter(clock), clock, 1, log, "after")
        assert log[0][0] >= began + 30

    asyncio.run(story())


def test_k1_a_process_that_died_takes_no_room(place, clock):
    async def story():
        first, second = place.start(), place.start()
        async with clock.running(idle=place.idle):
            await first.limiter(clock, Limits(concurrency=1)).acquire()
            waiting = asyncio.create_task(second.limiter(clock, Limits(concurrency=1)).acquire())
            await clock.wait(5)
            assert not waiting.done()
            first.kill()
            await asyncio.wait_for(waiting, 90)

    asyncio.run(story())


def test_who_gives_up_in_line_takes_no_room(place, clock):
    async def story():
        limiter, log = place.start().limiter(clock, Limits(concurrency=1, requests_per_minute=60)), []
        async with clock.running(idle=place.idle):
            holder = await limiter.acquire()
            waiting = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
            await clock.wait(0.1)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
            await limiter.settle(holder, "answered")
            sleeping = asyncio.create_task(limiter.acquire())
            await clock.wait(0.2)
            sleeping.cancel()
            await asyncio.wait([sleeping])
            await _request(limiter, clock, 1, log, "last")
        assert len(log) == 1

    asyncio.run(story())


def test_k8_a_clock_that_is_set_changes_no_pace(place, clock):
    async def story():
        limiter, log = place.start().limiter(clock, Limits(concurrency=9, requests_per_minute=60)), []
        async with clock.running(idle=place.idle):
            for number, jump in enumerate([0, 86_400, -3_600, 0]):
                clock.jump(jump)
                await _request(limiter, clock, 0.1, log, number)
        gaps = [second - first for (first, _), (second, _) in itertools.pairwise(log)]
        assert all(1 <= gap <= 2 for gap in gaps)

    asyncio.run(story())
