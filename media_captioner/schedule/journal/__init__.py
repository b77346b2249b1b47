"""The journal: what was asked, answered and spent, and how every asset stands, in one SQLite file."""

from media_captioner.schedule.journal.opening import Journal, open_journal, vacuum

__all__ = ["Journal", "open_journal", "vacuum"]
