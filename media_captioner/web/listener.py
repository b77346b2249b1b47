"""Accepts connections and hands requests to an application, within limits."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, Self

from media_captioner.errors import ConfigError
from media_captioner.web.http1 import (
    BadRequest,
    Disconnected,
    Limits,
    Request,
    Responder,
    head_bytes,
    read_request,
)

log: Final = logging.getLogger(__name__)

Application = Callable[[Request, Responder], Awaitable[None]]


_REMEDIES: Final = {
    errno.EADDRINUSE: "Choose another --port, or stop the program that uses it.",
    errno.EACCES: "Choose a --port of 1024 or more, or run it with the right to use a lower one.",
}
"""What to do where an address cannot be bound, by the reason."""


def _reason(error: OSError) -> str:
    if not error.errno:
        return str(error)
    return (
        os.strerror(error.errno).lower() if error.errno > 0 else "there is no such host"
    )  # EAI_*, of a resolver


class Listener:
    """A socket, the connections on it, and the application behind them.

    Args:
        application: Answers each request.
        host: Address to bind.
        port: TCP port; 0 takes a free one.
        limits: What clients may cost.
        tls: Speak TLS with this certificate.

    """

    def __init__(
        self,
        application: Application,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._application = application
        self._host, self._port = host, port
        self._limits = limits or Limits()
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are bound."""
        if self._server is None or not self._server.sockets:
            return self._host, self._port
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        host, port = self.address
        scheme = "https" if self._tls is not None else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            ConfigError: the address cannot be bound.

        """
        try:
            self._server = await asyncio.start_server(
                self._accepted, self._host, self._port, limit=self._limits.header_bytes, ssl=self._tls
            )
        except OSError as error:
            raise ConfigError(
                f"Cannot serve on {self._host}, port {self._port}: {_reason(error)}",
                hint=_REMEDIES.get(error.errno or 0, "Choose another host: an address of this machine."),
            ) from error

    async def close(self) -> None:
        """Stop listening and end every connection."""
        server, self._server = self._server, None
        if server is not None:
            await _accept_no_more(server)
            server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def wait(self) -> None:
        """Serve until cancelled."""
        await asyncio.Event().wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a callback of start_server runs in a task of its own
        self._connections.add(task)
        try:
            if len(self._connections) > self._limits.connections:
                writer.write(head_bytes(503, [("content-length", "0"), ("connection", "close")]))
            else:
                await self._serve(reader, writer)
                await self._linger(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(self._limits.write_seconds):
                    await writer.wait_closed()

    async def _linger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A socket that is closed with unread bytes resets the connection, and the client, still sending its
        # clip, would see the reset instead of the answer.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.linger_seconds):
                await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
                while await reader.read(64 * 1024):
                    pass

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reusable = True
        while reusable:
            try:
                request = await read_request(reader, writer, self._limits)
            except BadRequest as bad:
                await self._refuse(writer, bad)
                return
            except Disconnected:
                return
            if request is None:
                return
            reusable = await self._answer(request)

    async def _answer(self, request: Request) -> bool:
        responder = Responder(request)
        try:
            await self._application(request, responder)
        except BadRequest as bad:
            if not responder.started:
                await self._refuse(request.writer, bad)
            return False
        except (Disconnected, ConnectionError):
            return False
        except Exception:
            # One broken answer must not end the server. The client gets no details, the log gets all.
            log.exception("Failed answering %s %s", request.method, request.path)
            if not responder.started:
                await self._refuse(request.writer, BadRequest(500, "The server failed"))
            return False
        return responder.reusable

    @staticmethod
    async def _refuse(writer: asyncio.StreamWriter, bad: BadRequest) -> None:
        body = f"{bad.message}\n".encode()
        headers = [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        with contextlib.suppress(OSError):
            writer.write(head_bytes(bad.status, headers) + body)
            await writer.drain()


async def _accept_no_more(server: asyncio.Server) -> None:
    """Let connections that were accepted a moment ago begin, and accept no further ones.

    A server that is closed between the two forgets the connection with its socket open (python/cpython#109564), and
    whoever connected waits for nothing.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.remove_reader(listening.fileno())
    for _ in range(3):  # turns of the loop from the accepted socket to its own task
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
