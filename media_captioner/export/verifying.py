"""Is everything that we wrote still there, whole, and what the sidecar says?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from media_captioner.errors import MediaError, reason_of
from media_captioner.export import sidecar
from media_captioner.export.base import Exporter, ExportOptions, Merging
from media_captioner.export.finding import Known, known_at
from media_captioner.export.layout import INFIX
from media_captioner.export.readers import READERS, Found, Grid, read_back
from media_captioner.export.registry import exporters
from media_captioner.export.timeline import timeline_of
from media_captioner.model import Captions, Chapter, Cue
from media_captioner.system import identity

State = Literal["ok", "shared", "missing", "changed", "stale", "unreadable", "orphaned"]
"""``ok``: as we wrote it, and it says what the sidecar says. ``shared``: another program wrote into it as well, and our
part is whole. ``missing``: listed and not there. ``changed``: edited since. ``stale``: as we wrote it, but the sidecar or
the media changed since. ``unreadable``: an independent reader cannot read it. ``orphaned``: ours, and nothing lists it.
"""

_WITHIN: Final = {
    "txt": Fraction(1),
    "md": Fraction(1),
    "ass": Fraction(1, 50),
}  # seconds; the others: a frame, 2 ms
_FRAMES: Final = {"xmp", "otio", "edl", "fcpxml", "xmeml", "kdenlive", "avid"}
_LAYERS: Final = {"speech", "music", "ambience", "effects"}
_COMPARED: Final = 60  # letters and digits of a text that are compared: every format holds as many


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one file.

    Attributes:
        path: The file.
        state: How it is.
        detail: What is wrong, or an empty string.

    """

    path: Path
    state: State
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing has to be done."""
        return self.state in {"ok", "shared"}


def verify_at(path: Path) -> list[Finding]:
    """Read back every file of the sidecar at ``path``; where that is unreadable itself, say so."""
    try:
        return verify(known_at(path))
    except MediaError as error:
        return [Finding(path, "unreadable", str(error.__cause__ or error))]


def verify(known: Known) -> list[Finding]:
    """Read back every file of one sidecar, and the sidecar itself."""
    listed = {known.layout.folder / name: sha for name, sha in known.sidecar.outputs.items()}
    by_path = {path: exporter for exporter in exporters().values() for path in known.files_of(exporter)}
    grid = _grid(known)
    findings = [_sidecar(known)]
    findings += [_file(known, path, sha, by_path.get(path), grid) for path, sha in sorted(listed.items())]
    findings += _orphans(known, set(listed))
    return findings


def _grid(known: Known) -> Grid:
    timecode = known.sidecar.settings.get("start_timecode")
    options = ExportOptions(start_timecode=timecode if isinstance(timecode, str) else None)
    timeline = timeline_of(known.sidecar.captions, known.context(options))
    return Grid(timeline.rate, timeline.first)


def _sidecar(known: Known) -> Finding:
    import json

    document = json.loads(known.path.read_bytes())
    if problems := sidecar.validate(document):
        return Finding(known.path, "unreadable", problems[0])
    if known.sidecar.edited:
        return Finding(known.path, "changed", "edited by hand: keep that with media-captioner import")
    media = known.sidecar.captions.media.path
    if not media.exists():
        # Where results lie in a folder of their own, no media is expected beside them.
        if any(entry.suffix.lower() == media.suffix.lower() for entry in media.parent.iterdir()):
            return Finding(known.path, "orphaned", f"{media.name} is not there")
        return Finding(known.path, "ok")
    if known.sidecar.content_id and identity.content_id(media) != known.sidecar.content_id:
        return Finding(known.path, "stale", f"{media.name} changed since")
    return Finding(known.path, "ok")


def _file(known: Known, path: Path, sha: str, exporter: Exporter | None, grid: Grid) -> Finding:
    try:
        data = path.read_bytes()
    except OSError as error:
        return Finding(path, "missing", reason_of(error))
    same = identity.sha256_hex(data) == sha
    if exporter is None or exporter.name not in READERS:
        return Finding(path, "ok") if same else Finding(path, "changed", "edited since it was written")
    if not same and not isinstance(exporter, Merging):
        return Finding(path, "changed", "edited since it was written")
    try:
        found = read_back(exporter.name, data, grid)
    except ValueError as error:
        return Finding(path, "unreadable", str(error))
    if problem := disagreement(exporter.name, found, known.sidecar.captions, grid):
        return Finding(path, "stale", problem)
    return Finding(path, "ok" if same else "shared")


def _orphans(known: Known, listed: set[Path]) -> Iterator[Finding]:
    """Yield files of ours that nothing lists: left behind by a killed run, or by a sidecar that was replaced."""
    folder = known.layout.folder / f"{known.layout.stem}.{INFIX}"
    for exporter in exporters().values():
        for path in (known.layout.path_for(exporter.suffix), known.layout.conflict_path(exporter.suffix)):
            if exporter.name == "json" or path in listed or not path.is_file():
                continue
            if exporter.is_ours(path.read_bytes()):
                yield Finding(path, "orphaned", "ours, but the sidecar does not list it")
    if folder.is_dir():
        for path in sorted(folder.rglob("*.vtt")):
            if path.parent != folder and path not in listed:
                yield Finding(path, "orphaned", "the sidecar does not list it")


def disagreement(name: str, found: Sequence[Found], captions: Captions, grid: Grid) -> str | None:
    """Return how what was found in a file differs from the captions, or None.

    Args:
        name: Name of the format.
        found: What an independent reader found.
        captions: What the file should hold.
        grid: How its frames count.

    """
    wanted = _wanted(name, captions)
    if wanted is None:
        return None
    if name == "vtt" or name not in _FRAMES:
        within = _WITHIN.get(name, Fraction(2, 1000))
    else:
        within = grid.rate.frame_duration
    times = sorted((each.start or Fraction(0), _letters(each.text)) for each in found)
    starts = [start for start, _ in times]
    for start, text in wanted:
        first = bisect_left(starts, max(Fraction(0), start) - within)
        near = []
        while first < len(starts) and starts[first] <= start + within:
            near.append(times[first][1])
            first += 1
        if not near:
            return f"nothing stands at {float(start):.3f} s"
        if not any(text in other for other in near):
            return f"another text stands at {float(start):.3f} s"
    if len(found) > len(wanted):
        return f"it holds {len(found)} cues, and the sidecar {len(wanted)}"
    return None


def _wanted(name: str, captions: Captions) -> list[tuple[Fraction, str]] | None:
    held: Sequence[Cue | Chapter] = captions.cues
    if name in {"csv", "hls", "soundtrack"}:
        return None
    if name == "chapters":
        held = captions.chapters
    elif name in _LAYERS or name == "premiere":
        layer = "speech" if name == "premiere" else name
        held = [cue for cue in captions.cues if cue.category == layer]
    return [
        (each.start, _letters(each.text if isinstance(each, Cue) else each.title)[:_COMPARED])
        for each in held
    ]


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
