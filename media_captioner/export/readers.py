"""Reading our files back, each with other code than wrote it: what another program would find in them.

Nothing here uses a writer. WebVTT and SubRip are read with webvtt-py, XML with lxml's own search, the rest with the
standard library, so that a fault in a writer is seen and not repeated.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from urllib.parse import unquote

from media_captioner.timing import FrameRate, parse_clock_time

MILLISECOND: Final = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Found:
    """One cue or marker that was found in a file.

    Attributes:
        start: Seconds on the presentation timeline, or None where the format holds no time.
        text: Its text as a reader shows it, escapes undone.

    """

    start: Fraction | None
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """How a file counts time.

    Attributes:
        rate: Frame rate of the asset's markers.
        first: Frame that the first frame's timecode counts to.

    """

    rate: FrameRate
    first: int

    def at(self, frame: int) -> Fraction:
        """Return the second at which a frame of the asset begins."""
        return self.rate.time_of(frame)

    def at_label(self, timecode: str, first: int | None = None) -> Fraction:
        """Return the second of the asset that ``timecode`` labels; labels begin anew after a day of them."""
        day = self.rate.frame_of(f"23:59:59:{self.rate.nominal - 1:02d}") + 1
        return self.at((self.rate.frame_of(timecode) - (self.first if first is None else first)) % day)


Reader = Callable[[bytes, Grid], Iterator[Found]]


def _vtt(data: bytes, _grid: Grid) -> Iterator[Found]:
    import webvtt

    for caption in webvtt.from_buffer(io.StringIO(data.decode())).captions:
        yield Found(parse_clock_time(caption.start), html.unescape(caption.text))


def _srt(data: bytes, _grid: Grid) -> Iterator[Found]:
    import webvtt

    text = data.decode().replace("\r\n", "\n")
    if not text.strip():
        return
    for caption in webvtt.from_buffer(io.StringIO(text), format="srt").captions:
        yield Found(parse_clock_time(caption.start), caption.text)


def _ttml(data: bytes, _grid: Grid) -> Iterator[Found]:
    for paragraph in _xml(data).iter("{http://www.w3.org/ns/ttml}p"):
        lines = [paragraph.text or ""] + [child.tail or "" for child in paragraph]
        yield Found(parse_clock_time(paragraph.get("begin", "")), "\n".join(lines))


def _ass(data: bytes, _grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        if line.startswith("Dialogue: "):
            parts = line.removeprefix("Dialogue: ").split(",", 9)
            yield Found(parse_clock_time(parts[1]), parts[9].replace("\\N", "\n"))


def _text(data: bytes, _grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        if match := re.fullmatch(r"\[(\d\d+:\d\d:\d\d)\] (.*)", line):
            yield Found(parse_clock_time(match[1]), match[2])


def _markdown(data: bytes, _grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        if match := re.fullmatch(r"- \*\*(\d\d+:\d\d:\d\d)\*\* (.*)", line):
            yield Found(parse_clock_time(match[1]), re.sub(r"\\(.)", r"\1", match[2]))


def _xmp(data: bytes, _grid: Grid) -> Iterator[Found]:
    names = {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "x": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    }
    for track in _xml(data).iterfind(".//x:Tracks/rdf:Bag/rdf:li", names):
        for holder in (track, *track.iterfind("rdf:Description", names)):
            if _field(holder, "trackName", names) != "media_captioner":
                continue
            rate = _xmp_rate(_field(holder, "frameRate", names) or "f1000")
            for item in holder.iterfind("x:markers/rdf:Seq/rdf:li", names):
                inner = item.find("rdf:Description", names)
                marker = item if inner is None else inner
                frames = int(_field(marker, "startTime", names) or 0)
                yield Found(frames / rate, _field(marker, "name", names) or "")


def _field(holder: Any, name: str, names: dict[str, str]) -> str | None:
    found: str | None = holder.findtext(f"x:{name}", None, names)
    return found if found is not None else holder.get(f"{{{names['x']}}}{name}")


def _xmp_rate(text: str) -> Fraction:
    count, _, base = text.removeprefix("f").partition("s")
    return Fraction(int(count), int(base or 1))


def _asset_table(data: bytes, _grid: Grid) -> Iterator[Found]:
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        yield Found(None, row["description"])


def _cue_table(data: bytes, grid: Grid) -> Iterator[Found]:
    for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        seconds, label = Fraction(row["start"]), grid.at_label(row["start_timecode"])
        if abs(seconds - label) > grid.rate.frame_duration:
            raise ValueError(f"{row['start_timecode']} is not {row['start']} seconds into the asset")
        text = row["text"]
        yield Found(seconds, text[1:] if re.match("'[-=+@＝＋－＠]", text) else text)


def _json_lines(data: bytes, _grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        record = json.loads(line)
        if record["kind"] == "cue":
            yield Found(Fraction(str(record["start"])), record["text"])


def _pbcore(data: bytes, _grid: Grid) -> Iterator[Found]:
    space = "{http://www.pbcore.org/PBCore/PBCoreNamespace.html}"
    for part in _xml(data).iter(f"{space}pbcorePart"):
        yield Found(parse_clock_time(part.get("startTime", "")), part.findtext(f"{space}pbcoreTitle") or "")


def _json_ld(data: bytes, _grid: Grid) -> Iterator[Found]:
    for clip in json.loads(data).get("hasPart", []):
        yield Found(Fraction(str(clip["startOffset"])), clip["name"])


def _otio(data: bytes, grid: Grid) -> Iterator[Found]:
    for track in json.loads(data)["tracks"]["children"]:
        for clip in track["children"]:
            origin = clip["media_reference"]["available_range"]["start_time"]["value"]
            for marker in clip["markers"]:
                frame = marker["marked_range"]["start_time"]["value"] - origin
                if frame != int(frame):
                    raise ValueError(f"{frame} is not a frame")
                yield Found(grid.at(int(frame)), marker["name"])


def _edl(data: bytes, grid: Grid) -> Iterator[Found]:
    title = re.search(r"first frame (\d\d:\d\d:\d\d[:;]\d\d+)", data.decode())
    first = grid.rate.frame_of(title[1]) if title else grid.first
    counting = "DROP FRAME" if grid.rate.drop_frame else "NON-DROP FRAME"
    if f"FCM: {counting}\n" not in data.decode():
        raise ValueError(f"it does not count in {counting.lower()}")
    event = re.compile(
        r"^\d{3,}  001      V     C        (\S+) \S+ \S+ \S+  \n.* \|C:ResolveColor\w+ \|M:(.*) \|D:\d+$",
        re.MULTILINE,
    )
    for match in event.finditer(data.decode()):
        yield Found(grid.at_label(match[1], first), match[2])


def _fcpxml(data: bytes, grid: Grid) -> Iterator[Found]:
    root = _xml(data)
    clip = root.find(".//asset-clip")
    if clip is None:
        raise ValueError("it holds no clip")
    origin = _rational(clip.get("start", ""))
    for marker in clip.iterfind("marker"):
        seconds = _rational(marker.get("start", "")) - origin
        if (seconds * grid.rate.rate).denominator != 1:
            raise ValueError(f"{marker.get('start')} is not on the frame grid")
        yield Found(seconds, marker.get("value", ""))


def _rational(text: str) -> Fraction:
    return Fraction(text.removesuffix("s"))


def _xmeml(data: bytes, grid: Grid) -> Iterator[Found]:
    sequence = _xml(data).find("sequence")
    if sequence is None:
        raise ValueError("it holds no sequence")
    for marker in sequence.iterfind("marker"):
        yield Found(grid.at(int(marker.findtext("in") or "")), marker.findtext("name") or "")


def _premiere(data: bytes, _grid: Grid) -> Iterator[Found]:
    for segment in json.loads(data)["segments"]:
        if all(word["type"] == "punctuation" for word in segment["words"]):
            continue  # where nobody speaks
        yield Found(Fraction(str(segment["start"])), " ".join(word["text"] for word in segment["words"]))


def _kdenlive(data: bytes, grid: Grid) -> Iterator[Found]:
    for guide in json.loads(data):
        yield Found(grid.at(guide["pos"]), guide["comment"])


def _avid(data: bytes, grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        _user, label, _track, _colour, text, _frames = line.split("\t")
        yield Found(grid.at_label(label), text)


def _audacity(data: bytes, _grid: Grid) -> Iterator[Found]:
    for line in data.decode().splitlines():
        start, _end, text = line.split("\t")
        yield Found(Fraction(start), text)


def _playlist(data: bytes, _grid: Grid) -> Iterator[Found]:
    lines = data.decode().splitlines()
    if lines[:1] != ["#EXTM3U"] or lines[-1:] != ["#EXT-X-ENDLIST"]:
        raise ValueError("it is not a whole playlist")
    for line in lines:
        if line and not line.startswith("#"):
            yield Found(None, unquote(line))


def _xml(data: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


READERS: Final[dict[str, Reader]] = {
    "vtt": _vtt,
    "srt": _srt,
    "ttml": _ttml,
    "ass": _ass,
    "hls": _playlist,
    "txt": _text,
    "md": _markdown,
    "soundtrack": _vtt,
    "chapters": _vtt,
    "speech": _vtt,
    "music": _vtt,
    "ambience": _vtt,
    "effects": _vtt,
    "xmp": _xmp,
    "csv": _asset_table,
    "cues-csv": _cue_table,
    "jsonl": _json_lines,
    "pbcore": _pbcore,
    "jsonld": _json_ld,
    "otio": _otio,
    "edl": _edl,
    "fcpxml": _fcpxml,
    "xmeml": _xmeml,
    "premiere": _premiere,
    "kdenlive": _kdenlive,
    "avid": _avid,
    "audacity": _audacity,
}
"""How to read each of our formats."""


def read_back(name: str, data: bytes, grid: Grid) -> list[Found]:
    """Return what is found in a file of the format ``name``.

    Args:
        name: Name of one of our formats but ``json``, which ``export.sidecar`` reads.
        data: The whole file.
        grid: How its frames count.

    Raises:
        KeyError: the format is not one of ours.
        ValueError: it cannot be read.

    """
    reader = READERS[name]
    try:
        return list(reader(data, grid))
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        # Parsers of others raise errors of their own; each means that the file cannot be read.
        raise ValueError(str(error) or type(error).__name__) from error
