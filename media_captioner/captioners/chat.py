"""One question to a chat model that speaks OpenAI's protocol, answered with JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from media_captioner.captioners.http import Body, Connection
from media_captioner.errors import ResponseInvalid
from media_captioner.model import Description, Facts, Usage

_LARGEST: Final = 1024 * 1024  # bytes of an answer


def request(
    model: str, *, instructions: str, question: str, schema: dict[str, Any], most_tokens: int
) -> bytes:
    """Return the bytes of a question to a chat model.

    Args:
        model: Name of the model.
        instructions: What it is to do.
        question: What it is to do it with.
        schema: JSON Schema of the answer, for services that can hold a model to one.
        most_tokens: The longest answer.

    """
    return json.dumps(
        {
            "model": model,
            "temperature": 0,
            "max_tokens": most_tokens,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            },
        }
    ).encode()


async def send(connection: Connection, model: str, data: bytes, *, doing: str) -> Description:
    """Send a question, and return the answer as JSON text with what it took; it is not checked against the schema.

    Args:
        connection: To the base URL of the service.
        model: Name of the model.
        data: The question (``request``).
        doing: What is being done, for messages.

    Raises:
        CaptionerError: it cannot be reached, or its answer is none.

    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = Body(len(data), lambda: iter([data]))
    async with connection.request(
        "POST", "chat/completions", doing=doing, body=body, headers=headers
    ) as answer:
        read = await answer.read(_LARGEST)
        if answer.status != 200:
            raise ResponseInvalid(f"Could not {doing}: {connection.base_url} answered {answer.status}")
    try:
        told = json.loads(read)
        content = told["choices"][0]["message"]["content"]
        json.loads(content)
    except (ValueError, LookupError, TypeError) as error:
        raise ResponseInvalid(f"Could not {doing}: the answer of {model} is no JSON") from error
    # It is no description of sound, so nobody reads facts in it.
    return Description(content, "chat", model, _usage(told), facts=Facts())


def _usage(told: dict[str, Any]) -> Usage:
    counted = told.get("usage")
    counts = counted if isinstance(counted, dict) else {}
    tokens = [counts.get(name) for name in ("prompt_tokens", "completion_tokens")]
    heard, said = (max(0, count) if isinstance(count, int) else 0 for count in tokens)
    return Usage(input_tokens=heard, output_tokens=said, requests=1)
