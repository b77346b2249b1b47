"""Quiet hours: spans of local time in which no file is begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def quiet_until(spans: Sequence[str], now: datetime) -> datetime | None:
    """Return when the quiet hours end that ``now`` lies in, or None outside of them.

    Args:
        spans: As the settings have them (``22:00-06:00``, ``08:00-18:30``).
        now: The time of day, in the zone that the spans are meant in.

    """
    ends = [end for span in spans if (end := _end(span, now)) is not None]
    return max(ends, default=None)


def _end(span: str, now: datetime) -> datetime | None:
    first, _, last = span.partition("-")
    begins, ends = _minutes(first), _minutes(last)
    minute = now.hour * 60 + now.minute
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if begins < ends:
        return midnight + timedelta(minutes=ends) if begins <= minute < ends else None
    if minute >= begins:  # over midnight
        return midnight + timedelta(days=1, minutes=ends)
    return midnight + timedelta(minutes=ends) if minute < ends else None


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
