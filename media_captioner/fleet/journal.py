"""A fleet's journal: the same parts as that of one machine, in Postgres."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from media_captioner.errors import ConfigError, OutputError
from media_captioner.fleet.database import PostgresTables, Speaking, connect
from media_captioner.fleet.owners import Card, PostgresOwners
from media_captioner.fleet.paces import PostgresPaces
from media_captioner.fleet.schema import SCHEMA, check_engine, check_version, migrate, version_of
from media_captioner.schedule.journal.register import Register
from media_captioner.schedule.journal.store import TableStore
from media_captioner.schedule.journal.tables import Connection, spelled
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.secrets import Secret


class PostgresJournal:
    """A fleet's journal and its parts; open one with :func:`open_journal`.

    Attributes:
        path: None; it is no file.
        lasting: It outlasts the process.
        tables: Where everything lies.
        store: Questions, answers and what they cost.
        paces: The pace of every account.
        register: The assets.
        owners: Who shares it.

    """

    path: Path | None = None
    lasting = True

    def __init__(
        self,
        tables: PostgresTables,
        owners: PostgresOwners,
        clock: Clock,
        *,
        named: Callable[[Path], str] = spelled,
        moment: Callable[[], float] | None = None,
    ) -> None:
        self.tables = tables
        self.owners = owners
        self.store = TableStore(tables, owners, clock)
        self.paces = PostgresPaces(tables, owners, clock, moment=moment)
        self.register = Register(tables, owners, clock, named=named)
        self._clock = clock
        self._closed = False

    @property
    def owner(self) -> int:
        """Number of this process in the fleet, unlike that of any other, past or present."""
        return self.owners.me

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or written."""
        return self.tables.idle

    def close(self) -> None:
        """Finish what is being written and leave the fleet. It can be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            self.owners.close(self._clock.now())
        finally:
            self.tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def process_name() -> str:
    """Return what a person can know this process by: its machine and number."""
    return f"{platform.node() or 'machine'}/{os.getpid()}"


def initialise(dsn: Secret, *, silence: float = 30.0) -> tuple[int, int]:
    """Make the fleet's tables, or bring them up to date; return their version before and after.

    Args:
        dsn: Where the database is.
        silence: Seconds after which a worker that says nothing is taken for dead.

    Raises:
        ConfigError: the database cannot be reached, holds a newer fleet, or older workers are at work with it.

    """
    with connect(dsn) as connection:
        (encoding,) = _row(connection, "SHOW server_encoding")
        if encoding != "UTF8":
            raise ConfigError(
                f"The database keeps text as {encoding}, which cannot hold every file name",
                hint="Make one with: createdb --encoding=UTF8 --template=template0 NAME",
            )
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtext('media-captioner fleet init'))")
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
                return migrate(connection, silence=silence)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigError(
                f"Cannot make the fleet's tables: {str(error).splitlines()[0]}",
                hint="The database's owner may: GRANT CREATE ON DATABASE ... TO ...",
            ) from error


def open_journal(
    dsn: Secret,
    card: Card,
    *,
    clock: Clock = SYSTEM_CLOCK,
    connections: int = 4,
    named: Callable[[Path], str] = spelled,
    moment: Callable[[], float] | None = None,
) -> PostgresJournal:
    """Open a fleet's journal.

    Args:
        dsn: Where the database is.
        card: What others are to read about this process.
        clock: Where time comes from.
        connections: How many to keep to the database.
        named: Gives an asset's name in the fleet for its path on this machine.
        moment: Gives the time that limits are kept by, in place of the database's clock.

    Raises:
        ConfigError: the database cannot be reached, or its tables are not those of this program.

    """
    with connect(dsn) as connection:
        check_version(version_of(connection))
        check_engine(_row(connection, "SELECT engine FROM fleet")[0])
    tables = PostgresTables(dsn, connections=connections)
    try:
        owners = PostgresOwners(tables, card, clock.now())
    except BaseException:
        tables.close()
        raise
    return PostgresJournal(tables, owners, clock, named=named, moment=moment)


@contextmanager
def reading(dsn: Secret) -> Iterator[Connection]:
    """Connect to a fleet's journal for reading only, for the length of the block; no process of the fleet hears of it.

    Raises:
        ConfigError: the database cannot be reached, or its tables are not those of this program.
        OutputError: it cannot be read.

    """
    with closing(connect(dsn)) as connection:
        check_version(version_of(connection))
        connection.execute("SET default_transaction_read_only = on")
        try:
            yield Speaking(connection)
        except psycopg.Error as error:
            raise OutputError(f"Cannot read the fleet's database: {str(error).strip()}") from error


def _row(
    connection: psycopg.Connection[Any], sql: str, values: Sequence[Any] | None = None
) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
    assert row is not None  # noqa: S101 - for the type checker: these statements give one row
    return row
