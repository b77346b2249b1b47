"""Where assets lie: other names elsewhere, object stores, and room for copies."""

import asyncio
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from media_captioner.errors import ConfigError, MediaLimitExceeded, MediaNotFound, Postponed, UnsafeInput
from media_captioner.fleet.sources import Mapping, Sources, listed


def test_a_folder_has_another_name_on_another_machine():
    mapping = Mapping.parsed(["/Volumes/archive=/mnt/archive", "/Volumes/archive/new=/srv/new"])
    assert mapping.here("/Volumes/archive/a/b.mp4") == Path("/mnt/archive/a/b.mp4")
    assert mapping.here("/Volumes/archive/new/b.mp4") == Path("/srv/new/b.mp4")
    assert mapping.here("/Volumes/archived/b.mp4") == Path("/Volumes/archived/b.mp4")
    assert mapping.named(Path("/mnt/archive/a/b.mp4")) == "/Volumes/archive/a/b.mp4"
    assert mapping.named(Path("/srv/new/b.mp4")) == "/Volumes/archive/new/b.mp4"
    assert mapping.named(Path("/elsewhere/b.mp4")) == "/elsewhere/b.mp4"


@pytest.mark.parametrize("text", ["/a", "a=/b", "/a=b", "=/b"])
def test_what_is_no_pair_of_absolute_paths_is_refused(text):
    with pytest.raises(ConfigError, match="no pair of absolute paths"):
        Mapping.parsed([text])


def test_media_are_found_below_folders_under_the_fleet_s_name(tmp_path, caplog):
    (tmp_path / "deep").mkdir()
    for name in ("a.mp4", "notes.txt", "deep/b.wav"):
        (tmp_path / name).touch()
    mapping = Mapping.parsed([f"/archive={tmp_path}"])
    assert list(listed([str(tmp_path)], mapping)) == ["/archive/a.mp4", "/archive/deep/b.wav"]
    assert list(listed([str(tmp_path / "a.mp4")], Mapping())) == [str(tmp_path / "a.mp4")]
    with pytest.raises(MediaNotFound):
        list(listed([str(tmp_path / "gone")], mapping))
    (tmp_path / "odd\udcff.mp4").touch()
    assert len(list(listed([str(tmp_path)], mapping))) == 2
    assert "no UTF-8" in caplog.text


@pytest.fixture
def bucket():
    store = fsspec.filesystem("memory")
    store.pipe({"/bucket/a.wav": b"sound", "/bucket/a.en.vtt": b"before", "/bucket/a.mp4": b"other"})
    yield store
    store.rm("/bucket", recursive=True)


def test_an_asset_on_a_store_is_copied_and_its_sidecars_are_taken_back(bucket, tmp_path):
    async def story():
        sources = Sources(scratch=tmp_path)
        assert list(listed(["memory://bucket"], Mapping())) == [
            "memory:///bucket/a.mp4",
            "memory:///bucket/a.wav",
        ]
        async with sources.at_hand("memory://bucket/a.wav") as path:
            assert path.read_bytes() == b"sound"
            assert sources.named(path) == "memory://bucket/a.wav"
            assert (path.parent / "a.en.vtt").read_bytes() == b"before"
            assert (path.parent / "a.mp4").stat().st_size == 0  # its captions must not have the same names
            (path.parent / "a.media_captioner").mkdir()
            (path.parent / "a.media_captioner" / "a.track2.en.vtt").write_bytes(b"second")
            (path.parent / "a.en.vtt").write_bytes(b"after")
            (path.parent / "a.media_captioner.json").write_bytes(b"{}")
        assert bucket.cat("/bucket/a.en.vtt") == b"after"
        assert bucket.cat("/bucket/a.media_captioner.json") == b"{}"
        assert bucket.cat("/bucket/a.media_captioner/a.track2.en.vtt") == b"second"
        assert (bucket.cat("/bucket/a.wav"), bucket.cat("/bucket/a.mp4")) == (b"sound", b"other")
        assert list(tmp_path.iterdir()) == []

    asyncio.run(story())


def test_copies_have_a_bound_and_the_next_one_waits_for_room(bucket, tmp_path):
    async def story():
        sources = Sources(scratch=tmp_path, most=6)
        async with sources.at_hand("memory://bucket/a.wav"):
            second = asyncio.create_task(sources.at_hand("memory://bucket/a.mp4").__aenter__())
            await asyncio.sleep(0.05)
            assert not second.done()
        assert (await asyncio.wait_for(second, 60)).name == "a.mp4"
        with pytest.raises(MediaLimitExceeded, match="copies may take 4 in all") as caught:
            async with Sources(most=4).at_hand("memory://bucket/a.wav"):
                pass
        assert "--scratch-gb" in caught.value.hint
        with pytest.raises(MediaNotFound):
            async with sources.at_hand("memory://bucket/gone.wav"):
                pass

    asyncio.run(story())


ERRORS = {
    "gone": FileNotFoundError("no such key"),
    "shut": PermissionError("forbidden"),
    "away": ConnectionError("refused"),
}


class Failing(MemoryFileSystem):
    """A store of which nothing can be learnt, for the reason that its name gives."""

    protocol = "failing"

    def info(self, path, **_):
        raise ERRORS[path.rpartition("//")[2].strip("/").split("/")[0]]


@pytest.mark.parametrize(
    ("name", "error"), [("gone", MediaNotFound), ("shut", UnsafeInput), ("away", Postponed)]
)
def test_what_a_store_says_tells_what_becomes_of_the_asset(name, error):
    fsspec.register_implementation("failing", Failing, clobber=True)

    async def story():
        async with Sources().at_hand(f"failing://{name}/a.wav"):
            pass

    with pytest.raises(error, match=f"failing://{name}/a.wav"):
        asyncio.run(story())
