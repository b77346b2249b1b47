"""How assets ended, for people, programs and the journal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from media_captioner.assets import TrackResult
from media_captioner.errors import (
    BudgetExceeded,
    CorruptMedia,
    MediaCaptionerError,
    Postponed,
    ToolCrashed,
    exit_code_of,
)
from media_captioner.hooks.events import AssetDone, AssetFailed
from media_captioner.schedule.states import Ending, Output, Part, PartState, State
from media_captioner.system import identity


@dataclass(frozen=True, slots=True)
class AssetReport:
    """How one asset ended.

    Attributes:
        source: The media file, as it was named.
        state: How it stands now.
        results: One for each of its tracks that was worked on; empty where it failed or waits.
        error: Why it failed or waits, or None.
        elapsed: Seconds it took.

    """

    source: Path
    state: State
    results: tuple[TrackResult, ...] = ()
    error: MediaCaptionerError | None = None
    elapsed: float = 0.0

    @property
    def until(self) -> datetime | None:
        """When it is worth going on, for an asset that waits; None where nobody knows."""
        if isinstance(self.error, (Postponed, BudgetExceeded)):
            return self.error.until
        return None

    @property
    def reason(self) -> str | None:
        """Why it is not simply done, in a sentence, or None."""
        if self.error is not None:
            return self.error.message
        partial = [result.captions.partial for result in self.results if result.captions.partial]
        segments = [segment for result in self.results for segment in result.captions.segments]
        gaps = [segment.gap for segment in segments if segment.gap]
        if gaps:
            return f"{len(gaps)} of {len(segments)} segments have no description: {gaps[0]}"
        return partial[0] if partial else None

    def to_json(self) -> dict[str, Any]:
        """Return the report as the ``--json`` of the command line prints it."""
        report: dict[str, Any] = {
            "source": str(self.source),
            "state": self.state,
            "elapsed": round(self.elapsed, 3),
            "reason": self.reason,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
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


def state_of(results: Sequence[TrackResult]) -> State:
    """Return how an asset stands whose tracks ended like this."""
    if any(segment.gap for result in results for segment in result.captions.segments) or any(
        result.captions.partial for result in results
    ):
        return "done with gaps"
    return "up to date" if all(result.outcome == "up to date" for result in results) else "done"


def ending_of(report: AssetReport) -> Ending:
    """Return how an asset ended, as the journal notes it. Reads the files that were written, to note their hashes."""
    error = report.error
    dangerous = isinstance(error, (CorruptMedia, ToolCrashed)) or type(error) is MediaCaptionerError
    changed = [result for result in report.results if result.outcome != "up to date"]
    return Ending(
        report.state,
        reason=report.reason,
        until=report.until,
        error=None if error is None else type(error).__name__,
        dangerous=dangerous and report.state == "failed",
        parts=tuple(part for result in changed for part in _parts(result)) if changed else None,
        outputs=tuple(output for result in report.results for output in _outputs(result))
        if changed
        else None,
    )


def news_of(report: AssetReport, root: Path | None, job: str | None) -> AssetDone | AssetFailed | None:
    """Return what plugins, programs and webhooks are told of how an asset ended; None for one that waits.

    Args:
        report: How it ended.
        root: The folder that it lies below, or None.
        job: The request that asked for it, or None.

    """
    source, error, captions = (
        report.source.absolute(),
        report.error,
        [each.captions for each in report.results],
    )
    if report.state in {"done", "done with gaps", "up to date"}:
        return AssetDone(
            source,
            report.state,
            summary=captions[0].summary if captions else None,
            keywords=tuple(dict.fromkeys(word for each in captions for word in each.keywords)),
            languages=tuple(dict.fromkeys(language for each in captions for language in each.spoken)),
            files=tuple(written.path for result in report.results for written in result.written),
            elapsed=report.elapsed,
            root=root,
            job=job,
        )
    if error is None or report.state not in {"failed", "quarantined"}:
        return None
    return AssetFailed(
        source, report.state, type(error).__name__, error.message, error.hint, root=root, job=job
    )


def _parts(result: TrackResult) -> Iterator[Part]:
    track = result.captions.track.index
    for segment in result.captions.segments:
        state: PartState = "silent" if segment.silent else "gap" if segment.gap else "described"
        yield Part(track, segment.index, segment.start, segment.end, state, segment.gap)


def _outputs(result: TrackResult) -> Iterator[Output]:
    for written in result.written:
        with contextlib.suppress(OSError):  # gone already: then it lies there no more
            sha256 = identity.sha256_of(written.path)
            yield Output(result.captions.track.index, written.format, str(written.path), sha256)


def exit_code(reports: Sequence[AssetReport]) -> int:
    """Return 0 where every asset is done, the code of the failure where all that failed did so alike, else 1."""
    return exit_code_of(report.error for report in reports if report.error is not None)
