"""What is media below a watched folder, and the reason where a file is not."""

import os

import pytest

from media_captioner.config.tables import WatchedRoot
from media_captioner.watch.rules import Rules

TEMPORARY = (
    ".clip.mp4.Xy12Zw",  # rsync
    "clip.mp4.part",
    "clip.mp4.tmp",
    "clip.mp4.crdownload",
    "clip.mp4.download",
    "clip.mp4.partial",
    "._clip.mp4",
    ".DS_Store",
    ".mc-00ff.tmp",
    "clip.mp4~",
    "~$clip.mp4",
)


def rules(root, **table):
    return Rules(WatchedRoot(root=root, **table))


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("name", TEMPORARY)
def test_what_others_are_still_copying_is_no_media(tmp_path, name):
    assert rules(tmp_path).explain(make(tmp_path / name)) is not None
    assert rules(tmp_path).explain(make(tmp_path / "clip.MP4")) is None


@pytest.mark.parametrize(
    "name", ["clip.en.vtt", "clip.media_captioner.json", "clip.xmp", "x.media_captioner/a.wav"]
)
def test_what_we_wrote_is_no_media(tmp_path, name):
    assert rules(tmp_path).explain(make(tmp_path / name)) is not None


def test_links_pipes_and_folders_are_never_opened(tmp_path):
    target = make(tmp_path / "real.mp4")
    (tmp_path / "link.mp4").symlink_to(target)
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    found = {
        name: rules(tmp_path).explain(tmp_path / name) for name in ("link.mp4", "folder.mp4", "pipe.mp4")
    }
    assert found["link.mp4"].startswith("it is a link")
    assert found["folder.mp4"] == found["pipe.mp4"] == "it is not a regular file"
    outside = tmp_path / "inside" / "loop"
    outside.parent.mkdir()
    outside.symlink_to(tmp_path)
    assert "is a link" in rules(tmp_path).explain(outside / "real.mp4")


def test_include_and_exclude_are_patterns_as_in_gitignore(tmp_path):
    table = {"include": ("news/**",), "exclude": ("rushes/", "*_proxy.mp4")}
    paths = ["news/a.mp4", "news/a_proxy.mp4", "news/rushes/b.mp4", "sport/c.mp4"]
    found = {path: rules(tmp_path, **table).explain(make(tmp_path / path)) for path in paths}
    assert found["news/a.mp4"] is None
    assert found["news/a_proxy.mp4"] == "exclude names it"
    assert "exclude names the folder" in found["news/rushes/b.mp4"]
    assert found["sport/c.mp4"] == "include does not name it"


def test_the_nearest_ignore_file_decides(tmp_path):
    paths = {path: make(tmp_path / path) for path in ("a.mxf", "kept/a.mxf", "kept/private/b.mp4")}
    (tmp_path / ".captionignore").write_text("*.mxf\n")
    (tmp_path / "kept" / ".captionignore").write_text("!*.mxf\nprivate/\n")
    found = {name: rules(tmp_path).explain(path) for name, path in paths.items()}
    assert found["a.mxf"] == f"{tmp_path / '.captionignore'} names it"
    assert found["kept/a.mxf"] is None
    assert str(tmp_path / "kept" / ".captionignore") in found["kept/private/b.mp4"]


def test_a_folder_that_is_watched_by_itself_is_not_ours(tmp_path):
    inner = tmp_path / "inner"
    path = make(inner / "a.mp4")
    assert "watched by itself" in Rules(WatchedRoot(root=tmp_path), [inner]).explain(path)
    assert rules(inner).explain(path) is None
