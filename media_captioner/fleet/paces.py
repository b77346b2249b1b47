"""The pace of every account, in Postgres: one limit for all machines, by the database's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from media_captioner.fleet.database import PostgresTables, Speaking
from media_captioner.fleet.owners import PostgresOwners
from media_captioner.fleet.schema import check_version
from media_captioner.schedule import pace as paces
from media_captioner.schedule.pace import Flight, Pace
from media_captioner.system.clock import Clock

T = TypeVar("T")


class PostgresPaces:
    """A :class:`~media_captioner.schedule.protocols.PaceKeeper` in a fleet's database.

    Args:
        tables: Where.
        owners: Who shares it.
        clock: This machine's, to wait by; it is compared with the keeper's at each change.
        moment: Gives the keeper's time in place of the database's clock.

    """

    def __init__(
        self,
        tables: PostgresTables,
        owners: PostgresOwners,
        clock: Clock,
        *,
        moment: Callable[[], float] | None = None,
    ) -> None:
        self._tables = tables
        self._owners = owners
        self._clock = clock
        self._moment = moment
        self._ahead = 0.0  # of our clock, seconds

    @property
    def owner(self) -> int:
        """Number of this process."""
        return self._owners.me

    def monotonic(self) -> float:
        """Return the database's time, as well as this machine knows it."""
        return self._clock.monotonic() + self._ahead

    async def change(self, account: str, work: Callable[[Pace, float], tuple[Pace, T]]) -> T:
        """Apply ``work`` to the pace of ``account`` while nobody else can."""
        made: list[T] = []  # what came of it, where the commit may have arrived and its confirmation did not
        return await self._tables.aside(lambda connection: self._change(connection, account, work, made))

    def _change(
        self,
        connection: psycopg.Connection[Any],
        account: str,
        work: Callable[[Pace, float], tuple[Pace, T]],
        made: list[T],
    ) -> T:
        # Durable: a database that crashes is back in a second, and must not have forgotten the last starts.
        with connection.transaction():
            before, now = self._held(connection, account)
            if made and isinstance(made[0], Flight) and made[0] in before.flights:
                return made[0]
            after, result = work(before, now)
            made[:] = [result]
            if after != before:
                connection.execute(
                    "UPDATE pace SET state = %s, kept = %s WHERE account = %s",
                    (paces.to_text(after), now, account),
                )
        return result

    def _held(self, connection: psycopg.Connection[Any], account: str) -> tuple[Pace, float]:
        """Return the pace of an account, which is ours until the transaction ends, and the time."""
        row = self._locked(connection, account)
        if row is None:
            connection.execute(
                "INSERT INTO pace (account, state, kept) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING",
                (account, paces.to_text(Pace())),
            )
            row = self._locked(connection, account)
        assert row is not None  # noqa: S101 - for the type checker: it was inserted just now
        state, kept, version = row
        check_version(version)
        now = self._now(connection)
        self._ahead = now - self._clock.monotonic()
        before = paces.from_text(state)
        if now < kept - 1:  # the database's clock was set back
            before = paces.restarted(before, now, passed=0.0, before=kept)
        return self._without_dead(connection, before), now

    @staticmethod
    def _locked(connection: psycopg.Connection[Any], account: str) -> tuple[str, float, int] | None:
        return connection.execute(
            "SELECT state, kept, (SELECT version FROM fleet) FROM pace WHERE account = %s FOR UPDATE",
            (account,),
        ).fetchone()

    def _now(self, connection: psycopg.Connection[Any]) -> float:
        if self._moment is not None:
            return self._moment()
        # Asked after the row is ours: what passed while others had it is over.
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
        assert row is not None  # noqa: S101 - for the type checker
        return float(row[0])

    def _without_dead(self, connection: psycopg.Connection[Any], pace: Pace) -> Pace:
        strangers = {flight.owner for flight in pace.flights if flight.owner != self._owners.me}
        speaking = Speaking(connection)
        dead = frozenset(owner for owner in strangers if not self._owners.lives(speaking, owner))
        return paces.without_owners(pace, dead)
