"""Reads what a client asks for, in each of the three wordings, and refuses what the service would refuse."""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass
from typing import Any, Final

from media_captioner.serve.refused import DATA_URI, URL_INVALID, Refused, invalid, malformed
from media_captioner.web.http1 import Request

MAX_DATA_URL: Final = 10 * 1024 * 1024
"""Characters of a data URL (the service's error text names this number)."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for a description.

    Attributes:
        model: Whom the client asks for.
        url: Where the sound is, or an empty text where it came along.
        data: The sound that came along.
        stream: Whether to answer in events.
        include_usage: Compatible: whether the stream ends with the count of tokens.
        incremental: Native: whether events bring only what is new.

    """

    model: str
    url: str
    data: bytes
    stream: bool
    include_usage: bool = False
    incremental: bool = False


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise malformed(f"{name} should be an object")
    return value


def parsed(body: bytes) -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        Refused: it is none.

    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise malformed("The request body is not valid JSON.") from None
    return _object(value, "The request body")


def _model(value: dict[str, Any]) -> str:
    model = value.get("model")
    if not isinstance(model, str) or not model:
        raise malformed('"model" is required')
    return model


def _parts(messages: object, *, strict: bool) -> list[dict[str, Any]]:
    """Return the content parts of the one user message."""
    if not isinstance(messages, list) or not messages:
        raise invalid('"messages" is required')
    users = [message for message in messages if isinstance(message, dict) and message.get("role") == "user"]
    if len(users) != 1 or (strict and len(messages) != 1):
        raise invalid("This model takes exactly one message, from the user.")
    content = users[0].get("content")
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid("The item of content should be a message of a certain modal.")
    return content


def _one(parts: list[Any]) -> Any:
    if len(parts) != 1:
        raise invalid(f"This model takes exactly one audio, not {len(parts)}.")
    return parts[0]


def compatible(value: dict[str, Any]) -> Asking:
    """Read a request of the compatible protocol.

    Raises:
        Refused: it is not what the model takes.

    """
    model = _model(value)
    parts = _parts(value.get("messages"), strict=True)
    if any(part.get("type") != "input_audio" for part in parts):
        raise invalid("This model takes no other part than input_audio.")
    part = _one(parts).get("input_audio")
    url = part.get("data") if isinstance(part, dict) else None
    options = value.get("stream_options")
    url, data = _sound(url)
    return Asking(
        model,
        url,
        data,
        value.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def native(value: dict[str, Any], request: Request) -> Asking:
    """Read a request of the native protocol; a header asks for the stream.

    Raises:
        Refused: it is not what the model takes.

    """
    model = _model(value)
    parts = _parts(_object(value.get("input"), '"input"').get("messages"), strict=True)
    if any(set(part) - {"audio", "type"} for part in parts):
        raise invalid("This model takes no other part than audio.")
    url, data = _sound(_one(parts).get("audio"))
    parameters = value.get("parameters")
    events = request.header("x-dashscope-sse").lower() == "enable"
    return Asking(
        model,
        url,
        data,
        events or "text/event-stream" in request.header("accept"),
        incremental=isinstance(parameters, dict) and parameters.get("incremental_output") is True,
    )


def vllm(value: dict[str, Any]) -> Asking:
    """Read a request as vLLM does: ``audio_url``, or ``input_audio`` with bare base64. Text is not used.

    Raises:
        Refused: it is not what the model takes.

    """
    model = _model(value)
    sounds = [
        part
        for part in _parts(value.get("messages"), strict=False)
        if part.get("type") in {"audio_url", "input_audio"}
    ]
    part = _one(sounds)
    inner = part.get(str(part["type"]))
    options = value.get("stream_options")
    url, data = "", b""
    if part["type"] == "audio_url":
        url, data = _sound(inner.get("url") if isinstance(inner, dict) else None)
    elif isinstance(inner, dict) and isinstance(inner.get("data"), str):
        data = _base64(inner["data"])
    else:
        raise invalid("input_audio has no data")
    return Asking(
        model,
        url,
        data,
        value.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def _sound(url: object) -> tuple[str, bytes]:
    """Return an address and nothing, or nothing and the bytes of a data URL."""
    if not isinstance(url, str) or not url:
        raise invalid(URL_INVALID)
    if url.startswith("data:"):
        if len(url) > MAX_DATA_URL:
            raise invalid(DATA_URI)
        head, comma, text = url.partition(",")
        if not comma or not head.endswith(";base64"):
            raise invalid(URL_INVALID)
        return "", _base64(text)
    if url.startswith(("http://", "https://", "oss://")):
        return url, b""
    raise invalid(URL_INVALID)  # bare base64 ends here, as it does at the service


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise _padding(error) from None


def _padding(error: Exception) -> Refused:
    return invalid(f"The audio is not valid base64: {error}")
