"""What may be replaced, and under which names, through the command line: nobody loses a file to us."""

import json

import pytest

from media_captioner.cli.app import run
from media_captioner.video.essence import essence_of
from tests.e2e.doors.conftest import make_clip
from tests.e2e.test_export_video import needs_exiftool

OURS = {"clip.mp4", "clip.en.vtt", "clip.xmp", "clip.media_captioner.json"}


@pytest.fixture
def folder(tmp_path):
    make_clip(tmp_path / "clip.mp4")
    return tmp_path


def caption(path, *options):
    return run(["caption", "--captioner", "emulated", *options, str(path)])


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("overwrite", [None, "ours", "never", "all"])
def test_a_strangers_captions_stay_unless_everything_may_go(folder, capsys, overwrite):
    theirs = folder / "clip.en.vtt"
    theirs.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nby hand\n")
    assert caption(folder / "clip.mp4", *(("--overwrite", overwrite) if overwrite else ())) == 0
    if overwrite == "all":
        assert "by hand" not in theirs.read_text()
        assert names(folder) == OURS
        return
    assert "by hand" in theirs.read_text()
    assert names(folder) == {*OURS, "clip.en.media_captioner.vtt"}
    said = capsys.readouterr()
    assert "clip.en.vtt is not ours or was edited since" in said.out + said.err
    assert run(["verify", str(folder)]) == 0


def test_ours_is_replaced_and_an_edit_of_it_is_not(folder):
    assert caption(folder / "clip.mp4") == 0
    captions = folder / "clip.en.vtt"
    made = captions.read_text()
    assert run(["export", "--formats", "vtt", "--caption-style", str(folder)]) == 0
    assert captions.read_text() != made
    edited = captions.read_text() + "\nNOTE mine\n"
    captions.write_text(edited)
    assert run(["export", "--formats", "vtt", str(folder)]) == 0
    assert captions.read_text() == edited
    assert (folder / "clip.en.media_captioner.vtt").exists()
    assert run(["export", "--formats", "vtt", "--overwrite", "all", str(folder)]) == 0
    assert captions.read_text() == made


def test_never_means_never(folder, capsys):
    assert caption(folder / "clip.mp4") == 0
    before = (folder / "clip.en.vtt").read_bytes()
    capsys.readouterr()
    assert run(["export", "--formats", "vtt", "--voice-tags", "--overwrite", "never", str(folder)]) != 0
    assert "--overwrite ours" in capsys.readouterr().err
    assert (folder / "clip.en.vtt").read_bytes() == before
    # Nothing stands where the SubRip file goes.
    assert run(["export", "--formats", "srt", "--overwrite", "never", str(folder)]) == 0


@pytest.mark.parametrize(
    ("naming", "sidecars"),
    [("stem", {"clip.xmp"}), ("full", {"clip.mp4.xmp"}), ("both", {"clip.xmp", "clip.mp4.xmp"})],
)
def test_xmp_has_the_names_that_were_asked_for(folder, naming, sidecars):
    assert caption(folder / "clip.mp4") == 0
    (folder / "clip.xmp").unlink()
    assert run(["export", "--formats", "xmp", "--xmp-naming", naming, str(folder)]) == 0
    assert {name for name in names(folder) if name.endswith(".xmp")} == sidecars
    listed = json.loads((folder / "clip.media_captioner.json").read_bytes())["outputs"]
    assert sidecars <= set(listed)


@pytest.mark.parametrize("naming", ["stem", "full", "both"])
def test_two_files_of_one_stem_share_no_sidecar(folder, naming):
    (folder / "clip.mov").write_bytes((folder / "clip.mp4").read_bytes() + b"\0" * 8)
    settings = folder / "settings.toml"
    settings.write_text(f'xmp_naming = "{naming}"\n')
    assert caption(folder, "--config", str(settings)) == 0
    settings.unlink()
    made = names(folder) - {"clip.mp4", "clip.mov"}
    expected = {".en.vtt", ".xmp", ".media_captioner.json"}
    assert made == {f"clip.{suffix}{end}" for suffix in ("mp4", "mov") for end in expected}
    for suffix in ("mp4", "mov"):
        told = json.loads((folder / f"clip.{suffix}.media_captioner.json").read_bytes())
        assert told["media"]["path"] == f"clip.{suffix}"
    assert run(["verify", str(folder)]) == 0


@needs_exiftool
def test_embedding_keeps_the_essence_and_refuses_a_signed_file(folder, capsys):
    clip = folder / "clip.mp4"
    assert caption(clip) == 0
    assert run(["embed", str(clip)]) == 0
    assert essence_of(folder / "clip.embedded.mp4") == essence_of(clip)
    assert b"media_captioner" in (folder / "clip.embedded.mp4").read_bytes()
    # The box of a C2PA manifest (C2PA 2.1, A.5.1: a uuid box of this type).
    box = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"\0" * 40
    signed = clip.read_bytes() + (8 + len(box)).to_bytes(4) + b"uuid" + box
    clip.write_bytes(signed)
    capsys.readouterr()
    assert run(["embed", "--out", str(folder / "other.mp4"), str(clip)]) != 0
    assert "C2PA" in capsys.readouterr().err
    assert clip.read_bytes() == signed
    assert not (folder / "other.mp4").exists()
