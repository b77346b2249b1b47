"""Servers in a thread of their own, for tests and programs without an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class _Server(Protocol):
    async def start(self) -> None:
        """Begin to listen."""

    async def close(self) -> None:
        """Stop."""


S = TypeVar("S", bound=_Server)


@contextmanager
def running(server: S) -> Iterator[S]:
    """Run a :class:`FaultServer` or a :class:`~media_captioner.serve.Studio` while the block runs.

    ::

        with running(FaultServer("rate")) as server:
            ...  # requests to server.url from this thread, or from other programs
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(30)
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
