"""Files that the fleet captions for somebody who waits for them: a watched folder, a request from outside."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, cast

from media_captioner.assets import TrackResult
from media_captioner.batch import Batch
from media_captioner.errors import MediaCaptionerError, MediaError
from media_captioner.export.base import ExportOptions
from media_captioner.export.finding import known_at, sidecars_at
from media_captioner.export.writing import Written
from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ANY
from media_captioner.fleet.sources import Mapping
from media_captioner.listening import in_thread
from media_captioner.media.tracks import Choice
from media_captioner.outcomes import AssetReport
from media_captioner.schedule.states import State
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

log: Final = logging.getLogger(__name__)

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
                return AssetReport(source, cast("State", state), await in_thread(_results, source))
            if state in {"failed", "quarantined", "cancelled"}:
                error = MediaError(
                    reason or f"{source} was {state}", hint=f"media-captioner fleet retry {name}"
                )
                return AssetReport(source, "quarantined" if state == "quarantined" else "failed", error=error)
            await self.clock.wait(_LOOK)

    def in_place_of(self, batch: Batch) -> Batch:
        """Return what captions files like ``batch``, but has the fleet do it."""
        return _Handed(**{each.name: getattr(batch, each.name) for each in fields(batch)}, handing=self)


def _results(source: Path) -> tuple[TrackResult, ...]:
    """Return what the sidecars beside a file say; nothing where they cannot be read from here."""
    try:
        return tuple(_result(path) for path in sidecars_at(source))
    except MediaCaptionerError as error:
        log.warning("%s was captioned by the fleet, but %s", source, error.message)
        return ()


def _result(sidecar: Path) -> TrackResult:
    known = known_at(sidecar)
    files = [
        Written(exporter.name, path)
        for exporter in known.formats(ExportOptions())
        for path in known.files_of(exporter)
    ]
    captions = known.sidecar.captions
    choice = Choice(captions.track, "the fleet's worker chose it")
    return TrackResult(choice, "captioned", captions, (*files, Written("json", known.path)))


@dataclass(slots=True)
class _Handed(Batch):
    handing: Handing | None = None

    async def one(self, source: Path) -> AssetReport:
        assert self.handing is not None  # noqa: S101 - for the type checker: in_place_of() sets it
        root = "" if self.root is None else self.handing.mapping.named(self.root)
        return await self.handing.one(source.absolute(), root=root, priority=self.priority)  # noqa: ASYNC240 - no file is touched
