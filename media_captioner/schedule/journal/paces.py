"""The pace of every account, in the journal's tables: one limit for all processes of the machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from media_captioner.schedule import pace as paces
from media_captioner.schedule.journal.database import Database
from media_captioner.schedule.journal.owners import Owners
from media_captioner.schedule.pace import Pace
from media_captioner.system.clock import Clock
from media_captioner.system.space import boot_id

T = TypeVar("T")


class SqlitePaces:
    """A :class:`~media_captioner.schedule.protocols.PaceKeeper` in a journal file.

    Its time is the machine's monotonic clock, which all processes share until the machine is started again.

    Args:
        database: The file.
        owners: Who shares it.
        clock: Where time comes from.

    """

    def __init__(self, database: Database, owners: Owners, clock: Clock) -> None:
        self._database = database
        self._owners = owners
        self._clock = clock
        self._boot = boot_id()

    @property
    def owner(self) -> int:
        """Number of this process."""
        return self._owners.me

    def monotonic(self) -> float:
        """Return the clock's time."""
        return self._clock.monotonic()

    async def change(self, account: str, work: Callable[[Pace, float], tuple[Pace, T]]) -> T:
        """Apply ``work`` to the pace of ``account`` in one transaction.

        After a power failure the last few changes may be missing: by then the account has had its rest.
        """
        return await self._database.write(
            lambda connection: self._change(connection, account, work), durable=False
        )

    def _change(
        self, connection: sqlite3.Connection, account: str, work: Callable[[Pace, float], tuple[Pace, T]]
    ) -> T:
        now, kept = self._clock.monotonic(), self._clock.now().timestamp()
        row = connection.execute(
            "SELECT state, boot, monotonic, kept FROM pace WHERE account = ?", (account,)
        ).fetchone()
        before = Pace() if row is None else paces.from_text(row[0])
        if row is not None and (row[1] != self._boot or now < row[2]):
            before = paces.restarted(before, now, passed=kept - row[3], before=row[2])
        strangers = {flight.owner for flight in before.flights if flight.owner != self._owners.me}
        if strangers:
            dead = frozenset(owner for owner in strangers if not self._owners.lives(connection, owner))
            before = paces.without_owners(before, dead)
        after, result = work(before, now)
        if after != before or row is None:
            connection.execute(
                "INSERT INTO pace (account, state, boot, monotonic, kept) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (account) DO UPDATE SET state = excluded.state, boot = excluded.boot,"
                " monotonic = excluded.monotonic, kept = excluded.kept",
                (account, paces.to_text(after), self._boot, now, kept),
            )
        return result
