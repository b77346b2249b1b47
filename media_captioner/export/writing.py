"""Writing the files of one set of captions: each whole or not at all, the JSON sidecar last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_captioner.errors import MediaCaptionerError, OutputConflict, reason_of
from media_captioner.export.base import ExportContext, Merging, WithCompanions
from media_captioner.export.layout import Place
from media_captioner.model import Captions
from media_captioner.system import files, identity


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


def write_all(
    captions: Captions,
    places: Sequence[Place],
    context: ExportContext,
    *,
    standing: Mapping[str, str] | None = None,
) -> Iterator[Written]:
    """Write each file to its place, and yield it when it is there.

    The sidecar comes last and lists the hashes of the others: where it stands, they stand. A file that cannot be
    written does not keep the sidecar from being written, because the sidecar is what was paid for.

    Args:
        captions: What to write.
        places: Where to.
        context: What exporters may know.
        standing: Hashes of files that were written before and that the sidecar goes on to list.

    Raises:
        MediaCaptionerError: a file could not be written; all the others are whole.

    """
    hashes = dict(standing or {})
    failed: MediaCaptionerError | None = None
    for place in sorted(places, key=lambda place: place.exporter.name == "json"):
        try:
            _write(captions, place, replace(context, path_name=place.name), hashes)
        except MediaCaptionerError as error:
            if error.scope == "queue" or place.exporter.name == "json":
                raise
            failed = failed or error
            continue
        yield Written(place.exporter.name, place.path, place.kept)
    if failed is not None:
        raise failed


def _write(captions: Captions, place: Place, context: ExportContext, hashes: dict[str, str]) -> None:
    context = replace(context, written={name: sha for name, sha in hashes.items() if name != place.name})
    if place.merging and (merged := _merge(captions, place, context)) is not None:
        hashes[place.name] = merged
        return
    data = place.exporter.write(captions, context)
    if place.path.parent != place.folder:
        files.make_folder(place.path.parent)
    if isinstance(place.exporter, WithCompanions):
        _write_companions(captions, place, context, hashes)
    hashes[place.name] = files.write_whole(
        place.path, data, replacing=place.replacing, anything=place.anything
    )


def _merge(captions: Captions, place: Place, context: ExportContext) -> str | None:
    """Bring our part of the file that stands there up to date; None where it is gone since."""
    assert isinstance(place.exporter, Merging)  # noqa: S101 - for the type checker: only such a place merges
    try:
        found = place.path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputConflict(f"Cannot merge into {place.path}: {reason_of(error)}") from error
    try:
        data = place.exporter.merge(found, captions, context)
    except ValueError as error:
        raise OutputConflict(
            f"Did not write {place.path}: it changed meanwhile and cannot be merged into ({error})",
            hint="Move it away, or repair it.",
        ) from error
    stands = identity.sha256_hex(found)
    return stands if data == found else files.write_whole(place.path, data, replacing=stands)


def _write_companions(
    captions: Captions, place: Place, context: ExportContext, hashes: dict[str, str]
) -> None:
    assert isinstance(place.exporter, WithCompanions)  # noqa: S101 - for the type checker
    folder = place.name.rpartition("/")[0]
    for file_name, data in place.exporter.companions(captions, context).items():
        name = f"{folder}/{file_name}" if folder else file_name
        hashes[name] = files.write_whole(
            place.path.with_name(file_name), data, replacing=hashes.get(name), anything=place.anything
        )
