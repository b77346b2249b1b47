#!/usr/bin/env python3
"""Put the captions of a Kdenlive project's clips on its timeline, as guides.

Usage: media_captioner_kdenlive.py PROJECT.kdenlive (close it in Kdenlive first). The captions are read from the JSON
sidecars beside the media and follow the edit: trims, moves and speed changes. With --subtitles FILE.srt they are written
as subtitles too, to be imported there. Needs Python's standard library only.
"""

from __future__ import annotations

import argparse
import json
import shutil
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
_SEQUENCE_GUIDES = (
    "kdenlive:sequenceproperties.guides"  # since 23.04, document 1.1: each sequence has its own
)
_DOCUMENT_GUIDES = "kdenlive:docproperties.guides"  # before
_BINS = {"main_bin", "main bin"}


class Trouble(Exception):
    """Something that the editor can mend; the text says how."""


class Placed(NamedTuple):
    """A stretch of a media file on the timeline: frames on it, second of the media at its start, and speed.

    A speed of 0 is one that changes.
    """

    media: Path
    at: int
    length: int
    source: Fraction
    speed: Fraction


class Document(NamedTuple):
    """A project: its tree, its bin, frames per second, what is referred to by id, the originals of clips with a proxy."""

    root: ET.Element
    bin: ET.Element
    rate: Fraction
    things: dict[str | None, ET.Element]
    originals: dict[str, str]
    folder: Path


def main(arguments: list[str] | None = None) -> int:
    """Change the project in place, whole or not at all."""
    parser = argparse.ArgumentParser(
        description="Put captions of a Kdenlive project's clips on it, as guides."
    )
    parser.add_argument("project", type=Path)
    parser.add_argument(
        "--subtitles", type=Path, metavar="FILE.srt", help="write the captions as subtitles too"
    )
    given = parser.parse_args(arguments)
    project = given.project.resolve()
    temporary = project.with_name(f".{project.name}.new")
    try:
        text, count, problems = with_guides(project)
        for problem in problems:
            print(f"warning: {problem}", file=sys.stderr)
        if given.subtitles and (spoken := subtitles(project)):
            _write_new(given.subtitles, spoken)
        if count or not problems:
            try:
                temporary.write_bytes(text)
                shutil.copymode(project, temporary)
                temporary.replace(project)
            finally:
                temporary.unlink(missing_ok=True)
    except (OSError, Trouble) as error:
        print(f"error: cannot put guides into {project}: {error}", file=sys.stderr)
        return 1
    print(f"{count} guides: {project}")
    return 0 if count or not problems else 1


def with_guides(project: Path) -> tuple[bytes, int, list[str]]:
    """Return a project with guides in place of those of an earlier run, their number, and what could not be captioned.

    Each sequence has guides of its own.

    Raises:
        Trouble: it is not a project, or one of a version that is not known.

    """
    document = _read(project)
    root = document.root
    sequences = _sequences(root)
    told: dict[str, None] = {}
    count = 0
    for timeline in sequences or root.findall("tractor")[-1:]:
        found, problems = _found(timeline, document)
        told |= problems
        owner, name = (timeline, _SEQUENCE_GUIDES) if sequences else (document.bin, _DOCUMENT_GUIDES)
        count += _put(_holder(owner, name), found, keep=bool(problems))
    return ET.tostring(root, encoding="utf-8", xml_declaration=True), count, list(told)


def subtitles(project: Path) -> str:
    """Return the captions of a project's timeline, of the sequence that is open in it, as SubRip.

    Raises:
        Trouble: it is not a project, or does not say which of its sequences is open.

    """
    document = _read(project)
    timelines = _sequences(document.root) or document.root.findall("tractor")[-1:]
    if len(timelines) > 1:
        active = _property(document.bin, "kdenlive:docproperties.activetimeline")
        timelines = [each for each in timelines if _property(each, "kdenlive:uuid") == active]
        if not timelines:
            raise Trouble("it does not say which of its sequences is open: open and save it in Kdenlive")
    spans: set[tuple[int, int, str]] = set()  # a picture and its sound on two tracks have the same cues
    for placed in (each for timeline in timelines for each in _placed(timeline, document)):
        try:
            spans |= {
                (at, end, cue["text"]) for at, end, cue in _cues(_captions(placed), placed, document.rate)
            }
        except Trouble:
            continue  # the guides told of it
    return _subrip(spans, document.rate)


def _subrip(spans: set[tuple[int, int, str]], rate: Fraction) -> str:
    """Return subtitles one after the other: Kdenlive's track holds one at a time."""
    shown: list[tuple[int, int, str]] = []
    for at, end, text in sorted(spans):
        safe = text.replace("-->", "→").replace("<", "‹").replace(">", "›")  # SubRip has no escapes
        if shown and shown[-1][0] == at:
            shown[-1] = (at, max(end, shown[-1][1]), f"{shown[-1][2]}\n{safe}")
            continue
        if shown:
            shown[-1] = (shown[-1][0], min(at, shown[-1][1]), shown[-1][2])
        shown.append((at, end, safe))
    return "".join(
        f"{number}\n{_clock(at / rate)} --> {_clock(end / rate)}\n{text}\n\n"
        for number, (at, end, text) in enumerate(shown, 1)
    )


def _clock(seconds: Fraction) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"


def _write_new(place: Path, text: str) -> None:
    if place.exists() and place.read_text("utf-8", errors="replace") == text:
        return
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Trouble(
            f"{place} is there already and may hold somebody's edits: remove it, or name another file"
        ) from None


def _sequences(root: ET.Element) -> list[ET.Element]:
    return [tractor for tractor in root.iter("tractor") if _property(tractor, "kdenlive:uuid")]


def _read(project: Path) -> Document:
    try:
        root = ET.fromstring(project.read_bytes())  # noqa: S314 - the editor's own project
    except ET.ParseError as error:
        raise Trouble(f"it is not a Kdenlive project ({error})") from error
    profile = root.find("profile")
    main_bin = next((each for each in root.iter("playlist") if each.get("id") in _BINS), None)
    if root.tag != "mlt" or profile is None or main_bin is None:
        raise Trouble("it is not a Kdenlive project")
    version = _property(main_bin, "kdenlive:docproperties.version") or "1"
    if version.partition(".")[0] != "1":
        raise Trouble(
            f"it is a Kdenlive document {version}, and 1.x (Kdenlive 20.08 and newer) is known: "
            "save it with such a Kdenlive, or update this program"
        )
    rate = Fraction(int(profile.get("frame_rate_num", 25)), int(profile.get("frame_rate_den", 1)))
    originals = {
        _property(thing, "kdenlive:id"): original
        for thing in root
        if _property(thing, "kdenlive:proxy") not in {"", "-"}
        and (original := _property(thing, "kdenlive:originalurl"))
    }
    things = {thing.get("id"): thing for thing in root if thing.get("id")}
    return Document(root, main_bin, rate, things, originals, project.parent)


def _found(timeline: ET.Element, document: Document) -> tuple[dict[int, dict[str, Any]], dict[str, None]]:
    """Return the guides of a timeline by their frames, and why clips have none."""
    found: dict[int, dict[str, Any]] = {}
    problems: dict[str, None] = {}
    for placed in dict.fromkeys(_placed(timeline, document)):
        try:
            captions = _captions(placed)
        except Trouble as trouble:
            problems[str(trouble)] = None
            continue
        for frame, _, cue in _cues(captions, placed, document.rate):
            name = MARK + " ".join(cue["text"].split())
            guide = found.setdefault(
                frame, {"comment": name, "pos": frame, "type": _TYPES.get(cue["category"], 0)}
            )
            if name not in guide["comment"]:  # a picture and its sound on two tracks have the same cues
                guide["comment"] += f" / {name}"
    return found, problems


def _captions(placed: Placed) -> dict[str, Any]:
    if placed.speed <= 0:
        raise Trouble(
            f"{placed.media.name} plays backwards or at a changing speed at frame {placed.at}: "
            "guides cannot follow it there"
        )
    return _sidecar(placed.media)


def _put(holder: ET.Element, found: dict[int, dict[str, Any]], *, keep: bool) -> int:
    """Replace our guides, and return how many there are; ``keep`` those of an earlier run where there are no new ones."""
    theirs = [
        guide for guide in json.loads(holder.text or "[]") if not guide.get("comment", "").startswith(MARK)
    ]
    taken = {guide["pos"] for guide in theirs}  # Kdenlive keeps one guide on a frame: the editor's
    ours = [found[frame] for frame in sorted(found) if frame not in taken]
    if ours or not keep:
        holder.text = json.dumps(theirs + ours, ensure_ascii=False, indent=1)
    return len(ours)


def _holder(owner: ET.Element, name: str) -> ET.Element:
    for each in owner.findall("property"):
        if each.get("name") == name:
            return each
    made = ET.Element("property", {"name": name})
    owner.insert(0, made)
    return made


def _placed(thing: ET.Element, document: Document) -> Iterator[Placed]:
    """Yield what stands on the tracks of a tractor, and on theirs."""
    for track in thing.findall("track"):
        inner = document.things.get(track.get("producer"))
        if inner is not None and inner.tag == "tractor":
            yield from _placed(inner, document)
        elif inner is not None and inner.tag == "playlist":
            yield from _entries(inner, document)


def _entries(playlist: ET.Element, document: Document) -> Iterator[Placed]:
    at, rate = 0, document.rate
    for entry in playlist:
        if entry.tag == "blank":
            at += _frames(entry.get("length", "0"), rate)
        if entry.tag != "entry":
            continue
        producer = document.things.get(entry.get("producer"), entry)
        first = _frames(entry.get("in") or producer.get("in") or "0", rate)
        length = _frames(entry.get("out") or producer.get("out") or "0", rate) - first + 1
        resource, service = _property(producer, "resource"), _property(producer, "mlt_service")
        speed = Fraction(1)
        if service == "timewarp":
            factor, _, resource = resource.partition(":")
            speed = Fraction(factor)
        if any(_property(link, "mlt_service") == "timeremap" for link in producer.findall("link")):
            speed = Fraction(0)
        resource = document.originals.get(_property(producer, "kdenlive:id"), resource)
        hidden = all(_property(producer, f"set.test_{what}") == "1" for what in ("image", "audio"))
        if service.startswith(("avformat", "timewarp")) and not hidden:  # hidden: disabled
            yield Placed(document.folder / resource, at, length, first * speed / rate, speed)
        at += length


def _cues(
    document: dict[str, Any], placed: Placed, rate: Fraction
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield the cues that a stretch shows, with the frames at which they begin and are over."""
    last = placed.source + placed.length * placed.speed / rate
    for cue in document["cues"]:
        start, end = (Fraction(str(cue[edge])) for edge in ("start", "end"))
        if start < last and end > placed.source:
            first, over = (
                round((edge - placed.source) / placed.speed * rate)
                for edge in (max(start, placed.source), min(end, last))
            )
            begin = min(placed.length - 1, first)
            yield placed.at + begin, placed.at + max(begin + 1, over), cue


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
    raise Trouble(f'{media.name} has no captions yet; run: media-captioner caption "{media}"')


if __name__ == "__main__":
    raise SystemExit(main())
