"""The fleet's queue: what only it can do wrong."""

import asyncio

from media_captioner.fleet.dispatch import ProcrastinateDispatcher


def test_who_is_asked_to_leave_is_not_taken_for_dead_while_it_ends_what_is_under_way(dsn):
    async def story():
        begun = asyncio.Event()

        async def work(asset):
            begun.set()
            await asyncio.sleep(4.5)  # more than twice what would be too long a silence

        leaving, other = (ProcrastinateDispatcher(dsn, name=name, silence=2) for name in ("leaving", "other"))
        async with leaving, other:
            await leaving.submit("long")
            worker = asyncio.create_task(leaving.run_worker(work))
            await begun.wait()
            leaving.leave()
            taken_over = 0
            while not worker.done():
                taken_over += await other.rescue()
                await asyncio.wait({worker}, timeout=0.1)
            await worker
            assert taken_over == 0
            assert (await other.status()).waiting == 0

    asyncio.run(story())


def test_what_comes_back_to_the_worker_that_is_still_at_it_waits_for_that(dsn):
    """A worker that was cut off is taken for dead; once it is back, it may be given its own assets again."""

    async def story():
        under_way, most, turns = 0, 0, 0
        first, end = asyncio.Event(), asyncio.Event()

        async def work(asset):
            nonlocal under_way, most, turns
            under_way, turns = under_way + 1, turns + 1
            most = max(most, under_way)
            first.set()
            await end.wait()
            under_way -= 1

        busy = ProcrastinateDispatcher(dsn, name="busy", at_once=2, silence=60)
        other = ProcrastinateDispatcher(dsn, name="other", silence=-1)  # takes everybody for dead
        async with busy, other:
            await busy.submit("long")
            worker = asyncio.create_task(busy.run_worker(work))
            await first.wait()
            assert await other.rescue() == 1
            await busy.submit("another")  # which tells the worker that there is something to fetch
            async with asyncio.timeout(60):
                while (await other.status()).waiting > 1:  # until the one that came back is fetched
                    await asyncio.wait({worker}, timeout=0.05)
            await asyncio.sleep(0.2)
            assert (most, turns) == (1, 1)
            busy.leave()
            end.set()
            await worker
            assert (most, turns) == (1, 2)

    asyncio.run(story())
