"""Assets on Procrastinate's queue: any worker takes them, each is at one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.job_context import AbortReason

from media_captioner.fleet.database import connection_text
from media_captioner.schedule.protocols import QueueStatus
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.secrets import Secret

log: Final = logging.getLogger(__name__)

TASK: Final = "asset"
"""Name of the only task that there is: it takes an asset's name."""

ANY: Final = "any"
"""Tag, and queue, of assets that any worker may take."""

_LOOK: Final = 0.5  # seconds between two looks whether a full queue has room
_AGAIN: Final = 1.0  # seconds until work goes on after the database was gone


def key_of(asset: str) -> str:
    """Return what the queue locks an asset by: at most one job with it waits, and at most one runs."""
    return hashlib.md5(asset.encode(), usedforsecurity=False).hexdigest()


class ProcrastinateDispatcher:
    """The :class:`~media_captioner.schedule.protocols.Dispatcher` of a fleet. Use it as a context.

    Args:
        dsn: Where the database is; its tables must have been made.
        name: What the queue calls this worker.
        tags: The tags of assets that this worker takes, and the first of them for what it submits.
        at_once: Assets under way at once in one :meth:`run_worker`.
        most: Assets that may wait; :meth:`submit` waits while there are as many.
        silence: Seconds after which a worker that says nothing is taken for dead.
        cancelled: Told of an asset whose work a person had interrupted.

    """

    def __init__(
        self,
        dsn: Secret,
        *,
        name: str = "worker",
        tags: Sequence[str] = (ANY,),
        at_once: int = 1,
        most: int = 10_000,
        silence: float = 30.0,
        cancelled: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._tags = list(tags)
        self._at_once = at_once
        self._most = most
        self._silence = silence
        self._name = name
        self._cancelled = cancelled
        self._app = App(
            connector=PsycopgConnector(
                conninfo=connection_text(dsn.reveal()),
                min_size=1,
                max_size=4,
                kwargs={"cursor_factory": psycopg.AsyncClientCursor},
            )
        )
        self._app.task(name=TASK, pass_context=True)(self._do)
        self._work: Callable[[str], Awaitable[None]] | None = None
        self._running: dict[str, tuple[asyncio.Task[Any], JobContext]] = {}
        self._interrupted: set[int] = set()  # jobs that this cancelled for a person, not the engine
        self._finished = 0
        self._closed = asyncio.Event()
        self._leaving = asyncio.Event()
        self._failure: Exception | None = None
        self._opened = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._opened.enter_async_context(self._app.open_async())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    async def submit(self, asset: str, *, priority: int = 0) -> bool:
        """Queue an asset; see the protocol."""
        while (await self.status()).waiting >= self._most:
            await SYSTEM_CLOCK.wait(_LOOK)
        key = key_of(asset)
        if await self._jobs(key, "doing"):
            return False
        job = self._app.configure_task(
            TASK, lock=key, queueing_lock=key, priority=priority, queue=self._tags[0]
        )
        try:
            await job.defer_async(asset=asset)
        except AlreadyEnqueued:
            return False
        return True

    async def _jobs(self, key: str, status: str) -> list[int]:
        jobs = await self._app.job_manager.list_jobs_async(lock=key, status=status)
        return [job.id for job in jobs if job.id is not None]

    async def cancel(self, asset: str) -> bool:
        """Take an asset out of the queue, or interrupt its work wherever it runs; see the protocol."""
        key, done = key_of(asset), False
        for status in ("todo", "doing"):
            for job in await self._jobs(key, status):
                done |= await self._app.job_manager.cancel_job_by_id_async(job, abort=True, delete_job=True)
        return done

    async def status(self) -> QueueStatus:
        """Return how the queue stands. What has finished is counted by each worker for itself."""
        rows = await self._app.connector.execute_query_all_async(
            "SELECT status::text, count(*) AS jobs FROM procrastinate_jobs GROUP BY status"
        )
        counts = {row["status"]: row["jobs"] for row in rows}
        return QueueStatus(counts.get("todo", 0), counts.get("doing", 0), self._finished)

    async def rescue(self) -> int:
        """Put the jobs of workers that fell silent back into the queue, and return how many."""
        stalled = await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._silence)
        for job in stalled:
            # Of several workers that try, one succeeds.
            with contextlib.suppress(ConnectorException, psycopg.Error):
                await self._app.job_manager.retry_job(job)
        return len(list(stalled))

    async def close(self) -> None:
        """Take nothing more in; workers end when the queue is empty."""
        self._closed.set()

    def leave(self) -> None:
        """Begin nothing more; :meth:`run_worker` ends with the assets that are under way."""
        self._leaving.set()

    async def run_worker(self, work: Callable[[str], Awaitable[None]]) -> None:
        """Take assets, ``at_once`` of them at a time, and do ``work`` on each; see the protocol.

        Where the database goes away, work goes on as soon as it is back. When this is cancelled, what is under
        way is cancelled too, and waited for.
        """
        self._work = work
        asyncio.get_running_loop().set_exception_handler(_without_lost_races)
        try:
            while not self._leaving.is_set():
                last = self._closed.is_set()
                if await self._turn(wait=not last) and last:
                    break
        finally:
            asyncio.get_running_loop().set_exception_handler(None)
        if self._failure is not None:
            raise self._failure

    async def _turn(self, *, wait: bool) -> bool:
        """Run the engine's worker until it ends, or is to; return whether it ended well by itself."""
        worker = asyncio.create_task(
            self._app.run_worker_async(
                queues=self._tags,
                name=self._name,
                concurrency=self._at_once,
                wait=wait,
                install_signal_handlers=False,
                delete_jobs="always",
                update_heartbeat_interval=self._silence / 6,
                stalled_worker_timeout=self._silence,
                fetch_job_polling_interval=min(5.0, self._silence / 6),
                abort_job_polling_interval=min(5.0, self._silence / 6),
            )
        )
        ends = [asyncio.create_task(self._leaving.wait())]
        if wait:
            ends.append(asyncio.create_task(self._closed.wait()))
        try:
            await asyncio.wait({worker, *ends}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            for task, _ in self._running.values():
                task.cancel()
            worker.cancel()
            await asyncio.wait({worker})
            raise
        finally:
            for end in ends:
                end.cancel()
        asked = not worker.done()
        worker.cancel()  # it waits for what is under way
        await self._drain(worker)
        if worker.cancelled() or (error := worker.exception()) is None:
            return not asked
        if not isinstance(error, (ConnectorException, psycopg.Error, OSError)):
            raise error
        log.info("The queue's database was gone: %s", error)
        await SYSTEM_CLOCK.wait(_AGAIN)
        return False

    async def _drain(self, worker: asyncio.Task[None]) -> None:
        """Wait for what is under way: the engine, told to end, neither says that it lives nor hears of cancelling."""
        while not worker.done():
            with contextlib.suppress(ConnectorException, psycopg.Error, OSError):
                await self._look_after_running()
            await asyncio.wait({worker}, timeout=self._silence / 6)

    async def _look_after_running(self) -> None:
        jobs = self._app.job_manager
        for _, context in list(self._running.values()):
            if context.job.worker_id is not None:
                await jobs.update_heartbeat(context.job.worker_id)
                break  # all of them are of one engine
        unwanted = set(await jobs.list_jobs_to_abort_async()) - self._interrupted
        for task, context in self._running.values():
            if context.job.id in unwanted and context.abort_reason() is None:
                self._interrupted.add(context.job.id)
                task.cancel()

    async def _do(self, context: JobContext, asset: str) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker: the engine runs jobs in tasks
        assert self._work is not None  # noqa: S101 - as above: the engine runs inside run_worker()
        while (earlier := self._running.get(asset)) is not None:
            # We were taken for dead, and the asset came back to us while we were still at it. Two at once would find
            # each other's files in the way.
            await asyncio.wait({earlier[0]})
        self._running[asset] = (task, context)
        try:
            await self._work(asset)
        except asyncio.CancelledError:
            by_person = (
                context.abort_reason() is AbortReason.USER_REQUEST or context.job.id in self._interrupted
            )
            if by_person and self._cancelled is not None:
                await self._cancelled(asset)
            raise
        except Exception as error:  # noqa: BLE001 - it ends the worker, which raises it
            self._failure = error
            self.leave()
        finally:
            self._running.pop(asset, None)
            self._finished += 1


def _without_lost_races(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep quiet about jobs that could not be reported done, for somebody else had taken them over and ended them."""
    if isinstance(context.get("exception"), ConnectorException):
        log.info("The queue did not take a report: %s", context["exception"])
    else:
        loop.default_exception_handler(context)
