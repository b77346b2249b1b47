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
