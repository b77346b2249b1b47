"""Many assets: none is forgotten, and none stops the others."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from media_captioner import batch, caption, caption_async, finding
from media_captioner.cli.app import run as command_line
from media_captioner.config import Settings
from media_captioner.errors import (
    AuthenticationFailed,
    ConfigError,
    DiskFull,
    MediaNotFound,
    UnsupportedMedia,
)
from media_captioner.protocols import SilentReporter
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.clock import FakeClock
from tests.e2e.doors.conftest import make_clip


def run(found, captioner, **settings):
    work = batch.Batch(lambda _path: Settings(**settings), captioner, SilentReporter())
    told = []
    try:
        asyncio.run(work.run(found, told.append))
    finally:
        assert told == work.reports
    return work.reports


def test_a_folder_is_searched_to_its_depth_by_name(tmp_path):
    wanted = ["a.mp4", "b/c.MOV", "b/d/e.wav"]
    for name in [*wanted, "notes.txt", "._a.mp4", ".cache/x.mp4", "a.en.vtt", "b/.hidden.mkv"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = batch.find_media([tmp_path, tmp_path / "a.mp4"])
    assert [str(path.relative_to(tmp_path)) for path in found] == wanted


def test_the_siblings_of_a_file_are_the_media_that_share_its_stem(tmp_path):
    for name in ("a.mp4", "A.mov", "a.b.mp4", "b.mov", "a.txt", "c.mkv"):
        (tmp_path / name).touch()
    clip, other, alone = tmp_path / "a.mp4", tmp_path / "A.mov", tmp_path / "b.mov"
    gone, twin = tmp_path / "gone" / "c.mp4", tmp_path / "gone" / "c.mkv"
    found = finding.siblings_of([clip, alone, clip, gone, twin])
    assert found == {clip: [other], gone: [twin], twin: [gone]}


def test_files_that_come_one_by_one_see_each_other_though_the_folder_is_rarely_listed(tmp_path, monkeypatch):
    clock, listings = FakeClock(), []
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: listings.append(folder) or listed(folder))
    clips = [tmp_path / f"{number}.mp4" for number in range(100)]
    for clip in clips:
        clip.touch()
    neighbours = finding.Neighbours(clock)
    assert [neighbours.of(clip) for clip in clips] == [[]] * 100
    assert listings == [tmp_path]
    late = tmp_path / "7.MOV"
    late.touch()
    assert neighbours.of(clips[7]) == []  # as if it had been looked at a moment earlier
    assert neighbours.of(late) == [clips[7]]
    assert neighbours.of(clips[7]) == [late]
    assert listings == [tmp_path] * 2
    (tmp_path / "8.mov").touch()
    asyncio.run(clock.advance(61))
    assert neighbours.of(clips[8]) == [tmp_path / "8.mov"]
    assert neighbours.of(tmp_path / "gone" / "c.mp4") == []


def test_a_folder_without_media_and_a_missing_file_are_said_in_their_turn(tmp_path, captioner):
    empty = tmp_path / "empty"
    empty.mkdir()
    good = make_clip(tmp_path / "good.mp4")
    found = batch.find_media([empty, tmp_path / "none.mp4", good])
    assert str(empty) in found[0].message
    reports = run(found, captioner)
    assert sorted(report.state for report in reports) == ["done", "failed", "failed"]
    assert [type(report.error) for report in reports if report.error] == [MediaNotFound, MediaNotFound]
    assert batch.exit_code(reports) == 3


def test_one_bad_file_does_not_stop_the_batch(tmp_path, captioner):
    good = [make_clip(tmp_path / name) for name in ("a.mp4", "c.mp4")]
    bad = tmp_path / "b.mp4"
    bad.write_bytes(os.urandom(4096))
    reports = {report.source.name: report for report in run([good[0], bad, good[1]], captioner)}
    states = [reports[name].state for name in ("a.mp4", "b.mp4", "c.mp4")]
    assert states == ["done", "failed", "done"]
    assert isinstance(reports["b.mp4"].error, UnsupportedMedia)


@pytest.mark.parametrize(
    "mistake", ['profil = "bbc"', 'profile = "martian"', 'formats = ["docx"]', 'track = "first"', "track ="]
)
def test_a_wrong_settings_file_beside_media_stops_those_of_its_folder_alone(tmp_path, capsys, mistake):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        make_clip(tmp_path / folder / "clip.mp4")
    (tmp_path / "a" / ".media-captioner.toml").write_text(mistake)
    assert command_line(["caption", "--captioner", "emulated", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert str(tmp_path / "a" / ".media-captioner.toml") in said.err
    assert f"{tmp_path}/b/clip.mp4: done" in said.out
    assert not (tmp_path / "a" / "clip.en.vtt").exists()


def test_nobody_listens_before_the_settings_are_known_to_make_sense(clip, captioner):
    [report] = run([clip], captioner, profile="martian")
    assert (report.state, "martian" in report.reason) == ("failed", True)
    with pytest.raises(ConfigError, match="martian"):
        caption(clip, Settings(profile="martian"), captioner=captioner)
    assert not captioner.clips


def test_where_an_event_loop_runs_the_other_way_to_call_it_is_named(clip, captioner):
    async def notebook():
        with pytest.raises(RuntimeError, match=r"await media_captioner\.caption_async"):
            caption(clip, captioner=captioner)
        return await caption_async(clip, captioner=captioner)

    assert asyncio.run(notebook()).cues == caption(clip, captioner=captioner).cues


def test_a_damaged_file_whose_name_is_no_text_stops_no_batch(tmp_path, capsys):
    bad = Path(os.fsdecode(bytes(tmp_path) + b"/a\xff.mp4"))
    bad.write_text("no film")
    good = make_clip(tmp_path / "b.mp4")
    options = ["--captioner", "emulated", "--journal", str(tmp_path / "j.db")]
    assert command_line(["caption", *options, str(tmp_path)]) == 3
    told = capsys.readouterr()
    assert f"{good}: done" in told.out
    assert "a\\xff.mp4: it is text, not media" in told.err
    assert command_line(["why", "--journal", str(tmp_path / "j.db"), str(bad)]) == 0
    assert "failed since" in capsys.readouterr().out


def test_what_concerns_the_whole_queue_stops_it_once(tmp_path):
    error = AuthenticationFailed("wrong key")
    paths = [make_clip(tmp_path / name) for name in ("a.mp4", "b.mp4")]
    captioner = FakeCaptioner(error)
    work = batch.Batch(lambda _path: Settings(), captioner, SilentReporter())
    with pytest.raises(type(error)):
        asyncio.run(work.run(paths, lambda _report: None))
    assert len(work.reports) == 1
    assert len(captioner.clips) == 1


def test_different_failures_give_exit_code_one_and_like_ones_their_own(tmp_path):
    report = batch.AssetReport
    media, output = UnsupportedMedia("x"), DiskFull("y")
    assert batch.exit_code([]) == 0
    assert batch.exit_code([report(tmp_path, "done"), report(tmp_path, "failed", error=media)]) == 3
    assert (
        batch.exit_code([report(tmp_path, "failed", error=media), report(tmp_path, "failed", error=output)])
        == 1
    )


def test_a_report_is_json_with_everything_a_script_needs(tmp_path, captioner):
    path = make_clip(tmp_path / "clip.mp4")
    [report] = run([path], captioner)
    told = json.loads(json.dumps(report.to_json()))
    assert (told["source"], told["state"]) == (str(path), "done")
    [track] = told["tracks"]
    assert track["number"] == 1
    assert [Path(name).name for name in track["files"]] == [
        "clip.en.vtt",
        "clip.xmp",
        "clip.media_captioner.json",
    ]


def test_settings_may_differ_from_folder_to_folder(tmp_path, captioner):
    paths = [
        make_clip(tmp_path / folder / "clip.mp4")
        for folder in ("one", "two")
        if not (tmp_path / folder).mkdir()
    ]
    work = batch.Batch(
        lambda path: Settings(profile="bbc" if path.parent.name == "two" else "netflix-en"),
        captioner,
        SilentReporter(),
    )
    asyncio.run(work.run(paths, lambda _report: None))
    assert "[beeping]" in (tmp_path / "one/clip.en.vtt").read_text()
    assert "BEEPING" in (tmp_path / "two/clip.en.vtt").read_text()
