"""Logs of programs that run for years: one object a line for machines, bounded on the disk, without secrets."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from media_captioner.errors import OutputNotWritable, reason_of
from media_captioner.system import files
from media_captioner.system.printable import LineFormatter
from media_captioner.system.secrets import RedactingFilter

_FILE: Final = 10_000_000  # bytes
_FILES: Final = 4  # older ones that are kept beside it
_OURS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PLAIN: Final = (str, int, float, bool, type(None))


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, where, message, and what was passed as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {
            name: value if isinstance(value, _PLAIN) else str(value)
            for name, value in record.__dict__.items()
            if name not in _OURS and not name.startswith("_")
        }
        trace = record.exc_text  # all that the filter leaves of a traceback: without secrets
        if trace is None and record.exc_info:
            trace = self.formatException(record.exc_info)
        if trace:
            entry["traceback"] = trace
        text = json.dumps(entry, ensure_ascii=False, allow_nan=True)
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _refuse_other_than_text(file: Path) -> None:
    """Make sure that no film is logged into, which whoever mistakes one option for another would do."""
    try:
        with file.open("rb") as there:
            binary = b"\0" in there.read(4096)
    except OSError:
        return  # it is not there yet, or opening it says what is wrong
    if binary:
        raise OutputNotWritable(
            f"Cannot log to {file}: what stands there is no text", hint="Name a log file with --log-file."
        )


@contextlib.contextmanager
def set_up(level: int, *, as_json: bool, file: Path | None = None) -> Iterator[None]:
    """Log from here on as a service does, until the block ends.

    Args:
        level: The lowest level that is logged.
        as_json: One JSON object a line instead of text.
        file: Log there instead of to standard error; 10 MB and four older files of that size are kept.

    Raises:
        OutputNotWritable: the file cannot be written, or is no text.

    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        _refuse_other_than_text(file)
        files.make_folder(file.absolute().parent)
        try:
            handler = logging.handlers.RotatingFileHandler(
                file, maxBytes=_FILE, backupCount=_FILES, encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:
            raise OutputNotWritable(
                f"Cannot log to {file}: {reason_of(error)}",
                hint="Name a log file with --log-file.",
            ) from error
    plain = LineFormatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else plain)
    handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    before, before_level = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells of every event
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(before_level)
        handler.close()
