"""Caption clips in DaVinci Resolve: a script for Workspace > Scripts (free and Studio, 19.0.2 and newer).

It captions the clips that are selected in the media pool, or else all clips of the current timeline, with the
media-captioner command; then it gives each clip coloured markers, a description and keywords. Run it again and only
its own markers and words are replaced. Markers lie on the clips, so trims and speed changes carry them along.

Copy this one file to Resolve's folder Fusion/Scripts/Utility. It needs nothing but Python 3.8 or newer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fusionscript import MarkerColor, MediaPoolItem, Project, Resolve

__version__ = "0.1.0"

OLDEST_RESOLVE = (19, 0, 2)  # which tells the selected clips, and keeps metadata of third parties
SCHEMA = "media_captioner/sidecar@1"
"""The sidecar that this version reads."""
OURS = "media_captioner:"
"""How the custom data of our markers begins; editors never see it."""
_WORDS = "media_captioner keywords"  # third-party metadata: which keywords and description are ours
_ABOUT = "media_captioner description"
COLOURS: Mapping[str, MarkerColor] = {
    "speech": "Blue",
    "music": "Purple",
    "ambience": "Green",
    "effects": "Yellow",
}


_LOCKED = (
    "Resolve took no {} on {}: is the project read only, or its bin locked by somebody else? Unlock it and run the"
    " script again."
)


class Trouble(Exception):
    """Something that the editor can mend; the text says how."""


class Marker(NamedTuple):
    """A marker on a clip; frames are counted from the clip's first."""

    frame: int
    length: int
    category: str
    name: str
    note: str


def command() -> list[str]:
    """Return how to start media-captioner.

    Raises:
        Trouble: it is not installed where this script can find it.

    """
    given = os.environ.get("MEDIA_CAPTIONER_COMMAND")
    found = given or shutil.which("media-captioner")
    if not found:
        places = [Path.home() / ".local/bin/media-captioner", Path("/usr/local/bin/media-captioner")]
        found = next((str(place) for place in places if place.exists()), None)
    if not found:
        raise Trouble(
            'The program media-captioner was not found. Install it (pipx install ".[local]" in a clone of it), or set the'
            " environment variable MEDIA_CAPTIONER_COMMAND to its path and start Resolve again."
        )
    return [found]


def caption(path: Path) -> Mapping[str, Any]:
    """Caption one file, or find it up to date, and return its sidecar.

    An SRT file is written beside it as well: Resolve imports subtitles only by hand (File > Import > Subtitle).

    Raises:
        Trouble: it could not be captioned.

    """
    run = subprocess.run(
        [*command(), "caption", "--json", "--formats", "vtt,srt,xmp", "--", str(path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    try:
        report = json.loads(run.stdout.strip().splitlines()[-1])
        files = [Path(name) for track in report["tracks"] for name in track["files"]]
    except (IndexError, KeyError, TypeError, ValueError):
        said = [line[len("error: ") :] for line in run.stderr.splitlines() if line.startswith("error: ")]
        why = said[0] if said else f"it ended with code {run.returncode}"
        raise Trouble(f"media-captioner failed at {path.name}: {why}") from None
    if not files:
        raise Trouble(f"{path.name}: {report.get('reason') or report.get('state')}")
    sidecar = next(name for name in files if name.name.endswith(".media_captioner.json"))
    return read(sidecar)


def read(path: Path) -> Mapping[str, Any]:
    """Return a sidecar.

    Raises:
        Trouble: it is of a version that this script does not know.

    """
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    if found.get("schema") != SCHEMA:
        raise Trouble(
            f"{path.name} is a {found.get('schema')!r} and this script reads {SCHEMA!r}:"
            " use the script and the program of one version."
        )
    return found


def markers_of(sidecar: Mapping[str, Any], rate: Fraction, length: int | None) -> list[Marker]:
    """Place the cues of a sidecar on a clip's frames; cues on one frame become one marker, for Resolve drops one.

    Args:
        sidecar: What :func:`read` returned.
        rate: Frames per second of the clip.
        length: Frames of the clip, or None where it is not known.

    """
    found: dict[int, Marker] = {}
    for cue in sidecar["cues"]:
        start, end = (round(Fraction(str(cue[name])) * rate) for name in ("start", "end"))
        if length is not None and start >= length:
            continue
        text = " ".join(cue["text"].split())
        evidence = cue.get("evidence") or [{}]
        marker = Marker(start, max(1, end - start), cue["category"], text, evidence[0].get("sentence", ""))
        before = found.get(start)
        if before is not None:
            marker = before._replace(
                name=f"{before.name} / {marker.name}", length=max(before.length, marker.length)
            )
        found[start] = marker
    return [found[frame] for frame in sorted(found)]


def exact_rate(sidecar: Mapping[str, Any], told: str) -> Fraction:
    """Return a clip's frame rate: exact from the sidecar, unless Resolve was told to play the clip at another.

    Resolve tells 23.976 where the file says 24000/1001; a clip whose rate was changed in its attributes tells the
    other rate, and its frames then pass at that.
    """
    video = sidecar["media"].get("video") or {}
    known = Fraction(str((video.get("frame_rate") or {}).get("rate", 0)))
    try:
        shown = Fraction(told)
    except (ValueError, ZeroDivisionError):
        shown = known
    if known and abs(known - shown) < Fraction(1, 100):
        return known
    return shown or known or Fraction(25)


def mark(clip: MediaPoolItem, markers: Iterable[Marker]) -> tuple[int, int]:
    """Replace our markers on a clip; the editor's own are not touched.

    Returns:
        How many were added, and how many found their frame taken by a marker that is not ours.

    Raises:
        Trouble: Resolve took none.

    """
    for marker in list(clip.GetMarkers().values()):
        data = str(marker.get("customData", ""))
        if data.startswith(OURS):
            clip.DeleteMarkerByCustomData(data)
    taken = {round(frame) for frame in clip.GetMarkers()}
    added = blocked = refused = 0
    for each in markers:
        if each.frame in taken:
            blocked += 1
            continue
        colour = COLOURS.get(each.category, "Cream")
        data = f"{OURS}{each.frame}:{each.category}"
        if clip.AddMarker(each.frame, colour, each.name, each.note, each.length, data):
            added += 1
        else:
            refused += 1
    if refused and not added:
        raise Trouble(_LOCKED.format("markers", clip.GetName()))
    return added, blocked


def describe(clip: MediaPoolItem, sidecar: Mapping[str, Any]) -> None:
    """Set description and keywords; what somebody else wrote stays.

    Raises:
        Trouble: Resolve took none.

    """
    ours = _list(_third(clip, _WORDS))
    theirs = [word for word in _list(str(clip.GetMetadata("Keywords") or "")) if word not in ours]
    new = [word for word in sidecar.get("keywords", []) if word not in theirs]
    words = ", ".join([*theirs, *new])
    if not clip.SetMetadata("Keywords", words) and words:
        raise Trouble(_LOCKED.format("keywords", clip.GetName()))
    summary = str(sidecar.get("summary") or "")
    if str(clip.GetMetadata("Description") or "") in ("", _third(clip, _ABOUT)):
        clip.SetMetadata("Description", summary)
        clip.SetThirdPartyMetadata({_WORDS: ", ".join(new), _ABOUT: summary})
    else:
        clip.SetThirdPartyMetadata({_WORDS: ", ".join(new)})


def _third(clip: MediaPoolItem, name: str) -> str:
    found = clip.GetThirdPartyMetadata(name)
    return found if isinstance(found, str) else ""


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def clips_of(project: Project) -> list[MediaPoolItem]:
    """Return the selected clips of the media pool, or else each clip of the current timeline once."""
    selected = list(project.GetMediaPool().GetSelectedClips() or [])
    if selected:
        return selected
    timeline = project.GetCurrentTimeline()
    if not timeline:  # None where none is open, whatever the stubs say
        return []
    found: dict[str, MediaPoolItem] = {}
    for kind in ("video", "audio"):
        for index in range(1, int(timeline.GetTrackCount(kind)) + 1):
            for item in timeline.GetItemListInTrack(kind, index) or []:
                clip = item.GetMediaPoolItem()
                if clip is not None:  # titles and generators have none
                    found.setdefault(clip.GetMediaId(), clip)
    return list(found.values())


def work_on(clip: MediaPoolItem) -> str:
    """Caption and mark one clip, and return what to tell.

    Raises:
        Trouble: it has no file, its file is offline, or it could not be captioned.

    """
    name, told = clip.GetName(), str(clip.GetClipProperty("File Path") or "")
    if not told:
        raise Trouble(f"{name} has no file: compound clips, timelines and generators cannot be captioned.")
    path = Path(told)
    if not path.is_file():
        raise Trouble(f"{name} is offline: {path} is not there. Relink the clip and run the script again.")
    sidecar = caption(path)
    rate = exact_rate(sidecar, str(clip.GetClipProperty("FPS") or ""))
    frames = str(clip.GetClipProperty("Frames") or "")
    added, blocked = mark(clip, markers_of(sidecar, rate, int(frames) if frames.isdigit() else None))
    describe(clip, sidecar)
    beside = f", {blocked} left out where your own markers stand" if blocked else ""
    return f"{name}: {added} markers{beside}"


def main(resolve: Resolve) -> int:
    """Caption what is selected, tell what was done, and return how many clips failed."""
    version = tuple(int(part) for part in (resolve.GetVersion() or ())[:3])
    if version and version < OLDEST_RESOLVE:
        oldest = ".".join(map(str, OLDEST_RESOLVE))
        print(
            f"media_captioner needs DaVinci Resolve {oldest} or newer; this is {resolve.GetVersionString()}."
        )
        return 1
    project = resolve.GetProjectManager().GetCurrentProject()
    if not project:
        print("media_captioner: open a project first.")
        return 1
    clips = clips_of(project)
    if not clips:
        print("media_captioner: select clips in the media pool, or open a timeline that has some.")
        return 1
    failed = 0
    for number, clip in enumerate(clips, 1):
        print(f"media_captioner: {number} of {len(clips)}, {clip.GetName()} ...")
        try:
            print(f"  {work_on(clip)}")
        except Trouble as trouble:
            failed += 1
            print(f"  {trouble}")
    print("Subtitles: File > Import > Subtitle, and choose the .srt beside each clip.")
    return failed


if __name__ == "__main__":
    host = globals().get("resolve")  # Resolve puts it there for scripts of its menu
    if host is None:
        print("Run this from DaVinci Resolve: Workspace > Scripts > media_captioner_resolve.")
        sys.exit(2)
    main(host)
