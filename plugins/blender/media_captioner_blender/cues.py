# SPDX-License-Identifier: GPL-3.0-or-later
"""From the cues of a sidecar to frames of a scene. Nothing here needs Blender."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = "media_captioner/sidecar@1"
SUFFIX = ".media_captioner.json"


class Trouble(Exception):
    """Something that the editor can mend; the text says how."""


class Shown(NamedTuple):
    """How a strip shows its media.

    Attributes:
        first: Scene frame at which the strip begins to show.
        end: Scene frame at which it is over.
        origin: Scene frame at which second 0 of the media would lie, trimmed or not.
        rate: Scene frames that one second of the media takes, its speed counted in.

    """

    first: float
    end: float
    origin: float
    rate: Fraction


class Placed(NamedTuple):
    """A cue on the timeline: scene frames (``end`` is not shown any more), text and layer."""

    start: int
    end: int
    text: str
    category: str


def sidecar_of(media: Path) -> dict[str, Any]:
    """Read the sidecar beside ``media``.

    Raises:
        Trouble: there is none, it is of another version, or the media changed since.

    """
    for name in (media.name + SUFFIX, media.stem + SUFFIX):
        place = media.with_name(name)
        if not place.is_file():
            continue
        try:
            document = dict(json.loads(place.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise Trouble(f"Cannot read {place}: {error}") from error
        if document.get("schema") != SCHEMA:
            raise Trouble(
                f"{place.name} is of another version of media-captioner ({document.get('schema')}, "
                f"not {SCHEMA}): update the add-on, or caption the file again"
            )
        if media.is_file() and media.stat().st_size != document["media"]["fingerprint"]["size"]:
            raise Trouble(f"{media.name} changed since it was captioned: caption it again")
        return document
    raise Trouble(f"There are no captions of {media.name} yet: caption it first")


def length_of(document: dict[str, Any]) -> Fraction:
    """Return the length of the media, seconds, or 0 where it is not known."""
    return Fraction(str(document["media"].get("duration") or 0))


def place(document: dict[str, Any], shown: Shown) -> Iterator[Placed]:
    """Yield the cues that a strip shows, on whole frames of the scene; what was trimmed away is left out."""
    for cue in document["cues"]:
        start, end = (
            shown.origin + float(Fraction(str(cue[edge])) * shown.rate) for edge in ("start", "end")
        )
        first, last = max(start, shown.first), min(end, shown.end)
        if first < last:
            begin = round(first)
            yield Placed(begin, max(begin + 1, round(last)), cue["text"], cue["category"])
