"""One question to a chat model that speaks OpenAI's protocol, answered with JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from media_captioner.captioners.http import Body, Connection
from media_captioner.errors import ResponseInvalid

_LARGEST: Final = 1024 * 1024  # bytes of an answer


async def ask(
    connection: Connection,
    model: str,
    *,
    instructions: str,
    question: str,
    schema: dict[str, Any],
    doing: str,
) -> Any:
    """Return what a chat model answers, read as JSON; it is not checked against the schema.

    Args:
        connection: To the base URL of the service.
        model: Name of the model.
        instructions: What it is to do.
        question: What it is to do it with.
        schema: JSON Schema of the answer, for services that can hold a model to one.
        doing: What is being done, for messages.

    Raises:
        CaptionerError: it cannot be reached, or its answer is none.

    """
    data = json.dumps(
        {
            "model": model,
            "temperature": 0,
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
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = Body(len(data), lambda: iter([data]))
    async with connection.request(
        "POST", "chat/completions", doing=doing, body=body, headers=headers
    ) as answer:
        read = await answer.read(_LARGEST)
        if answer.status != 200:
            raise ResponseInvalid(f"Could not {doing}: {connection.base_url} answered {answer.status}")
    try:
        content = json.loads(read)["choices"][0]["message"]["content"]
        return json.loads(content)
    except (ValueError, LookupError, TypeError) as error:
        raise ResponseInvalid(f"Could not {doing}: the answer of {model} is no JSON") from error
