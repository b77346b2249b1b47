"""What the assets of a run need of a journal, whatever its tables lie in."""

from __future__ import annotations

from typing import Protocol

from media_captioner.schedule.journal.register import Register
from media_captioner.schedule.protocols import PaceKeeper, Store


class Ledger(Protocol):
    """A journal: one file's, or a fleet's."""

    @property
    def lasting(self) -> bool:
        """Whether what is remembered outlasts the process."""
        ...

    @property
    def store(self) -> Store:
        """Questions, answers and what they cost."""
        ...

    @property
    def paces(self) -> PaceKeeper:
        """The pace of every account."""
        ...

    @property
    def register(self) -> Register:
        """The assets."""
        ...

    @property
    def owner(self) -> int:
        """Number of this process, unlike that of any other, past or present."""
        ...

    def close(self) -> None:
        """Finish what is being written and close it. It can be called again."""
        ...
