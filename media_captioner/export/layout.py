"""Where the files of an asset lie, and what may stand there already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from media_captioner.errors import OutputConflict
from media_captioner.export import sidecar
from media_captioner.export.base import Exporter, Merging
from media_captioner.system.identity import sha256_of

INFIX: Final = "media_captioner"
_LONGEST_NAME: Final = 255  # bytes, on every file system that people keep media on

State = Literal["free", "ours", "edited", "foreign"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file goes.

    Attributes:
        exporter: What writes it.
        path: Where it will be written.
        replacing: SHA-256 of the file of ours that stands there and may be replaced, or None.
        anything: Whether whatever stands there may be replaced, because the user said so.
        kept: A file of somebody else's that stands where this one would belong, or None.
        folder: Where the sidecar of the same captions lies.
        merging: Whether what stands there is kept and only our part of it brought up to date.

    """

    exporter: Exporter
    path: Path
    replacing: str | None = None
    anything: bool = False
    kept: Path | None = None
    folder: Path = Path()
    merging: bool = False

    @property
    def name(self) -> str:
        """How the sidecar names it: relative to its own folder, with forward slashes."""
        return self.path.relative_to(self.folder).as_posix()


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of one track's files.

    Attributes:
        folder: Where they lie.
        stem: What their names begin with.
        language: Tag of the caption text.
        extension: Suffix of the media file (``.mp4``), or an empty string where the stem holds it already.

    """

    folder: Path
    stem: str
    language: str
    extension: str = ""

    @property
    def sidecar(self) -> Path:
        """The JSON sidecar, which knows of all the others."""
        return self.folder / f"{self.stem}{sidecar.SUFFIX}"

    def path_for(self, suffix: str) -> Path:
        """Return the path of the file whose name ends in ``suffix``."""
        return self.folder / (self.stem + suffix.format(language=self.language, extension=self.extension))

    def name_of(self, path: Path) -> str:
        """Return how the sidecar names a file of this layout."""
        return path.relative_to(self.folder).as_posix()

    def conflict_path(self, suffix: str) -> Path:
        """Return where a file goes whose place is taken: ``clip.en.media_captioner.vtt``."""
        path = self.path_for(suffix)
        return path.with_name(f"{path.stem}.{INFIX}{path.suffix}")


def layout_for(
    source: Path, *, out: Path | None, language: str, siblings: Iterable[Path], track: int | None = None
) -> Layout:
    """Choose the names for an asset's files.

    ``clip.mp4`` gives ``clip.en.vtt`` and so on. Where two media share a stem (``clip.mp4`` and ``clip.mov``), the one
    that an existing sidecar belongs to keeps the plain names and the others use their whole name
    (``clip.mov.en.vtt``); where there is no sidecar yet all of them do, whichever is captioned first. The files of
    a further track go to the folder ``clip.media_captioner``.

    Args:
        source: The media file.
        out: Folder for the results; beside the media if None.
        language: Tag of the caption text.
        siblings: Media files in the source's folder or in the same batch.
        track: Number of a further track, or None for the asset's main one.

    """
    folder = out if out is not None else source.parent
    stem = source.stem
    claimed = _claimed_by(folder / f"{stem}{sidecar.SUFFIX}")
    rivals = {path.name for path in siblings if path.stem.casefold() == stem.casefold()} - {source.name}
    if (claimed is not None and claimed != source.name) or (claimed is None and rivals):
        stem = source.name
    room = _LONGEST_NAME - len(f".{INFIX}.track99.{language}.{INFIX}.json".encode())
    if len(stem.encode(errors="surrogateescape")) > room:
        short = stem.encode(errors="surrogateescape")[: room - 9].decode(errors="ignore")
        stem = f"{short}~{hashlib.sha256(stem.encode(errors='surrogateescape')).hexdigest()[:8]}"
    if track is None:
        return Layout(folder, stem, language, source.suffix if stem == source.stem else "")
    return Layout(folder / f"{stem}.{INFIX}", f"{stem}.track{track}", language)


def _claimed_by(path: Path) -> str | None:
    try:
        return sidecar.read(path).captions.media.path.name
    except (OSError, ValueError):
        return None


def state_of(path: Path, exporter: Exporter, recorded: str | None) -> tuple[State, str | None]:
    """Return what stands at ``path`` and its SHA-256.

    A file is ours where its hash is the one we recorded, or where it carries a seal of ours that still holds
    (so a lost sidecar does not turn our own captions into a stranger's).
    """
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        return "free", None
    except OSError:
        return "foreign", None
    if found == recorded or exporter.is_ours(path.read_bytes()):
        return "ours", found
    return ("edited" if recorded else "foreign"), found


def places(
    layout: Layout,
    exporters: Sequence[Exporter],
    recorded: dict[str, str],
    *,
    overwrite: Literal["ours", "all", "never"] = "ours",
) -> list[Place]:
    """Decide for each file where it goes, before anything is paid for.

    A file that somebody else wrote, or that somebody edited, stays; ours goes beside it under another name. Where two
    exporters would write one file, as XMP under both its names does where the media's whole name is the stem, one does.

    Raises:
        OutputConflict: both names are taken, or ``overwrite`` is ``never`` and a file of ours exists.

    """
    by_path: dict[Path, Exporter] = {}
    for exporter in exporters:
        by_path.setdefault(layout.path_for(exporter.suffix), exporter)
    return [_place(layout, exporter, recorded, overwrite) for exporter in by_path.values()]


def _place(layout: Layout, exporter: Exporter, recorded: dict[str, str], overwrite: str) -> Place:
    path = layout.path_for(exporter.suffix)
    if overwrite != "never" and isinstance(exporter, Merging) and _can_merge(path, exporter):
        return Place(exporter, path, folder=layout.folder, merging=True)
    if overwrite == "all":
        return Place(exporter, path, anything=True, folder=layout.folder)
    kept = None
    for candidate in (path, layout.conflict_path(exporter.suffix)):
        state, found = state_of(candidate, exporter, recorded.get(layout.name_of(candidate)))
        if state == "free":
            return Place(exporter, candidate, kept=kept, folder=layout.folder)
        if state == "ours":
            if overwrite == "never":
                raise OutputConflict(
                    f"Did not caption again: {candidate} exists", hint="Use --overwrite ours to replace it."
                )
            return Place(exporter, candidate, replacing=found, kept=kept, folder=layout.folder)
        if candidate == layout.sidecar:
            break  # a second sidecar would never be found again
        kept = kept or candidate
    hint = "Move it away, or replace it with --overwrite all."
    if path == layout.sidecar:
        hint = "Keep the edits with media-captioner import, or replace it with --overwrite all."
    raise OutputConflict(f"Cannot write {path}: it is not ours or was edited since", hint=hint)


def _can_merge(path: Path, exporter: Merging) -> bool:
    try:
        return exporter.can_merge(path.read_bytes())
    except OSError:
        return False
