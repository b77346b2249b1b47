"""Reading back what a person changed in our JSON sidecar or our WebVTT captions.

What they changed is locked in the sidecar and survives every later run (:mod:`media_captioner.export.edits`). Changes
are told by the sidecar's seals, not by comparing with what a newer version of the program would compose today.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import UnsupportedMedia
from media_captioner.export import sidecar
from media_captioner.export.base import Exporter, ExportOptions
from media_captioner.export.edits import overlap
from media_captioner.export.finding import Known, known_at
from media_captioner.export.layout import places
from media_captioner.export.reading import read_cues
from media_captioner.export.registry import exporter_named
from media_captioner.export.seals import canonical, short_digest
from media_captioner.export.text import cue_lines
from media_captioner.export.writing import Written, write_all
from media_captioner.model import Captions, Cue
from media_captioner.model.codec import to_json
from media_captioner.system import identity
from media_captioner.timing import clock_time, to_milliseconds

# What WebVTT can say and a cue of ours cannot: settings behind the times, styles, regions, tags.
_BEYOND_US: Final = re.compile(
    r"^STYLE\s*$|^REGION\s*$|-->\s*\S+[ \t]+\S|<(?!v |/v>|c\.(?:music|effects|ambience)>|/c>)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read back.

    Attributes:
        changed: Cues whose text or times a person changed.
        added: Cues that they wrote.
        removed: Cues that they took away.
        members: What else they changed (``summary``, ``keywords``, ``chapters``).
        written: The files that were brought up to date, the sidecar last; empty where nothing was changed.
        notices: Things a person should know.

    """

    changed: int = 0
    added: int = 0
    removed: int = 0
    members: tuple[str, ...] = ()
    written: tuple[Written, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything was changed."""
        return bool(self.changed or self.added or self.removed or self.members)


def import_edits(path: Path, *, options: ExportOptions | None = None, file: Path | None = None) -> Imported:
    """Read back what a person changed, lock it, and bring all files of the asset up to date.

    Args:
        path: The sidecar.
        options: Choices that formats leave.
        file: WebVTT captions to read instead of those that the sidecar lists.

    Raises:
        MediaError: a file cannot be read, or is not valid.
        OutputError: a file cannot be written.

    """
    known, options = known_at(path), options or ExportOptions()
    captions, told = known.sidecar.captions, Imported()
    if known.sidecar.edited:
        captions, told = _from_sidecar(known)
    notices: list[str] = []
    replaced: dict[str, str] = {}
    vtt = file or _edited_captions(known)
    if vtt is not None:
        captions, more = _from_captions(captions, _checked(read_cues(vtt), vtt))
        told = replace(
            told,
            changed=told.changed + more.changed,
            added=told.added + more.added,
            removed=told.removed + more.removed,
        )
        if _BEYOND_US.search(vtt.read_text("utf-8", "replace")):
            notices.append(
                f"{vtt.name} has styles, positions or tags that only it can hold, so it stays as it is."
            )
        elif vtt.parent == known.layout.folder:
            replaced[known.layout.name_of(vtt)] = identity.sha256_of(vtt)
    if not told.anything and not known.sidecar.edited and not replaced:
        return replace(told, notices=tuple(notices))
    written = _write(known, captions, options, replaced)
    return replace(told, written=written, notices=tuple(notices))


def _write(
    known: Known, captions: Captions, options: ExportOptions, replaced: dict[str, str]
) -> tuple[Written, ...]:
    own = {known.layout.sidecar.name: identity.sha256_of(known.path)}
    recorded = known.sidecar.outputs | replaced | own
    exporters: list[Exporter] = [*known.formats(options), exporter_named("json")]
    targets = places(known.layout, exporters, recorded)
    standing = {name: sha for name, sha in recorded.items() if name not in own}
    return tuple(write_all(captions, targets, known.context(options), standing=standing))


def _edited_captions(known: Known) -> Path | None:
    """Return our captions where a person edited them, or None."""
    exporter = exporter_named("vtt")
    for place in known.files_of(exporter):
        try:
            data = place.read_bytes()
        except OSError:
            continue
        recorded = known.sidecar.outputs[known.layout.name_of(place)]
        if identity.sha256_hex(data) != recorded and not exporter.is_ours(data):
            return place
    return None


def _from_sidecar(known: Known) -> tuple[Captions, Imported]:
    document = json.loads(known.path.read_bytes())
    if problems := sidecar.validate(document):
        raise UnsupportedMedia(
            f"Cannot import {known.path}: {problems[0]}", hint="Undo that edit, then import again."
        )
    captions, seals = known.sidecar.captions, known.sidecar.seals
    _checked(captions.cues, known.path)
    sealed = [
        (Fraction(str(start)), Fraction(str(end)), digest) for start, end, digest in seals.get("cues", [])
    ]
    left = Counter(digest for *_, digest in sealed)
    kept, others = [], []
    for cue in captions.cues:
        digest = short_digest(canonical(to_json(cue)))
        if left[digest] > 0:
            left[digest] -= 1
            kept.append(cue)
        else:
            others.append(cue)
    gone = []
    for start, end, digest in sealed:
        if left[digest] > 0:
            left[digest] -= 1
            gone.append(Cue(start, end, "", "effects", "person"))  # only where it stood is known
    changed, told = _paired(gone, others, lambda _old, new: new)
    members = tuple(
        name for name in sidecar.EDITABLE if short_digest(canonical(document.get(name))) != seals.get(name)
    )
    lost = tuple(told.removed_cues)
    captions = replace(
        captions,
        cues=_sorted([*kept, *changed]),
        removed=(*captions.removed, *lost),
        locked=tuple(dict.fromkeys((*captions.locked, *members))),
    )
    return captions, Imported(told.changed, told.added, len(lost), members)


def _checked(cues: Sequence[Cue], path: Path) -> Sequence[Cue]:
    wrong = next((cue for cue in cues if cue.end <= cue.start or cue.start < 0), None)
    if wrong is not None:
        raise UnsupportedMedia(
            f"Cannot import {path}: the cue at {clock_time(wrong.start)} ends before it begins",
            hint="Mend its times, then import again.",
        )
    return cues


def _from_captions(captions: Captions, found: Sequence[Cue]) -> tuple[Captions, Imported]:
    ours: dict[Any, list[Cue]] = {}
    for cue in captions.cues:
        ours.setdefault(_shown(cue), []).append(cue)
    kept, others = [], []
    for cue in found:
        same = ours.get(_shown(cue))
        if same:
            kept.append(same.pop())
        else:
            others.append(cue)
    gone = [cue for cues in ours.values() for cue in cues]

    def edited(old: Cue, new: Cue) -> Cue:
        moved = (to_milliseconds(old.start), to_milliseconds(old.end)) != (
            to_milliseconds(new.start),
            to_milliseconds(new.end),
        )
        if not moved:
            return replace(old, text=new.text)
        return replace(old, start=new.start, end=new.end, text=new.text, anchor="person")

    changed, told = _paired(gone, others, edited)
    # A cue that a person wrote and takes away again leaves no trace; one of the machine's must not come back.
    lost = tuple(cue for cue in told.removed_cues if not cue.locked)
    captions = replace(captions, cues=_sorted([*kept, *changed]), removed=(*captions.removed, *lost))
    return captions, Imported(told.changed, told.added, len(told.removed_cues))


def _shown(cue: Cue) -> tuple[int, int, tuple[str, ...]]:
    """Return a cue as WebVTT holds it."""
    start, end = to_milliseconds(cue.start), to_milliseconds(cue.end)
    return start, max(end, start + 1), tuple(cue_lines(cue.text))


@dataclass(frozen=True, slots=True)
class _Pairs:
    changed: int
    added: int
    removed_cues: tuple[Cue, ...]


def _paired(
    gone: Sequence[Cue], found: Sequence[Cue], edited: Callable[[Cue, Cue], Cue]
) -> tuple[list[Cue], _Pairs]:
    """Tell which of the cues that were found are changed ones of ours, and which are new; all are locked."""
    waiting = sorted(gone, key=lambda cue: cue.start)
    cues, changed = [], 0
    for cue in found:
        partner = max(waiting, key=lambda old: overlap(old, cue), default=None)
        if partner is None or overlap(partner, cue) == 0:
            cues.append(replace(cue, anchor="person", locked=True))
            continue
        waiting.remove(partner)
        cues.append(replace(edited(partner, cue), locked=True))
        changed += 1
    return cues, _Pairs(changed, len(found) - changed, tuple(waiting))


def _sorted(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    return tuple(sorted(cues, key=lambda cue: (cue.start, cue.end)))
