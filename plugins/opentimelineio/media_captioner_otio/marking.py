"""Markers for the cues of the sidecars that lie beside the media of a timeline.

OpenTimelineIO calls :func:`hook_function` when a timeline was read. Only the sidecar is read, so that neither
media_captioner nor the media itself need be on this machine.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import opentimelineio as otio

SCHEMA = "media_captioner/sidecar@1"
SUFFIX = ".media_captioner.json"
KEY = "media_captioner"
"""Markers whose metadata has this key are ours; no others are touched."""

OLDEST = (0, 16)  # whose timelines find their clips, and whose markers have comments
_COLOURS = {"speech": "BLUE", "music": "PURPLE", "ambience": "GREEN", "effects": "YELLOW"}
_LONGEST = 250  # characters of a marker's name; editors show one line
_log = logging.getLogger("media_captioner.otio")


class Report(
    NamedTuple
):  # not a dataclass: OpenTimelineIO loads this file without registering it as a module
    """What was done to a timeline: markers that were set, clips that got some, and why others got none."""

    markers: int
    clips: int
    problems: list[str]


def hook_function(in_timeline: Any, argument_map: dict[str, Any] | None = None) -> Any:
    """Mark a timeline that was read; problems are logged, and nothing is raised.

    Arguments, in ``hook_function_argument_map``: ``media_captioner`` (False leaves the timeline alone),
    ``media_captioner_folder`` (where sidecars lie that are not beside their media; or the environment's
    ``MEDIA_CAPTIONER_SIDECARS``).
    """
    arguments = argument_map or {}
    if told := _too_old():
        _log.warning("%s", told)
        return in_timeline
    if not arguments.get("media_captioner", True) or not hasattr(in_timeline, "find_clips"):
        return in_timeline
    folder = arguments.get("media_captioner_folder") or os.environ.get("MEDIA_CAPTIONER_SIDECARS")
    report = mark(in_timeline, Path(folder) if folder else None)
    for problem in report.problems:
        _log.warning("%s", problem)
    return in_timeline


def _too_old() -> str | None:
    """Return what to tell of an OpenTimelineIO that is too old, or None."""
    version = tuple(int(part) for part in otio.__version__.split(".")[:2] if part.isdigit())
    if version >= OLDEST:
        return None
    return (
        f"No markers: this needs OpenTimelineIO {'.'.join(map(str, OLDEST))} or newer, not {otio.__version__}; "
        "run: pip install -U opentimelineio"
    )


def mark(timeline: Any, folder: Path | None = None, base: Path | None = None) -> Report:
    """Put a marker for each cue on every clip whose media has a sidecar, in place of markers of an earlier run.

    Markers lie in the time of the media, as OpenTimelineIO wants it, so a speed change moves them with the picture.
    Cues of what a clip does not show are left out. Markers of others stay.

    Args:
        timeline: An ``opentimelineio.schema.Timeline``, or anything else that has clips.
        folder: Where else sidecars lie, by the name of their media.
        base: The folder of the timeline's file, from which relative paths count; without it, the current folder.

    """
    problems: list[str] = []
    counts: list[int] = []
    known: dict[Path, Any] = {}
    for clip in timeline.find_clips():
        path = _media_path(clip)
        if path is None:
            continue
        path = base / path if base else path
        if path not in known:
            known[path] = _sidecar(path, folder)
        found = known[path]
        if isinstance(found, str):
            if found not in problems:
                problems.append(found)
            continue
        theirs = [marker for marker in clip.markers if KEY not in marker.metadata]
        ours = list(_markers(clip, found))
        clip.markers[:] = theirs + ours
        counts.append(len(ours))
    return Report(sum(counts), sum(map(bool, counts)), problems)


def _media_path(clip: Any) -> Path | None:
    address = getattr(clip.media_reference, "target_url", None)
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(address) if len(parts.scheme) <= 1 else None  # one letter is a drive


def _sidecar(media: Path, folder: Path | None) -> dict[str, Any] | str:
    """Return the sidecar of ``media``, or why there is none that can be used."""
    folders = [media.parent, folder] if folder else [media.parent]
    names = (media.name + SUFFIX, media.stem + SUFFIX)
    place = next((at / name for at in folders for name in names if (at / name).is_file()), None)
    if place is None:
        return f'No markers for {media.name}: there is no {names[1]} beside it; run: media-captioner caption "{media}"'
    try:
        document: Any = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return f"No markers for {media.name}: {place} cannot be read ({error})"
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        return (
            f"No markers for {media.name}: {place.name} is of another version of media-captioner "
            f"({schema}, not {SCHEMA}); update this plugin, or caption the file again"
        )
    if media.is_file() and media.stat().st_size != document["media"]["fingerprint"]["size"]:
        return f"No markers for {media.name}: the file changed since it was captioned; caption it again"
    return dict(document)


def _markers(clip: Any, sidecar: dict[str, Any]) -> Iterator[Any]:
    shown = _media_shown(clip, sidecar)
    if shown is None:
        return
    first, last, origin, rate = shown
    by_frame: dict[int, Any] = {}
    for cue in sidecar["cues"]:
        start, end = (Fraction(str(cue[edge])) for edge in ("start", "end"))
        if end <= first or start >= last:
            continue
        begin = round(max(start, first) * rate)
        length = max(1, round(min(end, last) * rate) - begin)
        name = " ".join(cue["text"].split())[:_LONGEST] or "…"
        comment = " ".join(dict.fromkeys(each["sentence"] for each in cue.get("evidence", []))) or name
        if begin in by_frame:  # editors keep one of two markers on a frame
            by_frame[begin].name += f" / {name}"
            by_frame[begin].comment += f" / {comment}"
            continue
        speed = float(rate)
        marker = otio.schema.Marker(
            name=name,
            color=_COLOURS.get(cue["category"], "WHITE"),
            marked_range=otio.opentime.TimeRange(
                otio.opentime.RationalTime(origin + begin, speed), otio.opentime.RationalTime(length, speed)
            ),
            metadata={KEY: {"category": cue["category"]}},
            comment=comment,
        )
        by_frame[begin] = marker
    yield from by_frame.values()


def _media_shown(clip: Any, sidecar: dict[str, Any]) -> tuple[Fraction, Fraction, int, Fraction] | None:
    """Return the seconds of the media at which a clip begins and ends, the frame of second 0, and the frame rate."""
    available = clip.media_reference.available_range
    spoken = clip.source_range or available
    if spoken is None:
        rate = Fraction(str((sidecar["media"].get("video") or {}).get("frame_rate", {}).get("rate", 25)))
        return Fraction(0), Fraction(10**9), 0, rate
    timing = available or spoken
    rate = _exact(timing.start_time.rate)
    if available is not None:
        origin = available.start_time.to_frames()
    elif sidecar["media"].get("timecode"):
        origin = otio.opentime.from_timecode(sidecar["media"]["timecode"], float(rate)).to_frames()
    else:
        origin = 0
    first = _seconds(spoken.start_time) - origin / rate
    length = _seconds(spoken.duration)
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):  # a freeze frame is one of factor 0
            length *= abs(Fraction(str(effect.time_scalar)))
    return first, first + max(length, 1 / rate), origin, rate


def _seconds(time: Any) -> Fraction:
    return Fraction(str(time.value)) / _exact(time.rate)


def _exact(rate: float) -> Fraction:
    """Return the exact rate that a float stands for: 30000/1001 for 29.97."""
    whole = Fraction(round(rate))
    slower = whole * 1000 / 1001
    return slower if abs(float(slower) - rate) < abs(float(whole) - rate) else whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Mark a timeline file: ``media-captioner-otio cut.otio marked.otio``."""
    parser = argparse.ArgumentParser(
        prog="media-captioner-otio", description="Mark every clip of a timeline."
    )
    parser.add_argument("source", type=Path, help="timeline to read, in any format that OpenTimelineIO reads")
    parser.add_argument("target", type=Path, help="timeline to write")
    parser.add_argument("--sidecars", type=Path, help="where sidecars lie that are not beside their media")
    given = parser.parse_args(arguments)
    if told := _too_old():
        parser.exit(1, f"error: {told}\n")
    try:
        timeline = otio.adapters.read_from_file(
            str(given.source), hook_function_argument_map={"media_captioner": False}
        )
        report = mark(timeline, given.sidecars, given.source.absolute().parent)
        otio.adapters.write_to_file(timeline, str(given.target))
    except (OSError, otio.exceptions.OTIOError) as error:
        parser.exit(1, f"error: cannot mark {given.source}: {error}\n")
    for problem in report.problems:
        print(f"warning: {problem}")
    print(f"{report.markers} markers on {report.clips} clips: {given.target}")
    return 0 if report.clips or not report.problems else 1


if __name__ == "__main__":
    raise SystemExit(main())
