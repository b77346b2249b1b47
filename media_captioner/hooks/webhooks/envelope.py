"""Events as messages: CloudEvents 1.0 in its JSON format, small enough for any receiver."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from media_captioner.hooks.events import Event, for_the_network

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TYPE_PREFIX: Final = "media_captioner."
MOST_BYTES: Final = 20_000
"""Bytes of a body: Standard Webhooks asks for less than 20 kB."""

_SOURCE: Final = "/media-captioner"
_LONGEST_WORD: Final = 200  # characters of a keyword or a name
_KEPT: Final = ("file", "job", "state", "error")


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told.

    Attributes:
        id: The same in every attempt, and for every receiver another.
        type: Name of the event.
        body: What is sent, and signed.

    """

    id: str
    type: str
    body: bytes


def message_of(event: Event, now: datetime) -> Message:
    """Return the message about an event that happened at ``now``."""
    return _message(event.name, for_the_network(event), now)


def trial(now: datetime) -> Message:
    """Return a message that only asks whether it arrives."""
    return _message("test", {"message": "media-captioner asks whether this arrives."}, now)


def _message(name: str, data: dict[str, Any], now: datetime) -> Message:
    message_id = f"msg_{secrets.token_hex(16)}"
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": message_id,
        "source": _SOURCE,
        "type": f"{TYPE_PREFIX}{name}",
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }
    if data.get("file"):
        document["subject"] = data["file"]
    body = _encoded({**document, "data": _shortened(data)})
    if len(body) > MOST_BYTES:
        kept: dict[str, Any] = {name: data[name] for name in _KEPT if name in data}
        body = _encoded({**document, "data": _shortened(kept) | {"shortened": True}})
    return Message(message_id, name, body)


def _encoded(document: dict[str, Any]) -> bytes:
    # ASCII only: whatever a receiver does with text, the bytes that were signed stay what they were.
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def _shortened(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [item[:_LONGEST_WORD] if isinstance(item, str) else item for item in value]
        if isinstance(value, list) and name == "keywords"
        else value
        for name, value in data.items()
    }
