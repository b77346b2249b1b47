"""Suspects are at work alone, and nobody waits for ever."""

import asyncio

import pytest

from media_captioner.schedule.company import Company


class Stage:
    """Assets that come in, and stay until they are let go."""

    def __init__(self):
        self.company, self.inside, self.ends, self.tasks = Company(), [], {}, {}

    async def come(self, name, *, alone=False):
        self.ends[name] = asyncio.Event()

        async def work():
            async with self.company.join(alone=alone):
                self.inside.append(name)
                await self.ends[name].wait()
                self.inside.remove(name)

        self.tasks[name] = asyncio.create_task(work())
        await self.settle()

    async def go(self, name):
        self.ends[name].set()
        await self.tasks[name]
        await self.settle()

    @staticmethod
    async def settle():
        for _ in range(5):
            await asyncio.sleep(0)


def test_a_suspect_waits_until_nobody_is_there_and_those_behind_it_until_its_work_ends():
    async def story():
        stage = Stage()
        await stage.come("tape")
        await stage.come("clip")
        await stage.come("suspect", alone=True)
        await stage.come("late")  # not before the suspect, which would wait for ever otherwise
        assert stage.inside == ["tape", "clip"]
        await stage.go("tape")
        assert stage.inside == ["clip"]
        await stage.go("clip")
        assert stage.inside == ["suspect"]
        await stage.go("suspect")
        assert stage.inside == ["late"]
        await stage.go("late")

    asyncio.run(story())


def test_two_suspects_are_there_one_after_the_other():
    async def story():
        stage = Stage()
        await stage.come("first", alone=True)
        await stage.come("second", alone=True)
        assert stage.inside == ["first"]
        await stage.go("first")
        assert stage.inside == ["second"]
        await stage.go("second")

    asyncio.run(story())


def test_the_first_answer_clears_a_suspect():
    async def story():
        stage = Stage()
        await stage.come("suspect", alone=True)
        await stage.come("clip")
        await stage.come("another", alone=True)
        stage.company.progressed()
        await stage.settle()
        assert stage.inside == ["suspect", "clip"]
        await stage.go("clip")
        await stage.go("suspect")
        assert stage.inside == ["another"]
        await stage.go("another")

    asyncio.run(story())


@pytest.mark.parametrize("inside", [True, False])
def test_who_is_cancelled_holds_nobody_up(inside):
    async def story():
        stage = Stage()
        await stage.come("tape")
        await stage.come("suspect", alone=True)
        await stage.come("clip")
        if inside:
            await stage.go("tape")
        stage.tasks["suspect"].cancel()
        await asyncio.wait([stage.tasks["suspect"]])
        await stage.settle()
        assert "clip" in stage.inside

    asyncio.run(story())


def test_a_turn_that_comes_with_a_cancellation_is_given_on():
    async def story():
        stage = Stage()
        async with stage.company.join(alone=False):
            await stage.come("suspect", alone=True)
        stage.tasks["suspect"].cancel()  # its turn has come, and it has not noticed yet
        await asyncio.wait([stage.tasks["suspect"]])
        await stage.come("clip")
        assert stage.inside == ["clip"]
        await stage.go("clip")

    asyncio.run(story())
