"""Who works with a fleet's database, and which of them live.

A process lives as long as it says so: a thread of its own renews its mark every few seconds, which neither decoding
nor a full event loop can hold up, and the database's clock judges. One that is silent for longer (30 s unless
``fleet init`` said otherwise) is taken for dead. If it was only frozen, it goes on as a stranger to what it held:
of two answers to one question the first stays, and an asset that somebody else has begun is not touched by it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from media_captioner._version import __version__
from media_captioner.errors import MediaCaptionerError
from media_captioner.fleet.database import PostgresTables
from media_captioner.fleet.schema import check_version
from media_captioner.schedule.journal.owners import stamp
from media_captioner.schedule.journal.tables import Connection, settle

log: Final = logging.getLogger(__name__)

_LIVES: Final = "beat > clock_timestamp() - make_interval(secs => (SELECT silence FROM fleet))"


@dataclass(frozen=True, slots=True)
class Card:
    """How a process introduces itself.

    Attributes:
        name: What a person can know it by: machine and process.
        doing: What it does.
        works: Whether it takes assets.
        tags: Which assets it takes.
        per_minute: Requests that its service allows, or None where there is no limit.

    """

    name: str
    doing: str
    works: bool = False
    tags: Sequence[str] = ()
    per_minute: float | None = None


def _unheard(error: MediaCaptionerError | None) -> None:
    if error is not None:
        log.warning("%s", error.message)


class PostgresOwners:
    """The processes that share a fleet's database.

    Args:
        tables: Where.
        card: What others are to read about us.

    Attributes:
        me: Our number.
        silence: Seconds after which a process that says nothing is taken for dead.
        ended: Assets that ended here, for others to read.

    """

    def __init__(self, tables: PostgresTables, card: Card, now: datetime) -> None:
        self._tables = tables
        self._card = card
        self._began = stamp(now)
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self.ended = 0
        self.me, self.silence = tables.persist(self._enter)

    def _enter(self, connection: psycopg.Connection[Any]) -> tuple[int, float]:
        row: tuple[int, float] | None = connection.execute(
            "INSERT INTO owner (name, doing, program, began, works, tags, per_minute)"
            " VALUES (%s, %s, %s, %s, %s, %s::text[], %s) RETURNING id, (SELECT silence FROM fleet)",
            self._values(),
        ).fetchone()
        assert row is not None  # noqa: S101 - for the type checker: INSERT ... RETURNING gives a row
        return row

    def _values(self) -> tuple[Any, ...]:
        card = self._card
        tags = list(card.tags)
        return card.name, card.doing, __version__, self._began, card.works, tags, card.per_minute

    def begin_beating(self, stop: Callable[[MediaCaptionerError | None], None] = _unheard) -> None:
        """Renew our mark from now on, in a thread of its own.

        Args:
            stop: Called in that thread, once, when no more work is to be begun: with None where a person asks for
                it, or with the error where the tables are no longer those of this program. Without it work goes on
                until a write is refused.

        """
        self._thread = threading.Thread(target=self._beat, args=(stop,), name="fleet-beat", daemon=True)
        self._thread.start()

    def _beat(self, stop: Callable[[MediaCaptionerError | None], None]) -> None:
        told = False
        while not self._end.wait(self.silence / 6):
            try:
                leaving = self._tables.persist(self.beat)
            except MediaCaptionerError as error:
                if not told:
                    stop(error)
                return
            if leaving and not told:
                told = True
                stop(None)

    def beat(self, connection: psycopg.Connection[Any]) -> bool:
        """Renew our mark, and return whether we are asked to leave.

        Raises:
            ConfigError: the tables are no longer those of this program.

        """
        row = connection.execute(
            "UPDATE owner SET beat = clock_timestamp(), ended = %s WHERE id = %s"
            " RETURNING leaving, (SELECT version FROM fleet)",
            (self.ended, self.me),
        ).fetchone()
        if row is not None:
            check_version(row[1])
            return bool(row[0])
        log.warning("Taken for dead while this process was frozen: it goes on, with what is still to be done")
        connection.execute(
            "INSERT INTO owner (id, name, doing, program, began, works, tags, per_minute)"
            " OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s, %s::text[], %s) ON CONFLICT DO NOTHING",
            (self.me, *self._values()),
        )
        return False

    def lives(self, connection: Connection, owner: int) -> bool:
        """Return whether the process with this number has given a sign of life lately."""
        if owner == self.me:
            return True
        row = connection.execute(f"SELECT {_LIVES} FROM owner WHERE id = ?", (owner,)).fetchone()  # noqa: S608 - ours
        return row is not None and bool(row[0])

    @staticmethod
    def describe(connection: Connection, owner: int) -> str:
        """Return what a person can know a process by."""
        row = connection.execute("SELECT name, doing FROM owner WHERE id = ?", (owner,)).fetchone()
        return "another process" if row is None else f"{row[0]} ({row[1]})"

    def bury(self, connection: Connection, now: datetime) -> frozenset[int]:
        """Settle what dead processes left behind, inside the caller's transaction, and return their numbers."""
        rows = connection.execute(f"SELECT id FROM owner WHERE id <> ? AND NOT {_LIVES}", (self.me,))  # noqa: S608 - ours
        dead = frozenset(int(owner) for (owner,) in rows.fetchall())
        for owner in dead:
            settle(connection, owner, stamp(now), died=True)
        return dead

    def close(self, now: datetime) -> None:
        """Stop being an owner; what is still under way is given up."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(10)
        self._tables.write_now(lambda connection: settle(connection, self.me, stamp(now), died=False))


def ask_to_leave(connection: Connection, names: Sequence[str]) -> list[str]:
    """Ask workers to finish what they are at and end; return the names of those that are there.

    Args:
        connection: Inside a transaction.
        names: Which ones; all where there are none.

    """
    rows = connection.execute(
        "UPDATE owner SET leaving = TRUE WHERE works AND (:everybody = 1 OR name = ANY(:names::text[])) RETURNING name",
        {"everybody": int(not names), "names": list(names)},
    )
    return [str(name) for (name,) in rows.fetchall()]
