"""Server-sent events, read as they arrive, in the two framings that captioning services use.

The rules are those of the HTML standard, section 9.2.6 (interpreting an event stream): lines end with CR, LF
or CRLF, one space after a colon is dropped if there is one, ``data`` lines of one event are joined by line
feeds, a byte order mark at the start is ignored, invalid UTF-8 becomes U+FFFD. Two things are added. The
native protocol of Model Studio tells the HTTP status of each event in a comment (``:HTTP_STATUS/500``), which
is kept. And an event that names an error counts even without data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_EVENT: Final = 1024 * 1024
"""Bytes that one event, and so one line, may have. A whole description has a few thousand."""

_STATUS: Final = re.compile(r"\s*HTTP_STATUS/(\d{3})\s*")
_BOM: Final = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event or a line grows beyond what it may have."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        data: Its data lines, joined by line feeds.
        event: Its type; ``message`` where the server names none.
        id: Its id, or None.
        status: The HTTP status that the server tells for it, or None.

    """

    data: str
    event: str = "message"
    id: str | None = None
    status: int | None = None


class Decoder:
    """Turns bytes, cut anywhere, into events."""

    def __init__(self, *, max_event: int = MAX_EVENT) -> None:
        self._max_event = max_event
        self._buffer = bytearray()
        self._skip_lf = False  # the last piece ended with CR: an LF that comes next belongs to it
        self._at_start = True
        self._clear()

    def _clear(self) -> None:
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None
        self._status: int | None = None
        self._size = 0

    def feed(self, block: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete.

        Raises:
            EventTooLong: an event or a line grows beyond ``max_event`` bytes.

        """
        if self._skip_lf and block:
            self._skip_lf = False
            block = block[1:] if block[:1] == b"\n" else block
        self._buffer += block
        if self._at_start:
            if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
                return []
            self._at_start = False
            if self._buffer.startswith(_BOM):
                del self._buffer[: len(_BOM)]
        # A long line that comes in small pieces is looked at once, at its end, and not anew with each of them.
        events = self._complete_lines() if b"\n" in block or b"\r" in block else []
        if self._size + len(self._buffer) > self._max_event:
            self._refuse()
        return events

    def finish(self) -> Event | None:
        """Return the event that was begun when the stream ended, if any.

        The standard drops it. Some gateways leave out the last blank line, so whoever can tell by its data
        that it is whole may use it.
        """
        rest = bytes(self._buffer)
        self._buffer.clear()
        if rest:
            self._line(rest)
        return self._dispatch()

    def _complete_lines(self) -> list[Event]:
        lines = bytes(self._buffer).splitlines(
            keepends=True
        )  # of bytes: at CR, LF and CRLF, as the standard has it
        self._buffer.clear()
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            self._buffer += lines.pop()
        elif lines and lines[-1].endswith(b"\r"):
            self._skip_lf = True
        events: list[Event] = []
        for whole in lines:
            line = whole.rstrip(b"\r\n")
            if line:
                self._line(line)
            elif (event := self._dispatch()) is not None:
                events.append(event)
        return events

    def _refuse(self) -> None:
        raise EventTooLong(f"the answer holds an event of more than {self._max_event} bytes")

    def _line(self, line: bytes) -> None:
        if len(line) > self._max_event:
            self._refuse()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._size += len(line) + 1
            if self._size > self._max_event:
                self._refuse()
            self._data.append(value)
        elif name == "event":
            self._event = value.strip()
        elif name == "id":
            self._id = value
        elif name in {"", "status"}:
            match = _STATUS.fullmatch(value) if not name else re.fullmatch(r"\s*(\d{3})\s*", value)
            if match is not None:
                self._status = int(match[1])

    def _dispatch(self) -> Event | None:
        event = None
        if self._data or self._event == "error":
            event = Event("\n".join(self._data), self._event or "message", self._id, self._status)
        self._clear()
        return event
