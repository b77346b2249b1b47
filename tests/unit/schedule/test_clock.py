"""The public fake clock: time passes only when somebody says so."""

import asyncio
from datetime import timedelta

from media_captioner.testing.clock import FakeClock


async def _note(clock, seconds, log):
    await clock.wait(seconds)
    log.append((clock.monotonic(), seconds))


def test_tasks_wake_each_at_its_moment():
    async def story():
        clock, log = FakeClock(monotonic=0.0), []
        tasks = [asyncio.create_task(_note(clock, seconds, log)) for seconds in (3, 1, 2, 9)]
        await clock.advance(5)
        assert log == [(1, 1), (2, 2), (3, 3)]
        assert clock.monotonic() == 5
        tasks[3].cancel()
        await clock.advance(100)
        assert len(log) == 3

    asyncio.run(story())


def test_running_lets_time_pass_by_itself():
    async def story():
        clock, log, start = FakeClock(), [], FakeClock().now()
        async with clock.running():
            await asyncio.gather(*(_note(clock, hours * 3600, log) for hours in (5, 1)))
        assert [seconds for _, seconds in log] == [3600, 5 * 3600]
        assert clock.now() - start == timedelta(hours=5)

    asyncio.run(story())


def test_what_a_thread_hands_over_as_it_ends_is_taken_before_time_passes():
    async def story():
        loop, clock, log = asyncio.get_running_loop(), FakeClock(monotonic=0.0), []
        result = loop.create_future()

        async def asker():
            await result
            log.append(clock.monotonic())

        def idle():
            if not result.done():
                # As late as can be: somebody is asking whether the thread has ended.
                loop.call_soon(result.set_result, None)
            return True

        asking = asyncio.create_task(asker())
        async with clock.running(idle=idle):
            await clock.wait(1)
        await asking
        assert log == [0]

    asyncio.run(story())


def test_sleeping_moves_the_time_and_a_jump_moves_only_the_time_of_day():
    clock = FakeClock(monotonic=0.0)
    before = clock.now()
    clock.sleep(2)
    clock.jump(-3600)
    assert clock.monotonic() == 2
    assert clock.now() - before == timedelta(seconds=2 - 3600)
    assert clock.slept == [2]
