"""How an asset can stand. Every asset that is begun ends in one of these, in bounded time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["done", "up to date", "done with gaps", "failed", "quarantined", "waiting"]
"""``done``; ``up to date``, where nothing was to be done; ``done with gaps``, where some segments have no
description; ``failed`` for a reason; ``quarantined`` after it failed three times in a way that can bring a
program down; ``waiting`` for a limit, a service or room on a disk."""

Standing: TypeAlias = State | Literal["working", "interrupted"]
"""How the journal has it: also ``working`` right now, or ``interrupted`` and to be gone on with."""

QUARANTINE_AFTER: Final = 3
"""Failures in a row that put an asset into quarantine. Not one, for a machine can be at fault; not ten, for a
daemon would spend its nights on it. That the program died at it counts only where it was alone at work and had got
nowhere (see :mod:`~media_captioner.schedule.company`). Where programs died, it is tried first whether the file was to
blame; one that passes has as many deaths again, for not every crash is one of decoding."""

PartState: TypeAlias = Literal["described", "silent", "gap"]


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of an asset, as it ended.

    Attributes:
        track: The stream's index in its container.
        number: Its place in the track, from 0.
        start: Presentation time, seconds.
        end: Presentation time, seconds.
        state: ``described``, ``silent`` or ``gap``.
        reason: Why it is a gap.

    """

    track: int
    number: int
    start: Fraction
    end: Fraction
    state: PartState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was written for an asset.

    Attributes:
        track: The stream's index in its container.
        format: Name of its exporter.
        path: Where it lies.
        sha256: Of its bytes, hexadecimal.

    """

    track: int
    format: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How the work on an asset ended.

    Attributes:
        state: How it stands now.
        reason: Why, in a sentence; None where there is nothing to say.
        until: When it is worth going on, with its zone, or None.
        error: Class of the error, or None.
        dangerous: Whether the failure is of the kind that can bring a program down, and counts for quarantine.
        parts: Its segments; None where they are as they were.
        outputs: The files that lie there now; None where they are as they were.

    """

    state: State
    reason: str | None = None
    until: datetime | None = None
    error: str | None = None
    dangerous: bool = False
    parts: tuple[Part, ...] | None = None
    outputs: tuple[Output, ...] | None = None
