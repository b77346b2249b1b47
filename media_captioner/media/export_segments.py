"""The clips alone: a track's segments as files, with a list of what they are.

Every clip is written whole or not at all, and the list last, so a list that is there is true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import OutputConflict
from media_captioner.media.cutting import Cutting
from media_captioner.media.encode import ENCODERS, encode
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.media.segments import open_tracks
from media_captioner.model import AudioTrack, Clip, Media
from media_captioner.protocols import Progress, Reporter, SilentReporter, VoiceDetector
from media_captioner.system import files, identity
from media_captioner.timing import ZERO, decimal_seconds

LIST_NAME: Final = "segments.json"
"""Name of the list beside the clips."""
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class WrittenSegments:
    """What was written.

    Attributes:
        list_path: The list of the clips.
        segments: The list's entries, as they stand in it.
        partial: Why not all of the sound could be read, or None.

    """

    list_path: Path
    segments: tuple[Mapping[str, Any], ...]
    partial: str | None


def write_segments(
    media: Media,
    tracks: Sequence[AudioTrack],
    folder: Path,
    *,
    format: str = "wav",  # noqa: A002 - the field's word
    bit_rate: int | None = None,
    cutting: Cutting = Cutting(),  # noqa: B008 - frozen
    voice: VoiceDetector | None = None,
    limits: MediaLimits = DEFAULT_LIMITS,
    reporter: Reporter | None = None,
    overwrite: bool = False,
) -> WrittenSegments:
    """Cut tracks into segments and write each as a clip, then the list of them.

    Clips that the list in the folder names are ours and are replaced; those of them that are not made again
    are deleted. Anything else that stands in the way is left alone, unless ``overwrite`` is given.

    Args:
        media: The probed file.
        tracks: Which of its tracks.
        folder: Where to; it is made if it is missing.
        format: Clip format, a name in :data:`~media_captioner.media.encode.ENCODERS`.
        bit_rate: Bits per second; the format's default where None.
        cutting: How long segments are.
        voice: Helps to cut where nobody speaks.
        limits: Bounds on duration, errors and time.
        reporter: Whom to tell how far it is.
        overwrite: Replace whatever stands where a clip or the list goes.

    Raises:
        MediaError: the tracks cannot be decoded.
        ConfigError: no such format or bit rate.
        OutputConflict: a file that is not ours stands where one of ours should go.
        OutputNotWritable, DiskFull: nothing can be written there.

    """
    reporter = reporter or SilentReporter()
    files.check_writable(folder)
    ours = _listed(folder)
    entries: list[dict[str, Any]] = []
    total = max((t.duration for t in tracks if t.duration is not None), default=media.duration)
    with open_tracks(media, tracks, cutting=cutting, voice=voice, limits=limits) as reader:
        for segment in reader:
            clip = encode(segment, format, bit_rate=bit_rate)
            name = f"track{segment.track.number}-{segment.index + 1:05d}{ENCODERS[format].suffix}"
            _write(folder / name, clip.data, clip.sha256, ours.get(name), overwrite=overwrite)
            entries.append(entry(name, clip))
            reporter.progress(Progress(media.path.name, "decode", reader.end, total, name))
        partial = reader.partial
    entries.sort(key=lambda item: (item["track"], item["file"]))
    data = _encoded(media, entries, partial)
    _write(
        folder / LIST_NAME, data, hashlib.sha256(data).hexdigest(), ours.get(LIST_NAME), overwrite=overwrite
    )
    _remove_stale(folder, ours, {item["file"] for item in entries})
    if partial is not None:
        reporter.notice("warning", f"{media.path.name} was only read in part: {partial}")
    reporter.progress(Progress(media.path.name, "done", total or ZERO, total))
    return WrittenSegments(folder / LIST_NAME, tuple(entries), partial)


def entry(name: str, clip: Clip) -> dict[str, Any]:
    """Return a clip's entry in the list; times are exact decimal seconds of the presentation timeline."""
    segment = clip.segment
    return {
        "file": name,
        "track": segment.track.number,
        "start": _seconds(segment.start),
        "end": _seconds(segment.end),
        "duration": _seconds(segment.end - segment.start),
        "delay": _seconds(clip.delay),
        "overlap": _seconds(segment.overlap),
        "cut": segment.cut,
        "silent": segment.silent,
        "bytes": len(clip.data),
        "sha256": clip.sha256,
    }


def _seconds(time: Fraction) -> float:
    # Nine places of a day and a half are fewer digits than a double holds, so the number in the file reads
    # exactly as the decimal it was made from.
    return float(decimal_seconds(time))


def _encoded(media: Media, entries: Iterable[Mapping[str, Any]], partial: str | None) -> bytes:
    name = media.path.name.encode("utf-8", "replace").decode("utf-8")
    content = {"version": _VERSION, "media": name, "partial": partial, "segments": list(entries)}
    return (json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _listed(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a list of ours in the folder names, and of the list itself."""
    path = folder / LIST_NAME
    try:
        data = path.read_bytes()
        content = json.loads(data)
        if content["version"] != _VERSION:
            return {}
        named = {str(item["file"]): str(item["sha256"]) for item in content["segments"]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    # The list is somebody else's text until proven otherwise: only plain names in this very folder count.
    plain = {name: digest for name, digest in named.items() if Path(name).name == name}
    return {**plain, LIST_NAME: hashlib.sha256(data).hexdigest()}


def _write(path: Path, data: bytes, digest: str, ours: str | None, *, overwrite: bool) -> None:
    try:
        files.write_whole(path, data, replacing=ours, anything=overwrite)
    except OutputConflict:
        # A run that was interrupted before it wrote its list leaves clips like this one.
        if identity.sha256_of(path) != digest:
            raise


def _remove_stale(folder: Path, ours: Mapping[str, str], written: set[str]) -> None:
    for name, digest in ours.items():
        path = folder / name
        if name == LIST_NAME or name in written or not path.is_file():
            continue
        if identity.sha256_of(path) == digest:
            files.remove(path)
