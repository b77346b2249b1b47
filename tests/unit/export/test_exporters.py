"""The three files that are always written: valid, sealed, and the same cues come back out of another's reader."""

import io
import json
import shutil
import subprocess
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from media_captioner.errors import ConfigError, OutputError
from media_captioner.export import sidecar
from media_captioner.export.base import ExportContext, ExportOptions
from media_captioner.export.players.webvtt import sealed_vtt, write_block
from media_captioner.export.registry import chosen, exporters
from media_captioner.export.text import clean, cue_lines
from media_captioner.testing.exporters import HOSTILE
from tests.unit.export.factory import captions, cue

CONTEXT = ExportContext(
    now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), content_id="mc1:1", settings={"profile": "netflix-en"}
)
anything = st.text(st.characters(), max_size=200) | st.sampled_from(HOSTILE)


@given(st.lists(anything, min_size=1, max_size=5))
def test_as_many_cues_come_out_of_webvtt_as_go_in_with_the_same_text(texts):
    told = captions(*(cue(str(2 * i), str(2 * i + 1), text) for i, text in enumerate(texts)))
    data = exporters()["vtt"].write(told, CONTEXT)
    read = webvtt.from_buffer(io.StringIO(data.decode())).captions
    assert len(read) == len(texts)
    for got, text in zip(read, texts, strict=True):
        unescaped = got.raw_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert unescaped.split("\n") == cue_lines(text)


def test_webvtt_is_what_the_eye_expects():
    data = exporters()["vtt"].write(captions(cue(text="MAN: <hello> & bye"), cue("7", "7", "[x]")), CONTEXT)
    text = data.decode()
    assert text.startswith("WEBVTT\n\nNOTE media_captioner ")
    assert text.endswith(
        "1\n00:00:04.200 --> 00:00:06.000\nMAN: &lt;hello&gt; &amp; bye\n\n2\n00:00:07.000 --> 00:00:07.001\n[x]\n"
    )


@pytest.mark.parametrize(
    "block",
    ["1\n00:00:01.000 --> 00:00:02.000\na\n\nb\n", "x", "1\n00:00:01.000 --> 00:00:02.000\na --> b\n"],
)
def test_what_would_be_another_cue_is_not_written_wherever_it_stands(block):
    good = [write_block(Fraction(at), Fraction(at + 1), "text", at) for at in range(3000)]
    data = sealed_vtt(good, CONTEXT, ["about"])
    assert len(webvtt.from_buffer(io.StringIO(data.decode())).captions) == 3000
    with pytest.raises(OutputError, match="not one cue"):
        sealed_vtt([*good[:1500], block, *good[1500:]], CONTEXT, ["about"])


@pytest.mark.parametrize("speaker", ["Bob--", "--", "a --> b", "-", "<b>"])
def test_a_speaker_ends_no_cue(speaker):
    context = replace(CONTEXT, options=ExportOptions(voice_tags=True, caption_style=True))
    told = captions(
        cue(text="one--", speaker=speaker), cue("8", "9", "--", speaker=speaker, category="speech")
    )
    data = exporters()["vtt"].write(told, context)
    assert len(webvtt.from_buffer(io.StringIO(data.decode())).captions) == 2


def test_a_cue_shorter_than_a_millisecond_has_one():
    told = captions(*(cue(Fraction(2 * n + 1, 2000), Fraction(4 * n + 3, 4000)) for n in range(4)))
    for each in webvtt.from_buffer(io.StringIO(exporters()["vtt"].write(told, CONTEXT).decode())).captions:
        assert each.end > each.start


def test_webvtt_without_cues_is_still_a_file():
    data = exporters()["vtt"].write(captions().__class__(**{**_fields(captions()), "cues": ()}), CONTEXT)
    assert webvtt.from_buffer(io.StringIO(data.decode())).captions == []


def _fields(instance):
    return {name: getattr(instance, name) for name in instance.__dataclass_fields__}


def test_the_sidecar_keeps_its_schema():
    document = json.loads(exporters()["json"].write(captions(), CONTEXT))
    assert sidecar.validate(document) == []
    del document["cues"]
    assert sidecar.validate(document) == ["document: 'cues' is a required property"]


def test_the_schema_names_every_member_that_is_written():
    import dataclasses

    from media_captioner import model

    defs = sidecar.schema()["$defs"]
    for name, cls in {
        "cue": model.Cue, "segment": model.CaptionedSegment, "sound": model.Sound, "speech": model.Speech,
        "music": model.Music, "place": model.Place, "quality": model.Quality, "flag": model.Flag,
        "facts": model.Facts, "evidence": model.Evidence, "word": model.Word, "usage": model.Usage,
        "media": model.Media, "audio_track": model.AudioTrack, "video_track": model.VideoTrack,
        "measurements": model.Measurements, "chapter": model.Chapter,
    }.items():  # fmt: skip
        assert set(defs[name]["properties"]) == {field.name for field in dataclasses.fields(cls)}, name
    assert {f.name for f in dataclasses.fields(model.Captions)} <= set(sidecar.schema()["properties"])
    # Facts travel beside a description, not in it.
    assert set(defs["description"]["properties"]) == {
        f.name for f in dataclasses.fields(model.Description)
    } - {"facts"}


def test_the_sidecar_reads_back_as_what_was_written(tmp_path):
    told = captions(folder=tmp_path)
    data = exporters()["json"].write(told, CONTEXT)
    path = tmp_path / "clip.media_captioner.json"
    path.write_bytes(data)
    read = sidecar.read(path)
    assert read.captions == told
    assert (read.content_id, read.edited) == ("mc1:1", False)


def test_the_sidecar_names_no_folder_of_the_users():
    assert b"/media" not in exporters()["json"].write(captions(), CONTEXT)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"schema": "media_captioner/sidecar@2"}', b"[" * 100_000]
)
def test_what_is_no_sidecar_is_refused(data):
    with pytest.raises(ValueError, match=r"not JSON|schema"):
        sidecar.read_bytes(data, Path())


@given(st.binary(max_size=60), st.integers(0, 3000), st.integers(0, 60))
def test_a_damaged_sidecar_is_refused_or_seen_to_be_edited(noise, at, cut):
    data = exporters()["json"].write(captions(), CONTEXT)
    damaged = data[:at] + noise + data[at + cut :]
    try:
        read = sidecar.read_bytes(damaged, Path("/media"))
    except ValueError:
        return
    assert read.edited or json.loads(damaged) == json.loads(data)


NS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
}


def _markers(data):
    root = etree.fromstring(data)
    track = root.find(".//xmpDM:Tracks/rdf:Bag/rdf:li", NS)
    return track.findtext("xmpDM:frameRate", namespaces=NS), [
        (
            int(marker.findtext("xmpDM:startTime", namespaces=NS)),
            int(marker.findtext("xmpDM:duration", namespaces=NS)),
            marker.findtext("xmpDM:name", namespaces=NS),
        )
        for marker in track.findall(".//xmpDM:markers/rdf:Seq/rdf:li", NS)
    ]


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Fraction(24000, 1001), "f24000s1001"),
        (Fraction(25), "f25"),
        (Fraction(30000, 1001), "f30000s1001"),
        (None, "f1000"),
    ],
)
def test_markers_stand_on_the_exact_frame_hours_into_an_asset(rate, shown):
    start = Fraction(10_000)
    data = exporters()["xmp"].write(captions(cue(start, start + 2), rate=rate), CONTEXT)
    frame_rate, [(at, lasts, name)] = _markers(data)
    assert frame_rate == shown
    assert at == round(start * (rate or 1000))
    assert lasts == round((start + 2) * (rate or 1000)) - at
    assert name == "[dog barking]"


def test_a_marker_keeps_its_identity_from_run_to_run():
    once, again = (exporters()["xmp"].write(captions(cue(), model=model), CONTEXT) for model in ("a", "b"))
    space = uuid.UUID("6f0f9bfe-3b5f-5c3e-9c55-6d6564696163")
    frame = round(cue().start * captions().media.video.frame_rate.rate)
    wanted = str(uuid.uuid5(space, f"{frame} effects [dog barking]")).encode()
    assert wanted in once
    assert wanted in again


def test_xmp_says_nothing_of_how_the_footage_came_to_be():
    data = exporters()["xmp"].write(captions(), CONTEXT)
    assert b"DigitalSourceType" not in data
    assert b"CreatorTool" not in data


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
def test_exiftool_finds_no_fault_and_reads_every_marker(tmp_path):
    path = tmp_path / "clip.xmp"
    path.write_bytes(exporters()["xmp"].write(captions(cue(), cue("7", "8", "<b>&amp;\u202e")), CONTEXT))
    said = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", "-j", "-struct", "-XMP:all", str(path)],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    [read] = json.loads(said.stdout)
    assert read["Validate"] == "OK"
    assert "Warning" not in read
    assert read["Description"] == "A dog barks & a man speaks."
    assert read["Subject"] == ["dog barking", "speech", "Spanish"]
    assert [marker["Name"] for marker in read["Tracks"][0]["Markers"]] == ["[dog barking]", "<b>&amp;"]


def test_the_sidecar_is_always_among_the_chosen_and_last():
    assert [each.name for each in chosen(["vtt"])] == ["vtt", "json"]
    with pytest.raises(ConfigError, match="docx"):
        chosen(["docx"])


def test_the_schema_knows_every_anchor_and_category():
    import typing

    from media_captioner.model import Anchor, Category

    members = sidecar.schema()["$defs"]["cue"]["properties"]
    assert members["anchor"]["enum"] == list(typing.get_args(Anchor))
    assert members["category"]["enum"] == list(typing.get_args(Category))


@given(st.text(st.characters()))
def test_clean_text_has_nothing_that_a_file_could_not_hold(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert not any(char in cleaned for char in "\0\r\u2028\u202e\ud800")
