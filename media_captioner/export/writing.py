"""Writing the files of one set of captions: each whole or not at all, the JSON sidecar last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_captioner.export.base import ExportContext
from media_captioner.export.layout import Place
from media_captioner.model import Captions
from media_captioner.system import files


@dataclass(frozen=True, slots=True)
class Written:
    """A file that lies there now.

    Attributes:
        format: Name of its exporter.
        path: Where it lies.
        kept: Somebody else's file that stands in the usual place, or None.

    """

    format: str
    path: Path
    kept: Path | None = None


def write_all(captions: Captions, places: Sequence[Place], context: ExportContext) -> Iterator[Written]:
    """Write each file to its place, and yield it when it is there.

    The sidecar comes last and lists the hashes of the others: where it stands, they stand.

    Raises:
        OutputError: a file cannot be written; those before it are whole.

    """
    hashes: dict[str, str] = {}
    for place in sorted(places, key=lambda place: place.exporter.name == "json"):
        data = place.exporter.write(captions, replace(context, written=dict(hashes)))
        hashes[place.path.name] = files.write_whole(
            place.path, data, replacing=place.replacing, anything=place.anything
        )
        yield Written(place.exporter.name, place.path, place.kept)
