"""Captions as a soft track in a copy of the media file: every stream is copied, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import OutputError
from media_captioner.export.base import ExportContext
from media_captioner.export.registry import exporter_named
from media_captioner.media.probe import probe
from media_captioner.model import Captions
from media_captioner.model.languages import language_name, three_letters
from media_captioner.system import files
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.video.essence import Essence, check_unchanged, essence_of
from media_captioner.video.programs import CAREFULLY, run_graph
from media_captioner.video.targets import target_for


@dataclass(frozen=True, slots=True)
class _Container:
    muxer: str
    subtitles: str  # the codec of text subtitles in it
    attachments: bool = False


_CONTAINERS: Final = {
    ".mp4": _Container("mp4", "mov_text"),
    ".m4v": _Container("mp4", "mov_text"),
    ".mov": _Container("mov", "mov_text"),
    ".mkv": _Container("matroska", "subrip", attachments=True),
}


def mux(source: Path, captions: Captions, out: Path | None = None) -> Path:
    """Write a copy of ``source`` with the captions as a soft track, and return its path.

    Args:
        source: The media file; it is only read.
        captions: Its captions.
        out: The copy, an MP4, M4V, MOV or MKV file; by default ``clip.captioned.mp4`` beside the source.

    Raises:
        MediaError: the source cannot be read.
        UnsupportedMedia: the copy's container holds no captions.
        ToolError: ffmpeg is missing or fails.
        OutputError: something stands at ``out``, it cannot be written, or the essence would not be the same.

    """
    source = source.absolute()
    media = probe(source)
    target = target_for(
        source, out, f"captioned{source.suffix}", _CONTAINERS, "its container holds no captions"
    )
    container = _CONTAINERS[target.suffix.lower()]
    before = essence_of(source)
    subtitles = exporter_named("srt").write(captions, ExportContext(now=SYSTEM_CLOCK.now()))
    graph = _graph(before, captions, container, same=target.suffix.lower() == source.suffix.lower())
    with files.private_folder() as folder, files.placed_whole(target) as temporary:
        files.write_whole(folder / "captions.srt", subtitles)
        names = {"SOURCE": source, "CAPTIONS": folder / "captions.srt", "TARGET": temporary}
        size = media.fingerprint.size
        run_graph(graph, names, doing=f"muxing captions into {target.name}", folder=folder, size=size)
        after = essence_of(temporary)
        # Text subtitles that were there change their form where the container changes, and only there.
        kept = [each for each in before if each.kind != "subtitle"]
        check_unchanged(before if target.suffix == source.suffix else kept, after, target)
        _check_captions(after, captions, target)
    return target


def _graph(before: list[Essence], captions: Captions, container: _Container, *, same: bool) -> Any:
    import ffmpeg

    counts = {kind: sum(each.kind == kind for each in before) for kind in ("video", "audio", "subtitle")}
    number = counts["subtitle"]
    source = ffmpeg.input("SOURCE", **CAREFULLY)
    track = ffmpeg.input("CAPTIONS", f="srt", protocol_whitelist="file")
    streams = [source["v?"], source["a?"], source["s?"], track["s"]]
    streams += [source["t?"]] if container.attachments else []
    language = three_letters(captions.language) or "und"
    options = {
        "c": "copy",
        f"c:s:{number}": container.subtitles,
        "map_metadata": "0",
        "map_chapters": "0",
        f"metadata:s:s:{number}": f"language={language}",
        # Another name for the same stream: ffmpeg-python writes an option once.
        f"metadata:s:{sum(counts.values())}": f"title={language_name(captions.language)} (SDH)",
        f"disposition:s:{number}": "hearing_impaired",
        "f": container.muxer,
    }
    if not same:
        options |= {f"c:s:{place}": container.subtitles for place in range(number)}
    if container.muxer != "matroska":
        options["movflags"] = "+use_metadata_tags"
    return ffmpeg.output(*streams, "TARGET", **options)


def _check_captions(after: list[Essence], captions: Captions, target: Path) -> None:
    track = [each for each in after if each.kind == "subtitle"][-1:]
    # MP4 fills the gaps between captions with empty samples, so there may be more packets than captions.
    if not track or track[0].packets < len(captions.cues):
        found = track[0].packets if track else 0
        raise OutputError(
            f"Did not keep {target}: {len(captions.cues)} captions went in and {found} came out"
        )
