"""What a watched folder makes of the end of the work on a file."""

import asyncio

from media_captioner.testing.captioner import FakeCaptioner
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
