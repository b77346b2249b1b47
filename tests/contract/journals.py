"""Places where answers and limits are kept, each able to pose as several processes that share it."""

import contextlib
from dataclasses import dataclass
from typing import Any

import psycopg

from media_captioner.fleet.journal import open_journal as open_fleet
from media_captioner.fleet.owners import Card
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.rate import PacedLimiter
from tests import postgres


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


class PostgresDatabase:
    """A fleet's database."""

    def __init__(self, folder, clock):
        self._clock = clock
        self._open = []
        self._ending = contextlib.ExitStack()
        self.dsn = self._ending.enter_context(postgres.fleet())

    def start(self):
        journal = open_fleet(
            self.dsn,
            Card("here/1", "testing"),
            clock=self._clock,
            connections=2,
            moment=self._clock.monotonic,
        )
        self._open.append(journal)

        def kill():
            # What is left of a killed process after half a minute: a mark that nobody has renewed.
            self._open.remove(journal)
            journal.tables.close()
            with psycopg.connect(self.dsn.reveal(), autocommit=True) as connection:
                connection.execute(
                    "UPDATE media_captioner.owner SET beat = beat - interval '31 s' WHERE id = %s",
                    [journal.owner],
                )

        return Process(journal.store, journal.paces, journal.close, kill)

    def idle(self):
        return all(journal.idle for journal in self._open)

    def end(self):
        for journal in self._open:
            journal.close()
        self._ending.close()


PLACES = {"sqlite": SqliteFile, "postgres": PostgresDatabase}
"""Every implementation of the protocols that several processes share. A new one is added here."""
