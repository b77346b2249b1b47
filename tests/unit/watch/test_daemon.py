"""A file that is put into a watched folder has its captions beside it, once, and however it got there."""

import asyncio
import json
import os

import pytest

from media_captioner.cli.app import run
from media_captioner.config import Settings
from media_captioner.errors import AlreadyRunning, ConfigError
from media_captioner.watch import readiness
from tests.unit.watch.conftest import QUIET, at_work, sidecar, state, until


def test_what_is_dropped_is_captioned_beside_it_and_only_once(root, clip):
    async def play():
        async with at_work(root) as daemon:
            (root / "deep" / "er").mkdir(parents=True)
            paths = [root / "a.mp4", root / "deep" / "er" / "b.mp4"]
            for path in paths:
                path.write_bytes(clip)
            await until(lambda: all(state(daemon, path) in {"done", "up to date"} for path in paths))
            written = {path: sidecar(path).stat().st_mtime_ns for path in paths}
            daemon.folders[0].look_now()
            await asyncio.sleep(0.5)
            assert {path: sidecar(path).stat().st_mtime_ns for path in paths} == written
            assert all(path.with_name(f"{path.stem}.en.vtt").exists() for path in paths)

    asyncio.run(play())


def test_a_restart_with_nothing_to_do_opens_no_file(root, clip, monkeypatch):
    path = root / "a.mp4"
    path.write_bytes(clip)

    async def play():
        async with at_work(root) as daemon:
            await until(lambda: daemon.folders[0].looked is not None)
            await until(lambda: state(daemon, path) in {"done", "up to date"})
            return path.stat().st_atime_ns, sidecar(path).stat().st_mtime_ns

    before = asyncio.run(play())
    os.utime(path, ns=(1, path.stat().st_mtime_ns))  # an access would show
    asyncio.run(play())
    assert path.stat().st_atime_ns == 1
    assert sidecar(path).stat().st_mtime_ns == before[1]


def test_a_renamed_file_takes_its_captions_along_with_what_a_person_changed(root, clip):
    old, new = root / "a.mp4", root / "news" / "b.mp4"
    new.parent.mkdir()

    async def play():
        async with at_work(root) as daemon:
            old.write_bytes(clip)
            await until(lambda: state(daemon, old) == "done")
            edited = (root / "a.en.vtt").read_text("utf-8").replace("WEBVTT", "WEBVTT - mine")
            (root / "a.en.vtt").write_text(edited, "utf-8")
            old.rename(new)
            await until(lambda: state(daemon, new) == "up to date")
            assert state(daemon, old) == "gone"
            assert (new.parent / "b.en.vtt").read_text("utf-8") == edited
            assert sidecar(new).exists()
            assert sorted(root.iterdir()) == [new.parent]

    asyncio.run(play())


def test_captions_of_a_renamed_file_stay_where_the_settings_say_copy(root, clip):
    old, new = root / "a.mp4", root / "b.mp4"

    async def play():
        async with at_work(root, renamed="copy") as daemon:
            old.write_bytes(clip)
            await until(lambda: state(daemon, old) == "done")
            old.rename(new)
            await until(lambda: state(daemon, new) == "up to date")
            assert sidecar(old).exists()
            assert sidecar(new).exists()

    asyncio.run(play())


def test_a_copy_costs_nothing_and_another_file_in_its_place_is_captioned_anew(root, clip, other_clip):
    first, copy = root / "a.mp4", root / "b.mp4"

    async def play():
        async with at_work(root) as daemon:
            first.write_bytes(clip)
            await until(lambda: state(daemon, first) == "done")
            copy.write_bytes(clip)
            await until(lambda: state(daemon, copy) == "up to date")
            contents = json.loads(sidecar(first).read_bytes())["content_id"]
            assert json.loads(sidecar(copy).read_bytes())["content_id"] == contents
            part = root / ".b.mp4.x1Y2z3"
            part.write_bytes(other_clip)
            part.rename(copy)
            await until(lambda: state(daemon, copy) == "done")
            assert json.loads(sidecar(copy).read_bytes())["content_id"] != contents

    asyncio.run(play())


def test_a_file_that_is_taken_away_is_only_forgotten(root, clip):
    path = root / "a.mp4"

    async def play():
        async with at_work(root) as daemon:
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "done")
            path.unlink()
            await until(lambda: state(daemon, path) == "gone")
            assert sidecar(path).exists()

    asyncio.run(play())


def test_an_empty_mount_point_pauses_and_nothing_is_taken_for_deleted(root, clip, tmp_path):
    path, elsewhere = root / "a.mp4", tmp_path / "elsewhere"

    async def play():
        async with at_work(root, rescan_seconds=1) as daemon:
            folder = daemon.folders[0]
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "done")
            root.rename(elsewhere)
            root.mkdir()
            folder.look_now()
            await until(lambda: folder.paused)
            assert state(daemon, path) == "done"
            root.rmdir()
            elsewhere.rename(root)
            folder._due = 0.0
            folder.look_now()
            await until(lambda: not folder.paused)
            assert state(daemon, path) == "done"

    asyncio.run(play())


def test_a_file_that_cannot_be_read_is_tried_three_times_and_then_left_alone(root):
    path = root / "a.mp4"

    async def play():
        async with at_work(root, patience_minutes=0) as daemon:
            path.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 12 + os.urandom(2000))
            await until(lambda: state(daemon, path) == "quarantined")
            known = daemon.folders[0].memory.of(path)
            assert known.reason
            assert not sidecar(path).exists()

    asyncio.run(play())


def test_quiet_hours_hold_a_file_back_with_the_reason(root, clip):
    path = root / "a.mp4"

    async def play():
        async with at_work(root, quiet_hours=("00:00-24:00",)) as daemon:
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "waiting")
            assert "quiet hours" in daemon.folders[0].memory.of(path).reason
            assert not sidecar(path).exists()

    asyncio.run(play())


def test_what_was_held_back_is_begun_when_the_settings_allow_it_at_the_next_start(root, clip, monkeypatch):
    paths = [root / "a.mp4", root / "b.mp4"]
    for path in paths:
        path.write_bytes(clip)
    read = []
    monkeypatch.setattr(
        readiness, "unfinished", lambda path, whole=readiness.unfinished: read.append(path) or whole(path)
    )

    async def play(hours, ends):
        async with at_work(root, quiet_hours=hours) as daemon:
            folder = daemon.folders[0]
            await until(lambda: folder.looked is not None and {state(daemon, path) for path in paths} <= ends)
            return [folder.memory.of(path).until for path in paths]

    always = ("00:00-24:00",)
    waits = asyncio.run(play(always, {"waiting"}))
    assert asyncio.run(play(always, {"waiting"})) == waits
    assert sorted(read) == paths  # each once, by the first daemon
    asyncio.run(play((), {"done", "up to date"}))


def test_a_file_is_known_by_every_way_to_it(root, clip, tmp_path, capsys):
    path, link = root / "a.mp4", tmp_path / "link"
    link.symlink_to(root)

    async def play():
        async with at_work(link) as daemon:
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "done")

    asyncio.run(play())
    for way in (path, link / "a.mp4"):
        assert run(["why", str(way)]) == 0
        assert capsys.readouterr().out.startswith(f"{path}: done since")


def test_a_folder_whose_name_is_no_text_is_watched_like_any_other(root, clip):
    odd = root / os.fsdecode(b"\xff tapes")
    odd.mkdir()
    good, bad = odd / os.fsdecode(b"\xfe.mp4"), odd / "bad.mp4"
    good.write_bytes(clip)
    bad.write_text("no film")

    async def play():
        async with at_work(odd, patience_minutes=0, max_dollars=1) as daemon:
            await until(lambda: (state(daemon, good), state(daemon, bad)) == ("done", "failed"))

    asyncio.run(play())
    assert run(["backfill", "--captioner", "emulated", "--yes", str(odd)]) == 3
    assert run(["caption", "--captioner", "emulated", "--force", str(odd)]) == 3


def test_one_process_watches_a_folder_and_the_other_is_told_who(root):
    async def play():
        async with at_work(root):
            with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} .watching"):
                async with at_work(root):
                    pass

    asyncio.run(play())


def test_a_folder_that_does_not_exist_or_is_named_twice_is_refused(root):
    async def play(*roots):
        async with at_work(*roots):
            pass

    for roots in ([root / "none"], [root, root], []):
        with pytest.raises(ConfigError):
            asyncio.run(play(*roots))


def test_a_settings_file_beside_the_media_that_wants_too_much_stops_only_its_folder(root, clip):
    def settings(folder):
        if folder is not None and folder.name == "hostile":
            raise ConfigError("Refused the setting base_url")
        return Settings(captioner="emulated", formats=("vtt",))

    async def play():
        from media_captioner.config.tables import WatchedRoot
        from media_captioner.watch.daemon import open_daemon

        paths = [root / "hostile" / "a.mp4", root / "b.mp4"]
        paths[0].parent.mkdir()
        with open_daemon([WatchedRoot(root=root, settle_seconds=0.1)], settings) as daemon:
            work = asyncio.create_task(daemon.run())
            for path in paths:
                path.write_bytes(clip)
            await until(lambda: [state(daemon, path) for path in paths] == ["waiting", "done"])
            assert "base_url" in daemon.folders[0].memory.of(paths[0]).reason
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    asyncio.run(play())


def test_an_ignore_file_holds_as_soon_as_it_is_there_and_no_longer_than_that(root, clip):
    path, ignore = root / "a.mp4", root / ".captionignore"
    ignore.write_text("a.*\n")

    async def play():
        async with at_work(root) as daemon:
            await until(lambda: daemon.folders[0].looked is not None)
            path.write_bytes(clip)
            await asyncio.sleep(4 * QUIET)
            assert state(daemon, path) is None
            ignore.unlink()
            await until(lambda: state(daemon, path) == "done")

    asyncio.run(play())


def test_a_folder_that_was_watched_before_may_be_away_at_the_start(root, clip, tmp_path):
    path = root / "a.mp4"

    async def play():
        async with at_work(root) as daemon:
            path.write_bytes(clip)
            await until(lambda: state(daemon, path) == "done")
        root.rename(tmp_path / "away")
        async with at_work(root) as daemon:
            await until(lambda: daemon.folders[0].paused)
            assert state(daemon, path) == "done"

    asyncio.run(play())


def test_two_folders_share_a_captioner_and_the_inner_one_is_not_the_outer_ones(root, clip):
    inner = root / "inner"
    inner.mkdir()
    path = inner / "a.mp4"

    async def play():
        async with at_work(root, inner) as daemon:
            assert len(daemon.desks) == 1
            path.write_bytes(clip)
            await until(lambda: daemon.folders[1].memory.of(path))
            await until(lambda: daemon.folders[1].memory.of(path).state == "done")
            assert daemon.folders[0].memory.of(path) is None

    asyncio.run(play())
