"""Answers, byte for byte as they go over the wire, in the three wordings.

Native events have no space after their colons, carry the HTTP status in a comment, count from 1 and end
without a marker; compatible events have a space and end with ``[DONE]``. The order of the fields is that of
the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_TOKEN: Final = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Reply:
    """A description, ready to be worded.

    Attributes:
        prose: The words.
        model: The model's name as the client asked for it.
        request_id: Of this request.
        created: Seconds since 1970.
        audio_tokens: Input tokens that are sound; None where the protocol does not tell.
        prompt_tokens: All input tokens.
        output_tokens: Output tokens; None counts the pieces.
        truncated: Whether the model reached its length limit.

    """

    prose: str
    model: str
    request_id: str
    created: int
    audio_tokens: int | None
    prompt_tokens: int
    output_tokens: int | None = None
    truncated: bool = False

    @property
    def pieces(self) -> list[str]:
        """The prose in pieces of about a token; joined they are the prose."""
        return _TOKEN.findall(self.prose)

    @property
    def finish(self) -> str:
        """Why it ends."""
        return "length" if self.truncated else "stop"

    @property
    def counted(self) -> int:
        """Output tokens."""
        return len(self.pieces) if self.output_tokens is None else self.output_tokens


def to_json(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _compatible_usage(reply: Reply) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.counted,
        "total_tokens": reply.prompt_tokens + reply.counted,
    }
    if reply.audio_tokens is not None:
        text = reply.prompt_tokens - reply.audio_tokens
        usage["prompt_tokens_details"] = {"audio_tokens": reply.audio_tokens, "text_tokens": text}
        usage["completion_tokens_details"] = {"text_tokens": reply.counted}
    return usage


def compatible_document(reply: Reply) -> dict[str, Any]:
    """Return the answer of the compatible protocol in one piece."""
    return {
        "choices": [
            {
                "message": {"content": reply.prose, "role": "assistant"},
                "finish_reason": reply.finish,
                "index": 0,
                "logprobs": None,
            }
        ],
        "object": "chat.completion",
        "usage": _compatible_usage(reply),
        "created": reply.created,
        "system_fingerprint": None,
        "model": reply.model,
        "id": f"chatcmpl-{reply.request_id}",
    }


def compatible_event(value: object) -> bytes:
    """Frame one JSON value as the compatible protocol does."""
    return b"data: " + to_json(value) + b"\n\n"


def compatible_stream(reply: Reply, *, include_usage: bool) -> Iterator[bytes]:
    """Yield the events of the compatible protocol, the end marker last."""
    role = {"content": "", "role": "assistant"}
    yield _chunk(reply, {"delta": role, "index": 0, "logprobs": None, "finish_reason": None})
    for piece in reply.pieces:
        yield _chunk(
            reply, {"delta": {"content": piece}, "finish_reason": None, "index": 0, "logprobs": None}
        )
    yield _chunk(
        reply, {"finish_reason": reply.finish, "delta": {"content": ""}, "index": 0, "logprobs": None}
    )
    if include_usage:
        yield _chunk(reply, None, _compatible_usage(reply))
    yield b"data: [DONE]\n\n"


def _chunk(reply: Reply, choice: dict[str, Any] | None, usage: dict[str, Any] | None = None) -> bytes:
    return compatible_event(
        {
            "choices": [] if choice is None else [choice],
            "object": "chat.completion.chunk",
            "usage": usage,
            "created": reply.created,
            "system_fingerprint": None,
            "model": reply.model,
            "id": f"chatcmpl-{reply.request_id}",
        }
    )


def _native_usage(reply: Reply, output: int) -> dict[str, Any]:
    audio = reply.audio_tokens or 0
    return {
        "total_tokens": reply.prompt_tokens + output,
        "input_tokens_details": {"audio_tokens": audio, "text_tokens": reply.prompt_tokens - audio},
        "output_tokens": output,
        "input_tokens": reply.prompt_tokens,
        "output_tokens_details": {"text_tokens": output},
    }


def native_document(reply: Reply) -> dict[str, Any]:
    """Return the answer of the native protocol in one piece."""
    content = [{"text": reply.prose}]
    choice = {"finish_reason": reply.finish, "message": {"role": "assistant", "content": content}}
    return {
        "output": {"choices": [choice]},
        "usage": _native_usage(reply, reply.counted),
        "request_id": reply.request_id,
    }


def native_event(number: int, value: object, *, event: str = "result", status: int = 200) -> bytes:
    """Frame one JSON value as the native protocol does."""
    return b"id:%d\nevent:%s\n:HTTP_STATUS/%d\ndata:%s\n\n" % (number, event.encode(), status, to_json(value))


def native_stream(reply: Reply, *, incremental: bool) -> Iterator[bytes]:
    """Yield the events of the native protocol.

    Incrementally the last event has an empty list of content; otherwise every event repeats all words so far.
    """
    so_far = ""
    number = 0
    for number, piece in enumerate(reply.pieces, start=1):
        so_far += piece
        words = [{"text": piece if incremental else so_far}]
        yield _native(number, reply, words, "null", number)
    words = [] if incremental else [{"text": so_far}]
    yield _native(number + 1, reply, words, reply.finish, reply.counted)


def _native(number: int, reply: Reply, words: list[dict[str, str]], finish: str, output: int) -> bytes:
    choice = {"message": {"content": words, "role": "assistant"}, "finish_reason": finish}
    value = {
        "output": {"choices": [choice]},
        "usage": _native_usage(reply, output),
        "request_id": reply.request_id,
    }
    return native_event(number, value)
