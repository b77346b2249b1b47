"""Captions anew out of what is kept: prose into facts, facts into cues, cues into files. Nobody listens again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_captioner.assets import looks_of
from media_captioner.config import Settings
from media_captioner.export.base import ExportOptions
from media_captioner.export.edits import keep_edits
from media_captioner.export.finding import known_at
from media_captioner.export.rewriting import rewrite
from media_captioner.export.writing import Written
from media_captioner.model import Captions
from media_captioner.pipeline import assemble, condensed, layers_of, profile_of
from media_captioner.placing import reread
from media_captioner.system.places import default_journal


@dataclass(frozen=True, slots=True)
class Rederived:
    """What became of a sidecar.

    Attributes:
        before: The captions that it held.
        captions: Those that it holds now.
        written: The files that lie there now, the sidecar last.

    """

    before: Captions
    captions: Captions
    written: tuple[Written, ...]


def rederive(
    path: Path, settings: Settings, *, formats: Sequence[str] = (), out: Path | None = None
) -> Rederived:
    """Read the prose in a sidecar by the rules of today, and write everything that follows from it.

    What a person wrote or changed stays. Facts that a captioner handed over itself stay too; cues are made of them
    anew. The answers, their cost and what was measured are not touched.

    Args:
        path: The sidecar.
        settings: The profile, the layers, the language of labels, and what may be replaced. In another language,
            the files of the old one stay where they lie.
        formats: Formats to write besides those that the sidecar lists.
        out: Folder for the results instead of the sidecar's own.

    Raises:
        MediaError: the sidecar cannot be read.
        OutputError: a file cannot be written, or the sidecar was edited by hand and not imported.
        ConfigError: a format or the profile cannot be used.

    """
    known, options = known_at(path), ExportOptions.of(settings)
    before = known.sidecar.captions
    anew = assemble(
        replace(
            before,
            language=settings.labels or before.language,
            segments=tuple(reread(segment) for segment in before.segments),
        ),
        profile_of(settings),
        layers=layers_of(settings),
    )
    journal = settings.journal or default_journal()
    shorter = condensed(anew, settings, journal, content=known.sidecar.content_id)
    captions = keep_edits(asyncio.run(shorter), before)
    listed = [exporter.name for exporter in known.formats(options)]
    written = rewrite(
        path,
        tuple(dict.fromkeys([*listed, *formats])),
        options=options,
        overwrite=settings.overwrite,
        out=out,
        captions=captions,
        settings=looks_of(settings),
    )
    return Rederived(before, captions, written)
