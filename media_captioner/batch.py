"""Many assets: find them, caption one after the other, let no bad one stop the rest."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from media_captioner.assets import TrackResult, process
from media_captioner.config import Settings
from media_captioner.errors import MediaCaptionerError, MediaNotFound
from media_captioner.media.policy import MEDIA_SUFFIXES
from media_captioner.protocols import Captioner, Reporter, VoiceDetector
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

State = Literal["done", "up to date", "done with gaps", "failed"]


@dataclass(frozen=True, slots=True)
class AssetReport:
    """How one asset ended.

    Attributes:
        source: The media file, as it was named.
        state: ``done``, ``up to date``, ``done with gaps`` or ``failed``.
        results: One for each of its tracks that was worked on; empty where it failed.
        error: Why it failed, or None.
        elapsed: Seconds it took.

    """

    source: Path
    state: State
    results: tuple[TrackResult, ...] = ()
    error: MediaCaptionerError | None = None
    elapsed: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the report as the ``--json`` of the command line prints it."""
        report: dict[str, Any] = {
            "source": str(self.source),
            "state": self.state,
            "elapsed": round(self.elapsed, 3),
        }
        if self.error is not None:
            kind = type(self.error).__name__
            report["error"] = {"type": kind, "message": self.error.message, "hint": self.error.hint}
        report["tracks"] = [_track_json(result) for result in self.results]
        return report


def _track_json(result: TrackResult) -> dict[str, Any]:
    captions = result.captions
    return {
        "number": captions.track.number,
        "why": result.choice.reason,
        "outcome": result.outcome,
        "captioner": captions.captioner,
        "model": captions.model,
        "summary": captions.summary,
        "languages": list(captions.spoken),
        "cues": len(captions.cues),
        "gaps": [segment.gap for segment in captions.segments if segment.gap],
        "partial": captions.partial,
        "files": [str(written.path) for written in result.written],
    }


@dataclass(slots=True)
class Batch:
    """Captions assets one after the other with one captioner.

    Attributes:
        settings_for: Gives the settings for a file; they may differ by folder.
        captioner: Who listens.
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.
        clock: Where the time comes from.
        reports: How each asset ended so far.

    """

    settings_for: Callable[[Path], Settings]
    captioner: Captioner
    reporter: Reporter
    voice: VoiceDetector | None = None
    clock: Clock = SYSTEM_CLOCK
    reports: list[AssetReport] = field(default_factory=list)

    async def run(
        self, found: Sequence[Path | MediaCaptionerError], tell: Callable[[AssetReport], None]
    ) -> None:
        """Caption every file that was found, and report each as it ends.

        Raises:
            MediaCaptionerError: a failure that reaches beyond its asset (a full disk, a wrong key).

        """
        siblings = _siblings([path for path in found if isinstance(path, Path)])
        for item in found:
            report = await self._one(item, siblings)
            self.reports.append(report)
            tell(report)
            if report.error is not None and report.error.scope == "queue":
                raise report.error

    async def _one(self, item: Path | MediaCaptionerError, siblings: dict[Path, list[Path]]) -> AssetReport:
        if isinstance(item, MediaCaptionerError):
            return AssetReport(Path(getattr(item, "path", "")), "failed", error=item)
        started = self.clock.monotonic()
        try:
            results = await process(
                item,
                self.settings_for(item),
                self.captioner,
                siblings=siblings.get(item.parent, ()),
                reporter=self.reporter,
                voice=self.voice,
                clock=self.clock,
            )
        except MediaCaptionerError as error:
            return AssetReport(item, "failed", error=error, elapsed=self.clock.monotonic() - started)
        return AssetReport(item, _state(results), results, elapsed=self.clock.monotonic() - started)


def _state(results: Sequence[TrackResult]) -> State:
    if any(segment.gap for result in results for segment in result.captions.segments) or any(
        result.captions.partial for result in results
    ):
        return "done with gaps"
    return "up to date" if all(result.outcome == "up to date" for result in results) else "done"


def _siblings(paths: Sequence[Path]) -> dict[Path, list[Path]]:
    """Return the media in the folder of each path: what might want the same names."""
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for folder in {path.parent for path in paths}:
        try:
            by_folder[folder] = [entry for entry in folder.iterdir() if is_media_name(entry.name)]
        except OSError:
            by_folder[folder] = []
    for path in paths:
        if path not in by_folder[path.parent]:
            by_folder[path.parent].append(path)
    return by_folder


def is_media_name(name: str) -> bool:
    """Return whether a file name looks like media; resource forks and hidden files of other systems do not."""
    return not name.startswith(".") and Path(name).suffix.lower() in MEDIA_SUFFIXES


def find_media(paths: Sequence[Path]) -> list[Path | MediaCaptionerError]:
    """Return the media files that ``paths`` name: files as they are, folders searched to their depth.

    A file that is named is taken whatever it is called; in a folder the name decides. Links to folders are
    not followed, so a loop of links ends. What cannot be found stands in the list as its error.
    """
    found: list[Path | MediaCaptionerError] = []
    for path in dict.fromkeys(paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = list(_walk(path))
        found.extend(
            inside or [MediaNotFound(f"No media files in {path}", hint="Name a file, or another folder.")]
        )
    seen: set[Path] = set()
    unique: list[Path | MediaCaptionerError] = []
    for item in found:
        if isinstance(item, Path):
            if item.absolute() in seen:
                continue
            seen.add(item.absolute())
        unique.append(item)
    return unique


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if is_media_name(name):
                yield Path(base, name)


def exit_code(reports: Sequence[AssetReport]) -> int:
    """Return 0 where every asset is done, the code of the failure where all that failed did so alike, else 1."""
    codes = {report.error.exit_code for report in reports if report.error is not None}
    return 0 if not codes else codes.pop() if len(codes) == 1 else 1
