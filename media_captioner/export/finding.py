"""Finding the sidecars of assets, and the files that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from media_captioner.errors import MediaNotFound, UnsupportedMedia, reason_of
from media_captioner.export import sidecar
from media_captioner.export.base import ExportContext, Exporter, ExportOptions
from media_captioner.export.layout import INFIX, Layout
from media_captioner.export.layouts import LAYOUTS
from media_captioner.export.registry import chosen, exporters
from media_captioner.export.sidecar import Sidecar


@dataclass(frozen=True, slots=True)
class Known:
    """A sidecar on disk and what it knows.

    Attributes:
        path: Where it lies, absolute.
        sidecar: What it holds.
        layout: The names of its files.

    """

    path: Path
    sidecar: Sidecar
    layout: Layout

    def context(self, options: ExportOptions) -> ExportContext:
        """Return what exporters may know: the time of the captions stays what it was."""
        try:
            made = datetime.fromisoformat(self.sidecar.created)
        except ValueError:
            made = datetime.fromtimestamp(0, UTC)
        return ExportContext(
            now=made, content_id=self.sidecar.content_id, settings=self.sidecar.settings, options=options
        )

    def formats(self, options: ExportOptions) -> list[Exporter]:
        """Return the exporters whose files the sidecar lists."""
        layout = self.sidecar.settings.get("layout", options.layout)
        options = replace(options, layout=layout if layout in LAYOUTS else options.layout)
        return [
            exporter
            for exporter in chosen(list(exporters()), options)
            if exporter.name != "json" and self.files_of(exporter)
        ]

    def files_of(self, exporter: Exporter) -> list[Path]:
        """Return the listed files of one exporter: in the usual place, beside somebody else's, or both."""
        suffix = exporter.suffix
        places = (self.layout.path_for(suffix), self.layout.conflict_path(suffix))
        return [place for place in places if self.layout.name_of(place) in self.sidecar.outputs]


def known_at(path: Path) -> Known:
    """Read the sidecar at ``path``.

    Raises:
        MediaNotFound: it cannot be read.
        UnsupportedMedia: it is not one of ours, or of a newer version.

    """
    path = path.absolute()
    try:
        found = sidecar.read(path)
    except OSError as error:
        raise MediaNotFound(f"Cannot read {path}: {reason_of(error)}") from error
    except ValueError as error:
        raise UnsupportedMedia(
            f"Cannot read {path}: {error}",
            hint="Mend it, or move it away and caption again: answers that were paid for are kept and used.",
        ) from error
    stem = path.name.removesuffix(sidecar.SUFFIX)
    media = found.captions.media.path
    extension = media.suffix if media.stem == stem else ""
    return Known(path, found, Layout(path.parent, stem, found.captions.language, extension))


def sidecars_at(path: Path) -> list[Path]:
    """Return the sidecars that ``path`` stands for.

    Args:
        path: A sidecar; a media file, for its sidecar and those of its further tracks; a file that we wrote; or a
            folder, for all in it and below.

    Raises:
        MediaNotFound: there is none.

    """
    path = path.absolute()
    if path.is_dir():
        found = sorted(path.rglob(f"*{sidecar.SUFFIX}"))
    elif path.name.endswith(sidecar.SUFFIX):
        found = [path]
    else:
        found = list(sidecars_of(path)) or list(_listing(path))
    if not found and not path.exists():
        raise MediaNotFound(f"Cannot find {path}: there is no such file or folder")
    if not found:
        raise MediaNotFound(
            f"Cannot find captions of {path}: no {sidecar.SUFFIX} file belongs to it",
            hint="Caption it first with media-captioner caption.",
        )
    return found


def sidecars_of(path: Path) -> Iterator[Path]:
    """Yield the sidecars of a media file, the main track's first, whether the file is still there or not.

    Raises:
        MediaNotFound: one cannot be read.
        UnsupportedMedia: one is not ours, or of a newer version.

    """
    for stem in (path.name, path.stem):
        main = path.with_name(stem + sidecar.SUFFIX)
        if not main.is_file() or known_at(main).sidecar.captions.media.path.name != path.name:
            continue
        yield main
        yield from sorted((path.parent / f"{stem}.{INFIX}").glob(f"*{sidecar.SUFFIX}"))
        return


def _listing(path: Path) -> Iterator[Path]:
    """Yield the sidecars that list ``path`` or that it is named after: a caption file edited by hand."""
    for folder in (path.parent, path.parent.parent):
        for candidate in sorted(folder.glob(f"*{sidecar.SUFFIX}")):
            stem = candidate.name.removesuffix(sidecar.SUFFIX)
            if (
                path.parent == folder and path.name.startswith(f"{stem}.")
            ) or path.parent.name == f"{stem}.{INFIX}":
                yield candidate
