"""Keys: kept out of every text that a person or a program might read later."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Final

MASK: Final = "***"

_known: set[str] = set()

# Values that look like keys even when nobody registered them: DashScope and OpenAI style keys, bearer
# headers, webhook secrets, and key-like query parameters in a URL.
_PATTERNS: Final = (
    re.compile(r"\bsk-[A-Za-z0-9_-]{6,}"),
    re.compile(r"\bwhsec_[A-Za-z0-9+/=]{6,}"),
    re.compile(r"(?i)(?<=bearer )[^\s\"',]{6,}"),
    re.compile(
        r"(?i)(?<=[?&](?:key|sig)=)[^&\s\"']+|(?<=[?&]token=)[^&\s\"']+|(?<=[?&]signature=)[^&\s\"']+"
    ),
)


class Secret:
    """A value that never shows itself: ``str`` and ``repr`` give ``***``; :meth:`reveal` gives the value.

    A revealed secret is also known to :func:`redact` from then on, whatever text it turns up in.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= 4:
            _known.add(value)

    def reveal(self) -> str:
        """Return the value itself. Call it only where it leaves for its one destination."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written down")


def redact(text: str) -> str:
    """Return ``text`` with every known secret, and whatever looks like one, replaced by ``***``."""
    # All are looked for in the text as it came: a known secret that is part of another must not hide the rest of it.
    spans = [match.span() for pattern in _PATTERNS for match in pattern.finditer(text)]
    spans += [
        match.span()
        for value in tuple(_known)
        if value in text
        for match in re.finditer(re.escape(value), text)
    ]
    parts, done = [], 0
    for start, end in sorted(spans):
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


class RedactingFilter(logging.Filter):
    """Masks secrets in log messages, their arguments and their tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite ``record`` in place; it is always let through."""
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
