"""New files out of a media file and its captions: the source stays, the essence stays, the captions come along."""

import os
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from media_captioner.cli.app import cli
from media_captioner.errors import ConfigError, OutputConflict, OutputNotWritable, UnsupportedMedia
from media_captioner.export import save
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
from media_captioner.testing.media import Picture, Sound, beeping, find_beeps, write_media
from media_captioner.video.contact_sheet import contact_sheet, draw_sheet, two_lines
from media_captioner.video.embed import embed, is_signed
from media_captioner.video.essence import essence_of
from media_captioner.video.fonts import font_for
from media_captioner.video.mux import mux
from media_captioner.video.preview import preview
from tests.unit.export.factory import captions, cue

# moviepy leaves the pipes of its readers to the garbage collector.
moviepy_leaks = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
TWO = (cue("1", "2", "[dog barking]"), cue("3", "4.5", "MAN: <i>Hello</i> & goodbye.", category="speech"))


def told_of(path, *cues):
    told = captions(*(cues or TWO), folder=path.parent, name=path.name)
    media = probe(path)
    return replace(told, media=media, track=media.audio[0])


def make(path, container="mp4", seconds=6, **more):
    picture = Picture(Fraction(seconds), size=(320, 180))
    return write_media(path, container, Sound(beeping(seconds, 1, 3)), picture=picture, **more)


@pytest.fixture
def clip(tmp_path):
    return make(tmp_path / "clip.mp4")


def subtitles(path):
    """Return what is shown and when, and what the track says of itself."""
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[-1]
        packets = [
            (round(float(packet.pts * packet.time_base), 3), bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]
        return packets, stream.metadata.get("language"), stream.disposition


@pytest.mark.parametrize(("suffix", "container"), [(".mp4", "mp4"), (".mov", "mov"), (".mkv", "matroska")])
def test_captions_become_a_soft_track_and_nothing_else_changes(suffix, container, tmp_path):
    source = make(tmp_path / f"clip{suffix}", container)
    before = source.read_bytes()
    muxed = mux(source, told_of(source))
    assert muxed.name == f"clip.captioned{suffix}"
    assert source.read_bytes() == before
    assert essence_of(muxed)[:2] == essence_of(source)
    packets, language, disposition = subtitles(muxed)
    shown = [(start, text) for start, text in packets if b"dog" in text or b"goodbye" in text]
    assert [start for start, _ in shown] == [1.0, 3.0]
    assert "‹i›Hello‹/i› & goodbye.".encode() in shown[1][1]
    assert language == "eng"
    if suffix != ".mov":  # QuickTime has no such mark
        assert av.stream.Disposition.hearing_impaired in disposition
    assert find_beeps(open_segments(probe(muxed), probe(muxed).audio[0])) == pytest.approx(
        find_beeps(open_segments(probe(source), probe(source).audio[0]))
    )


def test_another_container_and_a_subtitle_track_that_was_there(tmp_path):
    plain = make(tmp_path / "plain.mkv", "matroska")
    source = mux(plain, told_of(plain, cue("2", "3", "[first track]")), tmp_path / "clip.mkv")
    for suffix in (".mkv", ".mp4"):
        muxed = mux(source, told_of(source), tmp_path / f"out{suffix}")
        kinds = [each.kind for each in essence_of(muxed)]
        assert kinds == ["video", "audio", "subtitle", "subtitle"]
        assert b"[dog barking]" in b"".join(text for _, text in subtitles(muxed)[0])


def test_muxing_never_goes_over_a_file(clip, tmp_path):
    told = told_of(clip)
    before = clip.read_bytes()
    (tmp_path / "link.mp4").symlink_to(clip)
    for out in (clip, tmp_path / "link.mp4", tmp_path / "." / "clip.mp4"):
        with pytest.raises(OutputConflict):
            mux(clip, told, out)
    mux(clip, told)
    with pytest.raises(OutputConflict):
        mux(clip, told)
    with pytest.raises(UnsupportedMedia, match="holds no captions"):
        mux(clip, told, tmp_path / "clip.avi")
    assert clip.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.captioned.mp4", "clip.mp4", "link.mp4"]


@pytest.mark.parametrize("name", ["-y.mp4", "a'b:c%03d.mp4", "line\nbreak.mp4", b"latin\xe9.mp4"])
def test_odd_names_are_just_names(name, clip, tmp_path):
    odd = tmp_path / os.fsdecode(name)
    clip.rename(odd)
    muxed = mux(odd, told_of(odd), tmp_path / ("out " + odd.name))
    assert essence_of(muxed)[:2] == essence_of(odd)
    if shutil.which("exiftool"):
        embedded = embed(odd, told_of(odd), tmp_path / ("in " + odd.name))
        assert essence_of(embedded) == essence_of(odd)


@needs_exiftool
def test_embedding_keeps_the_essence_and_merges(clip, tmp_path):
    def say(path, *tags):
        return subprocess.run(
            ["exiftool", "-s3", *tags, str(path)], capture_output=True, check=True
        ).stdout.decode()

    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-XMP-xmp:Rating=4", "-XMP-dc:Subject=holiday", str(clip)],
        check=True,
    )
    before = clip.read_bytes()
    embedded = embed(clip, told_of(clip))
    assert clip.read_bytes() == before
    assert essence_of(embedded) == essence_of(clip)
    assert say(embedded, "-XMP-xmp:Rating") == "4\n"
    assert say(embedded, "-XMP-dc:Subject") == "holiday, dog barking, speech, Spanish\n"
    assert "media_captioner" in say(embedded, "-XMP-xmpDM:all")
    with pytest.raises(OutputConflict):
        embed(clip, told_of(clip))


def test_a_signed_file_is_never_embedded_into(clip):
    assert not is_signed(clip)
    box = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"\0" * 40
    clip.write_bytes(clip.read_bytes() + (8 + len(box)).to_bytes(4) + b"uuid" + box)
    assert is_signed(clip)
    with pytest.raises(UnsupportedMedia, match="C2PA"):
        embed(clip, told_of(clip))
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


@needs_exiftool
def test_the_name_of_a_new_file_says_what_it_is_and_its_folder_is_there(clip, tmp_path):
    told = told_of(clip)
    for make_it, wrong in ((embed, "a.mkv"), (preview, "a.txt"), (contact_sheet, "a.jpg")):
        with pytest.raises(UnsupportedMedia, match=f"Cannot write {wrong}"):
            make_it(clip, told, out=tmp_path / wrong)
    for make_it, name in ((mux, "a.mp4"), (embed, "a.mp4"), (preview, "a.mp4"), (contact_sheet, "a.png")):
        with pytest.raises(OutputNotWritable, match="no such folder"):
            make_it(clip, told, out=tmp_path / "nowhere" / name)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_only_mp4_and_mov_are_embedded_into(tmp_path):
    source = make(tmp_path / "clip.mkv", "matroska")
    with pytest.raises(UnsupportedMedia):
        embed(source, told_of(source))


@moviepy_leaks
def test_the_preview_shows_the_captions_and_keeps_the_sound_in_place(clip, tmp_path):
    before = dict(os.environ)
    out = preview(clip, told_of(clip), start=Fraction(1, 2), seconds=Fraction(4))
    assert dict(os.environ) == before
    media = probe(out)
    assert abs(media.duration - 4) < Fraction(1, 10)
    beeps = find_beeps(open_segments(media, media.audio[0]))
    assert [float(beep) for beep in beeps] == pytest.approx([0.5, 2.5], abs=0.05)
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    bright = [bool((frame[130:] > 200).any()) for frame in frames]
    rate = len(frames) / 4
    assert not bright[round(0.3 * rate)]
    assert bright[round(1.0 * rate)]
    assert not bright[round(1.8 * rate)]
    assert bright[round(3.0 * rate)]


def test_the_preview_ends_where_the_media_ends(clip):
    with pytest.raises(ConfigError, match="over by then"):
        preview(clip, told_of(clip), start=Fraction(100))


def test_characters_that_no_font_has_are_refused_before_they_become_boxes(clip):
    assert font_for("Hello, [dog barking]", 20)
    with pytest.raises(ConfigError, match="No font"):
        preview(clip, told_of(clip, cue("1", "2", "\U00012000\U0001e900")))


def test_the_contact_sheet_shows_frames_wave_and_layers(clip):
    import io

    from PIL import Image

    told = told_of(
        clip, *TWO, cue("0", "6", "[rain]", category="ambience"), cue("5", "6", "♪ jazz ♪", category="music")
    )
    sheet = Image.open(io.BytesIO(draw_sheet(told.media, told))).convert("RGB")
    assert sheet.width == 1600
    colours = {colour for _, colour in sheet.getcolors(1 << 20)}
    for layer in ("#8ab8ff", "#d3a6ff", "#8fe0a0", "#ffd866"):
        assert tuple(bytes.fromhex(layer[1:])) in colours
    out = contact_sheet(clip, told)
    assert out.name == "clip.contact.png"
    with pytest.raises(OutputConflict):
        contact_sheet(clip, told)


def test_texts_of_the_contact_sheet_stay_within_their_blocks():
    from PIL import ImageFont

    font = ImageFont.load_default(13)
    for text in ("[dog]", "[dog barking]", "unless to be rather cold-hearted and selfish", "x" * 200, ""):
        for width in (5, 40, 120, 1000):
            lines = two_lines(text, font, width)
            assert 1 <= len(lines) <= 2 or width == 5
            assert all(font.getlength(line) <= width for line in lines)
            assert (" ".join(lines) == text) or lines == [] or lines[-1].endswith("…")


def test_the_contact_sheet_of_sound_alone(tmp_path):
    path = write_media(tmp_path / "clip.wav", "wav", Sound(beeping(3, 1), codec="pcm_s16le"))
    assert contact_sheet(path, told_of(path)).exists()


@moviepy_leaks
def test_the_commands(clip, tmp_path):
    save(told_of(clip), tmp_path)
    run = CliRunner().invoke
    for command, name in (("mux", "clip.captioned.mp4"), ("picture", "clip.contact.png")):
        assert name in run(cli, [command, str(clip)], standalone_mode=False, catch_exceptions=False).output
    out = tmp_path / "short.mp4"
    arguments = ["preview", str(clip), "--start", "0:01", "--seconds", "1", "--out", str(out)]
    assert "short.mp4" in run(cli, arguments, standalone_mode=False, catch_exceptions=False).output
    assert Path(out).exists()
