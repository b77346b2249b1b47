"""Markers on the clips of real OpenTimelineIO timelines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

otio = pytest.importorskip("opentimelineio", reason="OpenTimelineIO is not installed")
from media_captioner_otio.marking import hook_function, main, mark
from opentimelineio.opentime import RationalTime, TimeRange

CUES = [
    {
        "start": 2.0,
        "end": 3.5,
        "text": "[dog\nbarking]",
        "category": "effects",
        "evidence": [{"sentence": "A dog barks."}],
    },
    {"start": 6.0, "end": 7.5, "text": "Hello.", "category": "speech"},
]


@pytest.fixture
def media(tmp_path):
    file = tmp_path / "clip 1.mov"
    file.write_bytes(b"media")
    sidecar(file)
    return file


def sidecar(file, schema="media_captioner/sidecar@1", **more):
    document = {
        "schema": schema,
        "media": {"path": file.name, "fingerprint": {"size": 5}, **more},
        "cues": CUES,
    }
    file.with_name(file.stem + ".media_captioner.json").write_text(json.dumps(document))


def span(start, length, rate=25):
    return TimeRange(RationalTime(start, rate), RationalTime(length, rate))


def timeline(file, *, source=None, available=None, effects=(), url=None):
    reference = otio.schema.ExternalReference(url or file.as_uri(), available)
    clip = otio.schema.Clip(file.name, reference, source)
    clip.effects.extend(effects)  # the constructor takes them since 0.18
    track = otio.schema.Track("V1", children=[clip])
    made = otio.schema.Timeline("cut")
    made.tracks.append(track)
    return made


def marks(made):
    return [
        (marker.name, marker.marked_range.start_time.value, marker.marked_range.duration.value)
        for clip in made.find_clips()
        for marker in clip.markers
    ]


def test_every_cue_becomes_a_marker_with_its_evidence(media):
    made = timeline(media, available=span(0, 250))
    assert mark(made).problems == []
    assert marks(made) == [("[dog barking]", 50, 38), ("Hello.", 150, 38)]
    first = next(iter(made.find_clips())).markers[0]
    assert (first.comment, first.color) == ("A dog barks.", "YELLOW")


def test_a_trim_leaves_out_what_is_not_shown_and_shortens_what_is_cut(media):
    made = timeline(media, source=span(75, 100), available=span(0, 250))
    mark(made)
    assert marks(made) == [("[dog barking]", 75, 13), ("Hello.", 150, 25)]


def test_a_speed_change_shows_more_of_the_media(media):
    twice = otio.schema.LinearTimeWarp(time_scalar=2)
    made = timeline(media, source=span(0, 80), available=span(0, 250), effects=[twice])
    mark(made)
    assert marks(made) == [("[dog barking]", 50, 38), ("Hello.", 150, 10)]


def test_a_clip_that_runs_backwards_and_a_freeze_frame_have_what_they_show(media):
    back = timeline(
        media,
        source=span(40, 60),
        available=span(0, 250),
        effects=[otio.schema.LinearTimeWarp(time_scalar=-1)],
    )
    mark(back)
    assert marks(back) == [("[dog barking]", 50, 38)]
    frozen = timeline(
        media, source=span(60, 500), available=span(0, 250), effects=[otio.schema.FreezeFrame()]
    )
    mark(frozen)
    assert marks(frozen) == [("[dog barking]", 60, 1)]


@pytest.mark.parametrize("rate", [24, 30000 / 1001])
def test_media_that_begins_at_a_timecode_has_its_markers_from_there(media, rate):
    made = timeline(media, available=span(86400, 300, rate))
    mark(made)
    assert [at for _, at, _ in marks(made)] == [86400 + round(2 * rate), 86400 + round(6 * rate)]


def test_without_a_range_of_the_media_its_own_timecode_counts(media):
    sidecar(media, timecode="01:00:00:00")
    made = timeline(media, source=span(90000 + 25, 100))
    mark(made)
    assert marks(made) == [("[dog barking]", 90050, 38)]


def test_a_timeline_and_media_of_different_rates(media):
    made = timeline(media, source=span(24, 24 * 8, 24), available=span(0, 500, 50))
    mark(made)
    assert [at for _, at, _ in marks(made)] == [100, 300]


def test_twice_is_once_and_markers_of_others_stay(media):
    made = timeline(media, available=span(0, 250))
    clip = next(iter(made.find_clips()))
    clip.markers.append(otio.schema.Marker("mine", span(1, 1)))
    mark(made)
    once = otio.adapters.write_to_string(made, "otio_json")
    mark(made)
    assert otio.adapters.write_to_string(made, "otio_json") == once
    assert [name for name, _, _ in marks(made)] == ["mine", "[dog barking]", "Hello."]


def test_each_thing_that_is_wrong_is_said_and_leaves_the_clip_alone(media, tmp_path, caplog):
    sidecar(media, schema="media_captioner/sidecar@9")
    assert "another version" in mark(timeline(media)).problems[0]
    sidecar(media)
    media.write_bytes(b"other media")
    assert "changed since" in mark(timeline(media)).problems[0]
    media.with_name("clip 1.media_captioner.json").write_text("{")
    assert "cannot be read" in mark(timeline(media)).problems[0]
    hook_function(timeline(tmp_path / "none.mov"))
    assert f'run: media-captioner caption "{tmp_path / "none.mov"}"' in caplog.text
    assert mark(timeline(media, url="https://example.org/clip.mov")).problems == []


def test_offline_media_is_marked_by_its_sidecar_alone(media, tmp_path):
    kept = tmp_path / "sidecars"
    kept.mkdir()
    made = timeline(Path("/gone/clip 1.mov"), available=span(0, 250))
    media.with_name("clip 1.media_captioner.json").rename(kept / "clip 1.media_captioner.json")
    hook_function(made, {"media_captioner_folder": str(kept)})
    assert len(marks(made)) == 2
    untouched = hook_function(timeline(media), {"media_captioner": False})
    assert marks(untouched) == []


def test_opentimelineio_finds_the_hook_by_its_manifest(media, tmp_path):
    """In a process of its own: manifests are read once."""
    otio.adapters.write_to_file(timeline(media, available=span(0, 250)), str(tmp_path / "cut.otio"))
    code = (
        "import sys, opentimelineio as o\n"
        "t = o.adapters.read_from_file(sys.argv[1])\n"
        "print(sum(len(c.markers) for c in t.find_clips()))"
    )
    manifest = Path(sys.modules["media_captioner_otio"].__file__).with_name("plugin_manifest.json")
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cut.otio")],
        env={**os.environ, "OTIO_PLUGIN_MANIFEST_PATH": str(manifest)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "2"


def test_the_command_marks_a_file(media, tmp_path, capsys):
    source, target = tmp_path / "cut.otio", tmp_path / "marked.otio"
    otio.adapters.write_to_file(timeline(media, available=span(0, 250)), str(source))
    assert main([str(source), str(target)]) == 0
    assert "2 markers on 1 clips" in capsys.readouterr().out
    assert len(marks(otio.adapters.read_from_file(str(target)))) == 2
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none.otio"), str(target)])
    with pytest.raises(SystemExit):
        main([str(source), str(tmp_path / "nowhere" / "marked.otio")])
    assert f"error: cannot mark {source}: " in capsys.readouterr().err


def test_relative_media_lies_beside_the_timeline(media, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = tmp_path / "cut.otio"
    otio.adapters.write_to_file(timeline(media, available=span(0, 250), url="clip 1.mov"), str(source))
    assert main([str(source), str(elsewhere / "marked.otio")]) == 0


def test_an_opentimelineio_that_is_too_old_is_told_and_the_timeline_stays(media, monkeypatch, caplog, capsys):
    monkeypatch.setattr(otio, "__version__", "0.15.0")
    assert marks(hook_function(timeline(media, available=span(0, 250)))) == []
    assert "needs OpenTimelineIO 0.16 or newer, not 0.15.0" in caplog.text
    with pytest.raises(SystemExit):
        main(["cut.otio", "marked.otio"])
    assert "run: pip install -U opentimelineio" in capsys.readouterr().err
