"""What the tables of a journal are reached through: an SQLite file here, a database server in a fleet.

The SQL of questions and assets is plain enough for both to speak; what differs lies behind these protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from media_captioner.errors import spelled_out
from media_captioner.schedule.question import NOTHING, Amount
from media_captioner.system.space import Ballast

T = TypeVar("T")

DIED: Final = "the program ended while it worked on it"
"""How the reason begins why an asset is ``interrupted`` whose program died."""


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Runs statements inside a transaction. Their parameters are written as SQLite has them."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run one statement once for each set of parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the databases that can hold a journal say differently.

    Attributes:
        numerator: Of ``dollars``, which is kept as the text of a fraction: an expression.
        denominator: Of the same; 0 or 1 where the text has none.
        processes: A query that gives what a person can know each process by, and what it does.
        tallied: A query that gives whether what attempts took is added up; a journal of an older version has no table
            for it until it is next written to.

    """

    numerator: str
    denominator: str
    processes: str
    tallied: str = "SELECT 1"


SQLITE: Final = Dialect(
    # A cast reads the number that a text begins with.
    numerator="CAST(dollars AS INTEGER)",
    denominator="CAST(substr(dollars, instr(dollars || '/', '/') + 1) AS INTEGER)",
    processes="SELECT 'process ' || pid, doing FROM owner ORDER BY id",
    tallied="SELECT count(*) FROM sqlite_master WHERE name = 'tally'",
)


def dialect_of(connection: Connection) -> Dialect:
    """Return what is spoken at a connection: SQLite's, where it says nothing else."""
    dialect: Dialect = getattr(connection, "dialect", SQLITE)
    return dialect


class Tables(Protocol):
    """The tables of a journal. Of several writers one writes at a time."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""
        ...

    @property
    def ballast(self) -> Ballast | None:
        """Room kept back on this machine's disk for the answers under way, or None where it is not ours to keep."""
        ...

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do ``work`` in a transaction, which is committed when this returns and never was when it raises.

        Args:
            work: Gets the connection, in another thread; it may be called again where the transaction failed.
            durable: Whether the commit has to outlast a power failure.

        """
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Give a connection for reading to ``work`` and return its result."""
        ...


class Sharers(Protocol):
    """Who shares the tables: the processes that have them open."""

    @property
    def me(self) -> int:
        """Number of this process, unlike that of any other, past or present."""
        ...

    def lives(self, connection: Connection, owner: int) -> bool:
        """Return whether the process with this number runs."""
        ...

    def describe(self, connection: Connection, owner: int) -> str:
        """Return what a person can know a process by."""
        ...

    def bury(self, connection: Connection, now: datetime) -> frozenset[int]:
        """Settle what dead processes left behind, inside the caller's transaction, and return their numbers."""
        ...


def spelled(path: Path) -> str:
    r"""Return a path as text that a database holds: bytes that are no UTF-8 are spelled ``\xNN``."""
    return spelled_out(str(path))


def held(connection: Connection, purse: str) -> Amount:
    """Return what a purse holds: what was taken, and what is reserved for requests under way."""
    row = connection.execute(
        "SELECT requests, tokens, dollars FROM purse WHERE name = ?", (purse,)
    ).fetchone()
    return NOTHING if row is None else Amount(row[0], row[1], Fraction(row[2]))


def settle(connection: Connection, owner: int, now: str, *, died: bool) -> None:
    """Settle what a process left behind, inside the caller's transaction.

    What it had asked may have been answered and paid for; nobody will ever know. It stays booked at what was
    reserved for it, and is free to be asked again.
    """
    (at_work,) = connection.execute("SELECT count(*) FROM asset WHERE owner = ?", (owner,)).fetchone()
    reason = DIED
    if died and at_work > 1:
        reason += f" and {at_work - 1} more; the next time it goes on alone, until its first answer"
    elif died:
        reason += " alone"
    # Which of several assets the program died at, nobody can tell: see schedule.company. One that it was at alone and
    # that had got nowhere counts as failing.
    connection.execute(
        "UPDATE asset SET failures = failures + CASE WHEN :charged = 1 AND NOT EXISTS (SELECT 1 FROM attempt"
        " WHERE attempt.owner = :owner AND attempt.content = asset.content AND outcome = 'answered')"
        " THEN 1 ELSE 0 END, suspect = CASE WHEN :died = 0 THEN suspect WHEN EXISTS (SELECT 1 FROM attempt"
        " WHERE attempt.owner = :owner AND attempt.content = asset.content AND outcome = 'answered')"
        " THEN 0 ELSE 1 END, owner = NULL, changed = :now, state = 'interrupted', reason = :reason WHERE owner = :owner",
        {
            "owner": owner,
            "now": now,
            "died": int(died),
            "charged": int(died and at_work == 1),
            "reason": reason,
        },
    )
    connection.execute(
        "UPDATE attempt SET outcome = 'unknown', ended = ?,"
        " detail = 'the program ended before the answer was kept' WHERE owner = ? AND outcome = 'asked'",
        (now, owner),
    )
    connection.execute("UPDATE question SET owner = NULL WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM owner WHERE id = ?", (owner,))
