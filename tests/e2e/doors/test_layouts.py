"""The files that media servers and photo managers look for, under the names that they look for."""

import pytest

from media_captioner.cli.app import run


@pytest.mark.parametrize(
    ("layout", "beside"),
    [
        ("plain", {"clip.en.vtt", "clip.xmp"}),
        ("jellyfin", {"clip.en.sdh.vtt", "clip.nfo"}),
        ("plex", {"clip.en.sdh.srt"}),
        ("kodi", {"clip.en.srt", "clip.nfo"}),
        ("immich", {"clip.en.vtt", "clip.mp4.xmp"}),
        ("photoprism", {"clip.en.vtt", "clip.xmp"}),
    ],
)
def test_each_program_finds_the_names_that_it_looks_for(clip, capsys, layout, beside):
    command = ["caption", "--captioner", "emulated", "--layout", layout, str(clip)]
    assert run(command) == 0
    assert {path.name for path in clip.parent.iterdir()} == {"clip.mp4", "clip.media_captioner.json", *beside}
    capsys.readouterr()
    assert run(command) == 0
    assert "up to date" in capsys.readouterr().out
    assert run(["verify", str(clip.parent)]) == 0


def test_an_nfo_that_cannot_be_merged_into_stays_and_ours_goes_beside_it(clip, tmp_path, capsys):
    (tmp_path / "clip.nfo").write_text("https://www.themoviedb.org/movie/1234")
    assert run(["caption", "--captioner", "emulated", "--layout", "kodi", str(clip)]) == 0
    assert (tmp_path / "clip.nfo").read_text() == "https://www.themoviedb.org/movie/1234"
    assert (tmp_path / "clip.media_captioner.nfo").exists()
    assert "clip.nfo is not ours" in capsys.readouterr().err
