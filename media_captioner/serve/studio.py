"""A server for a studio: one machine captions for all others, or stands in for the service in tests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from media_captioner.errors import ConfigError
from media_captioner.protocols import Captioner
from media_captioner.serve.exchange import Shared, answer
from media_captioner.serve.options import StudioOptions
from media_captioner.serve.queue import Queue
from media_captioner.serve.storage import Storage
from media_captioner.system.files import private_folder
from media_captioner.web.hosts import HostCheck, must_have_key
from media_captioner.web.http1 import BadRequest, Request, Responder
from media_captioner.web.listener import Listener


class Studio:
    """Serves a captioner.

    ::

        async with Studio(captioner, StudioOptions(port=0)) as studio:
            print(studio.url)
            await studio.wait()

    Args:
        captioner: Who listens. It is not closed.
        options: How to serve.

    Raises:
        ConfigError: other machines could reach it and no key is set.

    """

    def __init__(self, captioner: Captioner, options: StudioOptions | None = None) -> None:
        self._options = options or StudioOptions()
        if must_have_key(self._options.host) and not self._options.key:
            raise ConfigError(
                f"Did not serve on {self._options.host}: other machines could use the captioner without a key",
                hint="Set a key with --key-file, or serve on 127.0.0.1.",
            )
        self._queue = Queue(captioner, waiting=self._options.waiting, seconds=self._options.describe_seconds)
        self._listener = Listener(
            self._answer, host=self._options.host, port=self._options.port, limits=self._options.limits
        )
        self._stack = ExitStack()
        self._shared: Shared | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        return self._listener.url

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: the address cannot be bound.

        """
        await self._listener.start()
        folder = self._stack.enter_context(private_folder())
        self._shared = Shared(
            options=self._options,
            queue=self._queue,
            storage=Storage(folder, self._options.clock),
            folder=folder,
            hosts=HostCheck(self._options.names),
            port=self._listener.address[1],
        )

    async def wait(self) -> None:
        """Serve until cancelled."""
        await self._listener.wait()

    async def close(self) -> None:
        """Stop listening and delete what clients uploaded."""
        await self._listener.close()
        self._stack.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _answer(self, request: Request, responder: Responder) -> None:
        if self._shared is None:
            raise BadRequest(503, "Not ready yet")
        await answer(self._shared, request, responder)


async def serve_forever(
    captioner: Captioner, options: StudioOptions | None = None, *, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until cancelled, then close the captioner.

    Args:
        captioner: Who listens.
        options: How to serve.
        ready: Called with the address once requests can come.

    Raises:
        ConfigError: the address cannot be bound, or needs a key.

    """
    try:
        async with Studio(captioner, options) as studio:
            if ready is not None:
                ready(studio.url)
            await studio.wait()
    finally:
        await captioner.close()
