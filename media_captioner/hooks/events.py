"""The moments that plugins, programs and webhooks are told of: one frozen, typed object each.

Plugins get copies, so nothing that one of them does to an event reaches another. Programs get all of it as JSON;
webhooks get a small part, without the user's folders (:func:`for_programs`, :func:`for_the_network`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias

from media_captioner.config.tables import EventName
from media_captioner.errors import spelled_out
from media_captioner.model import CaptionedSegment, Captions
from media_captioner.model.codec import to_json
from media_captioner.system.secrets import redact

_PROSE: Final = 400  # characters of prose that go over the network: a taste, not the captions
_LISTED: Final = 50  # files and keywords that go over the network


@dataclass(frozen=True, slots=True)
class AssetFound:
    """A media file was found complete, and work on it begins.

    Attributes:
        path: The media file, absolute.
        root: The watched folder it lies below, or None.
        job: The request that asked for it, by its id at ``media-captioner listen``, or None.

    """

    name: ClassVar[EventName] = "asset.found"
    path: Path
    root: Path | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class PlanMade:
    """It is decided which tracks will be captioned.

    Attributes:
        path: The media file, absolute.
        root: The watched folder it lies below, or None.
        tracks: Numbers of the tracks, counted from 1.
        reasons: Why each of them.
        seconds: Length of the presentation, or None where nobody knows yet.

    """

    name: ClassVar[EventName] = "plan.made"
    path: Path
    tracks: tuple[int, ...]
    reasons: tuple[str, ...] = ()
    seconds: Fraction | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class SegmentDescribed:
    """A segment was described, found silent, or given up.

    Attributes:
        path: The media file, absolute.
        track: Number of the track.
        segment: What was heard.
        root: The watched folder it lies below, or None.

    """

    name: ClassVar[EventName] = "segment.described"
    path: Path
    track: int
    segment: CaptionedSegment
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class CuesReady:
    """The captions of a track are made and not yet written. Whoever is told may return changed ones.

    Attributes:
        path: The media file, absolute.
        track: Number of the track.
        captions: What will be written.
        profile: Name of the style guide they follow.
        root: The watched folder it lies below, or None.

    """

    name: ClassVar[EventName] = "cues.ready"
    path: Path
    track: int
    captions: Captions
    profile: str
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class SidecarsWritten:
    """The files of a track lie there, whole.

    Attributes:
        path: The media file, absolute.
        track: Number of the track.
        files: The files, absolute, the JSON sidecar last.
        root: The watched folder it lies below, or None.

    """

    name: ClassVar[EventName] = "sidecars.written"
    path: Path
    track: int
    files: tuple[Path, ...]
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class AssetDone:
    """An asset is captioned.

    Attributes:
        path: The media file, absolute.
        state: ``done``, ``done with gaps`` or ``up to date``.
        summary: Its soundtrack in one sentence, or None.
        keywords: What to find it by.
        languages: Languages heard, most spoken first.
        files: Its files, absolute.
        elapsed: Seconds it took.
        root: The watched folder it lies below, or None.
        job: The request that asked for it, by its id at ``media-captioner listen``, or None.

    """

    name: ClassVar[EventName] = "asset.done"
    path: Path
    state: str
    summary: str | None = None
    keywords: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    elapsed: float = 0.0
    root: Path | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class AssetFailed:
    """An asset could not be captioned.

    Attributes:
        path: The media file, absolute.
        state: ``failed`` or ``quarantined``.
        error: Class of the error (``CorruptMedia``).
        message: Why, in a sentence.
        hint: What to do about it, or None.
        root: The watched folder it lies below, or None.
        job: The request that asked for it, by its id at ``media-captioner listen``, or None.

    """

    name: ClassVar[EventName] = "asset.failed"
    path: Path
    state: str
    error: str
    message: str
    hint: str | None = None
    root: Path | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class BudgetReached:
    """A cap that the user set was reached, and work waits.

    Attributes:
        message: Which cap, and what was left of it.
        until: When work goes on by itself, or None where a person has to raise the cap.
        path: The asset that was under way, absolute, or None.
        root: The watched folder it lies below, or None.

    """

    name: ClassVar[EventName] = "budget.reached"
    message: str
    until: datetime | None = None
    path: Path | None = None
    root: Path | None = None


Event: TypeAlias = (
    AssetFound
    | PlanMade
    | SegmentDescribed
    | CuesReady
    | SidecarsWritten
    | AssetDone
    | AssetFailed
    | BudgetReached
)

EVENTS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            AssetFound,
            PlanMade,
            SegmentDescribed,
            CuesReady,
            SidecarsWritten,
            AssetDone,
            AssetFailed,
            BudgetReached,
        )
    }
)
"""Every kind of event by its name."""


def hook_of(name: EventName) -> str:
    """Return the name of the hook for an event: ``asset_done`` for ``asset.done``."""
    return name.replace(".", "_")


def for_programs(event: Event) -> dict[str, Any]:
    """Return an event as JSON for a program on this machine: everything, with absolute paths."""
    document = to_json(event)
    document |= {
        name: _absolute(value)
        for name in ("path", "root", "files")
        if (value := getattr(event, name, None)) is not None
    }
    if isinstance(event, BudgetReached) and event.until is not None:
        document["until"] = event.until.isoformat(timespec="seconds")
    return {"event": event.name, **document}


def _absolute(value: Path | tuple[Path, ...]) -> Any:
    return [str(path) for path in value] if isinstance(value, tuple) else str(value)


def for_the_network(event: Event) -> dict[str, Any]:
    """Return an event as JSON for somebody elsewhere: short, with paths relative to the watched folder.

    Standard Webhooks asks for bodies below 20 kB; whoever wants more fetches the files.
    """
    document: dict[str, Any] = {}
    if event.path is not None:
        document["file"] = _relative(event.path, event)
    if isinstance(event, (AssetFound, AssetDone, AssetFailed)) and event.job is not None:
        document["job"] = event.job
    if isinstance(event, PlanMade):
        seconds = None if event.seconds is None else round(float(event.seconds), 3)
        document |= {"tracks": list(event.tracks), "seconds": seconds}
    elif isinstance(event, SegmentDescribed):
        segment = event.segment
        prose = segment.description.prose[:_PROSE] if segment.description else ""
        times = {"start": round(float(segment.start), 3), "end": round(float(segment.end), 3)}
        document |= {"track": event.track, **times, "silent": segment.silent, "prose": _plain(prose, event)}
        document["gap"] = None if segment.gap is None else _plain(segment.gap, event)
    elif isinstance(event, CuesReady):
        document |= {"track": event.track, "cues": len(event.captions.cues)}
    elif isinstance(event, SidecarsWritten):
        document |= {"track": event.track, "files": _listed(event.files, event)}
    elif isinstance(event, AssetDone):
        document |= {
            "state": event.state,
            "summary": None if event.summary is None else event.summary[:_PROSE],
            "keywords": list(event.keywords[:_LISTED]),
            "languages": list(event.languages[:_LISTED]),
            "files": _listed(event.files, event),
            "elapsed": round(event.elapsed, 3),
        }
    elif isinstance(event, AssetFailed):
        document |= {"state": event.state, "error": event.error, "message": _plain(event.message, event)}
    elif isinstance(event, BudgetReached):
        until = None if event.until is None else event.until.isoformat(timespec="seconds")
        document |= {"message": _plain(event.message, event), "until": until}
    return document


def _listed(paths: tuple[Path, ...], event: Event) -> list[str]:
    return [_relative(path, event) for path in paths[:_LISTED]]


def _relative(path: Path, event: Event) -> str:
    base = event.root or (event.path.parent if event.path is not None else None)
    try:
        shown = path.relative_to(base).as_posix() if base is not None else path.name
    except ValueError:
        shown = path.name
    return spelled_out(shown)


def _plain(message: str, event: Event) -> str:
    """Return a message without the user's folders and without anything secret."""
    if event.path is not None:
        message = message.replace(str(event.path), _relative(event.path, event))
        message = message.replace(f"{event.path.parent}/", "")
    if event.root is not None:
        message = message.replace(f"{event.root}/", "")
    return redact(message)[:2000]
