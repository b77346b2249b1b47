"""What every Dispatcher has to do, wherever its queue is."""

import asyncio
import contextlib

import pytest

from media_captioner.fleet.dispatch import ProcrastinateDispatcher
from media_captioner.schedule.dispatch import LocalDispatcher
from tests import postgres


@contextlib.asynccontextmanager
async def _local(**terms):
    yield LocalDispatcher(**terms)


def _shared(dsn):
    return lambda **terms: ProcrastinateDispatcher(dsn, silence=3, **terms)


@pytest.fixture(params=["local", "procrastinate"])
def opened(request):
    """Opens a dispatcher."""
    if request.param == "local":
        yield _local
        return
    try:
        with postgres.fleet() as dsn:
            yield _shared(dsn)
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))


def test_each_is_done_once_the_urgent_first_and_equals_in_the_order_of_coming(opened):
    async def story():
        done = []

        async def work(asset):
            done.append(asset)

        async with opened() as dispatcher:
            for asset, priority in [("a", 0), ("b", 0), ("c", 5), ("d", -1)]:
                assert await dispatcher.submit(asset, priority=priority)
            assert not await dispatcher.submit("a")
            assert (await dispatcher.status()).waiting == 4
            await dispatcher.close()
            await dispatcher.run_worker(work)
            status = await dispatcher.status()
            assert (status.waiting, status.running, status.finished) == (0, 0, 4)
        assert done == ["c", "a", "b", "d"]

    asyncio.run(story())


def test_what_runs_is_not_queued_again_and_can_be_cancelled(opened):
    async def story():
        begun, ended, stopped = asyncio.Event(), [], []

        async def work(asset):
            begun.set()
            try:
                await asyncio.sleep(300 if asset == "long" else 0)
            except asyncio.CancelledError:
                stopped.append(asset)
                raise
            ended.append(asset)

        async with opened() as dispatcher:
            await dispatcher.submit("long", priority=1)
            await dispatcher.submit("unwanted")
            await dispatcher.submit("next")
            worker = asyncio.create_task(dispatcher.run_worker(work))
            await begun.wait()
            assert not await dispatcher.submit("long")
            assert await dispatcher.cancel("unwanted")
            assert not await dispatcher.cancel("nobody knows it")
            assert await dispatcher.cancel("long")
            await dispatcher.close()
            await asyncio.wait_for(worker, 90)
        assert (stopped, ended) == (["long"], ["next"])

    asyncio.run(story())


def test_what_is_under_way_when_the_queue_closes_can_still_be_cancelled(opened):
    async def story():
        begun, stopped = asyncio.Event(), []

        async def work(asset):
            begun.set()
            try:
                await asyncio.sleep(300)
            except asyncio.CancelledError:
                stopped.append(asset)
                raise

        async with opened() as dispatcher:
            await dispatcher.submit("long")
            worker = asyncio.create_task(dispatcher.run_worker(work))
            await begun.wait()
            await dispatcher.close()
            await asyncio.sleep(0.1)  # it has been told
            assert await dispatcher.cancel("long")
            await asyncio.wait_for(worker, 90)
        assert stopped == ["long"]

    asyncio.run(story())


def test_who_submits_waits_while_the_queue_is_full(opened):
    async def story():
        async def work(asset):
            del asset

        async with opened(most=2) as dispatcher:
            await dispatcher.submit("a")
            await dispatcher.submit("b")
            third = asyncio.create_task(dispatcher.submit("c"))
            await asyncio.sleep(0.1)
            assert not third.done()
            worker = asyncio.create_task(dispatcher.run_worker(work))
            assert await asyncio.wait_for(third, 90)
            await dispatcher.close()
            await asyncio.wait_for(worker, 90)

    asyncio.run(story())


def test_what_work_raises_ends_the_worker(opened):
    async def story():
        async def work(asset):
            raise ValueError(asset)

        async with opened() as dispatcher:
            await dispatcher.submit("a")
            with pytest.raises(ValueError, match="a"):
                await asyncio.wait_for(dispatcher.run_worker(work), 90)

    asyncio.run(story())
