"""A captioning service on loopback that fails on purpose, and remembers all that it was sent."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

from media_captioner.serve import frames
from media_captioner.serve.frames import Reply
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.testing.captioner import PROSE
from media_captioner.testing.conversation import Conversation, Protocol
from media_captioner.testing.fault_kinds import FAULTS
from media_captioner.web.http1 import Headers, Request, Responder
from media_captioner.web.listener import Listener

Step: TypeAlias = str | tuple[str, dict[str, Any]]
"""What happens to one request: a fault's name, or its name and options."""

_MAX_BODY: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it arrived.

    Attributes:
        method: HTTP method.
        path: Path and query.
        headers: Names and values as sent.
        body: The whole body.
        fault: What was done to it.
        begun: Seconds on the clock when its head had arrived.
        ended: Seconds on the clock when it was answered or broken off.
        beside: Requests under way at once, this one included.

    """

    method: str
    path: str
    headers: Headers = field(repr=False)  # a key may be in them
    body: bytes = field(repr=False)
    fault: str
    begun: float
    ended: float
    beside: int

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class FaultServer:
    """Answers requests in order with the faults of a script, and then with one fault for ever.

    It speaks the wire protocols by their paths (``/compatible-mode/v1``, ``/api/v1``, ``/v1``) and hands out
    upload policies. Every request, of whatever kind, takes the next step of the script.

    ::

        async with FaultServer("rate", ("truncated", {"at": 100})) as server:
            ...  # the first request gets 429, the second half an answer, all others a healthy one
            assert len(server.requests) == 3

    Args:
        *script: Fault names (see :data:`FAULTS`), or pairs of name and options.
        then: What happens after the script.
        prose: The description of the healthy answer.
        tls: Speak TLS with this certificate.
        clock: Stamps the timeline.

    Attributes:
        requests: What arrived, in the order in which it was answered.
        peak: The most requests that were under way at once.

    """

    def __init__(
        self,
        *script: Step,
        then: Step = "ok",
        prose: str = PROSE,
        tls: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        for step in (*script, then):
            name = step if isinstance(step, str) else step[0]
            if name not in FAULTS:
                raise ValueError(f"no fault is called {name!r}; there are {', '.join(sorted(FAULTS))}")
        self._script = list(script)
        self._then = then
        self._prose = prose
        self._clock = clock
        self._listener = Listener(self._answer, tls=tls)
        self._under_way = 0
        self.requests: list[Recorded] = []
        self.peak = 0

    @property
    def url(self) -> str:
        """Where it answers, without a path."""
        return self._listener.url

    @property
    def timeline(self) -> list[float]:
        """When each request began, seconds on the clock, ascending."""
        return sorted(request.begun for request in self.requests)

    @property
    def connections(self) -> int:
        """How many clients are connected: none, and every request that ever arrived is in ``requests``."""
        return self._listener.connections

    def add(self, steps: Iterable[Step]) -> None:
        """Append steps to the script."""
        self._script.extend(steps)

    async def start(self) -> None:
        """Begin to listen, on a free port of 127.0.0.1."""
        await self._listener.start()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        await self._listener.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _answer(self, request: Request, responder: Responder) -> None:
        begun = self._clock.monotonic()
        step = self._script.pop(0) if self._script else self._then
        name, options = (step, {}) if isinstance(step, str) else step
        self._under_way += 1
        beside = self._under_way
        self.peak = max(self.peak, beside)
        body = b""
        try:
            if name != "early-refusal":
                body = await request.body(_MAX_BODY)
            await FAULTS[name](self._conversation(request, responder, body, options))
        finally:
            self._under_way -= 1
            self.requests.append(
                Recorded(
                    request.method,
                    request.target,
                    tuple(request.headers),
                    body,
                    name,
                    begun,
                    self._clock.monotonic(),
                    beside,
                )
            )

    def _conversation(
        self, request: Request, responder: Responder, body: bytes, options: dict[str, Any]
    ) -> Conversation:
        try:
            value = json.loads(body)
        except ValueError:
            value = {}
        value = value if isinstance(value, dict) else {}
        protocol = _protocol(request.path)
        sse = request.header("x-dashscope-sse") == "enable"
        parameters = value.get("parameters") or {}
        reply = Reply(
            prose=self._prose,
            model=str(value.get("model", "")),
            request_id=f"req-{len(self.requests) + 1}",
            created=1_700_000_000,
            audio_tokens=None if protocol == "vllm" else 152,
            prompt_tokens=160,
        )
        return Conversation(
            request=request,
            responder=responder,
            protocol=protocol,
            stream=sse if protocol == "native" else value.get("stream") is True,
            incremental=parameters.get("incremental_output") is True,
            reply=reply,
            options=options,
            special=self._special(request),
        )

    def _special(self, request: Request) -> tuple[Headers, bytes] | None:
        if request.path == "/oss":
            return [("content-type", "text/plain")], b""
        if request.path != "/api/v1/uploads":
            return None
        policy = {
            "policy": "cG9saWN5",
            "signature": "c2lnbmF0dXJl",
            "upload_dir": "dashscope-instant/0/2026-01-01/1",
            "upload_host": f"{self.url}/oss",
            "expire_in_seconds": 300,
            "max_file_size_mb": 100,
            "capacity_limit_mb": 1000,
            "oss_access_key_id": "LTAI",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        return [("content-type", "application/json")], frames.to_json({"data": policy, "request_id": "req-0"})


def _protocol(path: str) -> Protocol:
    if path.startswith("/api/"):
        return "native"
    return "compatible" if path.startswith("/compatible-mode/") else "vllm"
