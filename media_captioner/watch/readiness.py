"""Whether files that came to rest are complete: nobody writes to them, they parse to their end, and they stay so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from media_captioner.errors import reason_of
from media_captioner.media.whole import unfinished
from media_captioner.system import identity
from media_captioner.system.clock import Clock
from media_captioner.system.writers import writers
from media_captioner.watch.settling import Candidate, Pace


@dataclass(slots=True)
class Examined:
    """What a look at candidates brought.

    Attributes:
        ready: Files that are complete, with the identity of their bytes.
        put_off: Files that are not yet, with the reason.
        gone: Files that are not there any more.

    """

    ready: dict[Path, str] = field(default_factory=dict)
    put_off: dict[Path, str] = field(default_factory=dict)
    gone: list[Path] = field(default_factory=list)


def examine(candidates: Mapping[Path, Candidate], pace: Pace, clock: Clock, *, patience: float) -> Examined:
    """Look at candidates, and change them as to when to look again.

    Args:
        candidates: The files.
        pace: How files there are written.
        clock: Where time comes from.
        patience: Seconds after which a file that rests but does not parse to its end is taken as it is.

    """
    result = Examined()
    resting: dict[Path, Candidate] = {}
    for path, candidate in candidates.items():
        found = identity.standing(path)
        if found is None:
            result.gone.append(path)
        elif candidate.observe(found, clock.monotonic(), pace):
            resting[path] = candidate
        else:
            result.put_off[path] = candidate.reason
    busy = writers(candidate.seen for candidate in resting.values())
    for path, candidate in resting.items():
        _decide(path, candidate, busy.get(candidate.seen), clock, patience, result)
    _confirm(candidates, clock, result)
    return result


def _decide(
    path: Path, candidate: Candidate, writer: str | None, clock: Clock, patience: float, result: Examined
) -> None:
    now = clock.monotonic()
    reason = None if writer is None else f"{writer} has it open for writing"
    content = ""
    try:
        if reason is None and now - candidate.since < patience:
            reason = unfinished(path)
        if reason is None:
            content = identity.content_id(path)
    except OSError as error:
        if identity.standing(path) is None:
            result.gone.append(path)
            return
        reason = reason_of(error)
    if reason is None:
        result.ready[path] = content
        return
    _put_off(path, candidate, reason, clock, result)


def _put_off(path: Path, candidate: Candidate, reason: str, clock: Clock, result: Examined) -> None:
    candidate.put_off(reason, clock.monotonic())
    result.put_off[path] = reason


def _confirm(candidates: Mapping[Path, Candidate], clock: Clock, result: Examined) -> None:
    """Look once more at what was read: a writer may have come back meanwhile."""
    busy = writers(candidates[path].seen for path in result.ready)
    for path in list(result.ready):
        candidate = candidates[path]
        if candidate.seen in busy or identity.standing(path) != candidate.seen:
            del result.ready[path]
            _put_off(path, candidate, "it changed while it was looked at", clock, result)
