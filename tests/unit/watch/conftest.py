"""A real daemon on a real folder, with a captioner that answers at once and short waits."""

import asyncio
import contextlib
import time

import pytest

from media_captioner.config import Settings
from media_captioner.config.tables import WatchedRoot
from media_captioner.hooks import captioner_named
from media_captioner.testing.media import Sound, beeping, media_bytes
from media_captioner.watch.daemon import open_daemon

SOUND = beeping(2, 1)
QUIET = 0.15


@pytest.fixture(scope="session")
def clip():
    """The bytes of a small sound file."""
    return media_bytes("mp4", [Sound(SOUND)])


@pytest.fixture(scope="session")
def other_clip():
    """The bytes of another."""
    return media_bytes("mp4", [Sound(beeping(3, 2))])


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@contextlib.asynccontextmanager
async def at_work(*roots, settings=None, captioner=None, retry_seconds=0.1, **table):
    """Give a daemon that watches ``roots`` while the block runs."""
    found = settings or Settings(captioner="emulated", formats=("vtt",))
    tables = [WatchedRoot(root=each, **({"settle_seconds": QUIET} | table)) for each in roots]
    makes = captioner_named if captioner is None else lambda *_: captioner
    with open_daemon(
        tables, lambda _folder: found, retry_seconds=retry_seconds, captioner_for=makes
    ) as daemon:
        work = asyncio.create_task(daemon.run())
        try:
            yield daemon
            if work.done():
                work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def until(condition, *, within=60.0):
    """Wait until ``condition`` holds, and return what it gives."""
    ends = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.02)
    return found


def state(daemon, path):
    """Return what the daemon knows of a file, or None."""
    for folder in daemon.folders:
        if path.is_relative_to(folder.root) and (known := folder.memory.of(path)):
            return known.state
    return None


def sidecar(path):
    return path.with_name(f"{path.stem}.media_captioner.json")
