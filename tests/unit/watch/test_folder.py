"""What a watched folder makes of the end of the work on a file."""

import asyncio
import time
from dataclasses import replace

from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.watch import hints
from media_captioner.watch.explaining import let_again
from tests.unit.watch.conftest import at_work, sidecar, state, until


def test_a_file_that_is_renamed_before_its_end_was_noted_keeps_its_captions(root, clip, monkeypatch):
    path, later = root / "a.mp4", root / "b.mp4"

    def renamed_first(ended):
        async def renamed(folder, job, report):
            if path.exists() and report.state == "done":
                path.rename(later)
            await ended(folder, job, report)

        return renamed

    async def play():
        captioner = FakeCaptioner()
        async with at_work(root, captioner=captioner) as daemon:
            folder = daemon.folders[0]
            monkeypatch.setattr(type(folder), "ended", renamed_first(type(folder).ended))
            path.write_bytes(clip)
            await until(lambda: state(daemon, later) == "up to date")
            assert len(captioner.clips) == 1
            assert sidecar(later).exists()
            assert not sidecar(path).exists()

    asyncio.run(play())


def test_a_file_that_is_renamed_while_its_end_is_being_noted_waits_for_that(root, clip, monkeypatch):
    path, later = root / "a.mp4", root / "b.mp4"

    def slowly(ended):
        async def noted(folder, job, report):
            if path.exists():
                path.rename(later)
                await until(
                    lambda: later in folder.candidates and "same bytes" in folder.candidates[later].reason
                )
            await ended(folder, job, report)

        return noted

    async def play():
        captioner = FakeCaptioner(service=replace(FakeCaptioner().service, concurrency=2))
        async with at_work(root, captioner=captioner) as daemon:
            folder = daemon.folders[0]
            monkeypatch.setattr(type(folder), "ended", slowly(type(folder).ended))
            path.write_bytes(clip)
            await until(lambda: state(daemon, later) == "up to date")
            assert len(captioner.clips) == 1

    asyncio.run(play())


def test_a_file_that_is_renamed_as_soon_as_it_took_captions_over_keeps_them(root, clip, monkeypatch):
    path, later, last = root / "a.mp4", root / "b.mp4", root / "c.mp4"

    def renamed_after(adopt):
        def adopted(folder, job):
            adopt(folder, job)
            if job.path == later:
                later.rename(last)

        return adopted

    async def play():
        captioner = FakeCaptioner()
        async with at_work(root, captioner=captioner) as daemon:
            folder = daemon.folders[0]
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "done")
            monkeypatch.setattr(type(folder), "_adopt", renamed_after(type(folder)._adopt))
            path.rename(later)
            await until(lambda: state(daemon, last) == "up to date")
            assert len(captioner.clips) == 1
            assert sidecar(last).exists()

    asyncio.run(play())


def test_what_waits_for_a_time_is_not_read_again_before_it_unless_somebody_asks(root, clip):
    path = root / "a.mp4"
    captioner = FakeCaptioner(_fails, "A dog barks.")

    async def play():
        async with at_work(root, captioner=captioner, retry_seconds=3600) as daemon:
            folder = daemon.folders[0]
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "waiting")
            for _ in range(2):
                before = folder.looked
                folder.look_now()
                await until(lambda before=before: folder.looked != before)
            assert state(daemon, path) == "waiting"
            assert folder.candidates[path].due > folder.clock.monotonic() + 3000
            assert let_again(path)
            folder.look_now()
            await until(lambda: state(daemon, path) == "done")
            assert len(captioner.clips) == 2

    asyncio.run(play())


def _fails(_clip, _context):
    raise RuntimeError("a mistake in a captioner")


def test_a_file_that_comes_after_the_first_look_and_before_changes_are_told_is_found_at_once(
    root, clip, monkeypatch
):
    path = root / "a.mp4"
    monkeypatch.setattr("media_captioner.watch.folder._POLL", 3600)

    async def play():
        async with at_work(root, rescan_seconds=3600) as daemon:
            folder = daemon.folders[0]

            def slowly(*_):
                while folder.looked is None:
                    time.sleep(0.01)
                path.write_bytes(clip)

            monkeypatch.setattr(hints, "reason_to_poll", slowly)
            await until(lambda: state(daemon, path) == "done")

    asyncio.run(play())


def test_who_asks_for_a_look_while_one_is_under_way_gets_another(root, clip, monkeypatch):
    path = root / "a.mp4"
    monkeypatch.setattr(hints, "reason_to_poll", lambda *_: "it is tested")
    monkeypatch.setattr("media_captioner.watch.folder._POLL", 3600)

    async def play():
        async with at_work(root, rescan_seconds=3600) as daemon:
            folder, loop = daemon.folders[0], asyncio.get_running_loop()
            everything = type(folder.survey).everything

            def slowly(survey, **terms):
                news = everything(survey, **terms)
                if not path.exists():
                    path.write_bytes(clip)
                    asyncio.run_coroutine_threadsafe(ask(), loop).result()
                return news

            async def ask():
                folder.look_now()

            monkeypatch.setattr(type(folder.survey), "everything", slowly)
            await until(lambda: state(daemon, path) == "done")

    asyncio.run(play())
