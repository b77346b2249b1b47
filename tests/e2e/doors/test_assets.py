"""One asset on disk: captioned once, written whole, other people's files left alone."""

import asyncio
import json
import os
from dataclasses import replace
from fractions import Fraction

import pytest

import media_captioner
from media_captioner import assets
from media_captioner.config import Settings
from media_captioner.errors import (
    CaptionerUnavailable,
    ContentRefused,
    MediaChanged,
    NoAudio,
    OutputConflict,
    OutputNotWritable,
    UnsupportedMedia,
)
from media_captioner.export import sidecar
from media_captioner.protocols import SilentReporter
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.media import Picture, Sound, beeping, media_bytes, write_media
from tests.e2e.doors.conftest import hears_a_beep, make_clip

NAMES = ["clip.en.vtt", "clip.media_captioner.json", "clip.xmp"]


class Notes(SilentReporter):
    def __init__(self):
        self.notices = []

    def notice(self, level, message):
        self.notices.append((level, message))


def process(path, captioner, *, reporter=None, siblings=(), **settings):
    return asyncio.run(
        assets.process(path, Settings(**settings), captioner, siblings=siblings, reporter=reporter)
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith((".mp4", ".mov")))


def test_captions_lie_beside_the_video(clip, captioner):
    (result,) = process(clip, captioner)
    assert result.outcome == "captioned"
    assert names(clip.parent) == NAMES
    assert [written.path.name for written in result.written] == [
        "clip.en.vtt",
        "clip.xmp",
        "clip.media_captioner.json",
    ]
    document = json.loads((clip.parent / NAMES[1]).read_bytes())
    assert sidecar.validate(document) == []
    assert "[beeping]" in (clip.parent / "clip.en.vtt").read_text()


def test_the_source_is_not_touched(clip, captioner):
    before = (clip.read_bytes(), clip.stat().st_mtime_ns)
    process(clip, captioner)
    assert (clip.read_bytes(), clip.stat().st_mtime_ns) == before


def test_a_second_run_does_nothing(clip, captioner):
    process(clip, captioner)
    stamps = {name: (clip.parent / name).stat().st_mtime_ns for name in NAMES}
    asked = len(captioner.clips)
    (result,) = process(clip, captioner)
    assert result.outcome == "up to date"
    assert len(captioner.clips) == asked
    assert stamps == {name: (clip.parent / name).stat().st_mtime_ns for name in NAMES}


def test_a_copy_that_was_touched_is_still_the_same_sound(clip, captioner):
    process(clip, captioner)
    os.utime(clip)
    (result,) = process(clip, captioner)
    assert result.outcome == "up to date"


def test_another_sound_under_the_same_name_is_captioned_anew(clip, captioner):
    process(clip, captioner)
    make_clip(clip, 9)
    (result,) = process(clip, captioner)
    assert result.outcome == "captioned"


def test_another_captioner_is_asked_anew_and_force_asks_again(clip, captioner):
    process(clip, captioner)
    other = FakeCaptioner(hears_a_beep, model="fake-2")
    assert process(clip, other)[0].outcome == "captioned"
    assert process(clip, other)[0].outcome == "up to date"
    assert process(clip, other, force=True)[0].outcome == "captioned"


def test_another_profile_or_a_missing_file_costs_no_captioner(clip, captioner):
    process(clip, captioner)
    asked = len(captioner.clips)
    assert process(clip, captioner, profile="bbc")[0].outcome == "rewritten"
    assert "BEEPING" in (clip.parent / "clip.en.vtt").read_text()
    (clip.parent / "clip.xmp").unlink()
    assert process(clip, captioner, profile="bbc")[0].outcome == "rewritten"
    assert names(clip.parent) == NAMES
    assert len(captioner.clips) == asked


def test_a_strangers_file_stays_and_ours_goes_beside_it(clip, captioner):
    stranger = clip.parent / "clip.en.vtt"
    stranger.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nMine!\n")
    notes = Notes()
    process(clip, captioner, reporter=notes)
    assert "Mine!" in stranger.read_text()
    assert "[beeping]" in (clip.parent / "clip.en.media_captioner.vtt").read_text()
    assert any("clip.en.vtt is not ours" in message for _, message in notes.notices)
    assert process(clip, captioner)[0].outcome == "up to date"
    assert process(clip, captioner, force=True)[0].outcome == "captioned"
    assert "Mine!" in stranger.read_text()


def test_an_edited_file_stays_too(clip, captioner):
    process(clip, captioner)
    ours = clip.parent / "clip.en.vtt"
    ours.write_text(ours.read_text().replace("beeping", "alarm clock beeping"))
    assert process(clip, captioner)[0].outcome == "up to date"
    process(clip, captioner, force=True)
    assert "alarm clock" in ours.read_text()
    assert "[beeping]" in (clip.parent / "clip.en.media_captioner.vtt").read_text()
    process(clip, captioner, force=True, overwrite="all")
    assert "alarm clock" not in ours.read_text()


def test_a_lost_sidecar_does_not_turn_our_files_into_a_strangers(clip, captioner):
    process(clip, captioner)
    (clip.parent / "clip.media_captioner.json").unlink()
    assert process(clip, captioner)[0].outcome == "captioned"
    assert names(clip.parent) == NAMES


def test_a_strangers_sidecar_is_refused_before_anything_is_heard(clip, captioner):
    (clip.parent / "clip.media_captioner.json").write_text("{}")
    with pytest.raises(OutputConflict, match="not ours"):
        process(clip, captioner)
    assert captioner.clips == []


def test_two_media_of_one_stem_get_their_whole_names(tmp_path, captioner):
    one = make_clip(tmp_path / "clip.mp4")
    two = write_media(tmp_path / "clip.mov", "mov", Sound(beeping(6, 2)))
    for path in (one, two):
        process(path, captioner, siblings=[one, two])
    assert names(tmp_path) == sorted(
        f"{stem}{suffix}"
        for stem in ("clip.mp4", "clip.mov")
        for suffix in (".en.vtt", ".media_captioner.json", ".xmp")
    )
    assert process(one, captioner, siblings=[one, two])[0].outcome == "up to date"


def test_who_came_first_keeps_the_plain_name(tmp_path, captioner):
    one = make_clip(tmp_path / "clip.mp4")
    process(one, captioner)
    two = write_media(tmp_path / "clip.mov", "mov", Sound(beeping(6, 2)))
    for path in (one, two):
        process(path, captioner, siblings=[one, two])
    assert names(tmp_path) == sorted(
        [*NAMES, "clip.mov.en.vtt", "clip.mov.media_captioner.json", "clip.mov.xmp"]
    )


def test_results_can_go_elsewhere(clip, captioner, tmp_path):
    out = tmp_path / "new" / "captions"
    process(clip, captioner, out=out)
    assert names(out) == NAMES
    assert names(clip.parent) == ["new"]


def test_every_track_gets_its_own_files(tmp_path, captioner):
    path = write_media(
        tmp_path / "film.mkv",
        "matroska",
        Sound(beeping(5, 1), tags={"language": "eng"}),
        Sound(beeping(5, 2), tags={"language": "ger"}),
    )
    results = process(path, captioner, all_tracks=True)
    assert [result.choice.track.language for result in results] == ["en", "de"]
    assert (tmp_path / "film.en.vtt").exists()
    assert sorted(p.name for p in (tmp_path / "film.media_captioner").iterdir()) == [
        "film.track2.en.vtt",
        "film.track2.media_captioner.json",
        "film.track2.xmp",
    ]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_heard(clip, captioner):
    with pytest.raises(OutputNotWritable, match="--out"):
        try:
            process(clip, captioner, out=clip / "below a file")
        except OutputNotWritable as error:
            raise OutputNotWritable(f"{error.message} {error.hint}") from error
    assert captioner.clips == []


def test_video_without_sound_and_text_named_mp4_are_refused(tmp_path, captioner):
    silent = tmp_path / "silent.mp4"
    silent.write_bytes(media_bytes("mp4", (), Picture()))
    with pytest.raises(NoAudio):
        process(silent, captioner)
    text = tmp_path / "text.mp4"
    text.write_text("This is a letter, not a film.\n" * 100)
    with pytest.raises(UnsupportedMedia):
        process(text, captioner)
    assert names(tmp_path) == []


def test_silence_is_never_sent(tmp_path, captioner):
    import numpy as np

    path = write_media(
        tmp_path / "silence.wav", "wav", Sound(np.zeros((1, 48000 * 5), np.float32), codec="pcm_s16le")
    )
    (result,) = process(path, captioner)
    assert captioner.clips == []
    assert all(segment.silent for segment in result.captions.segments)
    assert result.captions.cues == ()


def test_a_refused_clip_leaves_a_gap_and_the_rest_goes_on(tmp_path):
    path = make_clip(tmp_path / "long.mp4", 50)
    captioner = FakeCaptioner(hears_a_beep, ContentRefused("The service refuses this clip"), hears_a_beep)
    (result,) = process(path, captioner)
    assert [bool(segment.gap) for segment in result.captions.segments] == [False, True, False][
        : len(result.captions.segments)
    ]
    assert result.captions.segments[1].gap == "The service refuses this clip"
    # A gap is not "up to date": the next run tries again.
    (again,) = process(path, FakeCaptioner(hears_a_beep))
    assert again.outcome == "captioned"


def test_times_of_facts_land_on_the_presentation_timeline(tmp_path, captioner):
    path = make_clip(tmp_path / "long.mp4", 50)
    (result,) = process(path, captioner)
    for segment in result.captions.segments:
        (sound,) = segment.facts.sounds
        assert sound.span.start == segment.start


def test_a_source_that_changes_meanwhile_is_not_captioned_with_the_old_sound(clip):
    def meddle(described, context):
        clip.write_bytes(clip.read_bytes() + b"\0" * 64)
        return hears_a_beep(described, context)

    # Whether it is noticed while the file is read or after it depends on who is quicker; it is always noticed.
    try:
        (result,) = process(clip, FakeCaptioner(meddle))
        assert "changed" in result.captions.partial
    except MediaChanged:
        assert names(clip.parent) == []
    (again,) = process(clip, FakeCaptioner(hears_a_beep))
    assert (again.outcome, again.captions.partial) == ("captioned", None)


def test_a_source_that_is_replaced_at_the_end_gets_no_captions(clip):
    def take_away(described, context):
        clip.unlink()
        return hears_a_beep(described, context)

    with pytest.raises(MediaChanged):
        process(clip, FakeCaptioner(take_away))
    assert names(clip.parent) == []


def test_a_captioner_that_cannot_be_reached_at_all_says_so_and_leaves_nothing(clip):
    class Dead(CaptionerUnavailable):
        scope = "queue"

    with pytest.raises(CaptionerUnavailable):
        process(clip, FakeCaptioner(Dead("nobody there")))
    assert names(clip.parent) == []


@pytest.mark.parametrize(
    "name",
    ["-v.mp4", "a\nb.mp4", "%03d.mp4", "concat:x.mp4", "naïve 文字 🎬.mp4", "a" * 245 + ".mp4", ".mp4"],
)
def test_odd_names_are_just_names(tmp_path, captioner, name):
    path = make_clip(tmp_path / name)
    (result,) = process(path, captioner)
    assert len(result.written) == 3
    assert all(written.path.parent == tmp_path and written.path.exists() for written in result.written)
    assert process(path, captioner)[0].outcome == "up to date"


def test_the_library_face(clip, captioner, tmp_path):
    captions = media_captioner.caption(clip, captioner=captioner)
    assert [cue.text for cue in captions.cues] == ["[beeping]"]
    out = tmp_path / "made" / "by itself"
    with pytest.raises(media_captioner.errors.ConfigError):
        media_captioner.save(captions, out, formats=["vttt"])
    assert not out.parent.exists()
    paths = media_captioner.save(captions, out)
    assert sorted(path.name for path in paths) == NAMES
    read = media_captioner.load(out / "clip.media_captioner.json")
    assert read.cues == captions.cues
    assert replace(read.media, path=clip) == captions.media
    assert not captioner.closed


def test_everything_public_is_listed_sorted_and_there():
    assert media_captioner.__all__ == sorted(media_captioner.__all__)
    for name in media_captioner.__all__:
        assert getattr(media_captioner, name) is not None
    with pytest.raises(AttributeError):
        _ = media_captioner.nothing


def test_cues_never_outlast_the_asset(clip, captioner):
    captions = media_captioner.caption(clip, captioner=captioner)
    assert all(
        Fraction(0) <= cue.start < cue.end <= captions.media.duration + Fraction(1, 10)
        for cue in captions.cues
    )
