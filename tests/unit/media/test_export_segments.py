import hashlib
import json
from fractions import Fraction

import pytest

from media_captioner.errors import ConfigError, OutputConflict, OutputNotWritable
from media_captioner.media.cutting import Cutting
from media_captioner.media.encode import ENCODERS
from media_captioner.media.export_segments import LIST_NAME, write_segments
from media_captioner.media.probe import probe
from media_captioner.protocols import SilentReporter
from media_captioner.testing.media import Picture, Sound, at_offset, beeping, write_media

FIVE = Cutting(target=Fraction(5), first=Fraction(5))


@pytest.fixture
def media(tmp_path):
    sounds = [
        Sound(beeping(12, 1), codec="flac", retime=at_offset(Fraction(1, 3))),
        Sound(beeping(12, 2, floor=0), codec="flac"),
    ]
    return probe(write_media(tmp_path / "film.mkv", "matroska", *sounds, picture=Picture(Fraction(12))))


def listed(folder):
    return json.loads((folder / LIST_NAME).read_text("utf-8"))


def test_the_list_is_true(media, tmp_path) -> None:
    out = tmp_path / "out" / "deeper"
    written = write_segments(media, media.audio, out, format="mp3", cutting=FIVE)
    content = listed(out)
    assert written.list_path == out / LIST_NAME
    assert content["segments"] == list(written.segments)
    assert content["partial"] is written.partial is None
    assert content["media"] == "film.mkv"
    for item in content["segments"]:
        data = (out / item["file"]).read_bytes()
        assert item["bytes"] == len(data)
        assert item["sha256"] == hashlib.sha256(data).hexdigest()
        assert item["delay"] == float(ENCODERS["mp3"].delay)
        assert item["duration"] == pytest.approx(item["end"] - item["start"], abs=1e-9)
        assert item["silent"] == (item["track"] == 2 and not item["start"] <= 2 <= item["end"])
    assert {path.name for path in out.iterdir()} == {
        LIST_NAME,
        *(item["file"] for item in content["segments"]),
    }
    tracks = [item["track"] for item in content["segments"]]
    assert tracks == sorted(tracks)
    assert set(tracks) == {1, 2}


def test_times_are_exact_decimals(media, tmp_path) -> None:
    write_segments(
        media,
        media.audio[1:],
        tmp_path / "out",
        cutting=Cutting(target=Fraction(5), first=Fraction(5), fixed=True),
    )
    text = (tmp_path / "out" / LIST_NAME).read_text()
    assert '"start": 5.0,' in text
    assert '"start": 10.0,' in text


def test_a_second_run_replaces_ours_and_removes_what_is_no_more(media, tmp_path) -> None:
    out = tmp_path / "out"
    write_segments(media, media.audio, out, cutting=FIVE)
    before = {path.name for path in out.iterdir()}
    write_segments(media, media.audio[:1], out, format="amr")
    after = {path.name for path in out.iterdir()}
    assert after == {LIST_NAME, "track1-00001.amr"}
    assert len(before) > len(after)


def test_an_interrupted_run_can_be_repeated(media, tmp_path) -> None:
    out = tmp_path / "out"
    write_segments(media, media.audio, out, cutting=FIVE)
    (out / LIST_NAME).unlink()
    write_segments(media, media.audio, out, cutting=FIVE)
    assert listed(out)["segments"]


def test_other_peoples_files_are_left_alone(media, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "track1-00001.wav").write_bytes(b"mine")
    with pytest.raises(OutputConflict):
        write_segments(media, media.audio, out, cutting=FIVE)
    assert (out / "track1-00001.wav").read_bytes() == b"mine"
    assert not (out / LIST_NAME).exists()
    write_segments(media, media.audio, out, cutting=FIVE, overwrite=True)
    assert (out / "track1-00001.wav").read_bytes() != b"mine"


def test_a_clip_that_somebody_edited_is_left_alone(media, tmp_path) -> None:
    out = tmp_path / "out"
    write_segments(media, media.audio, out, cutting=FIVE)
    (out / "track2-00001.wav").write_bytes(b"edited")
    write_segments(media, media.audio[:1], out, cutting=FIVE)
    assert (out / "track2-00001.wav").read_bytes() == b"edited"


def test_a_hostile_list_deletes_nothing_elsewhere(media, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    digest = hashlib.sha256(b"precious").hexdigest()
    entries = [{"file": name, "sha256": digest} for name in ("../victim", str(victim))]
    (out / LIST_NAME).write_text(json.dumps({"version": 1, "segments": entries}))
    write_segments(media, media.audio[:1], out)
    assert victim.read_bytes() == b"precious"


def test_a_wrong_wish_is_refused_before_anything_is_written(media, tmp_path) -> None:
    with pytest.raises(ConfigError):
        write_segments(media, media.audio, tmp_path / "out", format="flac")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(media, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable):
        write_segments(media, media.audio, tmp_path / "file" / "out")


def test_progress_and_shortfalls_are_told(tmp_path) -> None:
    told = []

    class Listener(SilentReporter):
        def progress(self, progress) -> None:
            told.append((progress.stage, progress.position))

        def notice(self, level, message) -> None:
            told.append((level, message))

    path = write_media(tmp_path / "film.mkv", "matroska", Sound(beeping(20, 1), codec="flac"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    media = probe(path)
    write_segments(media, media.audio, tmp_path / "out", cutting=FIVE, reporter=Listener())
    assert told[0][0] == "decode"
    assert told[-1][0] == "done"
    assert any(kind == "warning" and "only read in part" in str(text) for kind, text in told)
