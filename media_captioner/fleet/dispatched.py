"""Files that the fleet captions for somebody who waits for them: a watched folder, a request from outside."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, cast

from media_captioner.batch import Batch
from media_captioner.errors import MediaError
from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ANY
from media_captioner.fleet.sources import Mapping
from media_captioner.outcomes import AssetReport
from media_captioner.schedule.states import State
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

_LOOK: Final = 2.0  # seconds between two looks how an asset stands
_DONE: Final = frozenset({"done", "done with gaps", "up to date"})


@dataclass(frozen=True, slots=True)
class Handing:
    """Hands files to the fleet.

    Attributes:
        backlog: The fleet's.
        mapping: What the fleet calls the files of this machine.
        tag: Which workers may take them.
        clock: Where waiting is done.

    """

    backlog: Backlog
    mapping: Mapping = field(default_factory=Mapping)
    tag: str = ANY
    clock: Clock = SYSTEM_CLOCK

    async def one(self, source: Path, *, root: str = "", priority: int = 0) -> AssetReport:
        """Have a file captioned, and return how it ended; its files were written by whichever worker took it.

        Who is cancelled while waiting leaves the file with the fleet.
        """
        name = self.mapping.named(source)
        await self.backlog.add([name], root=root, tag=self.tag, priority=priority)
        while True:
            state, reason = await self.backlog.standing(name)
            if state in _DONE:
                return AssetReport(source, cast("State", state))
            if state in {"failed", "quarantined", "cancelled"}:
                error = MediaError(
                    reason or f"{source} was {state}", hint=f"media-captioner fleet retry {name}"
                )
                return AssetReport(source, "quarantined" if state == "quarantined" else "failed", error=error)
            await self.clock.wait(_LOOK)

    def in_place_of(self, batch: Batch) -> Batch:
        """Return what captions files like ``batch``, but has the fleet do it."""
        return _Handed(**{each.name: getattr(batch, each.name) for each in fields(batch)}, handing=self)


@dataclass(slots=True)
class _Handed(Batch):
    handing: Handing | None = None

    async def one(self, source: Path) -> AssetReport:
        assert self.handing is not None  # noqa: S101 - for the type checker: in_place_of() sets it
        root = "" if self.root is None else self.handing.mapping.named(self.root)
        return await self.handing.one(source.absolute(), root=root, priority=self.priority)  # noqa: ASYNC240 - no file is touched
