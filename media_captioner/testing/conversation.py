"""One request at a server that fails on purpose, and the healthy answer to it."""

from __future__ import annotations

import socket  # noqa: TID251 - constants for a reset; nothing is opened
import struct
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from media_captioner.serve import frames, refused
from media_captioner.serve.frames import Reply
from media_captioner.serve.refused import Refused
from media_captioner.web.http1 import Disconnected, Headers, Request, Responder

Protocol = Literal["compatible", "native", "vllm"]

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"


@dataclass(slots=True)
class Conversation:
    """One request at a :class:`~media_captioner.testing.FaultServer`, and the healthy answer to it.

    Attributes:
        request: The request; its body has been read.
        responder: Writes well-formed answers.
        protocol: Which wire protocol the path belongs to.
        stream: Whether the client asked for events.
        incremental: Native: whether events bring only what is new.
        reply: The description.
        options: What the test chose for this fault.
        special: The healthy answer where it is no description (a policy, an upload): headers and body.

    """

    request: Request
    responder: Responder
    protocol: Protocol
    stream: bool
    incremental: bool
    reply: Reply
    options: dict[str, Any] = field(default_factory=dict)
    special: tuple[Headers, bytes] | None = None

    def option(self, name: str, default: Any) -> Any:
        """Return what the test chose, or the default."""
        return self.options.get(name, default)

    def events(self, reply: Reply | None = None) -> list[bytes]:
        """Return the healthy stream, event by event."""
        reply = reply or self.reply
        if self.protocol == "native":
            return list(frames.native_stream(reply, incremental=self.incremental))
        return list(frames.compatible_stream(reply, include_usage=True))

    def document(self, reply: Reply | None = None) -> dict[str, Any]:
        """Return the healthy answer in one piece."""
        reply = reply or self.reply
        return (
            frames.native_document(reply) if self.protocol == "native" else frames.compatible_document(reply)
        )

    def healthy(self, reply: Reply | None = None) -> tuple[Headers, bytes]:
        """Return headers and body of the healthy answer."""
        if self.special is not None:
            return self.special
        request_id = ("x-request-id", self.reply.request_id)
        if self.stream:
            return [request_id, ("content-type", EVENTS)], b"".join(self.events(reply))
        return [request_id, ("content-type", JSON)], frames.to_json(self.document(reply))

    def error(self, error: Refused) -> dict[str, Any]:
        """Return an error as the protocol words it."""
        if self.protocol == "native":
            return refused.native_value(error, self.reply.request_id)
        if self.protocol == "vllm":
            return refused.vllm_value(error)
        return refused.compatible_value(error, self.reply.request_id)

    def error_event(self, error: Refused, number: int = 1) -> bytes:
        """Return an error as an event of the protocol."""
        if self.protocol == "native":
            return frames.native_event(number, self.error(error), event="error", status=error.status)
        return frames.compatible_event(self.error(error))

    async def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        """Send a whole, well-formed answer."""
        await self.responder.send(status, headers or [("content-type", JSON)], body)

    async def refuse(self, error: Refused, *headers: tuple[str, str]) -> None:
        """Send an error as JSON."""
        await self.answer(error.status, frames.to_json(self.error(error)), ("content-type", JSON), *headers)

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.request.writer.write(data)
        await self.request.writer.drain()

    def reset(self) -> None:
        """Break the connection off with a TCP reset.

        Raises:
            Disconnected: always, so that nobody writes on.

        """
        sock = self.request.writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.writer.transport.abort()
        raise Disconnected("reset on purpose")
