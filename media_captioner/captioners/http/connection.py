"""Requests to one service."""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import httpx

from media_captioner.captioners.addresses import Origin, checked_base_url, is_loopback, origin_of
from media_captioner.captioners.http.translation import translated
from media_captioner.captioners.http.trust import authorities
from media_captioner.captioners.http.user_agent import USER_AGENT
from media_captioner.errors import ConfigError, ResponseInvalid, ServiceMisconfigured
from media_captioner.system.secrets import Secret, redact

_BLOCK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a service may take, seconds.

    Attributes:
        connect: To accept a connection.
        send: To take each next piece of what we send.
        answer: To begin a whole answer (its own budget is 298 s, so a little more).
        progress: Between two events of a stream that carry data; comments do not count.
        total: For one clip, from the first byte sent to the last received.

    """

    connect: float = 10.0
    send: float = 60.0
    answer: float = 310.0
    progress: float = 120.0
    total: float = 900.0


class Answer:
    """A response whose headers have arrived."""

    def __init__(self, response: httpx.Response, doing: str) -> None:
        self._response = response
        self._doing = doing
        self.status = response.status_code

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        value = self._response.headers.get(name)
        return value if isinstance(value, str) else None

    def headers(self, name: str) -> list[str]:
        """Return every value that a header was sent with."""
        return list(self._response.headers.get_list(name))

    async def blocks(self, limit: int) -> AsyncGenerator[bytes, None]:
        """Yield the body, decompressed, in pieces of at most 64 KiB.

        Args:
            limit: Bytes after decompression; more is an error.

        Raises:
            CaptionerUnavailable: the connection failed.
            ResponseInvalid: too long, or in an encoding we did not ask for.

        """
        inflate = self._inflater()
        size = 0
        with translated(self._doing):
            async for raw in self._response.aiter_raw():
                for block in inflate(raw):
                    size += len(block)
                    if size > limit:
                        raise ResponseInvalid(f"Failed {self._doing}: more than {limit} bytes were answered")
                    yield block

    async def read(self, limit: int, *, cut: bool = False) -> bytes:
        """Return the whole body.

        Args:
            limit: Bytes after decompression.
            cut: Return the first ``limit`` bytes of a longer body instead of raising (for error texts).

        Raises:
            CaptionerUnavailable: the connection failed.
            ResponseInvalid: too long, or in an encoding we did not ask for.

        """
        body = bytearray()
        async with contextlib.aclosing(self.blocks(limit + _BLOCK if cut else limit)) as blocks:
            async for block in blocks:
                body += block
                if cut and len(body) >= limit:
                    return bytes(body[:limit])
        return bytes(body)

    def _inflater(self) -> Callable[[bytes], Iterator[bytes]]:
        # Every request asks for plain bytes; some gateways compress all the same. The library's own decoder
        # would expand a whole piece at once, so a bomb would be in memory before anybody could count it.
        encoding = (self.header("content-encoding") or "identity").strip().lower()
        if encoding == "identity":
            return lambda raw: iter((raw,))
        if encoding not in {"gzip", "deflate", "x-gzip"}:
            raise ResponseInvalid(f"Failed {self._doing}: the answer came in the encoding {encoding[:40]!r}")
        decoder = zlib.decompressobj(wbits=47)  # 32 + 15: gzip or zlib, whichever the header says

        def inflate(raw: bytes) -> Iterator[bytes]:
            rest = raw
            while rest:
                try:
                    yield decoder.decompress(rest, _BLOCK)
                except zlib.error:
                    raise ResponseInvalid(f"Failed {self._doing}: the answer is not {encoding}") from None
                rest = decoder.unconsumed_tail

        return inflate


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, produced piece by piece so that nothing large exists twice.

    Attributes:
        length: Bytes in all.
        pieces: Gives the pieces; called once for each attempt.

    """

    length: int
    pieces: Callable[[], Iterator[bytes]]


class Connection:
    """Connections to one service.

    Args:
        base_url: Where it is; paths are appended to it.
        key: Sent as a bearer token to the origin of ``base_url`` and to no other.
        headers: Sent with every request to that origin.
        timeouts: How long things may take.

    Raises:
        ConfigError: ``base_url`` cannot be used.

    """

    def __init__(
        self,
        base_url: str,
        *,
        key: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.origin: Origin = origin_of(self.base_url)
        self.timeouts = timeouts or Timeouts()
        self._key = key
        self._headers = dict(headers or {})
        self._client: httpx.AsyncClient | None = None

    @contextlib.asynccontextmanager
    async def request(
        self,
        method: str,
        target: str,
        *,
        doing: str,
        body: Body | None = None,
        form: tuple[Mapping[str, str], tuple[str, BinaryIO, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float | None = None,
        anonymous: bool = False,
    ) -> AsyncIterator[Answer]:
        """Send one request and give its answer as soon as the headers are there.

        Args:
            method: HTTP method.
            target: A path below the base URL, or a whole URL.
            doing: What is being done, for messages.
            body: What to send.
            form: Send a multipart form instead: fields, then one file (name, open file, media type), last.
            headers: Further headers.
            anonymous: Send neither the key nor the headers of the service, whatever the origin.
            wait: Seconds without a byte from the server that are too many; ``timeouts.answer`` by default.

        Raises:
            CaptionerUnavailable: no connection, or it broke.
            ServiceMisconfigured: no trusted TLS connection, or a redirect.

        """
        url = target if "://" in target else f"{self.base_url}/{target.lstrip('/')}"
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
        auth = None
        if not anonymous and origin_of(url) == self.origin:
            sent |= self._headers
            auth = _Bearer(self._key) if self._key else None
        content: dict[str, Any] = {}
        if body is not None:
            sent["Content-Length"] = str(body.length)
            content["content"] = _pieces(body)
        elif form is not None:
            content["data"], content["files"] = dict(form[0]), {"file": form[1]}
        with translated(doing):
            client = self._opened()
            limits = httpx.Timeout(
                connect=self.timeouts.connect,
                read=wait or self.timeouts.answer,
                write=self.timeouts.send,
                pool=self.timeouts.total,
            )
            request = client.build_request(method, url, headers=sent, timeout=limits, **content)
            response = await client.send(request, stream=True, auth=auth)
        try:
            _refuse_redirect(response, doing)
            yield Answer(response, doing)
        finally:
            with contextlib.suppress(httpx.HTTPError, OSError):
                await response.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            direct = {f"all://{self.origin.host}": None} if is_loopback(self.origin.host) else None
            try:
                trusted = authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
                self._client = httpx.AsyncClient(follow_redirects=False, mounts=direct, verify=trusted)
            except (ImportError, ValueError, httpx.InvalidURL) as error:
                raise ConfigError(
                    f"The proxy that the environment names cannot be used: {redact(str(error))}",
                    hint="Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; http:// and https:// proxies work.",
                ) from None
            except OSError as error:
                raise ConfigError(
                    f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {error.strerror}"
                ) from None
        return self._client

    async def close(self) -> None:
        """Close every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class _Bearer(httpx.Auth):
    """Puts the key into a request at the last moment, so that it is a variable of no frame of ours."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    for piece in body.pieces():
        yield piece


def _refuse_redirect(response: httpx.Response, doing: str) -> None:
    if not 300 <= response.status_code < 400:
        return
    try:
        where = origin_of(str(response.url.join(response.headers.get("location", "")))).host
    except (ValueError, httpx.InvalidURL):
        where = "nowhere"
    raise ServiceMisconfigured(
        f"Failed {doing}: {response.url.host} redirects to {where}, which is not followed: the key and the "
        "sound would go along",
        hint="Set the base URL to the service's own address.",
    )
