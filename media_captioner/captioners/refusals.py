"""Reads what a service says when it does not describe, in each of the shapes that are in use.

Native JSON ``{"code", "message", "request_id"}``; native event ``event:error`` with its HTTP status in a
comment; a body framed as events under a JSON content type; compatible JSON ``{"error": {...}}``; compatible
events ``data: {"error": {...}}``, also in the middle of an answer. vLLM and SGLang use the last two with an
integer code. The content type is never trusted: JSON is tried first, then event lines, then plain text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from media_captioner.captioners.sse import Decoder, Event, EventTooLong
from media_captioner.system.secrets import redact

_SHOWN: Final = 300  # characters of a service's message that are repeated to a person
_PREFIX: Final = re.compile(r"^\s*<(\d{3})>\s*([A-Za-z_.]{3,80}):\s*")
_TAGS: Final = re.compile(r"<[^>]{0,200}>")
_XML_CODE: Final = re.compile(r"<Code>([A-Za-z0-9.]{1,80})</Code>")
_XML_MESSAGE: Final = re.compile(r"<Message>([^<]{1,500})</Message>")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a service said instead of an answer.

    Attributes:
        status: The HTTP status it means, or None where it does not tell.
        code: Its code, as sent; empty where there is none.
        message: Its message without prefixes and control characters, secrets masked, cut to 300 characters.
        request_id: Its id of the request, or None.
        retry_after: Seconds it asks us to wait, or None.

    """

    status: int | None
    code: str = ""
    message: str = ""
    request_id: str | None = None
    retry_after: float | None = None


def parse_json(text: str | bytes) -> Any:
    """Read JSON that a stranger sent.

    Raises:
        ValueError: no JSON, not strict (``NaN``), or nested beyond what can be read.

    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        return _STRICT.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_STRICT: Final = json.JSONDecoder(
    parse_constant=_refuse_constant
)  # made once: a stream parses hundreds of events


def shown(text: object) -> str:
    """Return a service's text fit for one line of a message: bounded, without control characters or keys."""
    if not isinstance(text, str):
        return ""
    line = "".join(character if character.isprintable() else " " for character in redact(text[: 8 * _SHOWN]))
    line = " ".join(line.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def find_refusal(payload: object, *, status: int | None = None) -> Refusal | None:
    """Return the refusal that a JSON value holds, or None where it is something else.

    Args:
        payload: A parsed JSON value of any kind.
        status: The HTTP status it came with, if that says anything (200 does not).

    """
    if not isinstance(payload, dict):
        return None
    inner = payload.get("error")
    if isinstance(inner, str) and inner:
        inner = {"message": inner}
    if isinstance(inner, dict):
        code, kind = inner.get("code"), inner.get("type")
        if isinstance(code, int) and not isinstance(code, bool) and 400 <= code <= 599:
            status, code = code, None  # vLLM puts the HTTP status there
        return _refusal(status, code or kind, inner.get("message"), payload)
    if "output" in payload or "choices" in payload:
        return None
    if isinstance(payload.get("code"), str) and payload["code"] not in {"", "200"}:
        return _refusal(status, payload["code"], payload.get("message"), payload)
    if payload.get("object") == "error" or (isinstance(payload.get("detail"), str) and status is not None):
        # SGLang and FastAPI answer like this.
        return _refusal(status, payload.get("type"), payload.get("message") or payload.get("detail"), payload)
    return None


def _refusal(status: int | None, code: object, message: object, payload: dict[str, Any]) -> Refusal:
    text = message if isinstance(message, str) else ""
    name = shown(code)[:120] if isinstance(code, str) else ""
    if name.isdecimal():
        status, name = (int(name) if len(name) == 3 and "400" <= name <= "599" else status), ""
    if (match := _PREFIX.match(text)) is not None:
        text = text[match.end() :]
        if match[1].startswith("4"):
            # "InternalError.Algo" is said of our mistakes too; the prefix knows better.
            name, status = match[2].rsplit(".", 1)[-1], int(match[1])
        else:
            name = name or match[2]
    identity = payload.get("request_id") or payload.get("id")
    return Refusal(status, name, shown(text), _identity(identity))


def _identity(value: object) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable():
        return redact(value)
    return None


def refusal_in_event(event: Event, *, status: int | None = None) -> Refusal | None:
    """Return the refusal that an event of a stream holds, or None where it is part of an answer."""
    told = event.status if event.status is not None and event.status >= 400 else status
    try:
        payload = parse_json(event.data)
    except ValueError:
        payload = None
    found = find_refusal(payload, status=told)
    if found is None and (event.event == "error" or (event.status or 0) >= 400):
        message = payload.get("message") if isinstance(payload, dict) else event.data
        found = Refusal(told, "", shown(message))
    return found


def refusal_in_body(status: int, body: bytes) -> Refusal:
    """Read the body of a failed request, whatever its content type says. Never raises."""
    try:
        found = find_refusal(parse_json(body), status=status)
    except ValueError:
        found = _framed(status, body)
    if found is None:
        text = body[: 16 * 1024].decode("utf-8", "replace")
        if (code := _XML_CODE.search(text)) is not None:
            # Object storage answers XML. Two names are all that is wanted of it, so nothing parses it.
            message = _XML_MESSAGE.search(text)
            return Refusal(status, code[1], shown(message[1]) if message else "")
        found = Refusal(status, "", shown(_TAGS.sub(" ", text)))
    return found


def _framed(status: int, body: bytes) -> Refusal | None:
    decoder = Decoder()
    try:
        events = decoder.feed(body)
        last = decoder.finish()
    except EventTooLong:
        return None
    for event in [*events, *([last] if last is not None else [])]:
        found = refusal_in_event(event, status=status)
        if found is not None and (found.code or found.message):
            return found
    return None


def retry_after(values: Sequence[str], milliseconds: Sequence[str], now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3), or None where it says nothing usable.

    Args:
        values: Every ``Retry-After`` header: seconds, also with a fraction, or a date.
        milliseconds: Every ``retry-after-ms`` header, which some gateways prefer.
        now: The time of day with its zone, for dates.

    The longest of several wins. A date that has passed is 0. What is negative, infinite or no number is
    ignored.

    """
    found = [seconds for text in milliseconds if (seconds := _number(text, 1000)) is not None]
    for text in values:
        seconds = _number(text, 1)
        if seconds is None:
            seconds = _until(text, now)
        if seconds is not None:
            found.append(seconds)
    return max(found, default=None)


def _number(text: str, divisor: int) -> float | None:
    if not re.fullmatch(r"[ \t]*[0-9]{1,18}(\.[0-9]{1,18})?[ \t]*", text):  # RFC 9110, 5.6.3
        return None
    value = float(text) / divisor
    return value if math.isfinite(value) else None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
