"""Captions that go with their media file to another name, or stand beside a copy of it. Nobody listens again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from media_captioner.export.base import ExportOptions
from media_captioner.export.finding import Known
from media_captioner.export.layout import Layout, places
from media_captioner.export.registry import chosen
from media_captioner.export.writing import Written, write_all
from media_captioner.system import files, identity


def follow(
    known: Known, source: Path, layout: Layout, options: ExportOptions, *, move: bool
) -> tuple[Written, ...]:
    """Write the captions of a media file anew for the same bytes under another name.

    With ``move`` the files go along, those too that somebody edited or that other programs write into; a place
    that is taken is left alone, and so is the file that would have gone there.

    Args:
        known: The captions, and where they lie.
        source: The media file under its other name.
        layout: The names of its files.
        options: Choices that formats leave.
        move: Whether the files at the old name go; else they stay.

    Returns:
        What was written, the sidecar last.

    Raises:
        OSError: the media file is gone.
        MediaCaptionerError: the files cannot be written.

    """
    captions = known.sidecar.captions
    media = replace(captions.media, path=source, fingerprint=identity.fingerprint(source))
    exporters = chosen([each.name for each in known.formats(options)], options)
    standing = _moved(known, layout) if move else {}
    targets = places(layout, exporters, standing)
    written = tuple(
        write_all(replace(captions, media=media), targets, known.context(options), standing=standing)
    )
    if move and known.path != layout.sidecar:
        files.remove(known.path)
        files.remove_empty_folder(known.path.with_name(f"{known.layout.stem}.media_captioner"))
    return written


def _moved(known: Known, layout: Layout) -> dict[str, str]:
    """Move the listed files, and return their hashes under their new names."""
    moved: dict[str, str] = {}
    for name, sha256 in known.sidecar.outputs.items():
        old = known.layout.folder / name
        if not name.startswith(known.layout.stem) or not old.is_file():
            continue
        renamed = layout.stem + name.removeprefix(known.layout.stem)
        new = layout.folder / renamed
        if new == old or os.path.lexists(new):
            continue
        files.make_folder(new.parent)
        files.move_aside(old, new)
        moved[renamed] = sha256
    return moved
