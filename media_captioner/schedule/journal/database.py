"""The journal's file: one thread of ours writes it, one process at a time, and readers never wait.

SQLite up to 3.51.2 can lose committed pages when one connection checkpoints while another resets the
write-ahead log (sqlite.org/wal.html, "The WAL-reset bug"). Here every transaction, and with it every
checkpoint, happens inside a file lock that all processes share, so that two of them never do either at once.

Transactions that are waiting when one is committed are committed together: however many answers arrive
within one fsync, the next fsync holds them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from media_captioner.errors import MediaCaptionerError
from media_captioner.schedule.journal.sqlite import (
    DAMAGE,
    FULL,
    as_output_error,
    open_read_only,
    primary_code,
)
from media_captioner.system.locks import FileLock
from media_captioner.system.space import Ballast

log: Final = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BALLAST: Final = 2 * 1024 * 1024
"""Bytes kept back on the journal's disk. When it is full they make room for the answers that are on their way
(each takes some ten pages of 4 KiB), and nothing further is asked."""

_TOGETHER: Final = 256  # transactions committed at once
_PATIENCE: Final = 60.0  # seconds to wait for another process's transaction, which takes milliseconds


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    durable: bool
    result: Future[Any] = field(default_factory=Future)


class Database:
    """An open journal file.

    Args:
        path: The file, whose folder must exist; None for a journal in memory that ends with the process.

    Raises:
        sqlite3.Error: the file cannot be opened, or is none of SQLite's.

    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = FileLock(beside(path, "lock")) if path else None
        self.ballast = Ballast(beside(path, "reserve"), BALLAST) if path else None
        self._writer = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._writer.execute("PRAGMA foreign_keys = ON")
        self._writer.execute("PRAGMA busy_timeout = 60000")
        self._synchronous = ""
        self._reader: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(1, "journal-reader")
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)
        self._closed = False
        self._mutex = threading.Lock()
        self._under_way = 0

    def start(self, examine: Work[None], prepare: Work[None]) -> None:
        """Set the file up in one transaction and begin to take work.

        Args:
            examine: Looks whether the file may be used, before anything in it is changed.
            prepare: Makes or migrates the tables.

        Raises:
            sqlite3.Error: the file is no good.
            MediaCaptionerError: what the two raise.

        """
        with self._locked():
            examine(self._writer)
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._sync("FULL")
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                prepare(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        if self.path is not None:
            self._reader = open_read_only(self.path)
        self._thread.start()

    def exclusively(self, statement: str) -> None:
        """Run one statement outside any transaction, before :meth:`start`.

        Raises:
            sqlite3.Error: it failed.
            TimeoutError: another process holds the lock.

        """
        with self._locked():
            self._writer.execute(statement)

    def submit(self, work: Work[T], *, durable: bool = True) -> Future[T]:
        """Do ``work`` in a transaction and give its result once that is committed.

        Args:
            work: Gets the connection; called in the writer's thread, once.
            durable: Whether the commit has to outlast a power failure. All of them outlast a killed process.

        The result raises :class:`~media_captioner.errors.OutputError` where the commit failed, and then
        nothing of ``work`` has happened.
        """
        if self._closed:
            raise RuntimeError("the journal is closed")
        job = _Job(work, durable)
        self._count(1)
        self._jobs.put(job)
        return job.result

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or written or waits to be, and everybody knows their results."""
        return self._under_way == 0

    def _count(self, more: int) -> None:
        with self._mutex:
            self._under_way += more

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """Do :meth:`submit` and wait for the result."""
        return await asyncio.wrap_future(self.submit(work, durable=durable))

    async def read(self, work: Work[T]) -> T:
        """Give a read-only connection to ``work`` and return its result. It sees what is committed, and waits for no writer.

        Raises:
            OutputError: the file cannot be read.

        """
        reader = self._reader
        if reader is None:
            return await self.write(work, durable=False)

        def reading() -> T:
            try:
                return work(reader)
            except sqlite3.Error as error:
                raise as_output_error(error, self.path) from error

        self._count(1)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, reading)
        finally:
            self._count(-1)

    def close(self, last: Work[None] | None = None) -> None:
        """Finish the work that was submitted, do ``last``, and close the file."""
        if self._closed:
            return
        if last is not None and self._thread.is_alive():
            try:
                self.submit(last).result()
            except MediaCaptionerError as error:
                log.warning("%s", error)
        self._closed = True
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()
        self._readers.shutdown()
        if self._reader is not None:
            self._reader.close()
        try:
            with self._locked():
                self._writer.close()  # checkpoints, where nobody else has the file open
        except TimeoutError:
            log.warning("Did not tidy the journal %s: another process holds it", self.path)
        if self._lock is not None:
            self._lock.close()

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return self._lock.held(_PATIENCE) if self._lock else contextlib.nullcontext()

    def _sync(self, mode: str) -> None:
        if mode != self._synchronous:
            self._writer.execute(f"PRAGMA synchronous = {mode}")
            self._synchronous = mode

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def _work(self) -> None:
        ending = False
        while not ending:
            batch = [self._jobs.get()]
            while len(batch) < _TOGETHER and not self._jobs.empty():
                batch.append(self._jobs.get())
            ending = None in batch
            jobs = [job for job in batch if job is not None and job.result.set_running_or_notify_cancel()]
            if jobs:
                self._commit(jobs)
            self._count(-len(batch) + ending)

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            outcomes = self._transaction(jobs)
        except sqlite3.Error as error:
            if primary_code(error) in FULL and self.ballast is not None and self.ballast.held:
                # This is what it was kept for: answers that are paid for have to be kept.
                self.ballast.let_go()
                log.warning("No space left for the journal %s: nothing further is asked", self.path)
                self._commit(jobs)
                return
            outcomes = [as_output_error(error, self.path)] * len(jobs)
        except TimeoutError as error:
            outcomes = [as_output_error(error, self.path)] * len(jobs)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it; this thread has to live
            outcomes = [error] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                job.result.set_exception(outcome)
            else:
                job.result.set_result(outcome)

    def _transaction(self, jobs: list[_Job]) -> list[Any]:
        with self._locked():
            try:
                self._sync("FULL" if any(job.durable for job in jobs) else "NORMAL")
                self._writer.execute("BEGIN IMMEDIATE")
                outcomes = [self._one(job) for job in jobs]
                self._writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        return outcomes

    def _one(self, job: _Job) -> Any:
        self._writer.execute("SAVEPOINT job")
        try:
            outcome = job.work(self._writer)
        except Exception as error:  # it belongs to whoever submitted the work
            if isinstance(error, sqlite3.Error) and not self._writer.in_transaction:
                raise  # a full disk rolls everything back, not only this job
            if isinstance(error, sqlite3.Error) and primary_code(error) in FULL | DAMAGE:
                raise
            self._writer.execute("ROLLBACK TO job")
            outcome = error
        self._writer.execute("RELEASE job")
        return outcome


def beside(path: Path, suffix: str) -> Path:
    """Return the name of a file that belongs to the journal ``path``."""
    return path.with_name(f"{path.name}.{suffix}")
