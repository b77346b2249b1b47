"""Who gets a place at the desk: every folder is sure of one, whatever becomes of the others."""

import asyncio
from pathlib import Path

import pytest

from media_captioner.model import Fingerprint
from media_captioner.session import passing_session
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.watch.desk import Desk, Job
from tests.unit.watch.conftest import until

SEEN = Fingerprint(1, 1, 1, 1)


class Folder:
    """A folder whose files are begun when its disk answers, and are left alone then."""

    def __init__(self, name, *, hangs=False, priority=0):
        self.name, self.priority, self.begun = name, priority, []
        self.answers = asyncio.Event()
        if not hangs:
            self.answers.set()

    def submit(self, desk, count):
        for number in range(count):
            desk.submit(Job(Path(self.name, str(number)), SEEN, "mc1:a", 0, self))

    async def begin(self, job):
        self.begun.append(job.path.name)
        await self.answers.wait()
        return False


def at_a_desk(story, *folders, at_once=3):
    """Run ``story`` while a desk is at work for ``folders``."""
    captioner = FakeCaptioner()
    desk = Desk(captioner, lambda: passing_session(captioner), at_once=at_once, folders=len(folders))

    async def run():
        work = asyncio.create_task(desk.run())
        try:
            await story(desk)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    return run


@pytest.mark.parametrize("stuck", [1, 2, 5])
def test_d6_folders_that_hang_leave_the_others_a_place(stuck):
    async def story():
        hanging = [Folder(f"/stuck{number}", hangs=True, priority=9) for number in range(stuck)]
        well = Folder("/well")

        async def play(desk):
            for folder in hanging:
                folder.submit(desk, 10)
            await until(lambda: all(folder.begun for folder in hanging))
            well.submit(desk, 10)
            await until(lambda: len(well.begun) == 10)
            assert desk.waiting == 10 * stuck - sum(len(folder.begun) for folder in hanging)
            for folder in hanging:
                folder.answers.set()
            await until(lambda: all(len(folder.begun) == 10 for folder in hanging))

        await at_a_desk(play, *hanging, well)()

    asyncio.run(story())


def test_a_folder_alone_has_every_place_that_it_may_have():
    async def story():
        only, idle = Folder("/only", hangs=True), Folder("/idle")

        async def play(desk):
            only.submit(desk, 10)
            await until(lambda: len(only.begun) == 3)
            assert desk.waiting == 7
            only.answers.set()

        await at_a_desk(play, only, idle)()

    asyncio.run(story())


def test_files_of_higher_priority_go_first_and_the_others_as_they_came():
    async def story():
        late, soon = Folder("/late"), Folder("/soon", priority=1)
        order = []

        async def note(folder, job):
            order.append(str(job.path))
            return False

        late.begin = lambda job: note(late, job)
        soon.begin = lambda job: note(soon, job)

        async def play(desk):
            late.submit(desk, 2)
            soon.submit(desk, 2)
            await until(lambda: len(order) == 4)

        await at_a_desk(play, late, soon, at_once=1)()
        return order

    assert asyncio.run(story()) == ["/soon/0", "/soon/1", "/late/0", "/late/1"]
