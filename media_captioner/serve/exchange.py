"""One request and its answer, in Model Studio's two wire protocols, its upload flow, and vLLM's dialect."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from media_captioner._version import __version__
from media_captioner.captioners.http import fetch_public
from media_captioner.captioners.money import (
    TEXT_TOKENS,
    documented_audio_tokens,
    observed_audio_tokens,
    self_hosted_prompt_tokens,
)
from media_captioner.captioners.services import MODEL, OPEN_MODEL, PATHS
from media_captioner.errors import MediaCaptionerError
from media_captioner.model import Description, Segment
from media_captioner.serve import asking as wire
from media_captioner.serve import frames, refused
from media_captioner.serve.asking import Asking
from media_captioner.serve.clips import Arrived, clips_of
from media_captioner.serve.frames import Reply
from media_captioner.serve.options import StudioOptions
from media_captioner.serve.queue import Queue
from media_captioner.serve.refused import Refused
from media_captioner.serve.storage import Denied, Storage
from media_captioner.system.files import remove, write_whole, written_whole
from media_captioner.web.hosts import HostCheck
from media_captioner.web.http1 import BadRequest, Disconnected, Request, Responder

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes of a request: a data URL of 10 MiB and what stands around it, with room to refuse a larger one by name."""

MAX_FETCHED: Final = 100 * 1024 * 1024
"""Bytes that are fetched from an address in a request, where that is allowed."""

_COMPATIBLE: Final = PATHS["compatible"]
_NATIVE: Final = PATHS["native"]
_VLLM: Final = PATHS["self-hosted"]
_CUT: Final = Fraction(30)
_LOOK_EVERY: Final = 0.25  # seconds between two looks whether the client is still there


@dataclass(frozen=True, slots=True)
class Shared:
    """What all requests share.

    Attributes:
        options: How to serve.
        queue: The captioner and who waits for it.
        storage: What clients uploaded.
        folder: A private folder.
        hosts: By which names we may be reached.
        port: TCP port we listen on.

    """

    options: StudioOptions
    queue: Queue
    storage: Storage
    folder: Path
    hosts: HostCheck
    port: int


async def answer(shared: Shared, request: Request, responder: Responder) -> None:
    """Answer one request, with an error where it has to be one.

    Raises:
        BadRequest: the request's framing is broken.
        Disconnected: the client is gone.

    """
    exchange = Exchange(shared, request, responder)
    try:
        await exchange.run()
    except Refused as error:
        await exchange.refuse(error)
    except Denied as denied:
        body = denied.xml(exchange.request_id)
        await responder.send(denied.status, [("content-type", "application/xml")], body)


class Exchange:
    """One request and its answer."""

    def __init__(self, shared: Shared, request: Request, responder: Responder) -> None:
        self._shared = shared
        self._request = request
        self._responder = responder
        self.request_id = str(uuid.uuid4())
        self._path = request.path.rstrip("/")
        self._stream = False

    async def run(self) -> None:
        """Answer.

        Raises:
            Refused: with an error.
            Denied: with an error of the storage.
            BadRequest: the request's framing is broken.

        """
        request, shared = self._request, self._shared
        if not shared.options.key and (
            not shared.hosts.allows(request, shared.port) or shared.hosts.from_a_page(request)
        ):
            raise refused.elsewhere("This server is not known by that name, or not to that web page.")
        if (request.method, self._path) == ("POST", "/oss"):
            await self._upload()
            return
        try:
            body = await request.body(MAX_BODY)
        except BadRequest as bad:
            if bad.status != 413:
                raise
            raise refused.too_large("The request is too large.") from None
        route = _ROUTES.get(self._path)
        if route is None:
            raise refused.no_path(f"No such path: {self._path[:100]}")
        method, answer = route
        if request.method != method:
            raise refused.wrong_method(f"This path takes {method}.")
        if self._path:
            self._check_key()
        await answer(self, body)

    def _check_key(self) -> None:
        key = self._shared.options.key
        if key and not hmac.compare_digest(self._token().encode(), key.reveal().encode()):
            raise refused.wrong_key(refused.NO_KEY)

    def _token(self) -> str:
        scheme, _, token = self._request.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def _account(self) -> str:
        return hashlib.sha256(self._token().encode()).hexdigest()[:32]

    # -- paths ---------------------------------------------------------------------------------------------

    async def welcome(self, _: bytes) -> None:
        """Say who answers here."""
        text = (
            f"media-captioner {__version__} serves the captioner {self._shared.queue.captioner.name}.\n"
            f"OpenAI-compatible: {_COMPATIBLE}\nDashScope: {_NATIVE}\nvLLM: {_VLLM}\n"
        )
        headers = [("content-type", "text/plain; charset=utf-8")]
        await self._responder.send(200, headers, text.encode())

    async def models(self, _: bytes) -> None:
        """List the models."""
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "media-captioner"}
            for name in self._model_names()
        ]
        await self._json(200, {"object": "list", "data": data})

    async def policy(self, _: bytes) -> None:
        """Hand out a policy for an upload."""
        query = self._request.query
        if query.get("action") != "getPolicy":
            raise refused.malformed("action should be getPolicy")
        model = query.get("model", "")
        self._check_model(model)
        policy = self._shared.storage.policy(self._account, model, f"{self._base()}/oss")
        await self._json(200, {"data": policy, "request_id": self.request_id})

    def _base(self) -> str:
        # The name by which the client reached us is one that it can reach again.
        host = self._request.header("host") or f"127.0.0.1:{self._shared.port}"
        return f"http://{host}"

    async def _upload(self) -> None:
        await self._shared.storage.take(self._request)
        await self._responder.send(200, [("x-oss-request-id", self.request_id)], b"")

    async def compatible(self, body: bytes) -> None:
        """Answer in the compatible protocol."""
        value = wire.parsed(body)
        self._stream = value.get("stream") is True
        asked = wire.compatible(value)
        reply = await self._reply(asked)
        if asked.stream:
            events = frames.compatible_stream(reply, include_usage=asked.include_usage)
            await self._events("text/event-stream", events)
        else:
            await self._json(200, frames.compatible_document(reply))

    async def native(self, body: bytes) -> None:
        """Answer in the native protocol."""
        value = wire.parsed(body)
        self._stream = self._request.header("x-dashscope-sse").lower() == "enable"
        asked = wire.native(value, self._request)
        self._stream = asked.stream
        reply = await self._reply(asked)
        if asked.stream:
            events = frames.native_stream(reply, incremental=asked.incremental)
            await self._events("text/event-stream;charset=UTF-8", events)
        else:
            await self._json(200, frames.native_document(reply))

    async def vllm(self, body: bytes) -> None:
        """Answer in vLLM's dialect."""
        asked = wire.vllm(wire.parsed(body))
        reply = await self._reply(asked)
        if asked.stream:
            events = frames.compatible_stream(reply, include_usage=asked.include_usage)
            await self._events("text/event-stream; charset=utf-8", events)
        else:
            await self._json(200, frames.compatible_document(reply))

    # -- answering -----------------------------------------------------------------------------------------

    def _model_names(self) -> list[str]:
        return list(dict.fromkeys([MODEL, OPEN_MODEL, self._shared.queue.captioner.model]))

    def _check_model(self, model: str) -> None:
        if model not in self._model_names():
            raise refused.no_model(
                f"The model {model[:100]!r} does not exist or you do not have access to it."
            )

    async def _reply(self, asked: Asking) -> Reply:
        self._check_model(asked.model)
        path, mine = await self._file(asked)
        try:
            arrived = await asyncio.to_thread(clips_of, path, self._shared.queue.captioner.service)
        finally:
            if mine:
                remove(path)
        vllm = self._path.startswith(f"{_VLLM}/")
        if vllm and self._shared.options.cut_at_30:
            arrived = _first(arrived, _CUT)
        description = await self._while_connected(self._shared.queue.describe(arrived))
        observed = self._shared.options.usage == "observed"
        count = observed_audio_tokens if observed else documented_audio_tokens
        audio = count(arrived.seconds)
        return Reply(
            prose=description.prose,
            model=asked.model,
            request_id=self.request_id,
            created=int(self._shared.options.clock.now().timestamp()),
            audio_tokens=None if vllm else audio,
            prompt_tokens=self_hosted_prompt_tokens(arrived.seconds) if vllm else audio + TEXT_TOKENS,
            output_tokens=description.usage.output_tokens or None,
            truncated=description.truncated,
        )

    async def _while_connected(self, work: Coroutine[None, None, Description]) -> Description:
        """Wait for ``work``; a client that hangs up frees its place in the queue.

        Raises:
            Disconnected: it did.

        """
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=_LOOK_EVERY))[0]:
                if self._request.reader.at_eof():
                    raise Disconnected("the client hung up")
            return task.result()
        finally:
            task.cancel()

    async def _file(self, asked: Asking) -> tuple[Path, bool]:
        """Return where the sound lies, and whether it is to be deleted afterwards."""
        if asked.url.startswith("oss://"):
            if self._request.header("x-dashscope-ossresourceresolve").lower() != "enable":
                raise self._shared.storage.missing()
            return self._shared.storage.find(asked.url, self._account, asked.model), False
        path = self._shared.folder / uuid.uuid4().hex
        if not asked.url:
            await asyncio.to_thread(write_whole, path, asked.data)
            return path, True
        if not self._shared.options.fetch_urls:
            raise refused.bad_url("This server does not fetch audio from addresses. Send it in the request.")
        try:
            with written_whole(path) as file:
                await fetch_public(asked.url, file, doing="fetching the sound", max_bytes=MAX_FETCHED)
        except MediaCaptionerError as error:
            raise refused.bad_url(str(error)) from None
        return path, True

    def _headers(self, content_type: str) -> list[tuple[str, str]]:
        headers = [("x-request-id", self.request_id), ("content-type", content_type)]
        if not self._path.startswith(f"{_VLLM}/"):
            headers += [
                ("x-dashscope-call-gateway", "true"),
                ("x-dashscope-timeout", f"{self._shared.options.describe_seconds:.0f}"),
            ]
        return [*headers, ("server", f"media-captioner/{__version__}")]

    async def _json(self, status: int, value: object) -> None:
        body = frames.to_json(value)
        headers = self._headers("application/json")
        if "gzip" in self._request.header("accept-encoding").lower():
            body = gzip.compress(body, 6, mtime=0)
            headers.append(("content-encoding", "gzip"))
        await self._responder.send(status, headers, body)

    async def _events(self, content_type: str, events: Iterator[bytes]) -> None:
        await self._responder.begin(200, self._headers(content_type))
        for event in events:
            await self._responder.piece(event)
        await self._responder.end()

    async def refuse(self, error: Refused) -> None:
        """Answer with an error, worded as the path's protocol words it."""
        if self._responder.started:
            return
        value: dict[str, Any]
        if self._path.startswith(f"{_NATIVE}/"):
            value = refused.native_value(error, self.request_id)
            if self._stream and not error.early:
                event = frames.native_event(1, value, event="error", status=error.status)
                await self._events("text/event-stream;charset=UTF-8", iter((event,)))
                return
        elif self._path.startswith(f"{_VLLM}/"):
            value = refused.vllm_value(error)
        else:
            value = refused.compatible_value(error, self.request_id)
        await self._json(error.status, value)


def _first(arrived: Arrived, seconds: Fraction) -> Arrived:
    """Return only the beginning of what arrived."""
    clips = tuple(
        replace(clip, segment=_beginning(clip.segment, seconds - clip.segment.start))
        for clip in arrived.clips
        if clip.segment.start < seconds
    )
    return replace(arrived, seconds=min(arrived.seconds, seconds), clips=clips)


def _beginning(segment: Segment, seconds: Fraction) -> Segment:
    pcm = segment.pcm[: int(seconds * segment.rate)]
    return replace(segment, pcm=pcm, end=segment.start + Fraction(len(pcm), segment.rate))


_Answer = Callable[[Exchange, bytes], Awaitable[None]]
_ROUTES: Final[MappingProxyType[str, tuple[str, _Answer]]] = MappingProxyType(
    {
        "": ("GET", Exchange.welcome),
        f"{_COMPATIBLE}/models": ("GET", Exchange.models),
        f"{_VLLM}/models": ("GET", Exchange.models),
        f"{_NATIVE}/uploads": ("GET", Exchange.policy),
        f"{_COMPATIBLE}/chat/completions": ("POST", Exchange.compatible),
        f"{_VLLM}/chat/completions": ("POST", Exchange.vllm),
        f"{_NATIVE}/services/aigc/multimodal-generation/generation": ("POST", Exchange.native),
    }
)
