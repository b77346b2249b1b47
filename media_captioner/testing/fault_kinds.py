"""Everything that can go wrong between a client and a captioning service, one function each.

A fault is an asynchronous function of a :class:`Conversation` that answers it, or breaks it off. The
docstrings are the documentation: ``media_captioner.testing.FAULTS`` maps each name to its function.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterator
from types import MappingProxyType
from typing import Any, Final

from media_captioner.serve import frames, refused
from media_captioner.serve.frames import Reply
from media_captioner.serve.refused import Refused
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.testing.conversation import EVENTS, JSON, Conversation
from media_captioner.web.http1 import Disconnected, head_bytes

Fault = Callable[[Conversation], Awaitable[None]]


async def ok(talk: Conversation) -> None:
    """Answer as a healthy service does."""
    headers, body = talk.healthy()
    if talk.stream and talk.special is None:
        await talk.responder.begin(200, headers)
        for event in talk.events():
            await talk.responder.piece(event)
        await talk.responder.end()
    else:
        await talk.responder.send(200, headers, body)


def refusal(status: int, native: str, compatible: str, message: str) -> Fault:
    """Return a fault that answers with this error, as JSON in the protocol's own wording."""

    async def fault(talk: Conversation) -> None:
        hint = talk.option("retry_after", None)
        headers = [] if hint is None else [("retry-after", str(hint))]
        await talk.refuse(Refused(status, native, compatible, talk.option("message", message)), *headers)

    fault.__doc__ = (
        f"Refuse with {status} ``{native}`` / ``{compatible}``. Option: ``retry_after``, ``message``."
    )
    return fault


async def status(talk: Conversation) -> None:
    """Answer with a bare status. Options: ``code`` (500), ``body`` (empty)."""
    await talk.answer(talk.option("code", 500), talk.option("body", b""), ("content-type", "text/plain"))


async def html(talk: Conversation) -> None:
    """Answer with a gateway's HTML page. Option: ``code`` (502)."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    await talk.answer(talk.option("code", 502), page, ("content-type", "text/html"))


async def mixed(talk: Conversation) -> None:
    """Refuse with 400 and a JSON content type, but a body framed as events (seen in the field)."""
    await talk.answer(400, talk.error_event(refused.invalid(refused.EMPTY)), ("content-type", JSON))


async def event_error(talk: Conversation) -> None:
    """Answer 200 and one event that is an error. Options: ``code`` (500), ``native``, ``compatible``."""
    error = Refused(
        talk.option("code", 500),
        talk.option("native", "InternalError"),
        talk.option("compatible", "internal_error"),
        "An internal error has occurred.",
    )
    await talk.answer(200, talk.error_event(error), ("content-type", EVENTS))


async def error_midway(talk: Conversation) -> None:
    """Stream some events, then one that is an error. Options: ``after`` (3 events), ``inspected``."""
    after = talk.option("after", 3)
    error = refused.inspected("Output data may contain inappropriate content.")
    if not talk.option("inspected", default=True):
        error = refused.failed("An internal error has occurred.")
    body = b"".join(talk.events()[:after]) + talk.error_event(error, after + 1)
    await talk.answer(200, body, ("content-type", EVENTS))


async def ok_with_error(talk: Conversation) -> None:
    """Answer 200 with an error as JSON."""
    error = refused.failed("An internal error has occurred.")
    await talk.answer(200, frames.to_json(talk.error(error)))


async def truncated(talk: Conversation) -> None:
    """Send the first bytes of the healthy body. Options: ``at`` (half), ``clean`` (framing ends well; True)."""
    headers, body = talk.healthy()
    part = body[: talk.option("at", len(body) // 2)]
    await talk.responder.begin(200, headers)
    await talk.responder.piece(part)
    if talk.option("clean", default=True):
        await talk.responder.end()
    else:
        raise Disconnected("cut on purpose")


async def no_done(talk: Conversation) -> None:
    """Leave out ``[DONE]``."""
    await _stream(talk, [event for event in talk.events() if b"[DONE]" not in event])


async def no_usage(talk: Conversation) -> None:
    """Leave out the count of tokens."""
    if talk.stream:
        await _stream(talk, [event for event in talk.events() if b'"choices":[]' not in event])
    else:
        value = talk.document()
        del value["usage"]
        await talk.answer(200, frames.to_json(value))


async def length(talk: Conversation) -> None:
    """Say that the model reached its length limit."""
    reply = Reply(**{**_fields(talk.reply), "truncated": True})
    headers, body = talk.healthy(reply)
    await talk.responder.send(200, headers, body)


async def empty(talk: Conversation) -> None:
    """Answer with no words at all, and say that all is well."""
    headers, body = talk.healthy(Reply(**{**_fields(talk.reply), "prose": ""}))
    await talk.responder.send(200, headers, body)


def _fields(reply: Reply) -> dict[str, Any]:
    return {name: getattr(reply, name) for name in Reply.__slots__}


async def _stream(talk: Conversation, pieces: list[bytes], content_type: str = EVENTS) -> None:
    await talk.responder.begin(200, [("content-type", content_type)])
    for piece in pieces:
        await talk.responder.piece(piece)
    await talk.responder.end()


async def comments(talk: Conversation) -> None:
    """Put keep-alive comments around every event."""
    keep = b": keep-alive\n\n"
    await _stream(talk, [keep, *(piece for event in talk.events() for piece in (event, keep))])


async def endless_comments(talk: Conversation) -> None:
    """Send keep-alive comments for ever and nothing else. Option: ``every`` (0.02 s)."""
    await talk.responder.begin(200, [("content-type", EVENTS)])
    while True:
        await talk.responder.piece(b": keep-alive\n\n")
        await SYSTEM_CLOCK.wait(talk.option("every", 0.02))


async def endless_stream(talk: Conversation) -> None:
    """Send the same event for ever, as fast as it is taken."""
    event = talk.events()[1] * 64
    await talk.responder.begin(200, [("content-type", EVENTS)])
    while True:
        await talk.responder.piece(event)


async def endless_event(talk: Conversation) -> None:
    """Begin an event and never end it."""
    await talk.responder.begin(200, [("content-type", EVENTS)])
    await talk.responder.piece(b"data: ")
    while True:
        await talk.responder.piece(b"x" * 65536)


async def bytewise(talk: Conversation) -> None:
    """Send the healthy stream in pieces of one byte, so that every character is cut. Option: ``size`` (1)."""
    _, body = talk.healthy()
    size = talk.option("size", 1)
    await _stream(talk, [body[start : start + size] for start in range(0, len(body), size)])


async def line_ends(talk: Conversation) -> None:
    """Send the healthy stream with other line ends. Option: ``end`` (CRLF)."""
    end = talk.option("end", b"\r\n")
    await _stream(talk, [event.replace(b"\n", end) for event in talk.events()])


async def byte_order_mark(talk: Conversation) -> None:
    """Put a byte order mark before the healthy answer."""
    headers, body = talk.healthy()
    await talk.answer(200, b"\xef\xbb\xbf" + body, *headers)


async def duplicate_end(talk: Conversation) -> None:
    """Send the whole healthy stream twice in one answer."""
    await _stream(talk, talk.events() * 2)


async def wrong_type(talk: Conversation) -> None:
    """Send the healthy answer under a wrong content type. Option: ``type`` (``text/html``)."""
    _, body = talk.healthy()
    await talk.answer(200, body, ("content-type", talk.option("type", "text/html")))


async def other_form(talk: Conversation) -> None:
    """Answer with one document where events were asked for, and the reverse."""
    if talk.stream:
        await talk.answer(200, frames.to_json(talk.document()))
    else:
        await _stream(talk, talk.events())


async def body(talk: Conversation) -> None:
    """Answer 200 with these bytes. Options: ``data``, ``type``."""
    kind = talk.option("type", EVENTS if talk.stream else JSON)
    await talk.answer(200, talk.option("data", b""), ("content-type", kind))


async def slow_first_byte(talk: Conversation) -> None:
    """Wait before a healthy answer. Option: ``seconds`` (1)."""
    await SYSTEM_CLOCK.wait(talk.option("seconds", 1.0))
    await ok(talk)


async def steady(talk: Conversation) -> None:
    """Stream a healthy answer evenly over some time, as a model speaks it. Options: ``seconds`` (5), ``pieces`` a second (20).

    The events of one piece come together.
    """
    seconds, events, sent = talk.option("seconds", 5.0), talk.events(), 0
    headers, _ = talk.healthy()
    began, count = SYSTEM_CLOCK.monotonic(), max(1, round(seconds * talk.option("pieces", 20)))
    await talk.responder.begin(200, headers)
    for piece in range(1, count + 1):
        await SYSTEM_CLOCK.wait(max(0.0, began + seconds * piece / count - SYSTEM_CLOCK.monotonic()))
        upto = len(events) * piece // count
        await talk.responder.piece(b"".join(events[sent:upto]))
        sent = upto
    await talk.responder.end()


async def slow_loris(talk: Conversation) -> None:
    """Send the healthy body one byte at a time. Option: ``every`` (0.05 s)."""
    headers, body = talk.healthy()
    await talk.responder.begin(200, headers)
    for place in range(len(body)):
        await talk.responder.piece(body[place : place + 1])
        await SYSTEM_CLOCK.wait(talk.option("every", 0.05))


async def slow_headers(talk: Conversation) -> None:
    """Send a header line every so often, for ever. Option: ``every`` (0.02 s)."""
    await talk.raw(b"HTTP/1.1 200 OK\r\n")
    number = 0
    while True:
        number += 1
        await talk.raw(b"x-%d: y\r\n" % number)
        await SYSTEM_CLOCK.wait(talk.option("every", 0.02))


async def hang(talk: Conversation) -> None:
    """Accept the request and never say anything."""
    await asyncio.Event().wait()
    await ok(talk)


async def stall(talk: Conversation) -> None:
    """Stream some events and then nothing more. Option: ``after`` (3 events)."""
    await talk.responder.begin(200, [("content-type", EVENTS)])
    for event in talk.events()[: talk.option("after", 3)]:
        await talk.responder.piece(event)
    await asyncio.Event().wait()


async def reset_before(talk: Conversation) -> None:
    """Reset the connection before anything is answered."""
    talk.reset()


async def reset_headers(talk: Conversation) -> None:
    """Reset the connection in the middle of the headers."""
    await talk.raw(b"HTTP/1.1 200 OK\r\ncontent-ty")
    await SYSTEM_CLOCK.wait(0.02)
    talk.reset()


async def reset_body(talk: Conversation) -> None:
    """Reset the connection in the middle of the body. Option: ``at`` (half of it)."""
    headers, body = talk.healthy()
    await talk.responder.begin(200, headers)
    await talk.responder.piece(body[: talk.option("at", len(body) // 2)])
    await SYSTEM_CLOCK.wait(0.05)  # or the system throws away what it has not sent yet
    talk.reset()


async def gzipped(talk: Conversation) -> None:
    """Compress the healthy answer although nobody asked for it."""
    headers, body = talk.healthy()
    await talk.answer(200, gzip.compress(body), *headers, ("content-encoding", "gzip"))


async def gzip_bomb(talk: Conversation) -> None:
    """Answer with a few kilobytes that unpack to very many. Option: ``megabytes`` (200)."""
    packed = gzip.compress(b"\0" * (talk.option("megabytes", 200) * 1024 * 1024), 9)
    await talk.answer(200, packed, ("content-type", JSON), ("content-encoding", "gzip"))


async def unknown_encoding(talk: Conversation) -> None:
    """Claim a content encoding that nobody asked for. Option: ``name`` (``br``)."""
    _, body = talk.healthy()
    await talk.answer(200, body, ("content-encoding", talk.option("name", "br")))


async def huge(talk: Conversation) -> None:
    """Answer with a body without end. Options: ``megabytes`` (200), ``start`` (``{"a": "``)."""
    await talk.responder.begin(200, [("content-type", JSON)])
    await talk.responder.piece(talk.option("start", b'{"a": "'))
    for _ in range(talk.option("megabytes", 200) * 16):
        await talk.responder.piece(b"x" * 65536)
    await talk.responder.end()


async def redirect(talk: Conversation) -> None:
    """Redirect elsewhere. Options: ``location``, ``code`` (307)."""
    where = talk.option("location", "http://169.254.169.254/latest/meta-data/")
    await talk.answer(talk.option("code", 307), b"", ("location", where))


async def early_refusal(talk: Conversation) -> None:
    """Refuse with 413 before the body was read (the server reads no body for this fault)."""
    error = refused.too_large("The request is too large.")
    data = frames.to_json(talk.error(error))
    await talk.raw(head_bytes(413, [("content-length", str(len(data))), ("connection", "close")]) + data)
    raise Disconnected("refused early")


async def policy_expired(talk: Conversation) -> None:
    """Refuse an upload as the storage does once the policy is too old."""
    text = b"<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>"
    await talk.answer(403, text, ("content-type", "application/xml"))


def _by_name() -> Iterator[tuple[str, Fault]]:
    busy = "Requests rate limit exceeded, please try again later."
    quota = "You exceeded your current quota, please check your plan and billing details."
    paid = "Access denied, please make sure your account is in good standing."
    free = "Free allocated quota exceeded."
    activated = "Access denied. The model is not activated."
    content = "Input data may contain inappropriate content."
    yield "rate", refusal(429, "Throttling.RateQuota", "limit_requests", busy)
    yield (
        "burst",
        refusal(429, "Throttling.BurstRate", "limit_burst_rate", "Request rate increased too quickly."),
    )
    yield "tpm", refusal(429, "Throttling.AllocationQuota", "insufficient_quota", quota)
    yield "free-quota", refusal(429, "Throttling.AllocationQuota", "insufficient_quota", free)
    yield "overdue", refusal(429, "PostpaidBillOverdue", "PostpaidBillOverdue", "The bill is overdue.")
    yield "arrears", refusal(400, "Arrearage", "Arrearage", paid)
    yield "wrong-key", refusal(401, "InvalidApiKey", "invalid_api_key", refused.NO_KEY)
    yield "not-activated", refusal(403, "AccessDenied.Unpurchased", "AccessDenied.Unpurchased", activated)
    yield "no-model", refusal(404, "ModelNotFound", "model_not_found", "The model does not exist.")
    yield "inspection", refusal(400, "DataInspectionFailed", "data_inspection_failed", content)
    yield "too-long", refusal(400, "InvalidParameter", "invalid_parameter_error", refused.TOO_LONG)
    yield "server-error", refusal(500, "InternalError", "internal_error", "An internal error has occurred.")
    yield "unavailable", refusal(503, "ModelServingError", "ModelServingError", "Too many requests.")
    plain: tuple[Fault, ...] = (
        *(ok, status, html, mixed, event_error, error_midway, ok_with_error, truncated, no_done, no_usage),
        *(length, empty, comments, endless_comments, endless_stream, endless_event, bytewise, line_ends),
        *(byte_order_mark, duplicate_end, wrong_type, other_form, body, slow_first_byte, steady),
        *(slow_loris, slow_headers, hang, stall, reset_before, reset_headers, reset_body, gzipped, gzip_bomb),
        *(unknown_encoding, huge, redirect, early_refusal, policy_expired),
    )
    for fault in plain:
        yield fault.__name__.replace("_", "-"), fault


FAULTS: Final[MappingProxyType[str, Fault]] = MappingProxyType(dict(_by_name()))
"""Every fault by its name."""
