"""Programs of other people read what we write: each finds the cues and markers that went in.

What judged what: ttconv reads the TTML; pysubs2 the SRT and ASS; OpenTimelineIO the timeline, and writes it again;
ffmpeg reads every caption format and plays the HLS playlist; mkvmerge muxes and flags captions; melt burns the SRT into a
picture.
"""

import json
import shutil
import subprocess
from fractions import Fraction

import av
import pytest

from media_captioner.export import save
from media_captioner.export.players.subrip import plain
from media_captioner.export.registry import exporter_named
from media_captioner.export.text import cue_lines, one_line
from media_captioner.testing.exporters import CONTEXT, HOSTILE, sample_captions
from media_captioner.testing.media import Picture, Sound, beeping, write_media
from tests.unit.export.factory import captions, cue

FFMPEG, MKVMERGE, MELT = (shutil.which(name) for name in ("ffmpeg", "mkvmerge", "melt"))
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
TEXTS = [text for text in HOSTILE if len(text) < 1000]


def write(name, told):
    return exporter_named(name).write(told, CONTEXT)


def run(*arguments):
    finished = subprocess.run(arguments, capture_output=True, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr.decode(errors="replace")[-2000:]
    return finished.stdout


def test_ttconv_reads_every_caption_of_our_ttml(recwarn):
    import xml.etree.ElementTree as ET  # what ttconv takes

    imsc = pytest.importorskip("ttconv.imsc.reader")
    told = sample_captions(*TEXTS)
    document = imsc.to_model(ET.ElementTree(ET.fromstring(write("ttml", told))))  # noqa: S314 - our own
    assert document.get_lang() == "en"
    paragraphs = [each for each in document.get_body().dfs_iterator() if type(each).__name__ == "P"]
    assert [(each.get_begin() or 0, each.get_end()) for each in paragraphs] == [
        (c.start, c.end) for c in told.cues
    ]
    for paragraph, each in zip(paragraphs, told.cues, strict=True):
        lines = [""]
        for node in paragraph.dfs_iterator():
            if type(node).__name__ == "Br":
                lines.append("")
            if type(node).__name__ == "Text":
                lines[-1] += node.get_text()
        assert lines == cue_lines(each.text)


def test_pysubs2_reads_our_subrip_and_ass(tmp_path):
    pysubs2 = pytest.importorskip("pysubs2")
    told = sample_captions(*TEXTS)
    (tmp_path / "clip.srt").write_bytes(write("srt", told))
    read = pysubs2.load(str(tmp_path / "clip.srt"))
    assert [event.start for event in read] == [2000 * number for number in range(len(TEXTS))]
    shown = [event.plaintext.split("\n") for event in read]
    assert shown == [[plain(line) for line in cue_lines(text)] for text in TEXTS]
    read = pysubs2.SSAFile.from_string(write("ass", told).decode())
    assert [(event.start, event.end) for event in read] == [
        (int(c.start * 1000), int(c.end * 1000)) for c in told.cues
    ]
    swapped = str.maketrans({"{": "(", "}": ")", "\\": "/"})
    assert [event.plaintext.split("\n") for event in read] == [
        [line.translate(swapped) for line in cue_lines(text)] for text in TEXTS
    ]


def test_opentimelineio_loads_our_timeline_and_loses_nothing():
    otio = pytest.importorskip("opentimelineio")
    told = sample_captions(*TEXTS, rate=Fraction(30000, 1001), timecode="01:00:00;00")
    timeline = otio.adapters.read_from_string(write("otio", told).decode(), "otio_json")
    again = otio.adapters.read_from_string(otio.adapters.write_to_string(timeline, "otio_json"), "otio_json")
    (clip,) = again.find_clips()
    assert clip.available_range().start_time.value == 107_892
    assert [marker.name for marker in clip.markers] == [one_line(text, 250) or "…" for text in TEXTS]
    assert {marker.comment for marker in clip.markers} == {"Something is heard."}
    for marker, each in zip(clip.markers, told.cues, strict=True):
        start = marker.marked_range.start_time
        assert start.value - 107_892 == round(each.start * Fraction(30000, 1001))
        assert start.value == int(start.value)
    assert (
        otio.opentime.to_timecode(clip.available_range().start_time, 30000 / 1001, drop_frame=True)
        == "01:00:00;00"
    )


@needs_ffmpeg
@pytest.mark.parametrize("name", ["vtt", "srt", "ass"])
def test_ffmpeg_finds_as_many_captions_as_we_wrote(name, tmp_path):
    told = sample_captions("MAN: Hello.", "[dog barking]", "♪ piano ♪\nsoft", "one < two & three")
    path = tmp_path / f"clip.{name}"
    path.write_bytes(write(name, told))
    out = run(
        FFMPEG.replace("ffmpeg", "ffprobe"), "-v", "error", "-show_entries", "packet=pts_time,duration_time",
        "-of", "json", str(path),
    )  # fmt: skip
    packets = json.loads(out)["packets"]
    assert [float(each["pts_time"]) for each in packets] == [0, 2, 4, 6]
    assert [float(each["duration_time"]) for each in packets] == [1, 1, 1, 1]


@needs_ffmpeg
def test_ffmpeg_plays_our_hls_captions(tmp_path):
    told = captions(
        cue("1", "2", "[one]"),
        cue("5", "8", "[over a boundary]"),
        cue("12.2", "12.4", "[last]"),
        folder=tmp_path,
    )
    save(told, tmp_path, formats=["hls"])
    playlist = tmp_path / "clip.media_captioner" / "hls" / "en.m3u8"
    out = run(
        FFMPEG, "-v", "error", "-allowed_extensions", "ALL", "-i", str(playlist), "-f", "srt", "pipe:1"
    ).decode()
    for text in ("[one]", "[over a boundary]", "[last]"):
        assert text in out
    first = (playlist.parent / "en-00000.vtt").read_text()
    assert first.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n")
    assert "[over a boundary]" in (playlist.parent / "en-00001.vtt").read_text()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    picture = Picture(Fraction(6), size=(320, 180))
    return write_media(path, "mp4", Sound(beeping(6, 1)), picture=picture)


@pytest.mark.skipif(MKVMERGE is None, reason="mkvmerge is not installed")
@pytest.mark.parametrize("name", ["vtt", "srt"])
def test_mkvmerge_muxes_our_captions(name, clip, tmp_path):
    path = tmp_path / f"clip.en.{name}"
    path.write_bytes(write(name, sample_captions("MAN: Hello.", "[dog barking]")))
    muxed = tmp_path / "muxed.mkv"
    run(
        MKVMERGE,
        "-q",
        "-o",
        str(muxed),
        str(clip),
        "--language",
        "0:en",
        "--hearing-impaired-flag",
        "0:yes",
        str(path),
    )
    tracks = json.loads(run(MKVMERGE, "-J", str(muxed)))["tracks"]
    properties = tracks[-1]["properties"]
    with av.open(str(muxed)) as container:
        assert len([packet for packet in container.demux(subtitles=0) if packet.size]) == 2
    assert tracks[-1]["type"] == "subtitles"
    assert properties["flag_hearing_impaired"] is True


@pytest.mark.skipif(MELT is None, reason="melt is not installed")
def test_melt_burns_our_subrip_into_the_picture(clip, tmp_path):
    """The picture changes below while the caption shows, and not afterwards."""
    told = sample_captions("[LOUD THUNDER]")
    (tmp_path / "clip.srt").write_bytes(write("srt", told))
    out = tmp_path / "burnt.mp4"
    run(
        MELT, "-silent", str(clip), "out=74", "-filter", "avfilter.subtitles", f"av.filename={tmp_path / 'clip.srt'}",
        "-consumer", f"avformat:{out}", "vcodec=mpeg4", "an=1", "width=320", "height=180", "real_time=-1",
    )  # fmt: skip
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    during, after = frames[12], frames[60]
    assert (during[90:] > 200).mean() > 0.0005
    assert (after > 200).mean() == 0
