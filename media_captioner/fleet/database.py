"""Postgres as the place of a journal's tables.

Statements run in threads of their own with a connection each, so neither a slow database nor a busy event loop
holds the other up. What fails because the connection broke or the server restarts is done again, for minutes.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import psycopg
from psycopg import conninfo
from psycopg.errors import DiskFull as ServerDiskFull
from psycopg.errors import IdleInTransactionSessionTimeout

from media_captioner.errors import ConfigError, DiskFull, OutputError
from media_captioner.fleet.schema import SCHEMA, check_version
from media_captioner.schedule.journal.tables import Connection, Dialect
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.secrets import Secret

log: Final = logging.getLogger(__name__)
T = TypeVar("T")

WRITERS: Final = 0x4D43_4631
"""Number of the advisory lock that every writer holds: of several machines one writes at a time, as with a file.
Whoever freezes while it holds it is cut off by the server after five seconds."""

_SETTINGS: Final = (
    f"-c search_path={SCHEMA} -c idle_in_transaction_session_timeout=5000 -c statement_timeout=60000"
    " -c timezone=UTC -c client_min_messages=warning"
)

_PASSES: Final = (psycopg.OperationalError, psycopg.InterfaceError, IdleInTransactionSessionTimeout)
"""What passes by itself: a broken connection, a server that restarts, two writers that block one another."""

_PARAMETERS: Final = re.compile(r"\?(\d*)|(?<!:):([a-z]\w*)")


def connection_text(dsn: str) -> str:
    """Return a DSN completed by what every connection of ours needs.

    Raises:
        ConfigError: it cannot be read.

    """
    try:
        return conninfo.make_conninfo(
            dsn,
            options=_SETTINGS,
            application_name="media-captioner",
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=20_000,
        )
    except psycopg.ProgrammingError as error:
        raise ConfigError(
            "Cannot read the address of the database: it is no Postgres DSN",
            hint="It looks like postgresql://user@host/database, or host=... dbname=...",
        ) from error


def connect(dsn: Secret) -> psycopg.Connection[Any]:
    """Open one connection, which commits each statement by itself.

    Raises:
        ConfigError: there is no such database, or it lets us not in.

    """
    try:
        return _connect(dsn)
    except psycopg.OperationalError as error:
        raise ConfigError(
            f"Cannot reach the fleet's database: {_first_line(error)}",
            hint="Check the setting database (MEDIA_CAPTIONER_DATABASE), and that the server runs and lets us in.",
        ) from error


def _first_line(error: psycopg.Error) -> str:
    """Return what went wrong without the advice that libpq puts on further lines."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].removeprefix("connection failed: ").removeprefix("connection is bad: ")


def _connect(dsn: Secret) -> psycopg.Connection[Any]:
    return psycopg.connect(
        connection_text(dsn.reveal()), autocommit=True, cursor_factory=psycopg.ClientCursor
    )


@functools.lru_cache(maxsize=256)
def translated(sql: str) -> str:
    """Return a statement whose parameters are written as SQLite has them (``?``, ``?1``, ``:name``) for psycopg."""

    def parameter(found: re.Match[str]) -> str:
        number, name = found.groups()
        return f"%({name})s" if name else f"%(p{number})s" if number else "%s"

    return _PARAMETERS.sub(parameter, sql.replace("%", "%%"))


_DIALECT: Final = Dialect(
    numerator="split_part(dollars, '/', 1)::numeric",
    denominator="('0' || split_part(dollars, '/', 2))::numeric",
    processes="SELECT name, doing FROM owner ORDER BY id",
)


class Speaking:
    """A Postgres connection that takes the statements of :mod:`media_captioner.schedule.journal`.

    Args:
        connection: Inside a transaction, or for reading.

    """

    dialect = _DIALECT

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Any = (), /) -> psycopg.Cursor[Any]:
        """Run one statement."""
        if "?1" in sql:
            parameters = {f"p{place}": value for place, value in enumerate(parameters, 1)}
        return self._connection.execute(translated(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> None:
        """Run one statement once for each set of parameters."""
        for each in parameters:
            self.execute(sql, each)


class PostgresTables:
    """The :class:`~media_captioner.schedule.journal.tables.Tables` of a fleet.

    Args:
        dsn: Where the database is.
        connections: How many to keep.
        patience: Seconds to go on trying while the server does not answer.

    """

    path = None
    ballast = None

    def __init__(self, dsn: Secret, *, connections: int = 4, patience: float = 120.0) -> None:
        self._dsn = dsn
        self._patience = patience
        self._threads = ThreadPoolExecutor(connections, "fleet-database")
        self._mine = threading.local()
        self._open: set[psycopg.Connection[Any]] = set()
        self._mutex = threading.Lock()
        self._under_way = 0
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or written, and everybody knows their results."""
        return self._under_way == 0

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do ``work`` in a transaction, as the only writer; see the protocol.

        Raises:
            ConfigError: the tables are not of this program's version any more.
            OutputError: the server did not answer for minutes.
            DiskFull: its disk is full.

        """
        return await self._in_thread(functools.partial(self.write_now, work, durable=durable))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Give a connection for reading to ``work``; see the protocol."""
        return await self.aside(lambda connection: work(Speaking(connection)))

    async def aside(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Give a connection of the driver's own kind to ``work``, outside any transaction and lock."""
        return await self._in_thread(functools.partial(self.persist, work))

    def write_now(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do :meth:`write` in this thread."""
        begin = "BEGIN" if durable else "BEGIN; SET LOCAL synchronous_commit = off"
        begin += f"; SELECT pg_advisory_xact_lock({WRITERS}); SELECT version FROM fleet"  # noqa: S608 - ours

        def transaction(connection: psycopg.Connection[Any]) -> T:
            cursor = connection.execute(begin)
            try:
                while cursor.nextset():
                    pass
                check_version(*cursor.fetchall()[0])
                result = work(Speaking(connection))
            except BaseException:
                if not connection.broken:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

        return self.persist(transaction)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        self._count(1)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._mutex:
            self._under_way += more

    def persist(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Give this thread's connection to ``work``, again and again while the server does not answer.

        Raises:
            OutputError: it did not for longer than our patience.
            DiskFull: its disk is full.

        """
        began, pause = SYSTEM_CLOCK.monotonic(), 0.05
        while True:
            try:
                return work(self._connection())
            except ServerDiskFull as error:
                raise DiskFull(
                    "The fleet's database has no room left on its disk", hint="Free some space there."
                ) from error
            except _PASSES as error:
                self._drop()
                if self._closed or SYSTEM_CLOCK.monotonic() - began > self._patience:
                    reason = str(error).strip().splitlines() or [type(error).__name__]
                    raise OutputError(
                        f"The fleet's database did not answer for {self._patience:g} s: {reason[-1]}",
                        hint="Start this worker again when the server runs: what is done is kept.",
                    ) from error
                log.info("The database did not take a statement, trying again: %s", error)
                SYSTEM_CLOCK.sleep(pause)
                pause = min(1.0, pause * 2)

    def _connection(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = _connect(self._dsn)
            with self._mutex:
                self._open.add(connection)
        return connection

    def _drop(self) -> None:
        connection: psycopg.Connection[Any] | None = getattr(self._mine, "connection", None)
        if connection is not None:
            self._mine.connection = None
            with self._mutex:
                self._open.discard(connection)
            connection.close()

    def close(self) -> None:
        """Close every connection, after what is under way."""
        self._closed = True
        self._threads.shutdown()
        for connection in self._open:
            connection.close()
        self._open.clear()
