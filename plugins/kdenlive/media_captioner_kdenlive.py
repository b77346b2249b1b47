#!/usr/bin/env python3
"""Put the captions of a Kdenlive project's clips on its timeline, as guides.

Usage: media_captioner_kdenlive.py PROJECT.kdenlive (close it in Kdenlive first). The captions are read from the JSON
sidecars beside the media and follow the edit: trims, moves and speed changes. Needs Python's standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

__version__ = "0.1.0"
SCHEMA = "media_captioner/sidecar@1"
SUFFIX = ".media_captioner.json"
MARK = (
    "\u200b"  # our guides begin with a zero-width space, which nobody sees: guides have no place for a mark
)
_TYPES = {"speech": 1, "music": 0, "ambience": 3, "effects": 4}  # categories of a new project, by colour
_GUIDES = ("kdenlive:sequenceproperties.guides", "kdenlive:docproperties.guides")


class Trouble(Exception):
    """Something that the editor can mend; the text says how."""


class Placed(NamedTuple):
    """A stretch of a media file on the timeline: frames on it, second of the media at its start, and speed."""

    media: Path
    at: int
    length: int
    source: Fraction
    speed: Fraction


def main(arguments: list[str] | None = None) -> int:
    """Change the project in place, whole or not at all."""
    parser = argparse.ArgumentParser(
        description="Put captions of a Kdenlive project's clips on it, as guides."
    )
    parser.add_argument("project", type=Path)
    project = parser.parse_args(arguments).project
    try:
        text, count, problems = with_guides(project)
        for problem in problems:
            print(f"warning: {problem}", file=sys.stderr)
        if count or not problems:
            temporary = project.with_name(f".{project.name}.new")
            temporary.write_bytes(text)
            temporary.replace(project)
    except (OSError, Trouble) as error:
        print(f"error: cannot put guides into {project}: {error}", file=sys.stderr)
        return 1
    print(f"{count} guides: {project}")
    return 0 if count or not problems else 1


def with_guides(project: Path) -> tuple[bytes, int, list[str]]:
    """Return a project with guides in place of those of an earlier run, their number, and what could not be captioned.

    Raises:
        Trouble: it is not a project, or holds several sequences.

    """
    try:
        root = ET.fromstring(project.read_bytes())  # noqa: S314 - the editor's own project
    except ET.ParseError as error:
        raise Trouble(f"it is not a Kdenlive project ({error})") from error
    profile = root.find("profile")
    if root.tag != "mlt" or profile is None:
        raise Trouble("it is not a Kdenlive project")
    rate = Fraction(int(profile.get("frame_rate_num", 25)), int(profile.get("frame_rate_den", 1)))
    things = {thing.get("id"): thing for thing in root if thing.get("id")}
    sequences = [tractor for tractor in root.iter("tractor") if _property(tractor, "kdenlive:uuid")]
    if len(sequences) > 1:
        raise Trouble("it has several sequences; guides are put into projects of one")
    timeline = sequences[0] if sequences else root.findall("tractor")[-1]
    found: dict[int, dict[str, Any]] = {}
    problems: dict[str, None] = {}
    for placed in dict.fromkeys(_placed(timeline, things, rate, project.parent)):
        try:
            document = _sidecar(placed.media)
        except Trouble as trouble:
            problems[str(trouble)] = None
            continue
        for frame, cue in _cues(document, placed, rate):
            name = MARK + " ".join(cue["text"].split())
            guide = found.setdefault(
                frame, {"comment": name, "pos": frame, "type": _TYPES.get(cue["category"], 0)}
            )
            if name not in guide["comment"]:  # a picture and its sound on two tracks have the same cues
                guide["comment"] += f" / {name}"
    holder = _holder(root, timeline, modern=bool(sequences))
    theirs = [guide for guide in json.loads(holder.text or "[]") if not guide["comment"].startswith(MARK)]
    taken = {guide["pos"] for guide in theirs}  # Kdenlive keeps one guide on a frame: the editor's
    ours = [found[frame] for frame in sorted(found) if frame not in taken]
    if ours or not problems:
        holder.text = json.dumps(theirs + ours, ensure_ascii=False, indent=1)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True), len(ours), list(problems)


def _holder(root: ET.Element, timeline: ET.Element, *, modern: bool) -> ET.Element:
    name = _GUIDES[0] if modern else _GUIDES[1]
    owner = (
        timeline
        if modern
        else next((p for p in root.iter("playlist") if p.get("id") in {"main_bin", "main bin"}), timeline)
    )
    for each in owner.findall("property"):
        if each.get("name") == name:
            return each
    made = ET.Element("property", {"name": name})
    owner.insert(0, made)
    return made


def _placed(
    thing: ET.Element, things: dict[Any, ET.Element], rate: Fraction, folder: Path
) -> Iterator[Placed]:
    """Yield what stands on the tracks of a tractor, and on theirs."""
    for track in thing.findall("track"):
        inner = things.get(track.get("producer"))
        if inner is not None and inner.tag == "tractor":
            yield from _placed(inner, things, rate, folder)
        elif inner is not None and inner.tag == "playlist":
            yield from _entries(inner, things, rate, folder)


def _entries(
    playlist: ET.Element, things: dict[Any, ET.Element], rate: Fraction, folder: Path
) -> Iterator[Placed]:
    at = 0
    for entry in playlist:
        if entry.tag == "blank":
            at += _frames(entry.get("length", "0"), rate)
        if entry.tag != "entry":
            continue
        producer = things[entry.get("producer")]
        first = _frames(entry.get("in", "0"), rate)
        length = _frames(entry.get("out", "0"), rate) - first + 1
        resource, service = _property(producer, "resource"), _property(producer, "mlt_service")
        speed = Fraction(1)
        if service == "timewarp":
            factor, _, resource = resource.partition(":")
            speed = Fraction(factor)
        hidden = all(_property(producer, f"set.test_{what}") == "1" for what in ("image", "audio"))
        if service.startswith(("avformat", "timewarp")) and speed > 0 and not hidden:  # hidden: disabled
            yield Placed(folder / resource, at, length, first * speed / rate, speed)
        at += length


def _cues(document: dict[str, Any], placed: Placed, rate: Fraction) -> Iterator[tuple[int, dict[str, Any]]]:
    end = placed.source + placed.length * placed.speed / rate
    for cue in document["cues"]:
        start = Fraction(str(cue["start"]))
        if start < end and Fraction(str(cue["end"])) > placed.source:
            shown = max(start, placed.source) - placed.source
            yield placed.at + min(placed.length - 1, round(shown / placed.speed * rate)), cue


def _frames(time: str, rate: Fraction) -> int:
    """Return the frame of a time as MLT writes it: a number of frames, or ``00:00:01.040``."""
    if ":" not in time:
        return int(time)
    hours, minutes, seconds = time.replace(",", ".").split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)) * rate)


def _property(thing: ET.Element, name: str) -> str:
    return next((each.text or "" for each in thing.findall("property") if each.get("name") == name), "")


def _sidecar(media: Path) -> dict[str, Any]:
    for name in (media.name + SUFFIX, media.stem + SUFFIX):
        place = media.with_name(name)
        if not place.is_file():
            continue
        try:
            document = dict(json.loads(place.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise Trouble(f"{place} cannot be read: {error}") from error
        if document.get("schema") != SCHEMA:
            raise Trouble(
                f"{place.name} is of another version of media-captioner ({document.get('schema')}, not {SCHEMA})"
            )
        if media.is_file() and media.stat().st_size != document["media"]["fingerprint"]["size"]:
            raise Trouble(f"{media.name} changed since it was captioned; caption it again")
        return document
    raise Trouble(f"{media.name} has no captions yet; run: media-captioner caption {media}")


if __name__ == "__main__":
    raise SystemExit(main())
