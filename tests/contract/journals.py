"""Places where answers and limits are kept, each able to pose as several processes that share it."""

import contextlib
from dataclasses import dataclass
from typing import Any

from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.rate import PacedLimiter


@dataclass
class Process:
    """One of the processes that share a place: its store, its keeper of paces, and how to end it."""

    store: Any
    paces: Any
    close: Any
    kill: Any

    def limiter(self, clock, limits=None, **further):
        return PacedLimiter("account", limits or Limits(concurrency=4), self.paces, clock, **further)


class SqliteFile:
    """A journal file."""

    def __init__(self, folder, clock):
        self._path = folder / "journal.db"
        self._clock = clock
        self._open = []

    def start(self):
        journal = open_journal(self._path, clock=self._clock)
        self._open.append(journal)

        def kill():
            # What a killed process does: its locks are gone, its memory too, and it says nothing to anybody.
            self._open.remove(journal)
            journal._owners._lock.close()
            journal._owners._lock = None

        return Process(journal.store, journal.paces, journal.close, kill)

    def idle(self):
        """Whether no thread of its has anything to do, so that a fake clock may move on."""
        return all(journal.idle for journal in self._open)

    def end(self):
        for journal in self._open:
            with contextlib.suppress(RuntimeError):
                journal.close()


PLACES = {"sqlite": SqliteFile}
"""Every implementation of the protocols that several processes share. A new one is added here."""
