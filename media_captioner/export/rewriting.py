"""Other formats out of a sidecar, which costs nothing: nobody has to listen again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from media_captioner.errors import OutputConflict
from media_captioner.export.base import ExportOptions
from media_captioner.export.finding import known_at
from media_captioner.export.layout import places
from media_captioner.export.registry import chosen
from media_captioner.export.writing import Written, write_all
from media_captioner.model import Captions
from media_captioner.system import files


def rewrite(
    path: Path,
    formats: Sequence[str],
    *,
    options: ExportOptions | None = None,
    overwrite: Literal["ours", "all", "never"] = "ours",
    out: Path | None = None,
    captions: Captions | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Written, ...]:
    """Write ``formats`` from the sidecar at ``path``, and return what was written, the sidecar last.

    Args:
        path: The sidecar.
        formats: Names of formats.
        options: Choices that formats leave.
        overwrite: What may be replaced.
        out: Folder for the files and a copy of the sidecar, instead of where it lies.
        captions: What to write; what the sidecar holds by default.
        settings: Those that shaped ``captions``, for the sidecar to keep; others stay as they are.

    Raises:
        MediaError: the sidecar cannot be read.
        OutputError: a file cannot be written, or the sidecar was edited by hand and not imported.
        ConfigError: a format is unknown.

    """
    known, options = known_at(path), options or ExportOptions()
    if known.sidecar.edited and overwrite != "all":
        raise OutputConflict(
            f"Did not write from {path}: it was edited by hand",
            hint="Keep the edits with media-captioner import, then export.",
        )
    layout, recorded = known.layout, dict(known.sidecar.outputs)
    if captions is not None:
        layout = replace(layout, language=captions.language)
    if out is not None and out.absolute() != layout.folder:
        files.make_folder(out)
        layout, recorded = replace(layout, folder=out.absolute()), {}
    exporters = chosen(formats, options)
    listing, others = exporters[-1], exporters[:-1]
    targets = places(layout, others, recorded, overwrite=overwrite)
    # The sidecar lists what is written, so it is written anew whatever else may not be.
    targets += places(layout, [listing], recorded, overwrite="all" if overwrite == "all" else "ours")
    context = known.context(options)
    context = replace(context, settings={**context.settings, **(settings or {})})
    return tuple(write_all(captions or known.sidecar.captions, targets, context, standing=recorded))
