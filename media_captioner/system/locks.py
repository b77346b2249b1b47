"""Locks on files, which the system frees when their holder dies, however it dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from media_captioner.system.clock import SYSTEM_CLOCK

_FIRST_LOOK: Final = 0.0005  # seconds between two tries; doubles up to the next line
_LAST_LOOK: Final = 0.02


class FileLock:
    """An exclusive lock on a file, to be taken for moments or for the life of the process.

    ``flock`` locks belong to an open file, so two of these exclude one another within one process too.
    The file is never deleted while somebody may hold it: the next one would lock another file of the same
    name.

    Args:
        path: The file; created if missing. Its folder must exist.

    Raises:
        OSError: the file cannot be opened for writing.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, patience: float = 0.0) -> bool:
        """Take the lock and return whether that was possible within ``patience`` seconds.

        It is tried again and again instead of waited for: a thread that waits in the kernel behind a frozen
        process could never be ended.
        """
        deadline = SYSTEM_CLOCK.monotonic() + patience
        pause = _FIRST_LOOK
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if SYSTEM_CLOCK.monotonic() >= deadline:
                    return False
                SYSTEM_CLOCK.sleep(pause)
                pause = min(_LAST_LOOK, 2 * pause)
            else:
                return True

    def release(self) -> None:
        """Let go of the lock."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def held(self, patience: float) -> Iterator[None]:
        """Hold the lock while the block runs.

        Raises:
            TimeoutError: somebody else held it for ``patience`` seconds.

        """
        if not self.take(patience):
            raise TimeoutError(f"{self.path} is locked by another process")
        try:
            yield
        finally:
            self.release()

    def close(self) -> None:
        """Let go of the lock and of the file."""
        os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Return whether somebody holds a :class:`FileLock` on ``path``; a file that is missing is held by nobody."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
