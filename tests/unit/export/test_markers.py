"""Markers for editors: the exact frame, hours into an asset, with and without source timecode."""

import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from media_captioner.export.base import ExportOptions
from media_captioner.export.readers import Grid, read_back
from media_captioner.export.registry import exporter_named, names
from media_captioner.export.timeline import timeline_of
from media_captioner.testing.exporters import CONTEXT, sample_captions
from media_captioner.timing import FrameRate
from tests.unit.export.factory import cue
from tests.unit.export.fcpxml_rules import faults

FILM, NTSC, DOUBLE = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)
LATE = Fraction(10_000)  # 2:46:40 into an asset of three hours
FRAMED = ["xmp", "otio", "edl", "fcpxml", "xmeml", "kdenlive", "avid", "cues-csv"]
CLOCKED = {  # seconds that a format's own way of writing time may be off
    **dict.fromkeys(("vtt", "srt", "ttml", "jsonl", "jsonld", "pbcore", "premiere"), Fraction(1, 2000)),
    **dict.fromkeys(("speech", "music", "ambience", "effects"), Fraction(1, 2000)),
    "audacity": Fraction(1, 2_000_000),
    "ass": Fraction(1, 200),
    "txt": Fraction(1),
    "md": Fraction(1),
}
NO_CUES = {"hls", "soundtrack", "chapters", "csv", "nfo", "json"}  # or read back in tests of their own
CASES = [
    # rate, source timecode, frame, its timecode; worked out by hand from SMPTE ST 12-1
    (FILM, None, 239_760, "02:46:30:00"),
    (FILM, "01:00:00:00", 239_760, "03:46:30:00"),
    (NTSC, None, 299_700, "02:46:30:00"),
    (NTSC, "01:00:00:00", 299_700, "03:46:30:00"),
    (NTSC, "00:00:00;00", 299_700, "02:46:40;00"),
    (NTSC, "01:00:00;00", 299_700, "03:46:40;00"),
    (DOUBLE, "00:00:00:00", 599_401, "02:46:30:01"),
    (DOUBLE, "10:00:00;00", 599_401, "12:46:40;01"),
    (Fraction(25), "23:59:59:24", 250_000, "02:46:39:24"),
]


def write(name, captions, **options):
    context = replace(CONTEXT, options=ExportOptions(**options))
    return exporter_named(name).write(captions, context)


def three_hours(rate, timecode, *cues):
    told = sample_captions(rate=rate, timecode=timecode)
    return replace(
        told,
        media=replace(told.media, duration=Fraction(3 * 3600)),
        cues=cues or (cue("0", "1", "[start]"), cue(LATE, LATE + 2, "[here]")),
    )


@pytest.mark.parametrize("name", FRAMED)
@pytest.mark.parametrize(("rate", "timecode", "frame", "label"), CASES)
def test_every_format_lands_on_the_exact_frame_after_hours(name, rate, timecode, frame, label):
    told = three_hours(rate, timecode)
    timeline = timeline_of(told, CONTEXT)
    data = write(name, told)
    found = read_back(name, data, Grid(timeline.rate, timeline.first))[-1]
    if name == "cues-csv":
        assert f'"{label}"'.encode() in data
        return
    assert found.start * rate == frame
    if name == "avid" or (name == "edl" and timecode is not None):
        assert label.encode() in data


def test_no_format_with_cues_is_left_out():
    assert sorted([*FRAMED, *CLOCKED, *NO_CUES]) == sorted(names())


@pytest.mark.parametrize("name", CLOCKED)
@pytest.mark.parametrize(("rate", "timecode", "frame", "label"), CASES)
def test_every_format_of_clock_time_is_as_exact_after_hours(name, rate, timecode, frame, label):
    layer = name if name in {"music", "ambience", "effects"} else "speech"
    cues = (cue(at, at + 2, "here", category=layer) for at in (Fraction(0), Fraction(frame) / rate))
    found = read_back(name, write(name, three_hours(rate, timecode, *cues)), Grid(FrameRate(rate), 0))
    assert len(found) == 2
    assert abs(found[-1].start - frame / rate) <= CLOCKED[name]


@pytest.mark.parametrize(("rate", "timecode", "frame", "label"), CASES)
def test_the_numbers_in_the_files_are_the_frames_themselves(rate, timecode, frame, label):
    told = three_hours(rate, timecode)
    first = timeline_of(told, CONTEXT).first
    assert json.loads(write("kdenlive", told))[1]["pos"] == frame
    assert etree.fromstring(write("xmeml", told)).findall(".//sequence/marker/in")[1].text == str(frame)
    clip = json.loads(write("otio", told))["tracks"]["children"][0]["children"][0]
    assert clip["markers"][1]["marked_range"]["start_time"]["value"] == first + frame
    assert clip["source_range"]["start_time"]["value"] == first
    start = etree.fromstring(write("fcpxml", told)).findall(".//asset-clip/marker")[1].get("start")
    assert Fraction(start.removesuffix("s")) == (first + frame) / rate
    assert re.search(rb"<xmpDM:startTime>%d</xmpDM:startTime>" % frame, write("xmp", told))


@given(
    rate=st.sampled_from([FILM, Fraction(24), Fraction(25), NTSC, Fraction(50), DOUBLE]),
    starts=st.lists(st.integers(0, 80_000_000), min_size=1, max_size=6),
    timecode=st.sampled_from([None, "01:00:00:00", "00:59:58:00", "09:59:59;28"]),
)
def test_any_cue_lands_on_the_nearest_frame(rate, starts, timecode):
    told = three_hours(
        rate, timecode, *(cue(Fraction(each, 1000), Fraction(each + 700, 1000)) for each in starts)
    )
    timeline = timeline_of(told, CONTEXT)
    wanted = sorted({round(Fraction(each, 1000) * rate) for each in starts})
    for name in FRAMED[1:-1]:
        found = read_back(name, write(name, told), Grid(timeline.rate, timeline.first))
        assert [each.start * rate for each in found] == wanted


def test_without_source_timecode_each_program_begins_where_it_begins_and_says_so():
    told = three_hours(NTSC, None)
    assert b"(first frame 01:00:00:00: no source timecode, counted from 01:00:00:00)" in write("edl", told)
    assert b"03:46:30:00 03:46:30:01" in write("edl", told)
    assert b"\t02:46:30:00\t" in write("avid", told)
    assert json.loads(write("otio", told))["metadata"]["media_captioner"]["origin"].startswith(
        "no source timecode"
    )
    assert b"source timecode 10:00:00:00" in write("fcpxml", three_hours(NTSC, "10:00:00:00"))


def test_a_setting_moves_the_first_frame():
    told = three_hours(NTSC, "10:00:00:00")
    assert b"\t05:46:40;00\t" in write("avid", told, start_timecode="03:00:00;00")
    assert b"FCM: DROP FRAME" in write("edl", told, start_timecode="03:00:00;00")
    assert b"the setting start_timecode" in write("edl", told, start_timecode="03:00:00;00")


def test_a_timecode_that_means_nothing_is_as_none():
    assert timeline_of(three_hours(NTSC, "99:99:99:99"), CONTEXT).start == "00:00:00:00"


@pytest.mark.parametrize("name", ["otio", "edl", "fcpxml", "xmeml", "kdenlive", "avid"])
def test_two_markers_on_one_frame_become_one_that_says_both(name):
    told = three_hours(
        NTSC, None, cue("5", "6", "[one]"), cue("5.01", "7", "[two]", category="music"), cue("9", "10")
    )
    found = read_back(name, write(name, told), Grid(FrameRate(NTSC), 0))
    assert [each.text for each in found] == ["[one] / [two]", "[dog barking]"]


def test_colours_tell_the_layers_apart():
    told = sample_captions("a", "b", "c", "d")
    clip = json.loads(write("otio", told))["tracks"]["children"][0]["children"][0]
    assert [marker["color"] for marker in clip["markers"]] == ["BLUE", "PURPLE", "GREEN", "YELLOW"]
    assert re.findall(rb"ResolveColor(\w+)", write("edl", told)) == [b"Blue", b"Purple", b"Green", b"Yellow"]
    assert re.findall(rb"\tV1\t(\w+)\t", write("avid", told)) == [b"blue", b"magenta", b"green", b"yellow"]


def test_edl_is_line_for_line_what_resolve_exports():
    text = write("edl", sample_captions("Hello | there", timecode="01:00:00:00")).decode()
    assert text == (
        "TITLE: sample clip (first frame 01:00:00:00: source timecode 01:00:00:00)\n"
        "FCM: NON-DROP FRAME\n\n"
        "001  001      V     C        01:00:00:00 01:00:00:01 01:00:00:00 01:00:00:01  \n"
        "Something is heard. |C:ResolveColorBlue |M:Hello / there |D:25\n\n"
    )


@pytest.mark.parametrize(("rate", "timecode", "frame", "label"), CASES)
def test_fcpxml_keeps_final_cuts_rules(rate, timecode, frame, label):
    overlapping = (
        cue("1", "4", "[one]"),
        cue("2", "3", "[two]"),
        cue("3.5", "6", "a\nb"),
        cue("1", "2", "[three]"),
    )
    assert faults(write("fcpxml", three_hours(rate, timecode, *overlapping))) == []


def test_the_rules_find_what_final_cut_would_refuse():
    good = write("fcpxml", sample_captions("one", "two"))
    assert faults(good) == []
    for old, new in (
        (b'duration="25/25s"', b'duration="1.02s"'),
        (b'ref="ts2"', b'ref="ts9"'),
        (b'id="ts2"', b'id="ts1"'),
        (b"<marker ", b"<merker "),
        (b'offset="50/25s"', b'offset="10/25s"'),
        (b'frameDuration="1/25s"', b'frameDuration=""'),
        (b'start="3600s"', b'start="0.01s"'),
    ):
        assert old in good, old
        assert faults(good.replace(old, new, 1)), old


def test_premiere_transcript_is_speech_with_timed_words():
    from tests.unit.export.factory import captions

    told = captions(
        cue("4.2", "5", "¿Dónde", category="speech", language="es", speaker="MAN"),
        cue("6", "8", "I do not know.", category="speech", confidence=0.5),
        cue("9", "10", "[dog barking]"),
    )
    document = json.loads(write("premiere", told))
    assert [segment["language"] for segment in document["segments"]] == ["es-es", "en-us"]
    first, second = document["segments"]
    assert first["words"] == [
        {
            "text": "¿Dónde",
            "start": 4.2,
            "duration": 1.3,
            "confidence": 0.9,
            "eos": True,
            "tags": [],
            "type": "word",
        }
    ]
    assert [word["start"] for word in second["words"]] == [6.0, 6.5, 7.0, 7.5]
    assert {segment["speaker"] for segment in document["segments"]} == {
        each["id"] for each in document["speakers"]
    }


def test_a_language_that_premiere_does_not_know_is_not_called_another():
    from media_captioner.export.editors.premiere import language_code

    assert [language_code(tag) for tag in ("en", "EN-GB", "pt-BR", "zh", "yue", "sw", None)] == [
        "en-us", "en-gb", "pt-br", "cmn-hans", "zh-hk", "??-??", "??-??",
    ]  # fmt: skip
