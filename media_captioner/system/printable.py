"""Text fit for a terminal and for a log: file names and titles may hold line breaks and escape codes."""

from __future__ import annotations

import logging


def printable(text: str) -> str:
    """Return ``text`` on one line, without anything that moves a cursor or changes a colour."""
    return "".join(char if char.isprintable() else "�" for char in text)


def printable_lines(text: str) -> str:
    """Return ``text`` fit for a terminal, its line breaks kept."""
    return "\n".join(printable(line) for line in text.split("\n"))


class LineFormatter(logging.Formatter):
    """Formats a record as a line, whatever names its message holds; a traceback follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line."""
        record.message = printable(record.message)
        return super().formatMessage(record)
