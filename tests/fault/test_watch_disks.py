"""A watched disk that is taken away and put back; a disk that is full. Needs the right to mount."""

import asyncio
import contextlib
import os
import shutil
import subprocess

import pytest

from tests.unit.watch.conftest import at_work, clip, root, sidecar, state, until

__all__ = ["clip", "root"]  # fixtures

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="only the administrator may mount"
)


@pytest.fixture
def disk(root, tmp_path):
    """A disk of its own that is mounted on the watched folder; its files outlast an unmount."""
    store = tmp_path / "store"
    store.mkdir()

    def mount():
        subprocess.run(["mount", "--bind", str(store), str(root)], check=True)

    def unmount():
        subprocess.run(["umount", "-l", str(root)], check=True)

    try:
        mount()
    except subprocess.CalledProcessError:
        pytest.skip("this machine lets nobody mount")
    yield mount, unmount
    with contextlib.suppress(subprocess.CalledProcessError):
        unmount()


def test_a_disk_that_goes_and_comes_back_loses_nothing(root, clip, disk):
    mount, unmount = disk
    paths = [root / f"{number}.mp4" for number in range(3)]

    async def play():
        async with at_work(root, rescan_seconds=1) as daemon:
            folder = daemon.folders[0]
            for path in paths:
                path.write_bytes(clip)
            await until(lambda: all(state(daemon, path) in {"done", "up to date"} for path in paths))
            written = [sidecar(path).stat().st_mtime_ns for path in paths]
            unmount()
            await until(lambda: folder.paused)
            assert "gone" not in folder.memory.counts()
            mount()
            await until(lambda: not folder.paused)
            late = root / "late.mp4"
            late.write_bytes(clip + b"\0\0\0\x08free")
            await until(lambda: state(daemon, late) in {"done", "up to date"})
            assert [sidecar(path).stat().st_mtime_ns for path in paths] == written
            assert set(folder.memory.counts()) <= {"done", "up to date"}

    asyncio.run(play())


def test_a_full_disk_makes_files_wait_and_they_go_on(root, clip):
    paths = [root / f"{number}.mp4" for number in range(2)]
    ballast = root / "ballast"
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(root)], check=True)
    except subprocess.CalledProcessError:
        pytest.skip("this machine lets nobody mount")

    async def play():
        async with at_work(root, rescan_seconds=1) as daemon:
            for desk in daemon.desks:
                desk.pause_seconds = 0.3
            for path in paths:
                path.write_bytes(clip)
            with contextlib.suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(bytes(4096))
                    file.flush()
            await until(lambda: "waiting" in {state(daemon, path) for path in paths})
            ballast.unlink()
            await until(lambda: all(state(daemon, path) in {"done", "up to date"} for path in paths))

    try:
        asyncio.run(play())
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)
