"""One request and its answer, whole or not at all.

A stream that simply stops looks like a success to many clients. Here an answer counts only when the service
said why it ended, and everything it sends is bounded: bytes, the size of an event, the time between two
events that bring something, the time in all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from media_captioner.captioners.answers import AnswerReader, Outcome
from media_captioner.captioners.dialects import Dialect
from media_captioner.captioners.http import Answer, Connection
from media_captioner.captioners.refusals import Refusal, refusal_in_body, retry_after
from media_captioner.captioners.sound import Sound
from media_captioner.captioners.verdicts import Asked, as_error
from media_captioner.errors import CaptionerUnavailable, ResponseInvalid
from media_captioner.system.clock import Clock

MAX_STREAM: Final = 64 * 1024 * 1024
"""Bytes of a streamed answer: 32,768 output tokens (the model's limit) in events of 500 bytes, four times over."""

_MAX_REFUSAL: Final = 64 * 1024
_SOONER: Final = 1 / 64  # of the patience with a stream that brings nothing: by so much it may end too soon
_AFTER_END: Final = 5.0  # seconds to wait for usage, [DONE] and the end, once the answer itself is whole


@dataclass(frozen=True, slots=True)
class Call:
    """Everything about one request.

    Attributes:
        connection: Where it goes.
        dialect: How it is worded.
        sound: What it is about.
        asked: For messages.
        stream: Whether to ask for a stream.
        clock: Where time comes from.
        on_words: Called with words as they arrive.

    """

    connection: Connection
    dialect: Dialect
    sound: Sound
    asked: Asked
    stream: bool
    clock: Clock
    on_words: Callable[[str], None] | None = None


async def exchange(call: Call) -> Outcome:
    """Ask, and return the whole answer.

    Raises:
        CaptionerError: there is none; the class says whether asking again can help.

    """
    total = call.connection.timeouts.total
    reader = AnswerReader(call.dialect, call.asked, call.on_words)
    try:
        async with asyncio.timeout(total):
            await _converse(call, reader)
    except TimeoutError:
        if not reader.ended:
            raise CaptionerUnavailable(
                f"Failed {call.asked.doing}: no whole answer from {call.asked.service} in {total:g} s"
            ) from None
    except CaptionerUnavailable:
        # The words are whole and paid for; only what follows them got lost.
        if not reader.ended:
            raise
    return reader.outcome()


async def _converse(call: Call, reader: AnswerReader) -> None:
    async with call.connection.request(
        "POST",
        call.dialect.path,
        doing=call.asked.doing,
        body=call.dialect.body(call.asked.model, call.sound, stream=call.stream),
        headers=call.dialect.headers(call.sound, stream=call.stream),
    ) as answer:
        reader.request_id = _request_id(answer)
        if answer.status >= 400:
            raise as_error(await read_refusal(answer, call.clock), call.asked)
        await _read(call, answer, reader)


async def read_refusal(answer: Answer, clock: Clock) -> Refusal:
    """Read the body of a failed request, or as much of it as comes; its status alone says enough."""
    body = b""
    with contextlib.suppress(CaptionerUnavailable, ResponseInvalid, TimeoutError):
        async with asyncio.timeout(30.0):
            body = await answer.read(_MAX_REFUSAL, cut=True)
    found = refusal_in_body(answer.status, body)
    wait = retry_after(answer.headers("retry-after"), answer.headers("retry-after-ms"), clock.now())
    return Refusal(
        answer.status if found.status is None else found.status,
        found.code,
        found.message,
        found.request_id or _request_id(answer),
        wait,
    )


def _request_id(answer: Answer) -> str | None:
    value = answer.header("x-request-id")
    return value if value and len(value) <= 200 and value.isprintable() else None


async def _read(call: Call, answer: Answer, reader: AnswerReader) -> None:
    timeouts = call.connection.timeouts
    loop = asyncio.get_running_loop()
    # The first event may take as long as a whole answer: some servers think before they speak.
    patience = timeouts.answer if call.stream else timeouts.total
    again = 0.0  # when it is worth moving the alarm: events come by the hundred, and a new alarm costs as much as one
    try:
        async with asyncio.timeout(patience) as watch:
            async with contextlib.aclosing(answer.blocks(MAX_STREAM)) as blocks:
                async for block in blocks:
                    if reader.take(block) and call.stream:
                        patience = min(timeouts.progress, _AFTER_END) if reader.ended else timeouts.progress
                        if (now := loop.time()) >= again or reader.ended:
                            watch.reschedule(now + patience)
                            again = now + _SOONER * patience
            reader.close()
    except TimeoutError:
        if not reader.ended:
            raise CaptionerUnavailable(
                f"Failed {call.asked.doing}: {call.asked.service} made no progress in {patience:g} s"
            ) from None
