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
from typing import Any, Final

from media_captioner.captioners.dialects import Dialect, Tokens
from media_captioner.captioners.http import Answer, Connection
from media_captioner.captioners.refusals import (
    Refusal,
    find_refusal,
    parse_json,
    refusal_in_body,
    refusal_in_event,
    retry_after,
)
from media_captioner.captioners.sound import Sound
from media_captioner.captioners.sse import Decoder, Event
from media_captioner.captioners.verdicts import Asked, as_error
from media_captioner.errors import (
    CaptionerUnavailable,
    ContentRefused,
    ResponseInvalid,
    ResponseTruncated,
)
from media_captioner.system.clock import Clock

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of an answer in one piece, after decompression. A description has some 3,000."""

MAX_STREAM: Final = 64 * 1024 * 1024
"""Bytes of a streamed answer: 32,768 output tokens (the model's limit) in events of 500 bytes, four times over."""

MAX_PROSE: Final = 1024 * 1024
"""Characters of a description."""

_MAX_REFUSAL: Final = 64 * 1024
_AFTER_END: Final = 5.0  # seconds to wait for usage, [DONE] and the end, once the answer itself is whole
_CUT_OFF: Final = frozenset({"abort", "error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a service answered.

    Attributes:
        prose: The words.
        truncated: Whether the model reached its length limit.
        tokens: The service's count, or None where it sent none.
        request_id: The service's id, or None.

    """

    prose: str
    truncated: bool
    tokens: Tokens | None
    request_id: str | None


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
    reader = _Reader(call)
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


async def _converse(call: Call, reader: _Reader) -> None:
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


async def _read(call: Call, answer: Answer, reader: _Reader) -> None:
    timeouts = call.connection.timeouts
    loop = asyncio.get_running_loop()
    # The first event may take as long as a whole answer: some servers think before they speak.
    patience = timeouts.answer if call.stream else timeouts.total
    try:
        async with asyncio.timeout(patience) as watch:
            async with contextlib.aclosing(answer.blocks(MAX_STREAM)) as blocks:
                async for block in blocks:
                    if reader.take(block) and call.stream:
                        patience = min(timeouts.progress, _AFTER_END) if reader.ended else timeouts.progress
                        watch.reschedule(loop.time() + patience)
            reader.close()
    except TimeoutError:
        if not reader.ended:
            raise CaptionerUnavailable(
                f"Failed {call.asked.doing}: {call.asked.service} made no progress in {patience:g} s"
            ) from None


class _Reader:
    """Gathers an answer from its bytes, whichever of the two forms it turns out to have."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._decoder = Decoder()
        self._document: bytearray | None = None
        self._begun = False
        self._prose = ""
        self._finish: str | None = None
        self._tokens: Tokens | None = None
        self._events = 0
        self.request_id: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the service said why the answer ends."""
        return self._finish is not None

    def take(self, block: bytes) -> bool:
        """Take the next bytes and return whether they brought anything (comments do not)."""
        if not self._begun:
            # Content types lie: some relays answer a request for a stream with one document, some label
            # events as JSON. No event line begins with a brace.
            start = block.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not start:
                return False
            self._begun = True
            if start[:1] == b"{":
                self._document = bytearray()
        if self._document is not None:
            self._document += block
            if len(self._document) > MAX_ANSWER:
                raise ResponseInvalid(f"Failed {self._doing}: more than {MAX_ANSWER} bytes were answered")
            return True
        events = self._decoder.feed(block)
        for event in events:
            self._event(event)
        return bool(events)

    def close(self) -> None:
        """Take note that nothing more comes.

        Raises:
            ResponseTruncated: the answer is not whole.
            ResponseInvalid: it is no answer.

        """
        if self._document is not None:
            self._value(self._parsed(bytes(self._document)))
        else:
            last = self._decoder.finish()
            if last is not None and not self.ended:
                # Cut off in the middle of an event: then it is no JSON, and the answer is not whole.
                with contextlib.suppress(ResponseInvalid):
                    self._event(last)
        if self._begun and self._document is None and not self._events:
            raise ResponseInvalid(f"Failed {self._doing}: {self._call.asked.service} answered something else")
        if not self.ended:
            raise ResponseTruncated(
                f"Failed {self._doing}: the answer of {self._call.asked.service} stopped before its end"
            )

    @property
    def _doing(self) -> str:
        return self._call.asked.doing

    def _event(self, event: Event) -> None:
        self._events += 1
        if event.data.strip() == "[DONE]":
            return
        refusal = refusal_in_event(event)
        if refusal is not None:
            raise as_error(refusal, self._call.asked)
        self._value(self._parsed(event.data))

    def _parsed(self, text: str | bytes) -> dict[str, Any]:
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ResponseInvalid(f"Failed {self._doing}: {self._call.asked.service} answered no JSON object")
        return value

    def _value(self, value: dict[str, Any]) -> None:
        refusal = find_refusal(value)
        if refusal is not None:
            raise as_error(refusal, self._call.asked)
        try:
            piece = self._call.dialect.piece(value)
        except ValueError as error:
            raise ResponseInvalid(
                f"Failed {self._doing}: the answer of {self._call.asked.service} cannot be used: {error}"
            ) from None
        self.request_id = self.request_id or self._identity(value)
        self._tokens = piece.tokens or self._tokens
        if self.ended:
            return  # a second end, or words after it
        if piece.text:
            self._words(piece.text, whole=piece.whole)
        self._finish = piece.finish

    @staticmethod
    def _identity(value: dict[str, Any]) -> str | None:
        found = value.get("request_id") or value.get("id")
        return found if isinstance(found, str) and len(found) <= 200 and found.isprintable() else None

    def _words(self, text: str, *, whole: bool) -> None:
        before = self._prose
        self._prose = text if whole else before + text
        if len(self._prose) > MAX_PROSE:
            raise ResponseInvalid(f"Failed {self._doing}: a description of more than {MAX_PROSE} characters")
        if self._call.on_words is not None:
            new = text.removeprefix(before) if whole else text
            if new:
                self._call.on_words(new)

    def outcome(self) -> Outcome:
        """Return the answer, once it has ended.

        Raises:
            ContentRefused: it ended because of its content.
            ResponseTruncated: it ended because the server gave up.
            ResponseInvalid: it has no words, or ended for a reason that nobody knows.

        """
        if self._finish == "content_filter":
            raise ContentRefused(
                f"Failed {self._doing}: the service refuses this sound because of its content"
            )
        if self._finish in _CUT_OFF:
            raise ResponseTruncated(f"Failed {self._doing}: the server gave up ({self._finish})")
        if self._finish not in {"stop", "length"}:
            raise ResponseInvalid(f"Failed {self._doing}: the answer ended for an unknown reason")
        # JSON can spell half of a surrogate pair, which no file can hold.
        prose = self._prose.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
        if not prose:
            raise ResponseInvalid(f"Failed {self._doing}: the description is empty")
        return Outcome(prose, self._finish == "length", self._tokens, self.request_id)
