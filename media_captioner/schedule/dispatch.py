"""The queue of assets of one process."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Awaitable, Callable

from media_captioner.schedule.protocols import QueueStatus


class LocalDispatcher:
    """A bounded queue of assets with priorities, in memory. What it loses with the process is found again.

    Args:
        most: Assets that may wait; :meth:`submit` waits while there are as many.

    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._order = itertools.count()
        self._heap: list[tuple[int, int, str]] = []
        self._queued: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._finished = 0
        self._closed = False
        self._changed = asyncio.Condition()

    async def submit(self, asset: str, *, priority: int = 0) -> bool:
        """Queue an asset; see the protocol.

        Raises:
            RuntimeError: the queue is closed.

        """
        async with self._changed:
            if asset in self._queued or asset in self._running:
                return False
            await self._changed.wait_for(lambda: len(self._queued) < self._most or self._closed)
            if self._closed:
                raise RuntimeError("the queue is closed")
            self._queued.add(asset)
            heapq.heappush(self._heap, (-priority, next(self._order), asset))
            self._changed.notify_all()
            return True

    async def cancel(self, asset: str) -> bool:
        """Take an asset out of the queue, or interrupt its work; see the protocol."""
        async with self._changed:
            if asset in self._queued:
                self._queued.remove(asset)
                self._changed.notify_all()
                return True
            task = self._running.get(asset)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait([task])
        return True

    async def status(self) -> QueueStatus:
        """Return how the queue stands."""
        return QueueStatus(len(self._queued), len(self._running), self._finished)

    async def close(self) -> None:
        """Take nothing more in; workers end when the queue is empty."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def run_worker(self, work: Callable[[str], Awaitable[None]]) -> None:
        """Do ``work`` on one asset after the other; see the protocol."""
        while (asset := await self._take()) is not None:
            task = asyncio.ensure_future(work(asset))
            self._running[asset] = task
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                task.cancel()
                await asyncio.wait([task])
                raise
            finally:
                self._running.pop(asset, None)
                self._finished += 1
            with contextlib.suppress(asyncio.CancelledError):  # this asset was cancelled, not the worker
                task.result()

    async def _take(self) -> str | None:
        async with self._changed:
            while True:
                while self._heap:
                    asset = heapq.heappop(self._heap)[2]
                    if asset in self._queued:
                        self._queued.remove(asset)
                        self._changed.notify_all()
                        return asset
                if self._closed:
                    return None
                await self._changed.wait()
