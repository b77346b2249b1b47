"""The journal: what was asked, answered and spent, and how every asset stands, in one SQLite file.

What opens one for writing is imported when it is first used: a report of what stands in it starts in half the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from media_captioner.schedule.journal.opening import Journal, open_journal, vacuum

__all__ = ["Journal", "open_journal", "vacuum"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from media_captioner.schedule.journal import opening

        return getattr(opening, name)
    raise AttributeError(f"module 'media_captioner.schedule.journal' has no attribute {name!r}")
