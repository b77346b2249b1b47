"""Reads an answer as its bytes arrive, and says whether it is whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from media_captioner.captioners.dialects import Dialect, Tokens
from media_captioner.captioners.refusals import find_refusal, parse_json, refusal_in_event
from media_captioner.captioners.sse import Decoder, Event, EventTooLong
from media_captioner.captioners.verdicts import Asked, as_error
from media_captioner.errors import ContentRefused, ResponseInvalid, ResponseTruncated

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of an answer in one piece, after decompression. A description has some 3,000."""

MAX_PROSE: Final = 1024 * 1024
"""Characters of a description."""

_FIELDS: Final = (b"data", b"event", b"id", b":", b"retry", b"status")
_BOM: Final = b"\xef\xbb\xbf"
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


class AnswerReader:
    """Gathers an answer from its bytes, whichever of the two forms it turns out to have.

    Args:
        dialect: How it is worded.
        asked: For messages.
        on_words: Called with words as they arrive.

    Attributes:
        request_id: The service's id, as far as it is known yet.

    """

    def __init__(self, dialect: Dialect, asked: Asked, on_words: Callable[[str], None] | None = None) -> None:
        self._dialect = dialect
        self._asked = asked
        self._on_words = on_words
        self._decoder = Decoder()
        self._document: bytearray | None = None
        self._begun = False
        self._head = b""
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
        """Take the next bytes and return whether they brought anything (comments do not).

        Raises:
            CaptionerError: they hold an error, or are no answer.

        """
        if not self._begun:
            # Content types lie: some relays answer a request for a stream with one document, some label
            # events as JSON. No event line begins with a brace.
            block = self._head = self._head + block
            start = block.removeprefix(_BOM).lstrip()
            if not start or _BOM.startswith(start):
                return False
            self._begun = True
            if start[:1] == b"{":
                self._document = bytearray()
        if self._document is not None:
            self._document += block
            if len(self._document) > MAX_ANSWER:
                raise ResponseInvalid(f"Failed {self._doing}: more than {MAX_ANSWER} bytes were answered")
            return True
        try:
            events = self._decoder.feed(block)
        except EventTooLong as error:
            raise ResponseInvalid(f"Failed {self._doing}: {error}") from None
        for event in events:
            self._event(event)
        return bool(events)

    def close(self) -> None:
        """Take note that nothing more comes.

        Raises:
            ResponseTruncated: the answer is not whole.
            ResponseInvalid: it is no answer.
            CaptionerError: it is an error.

        """
        if self._document is not None:
            self._value(self._parsed(bytes(self._document)))
        else:
            last = self._decoder.finish()
            if last is not None and not self.ended:
                # Cut off in the middle of an event: then it is no JSON, and the answer is not whole.
                with contextlib.suppress(ResponseInvalid):
                    self._event(last)
        if self._begun and self._document is None and not self._events and not self._looks_like_events():
            raise ResponseInvalid(f"Failed {self._doing}: {self._asked.service} answered something else")
        if not self.ended:
            raise ResponseTruncated(
                f"Failed {self._doing}: the answer of {self._asked.service} stopped before its end"
            )

    def _looks_like_events(self) -> bool:
        start = self._head.removeprefix(_BOM).lstrip()[:6]
        return any(start.startswith(field) or field.startswith(start) for field in _FIELDS)

    @property
    def _doing(self) -> str:
        return self._asked.doing

    def _event(self, event: Event) -> None:
        self._events += 1
        if event.data.strip() == "[DONE]":
            return
        # What is no error by its name or status is looked at once it is parsed: an answer has hundreds of events.
        named = event.event == "error" or (event.status or 0) >= 400
        refusal = refusal_in_event(event) if named else None
        if refusal is not None:
            raise as_error(refusal, self._asked, begun=bool(self._prose))
        self._value(self._parsed(event.data))

    def _parsed(self, text: str | bytes) -> dict[str, Any]:
        try:
            value = parse_json(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ResponseInvalid(f"Failed {self._doing}: {self._asked.service} answered no JSON object")
        return value

    def _value(self, value: dict[str, Any]) -> None:
        refusal = find_refusal(value)
        if refusal is not None:
            raise as_error(refusal, self._asked, begun=bool(self._prose))
        try:
            piece = self._dialect.piece(value)
        except ValueError as error:
            raise ResponseInvalid(
                f"Failed {self._doing}: the answer of {self._asked.service} cannot be used: {error}"
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
        if self._on_words is not None:
            new = text.removeprefix(before) if whole else text
            if new:
                self._on_words(new)

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
