"""HTTP/1.1 for a few trusted paths: small, strict and bounded.

Own code, because byte-exact framing and faults at the level of the connection are the point, and because the
usual server holds a half-sent header open without a deadline. What is ambiguous is refused, not guessed: both
a length and chunks, a length twice, folded headers (RFC 9112, sections 5.2 and 6.3).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSIONS: Final = frozenset({"HTTP/1.1", "HTTP/1.0"})
_BLOCK: Final = 64 * 1024
_CHUNK_LINE: Final = 256  # bytes of a chunk's size line


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost.

    Attributes:
        header_bytes: Request line and headers together.
        header_seconds: To send them, from the first byte on.
        idle_seconds: Between two requests on one connection.
        body_stall_seconds: Without a byte of the body.
        body_seconds: For the whole body.
        write_seconds: For the client to take each piece of an answer.
        linger_seconds: For a refused client to finish sending before the connection is closed.
        connections: At once, from all clients together.

    """

    header_bytes: int = 32 * 1024
    header_seconds: float = 10.0
    idle_seconds: float = 75.0
    body_stall_seconds: float = 30.0
    body_seconds: float = 600.0
    write_seconds: float = 60.0
    linger_seconds: float = 5.0
    connections: int = 64


class BadRequest(Exception):
    """The bytes are no request that is served; the connection is closed after the answer.

    Args:
        status: HTTP status to answer with.
        message: Why.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Disconnected(Exception):
    """The client is gone, or too slow."""


Headers = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Request:
    """A request whose body may still be on its way.

    Attributes:
        method: As sent.
        target: Path and query, as sent.
        version: ``HTTP/1.1`` or ``HTTP/1.0``.
        headers: Names and values, as sent and in that order.
        head: The bytes of request line and headers.
        reader: Where the body comes from.
        writer: Where the answer goes.
        limits: Bounds.

    """

    method: str
    target: str
    version: str
    headers: Headers
    head: bytes
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)
    limits: Limits = field(repr=False)
    body_read: bool = False

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True, max_num_fields=32))

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def all_headers(self, name: str) -> list[str]:
        """Return every value a header was sent with."""
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to go on with this connection."""
        connection = self.header("connection").lower()
        return "close" not in connection and (self.version == "HTTP/1.1" or "keep-alive" in connection)

    @property
    def length(self) -> int | None:
        """Bytes of the body; None where it comes in chunks.

        Raises:
            BadRequest: the headers do not say it beyond doubt.

        """
        lengths = self.all_headers("content-length")
        codings = self.all_headers("transfer-encoding")
        if codings:
            if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise BadRequest(400, "The length of the body is ambiguous")
            return None
        if not lengths:
            return 0
        if len(lengths) > 1 or not re.fullmatch(r"[0-9]{1,15}", lengths[0].strip()):
            raise BadRequest(400, "The length of the body is ambiguous")
        return int(lengths[0])

    async def body(self, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            BadRequest: more than ``limit`` bytes, or broken framing.
            Disconnected: the client went away or stalled.

        """
        parts = bytearray()
        async for block in self.blocks(limit):
            parts += block
        return bytes(parts)

    async def blocks(self, limit: int) -> AsyncIterator[bytes]:
        """Yield the body in pieces of at most 64 KiB.

        Raises:
            BadRequest: more than ``limit`` bytes, or broken framing.
            Disconnected: the client went away or stalled.

        """
        length = self.length
        if length is not None and length > limit:
            raise BadRequest(413, f"More than {limit} bytes")
        if self.header("expect").lower() == "100-continue" and self.version == "HTTP/1.1":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        deadline = asyncio.get_running_loop().time() + self.limits.body_seconds
        try:
            pieces = self._chunked(limit, deadline) if length is None else self._counted(length, deadline)
            async for block in pieces:
                yield block
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
            raise Disconnected(type(error).__name__) from None
        self.body_read = True

    def _patience(self, deadline: float) -> asyncio.Timeout:
        now = asyncio.get_running_loop().time()
        return asyncio.timeout_at(min(deadline, now + self.limits.body_stall_seconds))

    async def _counted(self, length: int, deadline: float) -> AsyncIterator[bytes]:
        rest = length
        while rest:
            async with self._patience(deadline):
                block = await self.reader.read(min(rest, _BLOCK))
            if not block:
                raise Disconnected("the body is not whole")
            rest -= len(block)
            yield block

    async def _chunked(self, limit: int, deadline: float) -> AsyncIterator[bytes]:
        total = 0
        while (size := await self._chunk_size(deadline)) > 0:
            total += size
            if total > limit:
                raise BadRequest(413, f"More than {limit} bytes")
            async for block in self._counted(size, deadline):
                yield block
            async with self._patience(deadline):
                end = await self.reader.readexactly(2)
            if end != b"\r\n":
                raise BadRequest(400, "A chunk of the body is longer than its size")
        async with self._patience(deadline):
            while await self.reader.readuntil(b"\r\n") != b"\r\n":
                pass  # trailers

    async def _chunk_size(self, deadline: float) -> int:
        async with self._patience(deadline):
            line = await self.reader.readuntil(b"\r\n")
        size = line.partition(b";")[0].strip()
        if len(line) > _CHUNK_LINE or not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise BadRequest(400, "A chunk of the body has no size")
        return int(size, 16)


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits
) -> Request | None:
    """Read the next request's head; None where the client ends the connection instead, or says nothing.

    Raises:
        BadRequest: what came is no request.
        Disconnected: the head stopped half way.

    """
    try:
        async with asyncio.timeout(limits.idle_seconds):
            first = await reader.read(1)
    except (TimeoutError, OSError):
        return None
    if not first:
        return None
    if not first.isalpha() and first not in b"\r\n":
        raise BadRequest(
            400, "This is no HTTP/1.1 request"
        )  # TLS, most likely: answer, so that it fails at once
    try:
        async with asyncio.timeout(limits.header_seconds):
            head = first + await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise BadRequest(408, "The headers took too long") from None
    except asyncio.LimitOverrunError:
        raise BadRequest(431, "The headers are too large") from None
    except (asyncio.IncompleteReadError, OSError):
        raise Disconnected("the headers are not whole") from None
    if len(head) > limits.header_bytes:
        raise BadRequest(431, "The headers are too large")
    return _parsed(head, reader, writer, limits)


def _parsed(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits
) -> Request:
    lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] not in _VERSIONS or not _TOKEN.fullmatch(parts[0]):
        raise BadRequest(400, "This is no HTTP/1.1 request")
    target = parts[1]
    if not target.startswith("/") or not target.isascii() or not target.isprintable():
        raise BadRequest(400, "The target is no path")
    headers: list[tuple[str, str]] = []
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or any(c in value for c in "\r\n\0"):
            raise BadRequest(400, "A header is malformed")
        headers.append((name, value.strip()))
    return Request(parts[0], target, parts[2], headers, head, reader, writer, limits)


class Responder:
    """Writes one answer."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._writer = request.writer
        self.started = False
        self._chunked = False

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer.

        Raises:
            Disconnected: the client is gone or does not read.

        """
        empty = self._request.method == "HEAD"
        self._writer.write(
            head_bytes(status, [*headers, ("content-length", str(len(body))), *self._connection()])
        )
        self.started = True
        await self._write(b"" if empty else body)

    async def begin(self, status: int, headers: Headers) -> None:
        """Begin an answer of unknown length.

        Raises:
            Disconnected: the client is gone or does not read.

        """
        self._chunked = self._request.version == "HTTP/1.1"
        extra = [("transfer-encoding", "chunked")] if self._chunked else []
        self.started = True
        await self._write(head_bytes(status, [*headers, *extra, *self._connection()]))

    async def piece(self, data: bytes) -> None:
        """Send the next bytes of an answer that was begun.

        Raises:
            Disconnected: the client is gone or does not read.

        """
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    async def end(self) -> None:
        """End an answer that was begun.

        Raises:
            Disconnected: the client is gone or does not read.

        """
        await self._write(b"0\r\n\r\n" if self._chunked else b"")

    @property
    def reusable(self) -> bool:
        """Whether the next request can follow on this connection."""
        return self._request.keeps_alive and self._request.body_read and self._request.version == "HTTP/1.1"

    def _connection(self) -> Headers:
        return [] if self.reusable else [("connection", "close")]

    async def _write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._request.limits.write_seconds):
                await self._writer.drain()
        except (TimeoutError, OSError) as error:
            raise Disconnected(type(error).__name__) from None


def head_bytes(status: int, headers: Headers) -> bytes:
    """Return a status line and headers as they go over the wire."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
