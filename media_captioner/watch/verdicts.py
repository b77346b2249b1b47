"""What becomes of a file after work on it ended: is it settled, and if not, when is it tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from media_captioner.errors import (
    BudgetExceeded,
    CorruptMedia,
    FolderMisconfigured,
    MediaCaptionerError,
    MediaChanged,
    MediaNotFound,
    OutputError,
    PluginError,
    ToolError,
)
from media_captioner.outcomes import AssetReport
from media_captioner.watch.memory import Decision

_PASSING: Final = (
    CorruptMedia,
    FolderMisconfigured,
    MediaChanged,
    MediaNotFound,
    OutputError,
    PluginError,
    ToolError,
)
"""Failures that can pass without the file changing: a disk that stalls, a folder that may not be written yet. What
is dangerous among them ends in quarantine, which the journal decides."""

_MOST_TRIES: Final = 8  # then the failure stands until the file changes or a person says so
_GROWTH: Final = 4  # each wait is that many times as long as the one before
_LONGEST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a file.

    Attributes:
        state: How it stands.
        reason: Why, or None.
        until: When it is tried again, or None where that is settled.
        counts: Whether this counts as a try that failed.
        holds_folder: Whether nothing else in its folder is begun until then either.

    """

    state: Decision
    reason: str | None = None
    until: datetime | None = None
    counts: bool = False
    holds_folder: bool = False


def verdict(report: AssetReport, tries: int, now: datetime, first_wait: float) -> Verdict:
    """Judge how the work on a file ended.

    Args:
        report: How it ended.
        tries: How often it failed before.
        now: The time of day, with its zone.
        first_wait: Seconds until the second try.

    """
    error, reason = report.error, report.reason
    first = timedelta(seconds=first_wait)
    wait = min(_LONGEST, timedelta(seconds=first_wait * _GROWTH ** min(tries, 10)))
    if report.state == "waiting":
        # A cap for good begins anew when a person raises it, and the settings are read again then.
        until = report.until or now + (_LONGEST if isinstance(error, BudgetExceeded) else first)
        return Verdict("waiting", reason, until, holds_folder=isinstance(error, BudgetExceeded))
    if report.state == "failed" and tries + 1 < _MOST_TRIES and _can_pass(error):
        return Verdict("waiting", reason, now + wait, counts=True)
    return Verdict(report.state, reason, counts=report.state in {"failed", "quarantined"})


def _can_pass(error: MediaCaptionerError | None) -> bool:
    return error is not None and (
        error.retryable
        or error.scope == "queue"
        or isinstance(error, _PASSING)
        or type(error) is MediaCaptionerError
    )
