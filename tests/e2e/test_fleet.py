"""Commands and daemons beside the fleet's own: what machines share is what they read, write and hand their work to."""

import asyncio
import contextlib
import json
import re
from functools import partial
from pathlib import Path

import httpx
import pytest

from media_captioner.cli.app import run
from media_captioner.cli.shared import handing, shared_journal
from media_captioner.cli.working import Terms, working
from media_captioner.config import Settings
from media_captioner.config.tables import Listening, WatchedRoot
from media_captioner.fleet.journal import open_journal, reading
from media_captioner.fleet.owners import Card
from media_captioner.fleet.sources import Sources
from media_captioner.fleet.status import status
from media_captioner.hooks.host import Host
from media_captioner.listen import Places, Register
from media_captioner.listen import Worker as Listener
from media_captioner.listen.signatures import Signed
from media_captioner.listen.wishes import wish_in
from media_captioner.protocols import SilentReporter
from media_captioner.session import passing_session
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.watch.daemon import open_daemon
from tests import postgres
from tests.e2e.doors.conftest import make_clip
from tests.unit.listen.test_work import Ear
from tests.unit.watch.conftest import state
from tests.unit.watch.conftest import until as soon

until = partial(soon, within=90.0)  # workers start, on machines that are busy


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of the fleet: its settings, and folders of its own."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    try:
        with postgres.fleet() as dsn:
            monkeypatch.setenv("MEDIA_CAPTIONER_DATABASE", dsn.reveal())
            yield Settings(database=dsn, captioner="emulated", formats=("vtt",))
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))


@contextlib.asynccontextmanager
async def at_work(settings, **further):
    """Have a worker of the fleet at work while the block runs."""
    terms = {
        "dsn": settings.database,
        "settings": settings,
        "settings_for": lambda _path: settings,
        "tags": ("any",),
        "at_once": 2,
        "until_done": False,
        "metrics": None,
        "sources": Sources(),
        "as_json": True,
    }
    work = asyncio.create_task(working(Terms(**(terms | further))))
    try:
        yield work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def standing(settings):
    """How the fleet's assets stand, by name."""
    with reading(settings.database) as connection:
        return dict(connection.execute("SELECT source, state FROM asset").fetchall())


def _listing(folder, *names):
    file = folder / "names.txt"
    file.write_text("\n".join(names))
    return file


def test_the_commands_show_and_change_what_machines_share(machine, tmp_path, capsys):
    clip = make_clip(tmp_path / "clip.mp4")

    def told(*command, code=0):
        assert run([*command, "--json"] if command[0] not in {"retry", "forget"} else command) == code
        return capsys.readouterr().out

    told("caption", str(clip), "--captioner", "emulated", "--formats", "vtt")
    assert not (tmp_path / "state").exists()  # no file on this machine remembers anything
    found = json.loads(told("status"))
    assert (found["journal"], found["assets"], found["processes"]) == (None, {"done": 1}, [])
    [day] = [json.loads(line) for line in told("cost").splitlines()]
    [by_asset] = [json.loads(line) for line in told("cost", "--by", "asset").splitlines()]
    assert (day["requests"], by_asset["asset"]) == (1, str(clip))
    [happening] = [json.loads(line) for line in told("history", str(clip)).splitlines()]
    assert (happening["source"], happening["state"]) == (str(clip), "done")
    assert json.loads(told("why", str(clip)))["segments"] == {"described": 1}
    # The fleet's name for it is another one here.
    elsewhere = ["--map", f"{tmp_path}=/mnt/archive"]
    assert json.loads(told("why", "/mnt/archive/clip.mp4", *elsewhere))["source"] == str(clip)
    assert len(told("history", "/mnt/archive/clip.mp4", *elsewhere).splitlines()) == 1
    told("why", "s3://bucket/clip.mp4", code=3)
    told("retry", "/mnt/archive/clip.mp4", *elsewhere)
    assert standing(machine) == {str(clip): "interrupted"}
    told("forget", "/mnt/archive/clip.mp4", *elsewhere)
    assert standing(machine) == {}
    for name in ("s3://bucket/clip.mp4", str(clip)):
        run(["fleet", "submit", "--list", str(_listing(tmp_path, name))])
        told("retry", name)
        assert standing(machine) == {name: "interrupted"}
        told("forget", name)
        assert standing(machine) == {}


def test_what_is_put_down_may_stand_in_a_list_as_find_prints_it(machine, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    clip, names = make_clip(tmp_path / "clip.mp4"), tmp_path / "list.txt"
    names.write_bytes(b"./clip.mp4\n\nfilm-\xff.mp4\ns3://bucket/a.mp4\n/elsewhere/b.mp4\r\n")
    assert run(["fleet", "submit", "--list", str(names), "--map", f"/archive={tmp_path}"]) == 0
    said = capfd.readouterr()
    assert said.out == "3 assets are to be done.\n"
    assert "its name is no UTF-8" in said.err
    assert set(standing(machine)) == {f"/archive/{clip.name}", "s3://bucket/a.mp4", "/elsewhere/b.mp4"}
    names.write_bytes(b"a.mp4\0b.mp4\0")
    assert run(["fleet", "submit", "--list", str(names)]) == 2
    assert "-print0" in capfd.readouterr().err


def test_the_fleet_says_how_many_in_the_right_number_and_that_there_was_nothing(machine, tmp_path, capsys):
    clip = make_clip(tmp_path / "clip.mp4")
    for command, code, said in (
        (["submit", str(clip)], 0, "1 asset is to be done."),
        (["cancel", str(tmp_path)], 0, "1 asset will not be begun."),
        (["cancel", str(tmp_path)], 3, "Nothing of that is to be done or under way."),
        (["retry", "--cancelled"], 0, "1 asset will be tried again."),
        (["retry", "--failed"], 3, "Nothing of that can be tried again: it is not known, or at work."),
    ):
        assert run(["fleet", *command]) == code
        told = capsys.readouterr()
        assert (told.err if code else told.out) == f"{said}\n"


@pytest.mark.parametrize("command", [["verify"], ["vacuum"], ["export"], ["rebuild", "."]])
def test_a_journal_in_a_database_is_not_taken_for_a_file(machine, command, capsys):
    assert run(["journal", *command]) == 2
    assert "lies in a Postgres" in capsys.readouterr().err


def test_a_journal_that_is_named_goes_before_what_machines_share(machine, tmp_path, capsys):
    clip, file = make_clip(tmp_path / "clip.mp4"), tmp_path / "own.db"
    assert run(["status", "--journal", str(file)]) == 2
    assert "no journal" in capsys.readouterr().err
    own = ["--captioner", "emulated", "--formats", "vtt", "--journal", str(file)]
    assert run(["caption", str(clip), *own]) == 0
    assert standing(machine) == {}
    capsys.readouterr()
    assert run(["status", "--journal", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["assets"] == {"done": 1}


@contextlib.asynccontextmanager
async def watching(root, settings, **further):
    """Give a daemon that watches ``root`` while the block runs."""
    table = WatchedRoot(root=root, settle_seconds=0.1)
    with open_daemon([table], lambda _folder: settings, **further) as daemon:
        work = asyncio.create_task(daemon.run())
        try:
            yield daemon
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def test_a_watched_folder_remembers_where_machines_share(machine, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    clip = make_clip(root / "clip.mp4")

    async def story():
        async with watching(root, machine, ledger_for=shared_journal):
            await until(lambda: standing(machine) == {str(clip): "done"})

    asyncio.run(story())
    assert not list(tmp_path.rglob("journal.db"))


def test_a_watched_folder_hands_its_files_to_the_fleet(machine, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    clip = make_clip(root / "clip.mp4")

    async def story():
        with handing(machine, [f"/archive={root}"], "watching") as hands:
            mapped = Sources(hands.mapping)
            async with (
                at_work(machine, sources=mapped),
                watching(root, machine, handed=hands.in_place_of, ledger_for=shared_journal) as daemon,
            ):
                await until(lambda: state(daemon, clip) == "done")

    asyncio.run(story())
    assert standing(machine) == {"/archive/clip.mp4": "done"}
    assert (root / "clip.en.vtt").exists()


def test_what_others_ask_for_is_handed_to_the_fleet_and_told_with_its_job(machine, tmp_path):
    make_clip(tmp_path / "clip.mp4")
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 4096)
    ear, register, reports = Ear(), Register(None), []
    jobs = {}
    for name in ("clip.mp4", "broken.mp4"):
        body = json.dumps({"file": name}).encode()
        job, _ = register.admit(Signed(f"webhook:{name}", 1), body, wish_in(body), 0.0)
        jobs[job.id] = name

    async def story():
        with handing(machine, (), "listening") as hands, passing_session(FakeCaptioner("never")) as session:
            session.host = Host.of([ear])
            listener = Listener(
                register,
                Places((tmp_path,)),
                Listening(roots=(tmp_path,)),
                lambda _path: machine,
                session,
                SilentReporter(),
                reports.append,
                handed=hands.in_place_of,
            )
            async with at_work(machine):
                listening = asyncio.create_task(listener.run())
                await until(lambda: len(ear.heard) == 2)
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(story())
    told = {event.name: event for event in ear.heard}
    assert {name: jobs[event.job] for name, event in told.items()} == {
        "asset.done": "clip.mp4",
        "asset.failed": "broken.mp4",
    }
    assert tmp_path / "clip.en.vtt" in told["asset.done"].files
    assert told["asset.done"].summary
    ended = {name: register.job(job) for job, name in jobs.items()}
    assert (ended["clip.mp4"].state, ended["broken.mp4"].state) == ("done", "failed")
    assert {"clip.en.vtt", "clip.media_captioner.json"} <= set(ended["clip.mp4"].files)
    assert len(reports) == 2
    register.close()


_LINE = re.compile(r'[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)*\})? -?[0-9.e+-]+')


def test_a_worker_serves_metrics_that_prometheus_reads(machine, tmp_path, capsys):
    for seconds, folder in ((4, "one"), (5, "two")):
        (tmp_path / folder).mkdir()
        make_clip(tmp_path / folder / "clip.mp4", seconds)
        run(["fleet", "submit", str(tmp_path / folder)])

    async def story():
        said = ""
        async with at_work(machine, metrics=("127.0.0.1", 0), as_json=False):

            def address():
                nonlocal said
                said += capsys.readouterr().err
                return re.search(r"Metrics at (\S+)", said)

            url = (await until(address))[1]
            await until(lambda: set(standing(machine).values()) == {"done"})
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(url)
                lost = await client.get(url.replace("/metrics", "/"))
                rebound = await client.get(url, headers={"host": "evil.example"})
            with open_journal(machine.database, Card("here/2", "asking")) as journal:
                found = await status(journal, SYSTEM_CLOCK)
        return answer, lost, rebound, found

    answer, lost, rebound, found = asyncio.run(story())
    assert (answer.status_code, lost.status_code, rebound.status_code) == (200, 404, 403)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert all(line.startswith("# ") or _LINE.fullmatch(line) for line in lines)
    for folder in ("one", "two"):
        assert f'media_captioner_assets{{root="{tmp_path / folder}",state="done"}} 1' in lines
    [worker] = found.workers
    assert f'media_captioner_worker_up{{worker="{worker.name}"}} 1' in lines
    assert "media_captioner_requests_total 2" in lines
    assert found.to_json()["roots"] == {str(tmp_path / folder): {"done": 1} for folder in ("one", "two")}
    assert found.to_json()["taken"]["requests"] == 2


def test_fleet_status_tells_of_each_worker_and_root_how_long_and_how_much(machine, tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Path(make_clip(tmp_path / name / "clip.mp4"))
    run(["fleet", "submit", str(tmp_path / "a"), str(tmp_path / "b"), "--tag", "nobody"])

    async def story():
        async with at_work(machine, tags=("nobody",), at_once=1):
            await until(lambda: "done" in standing(machine).values())

    asyncio.run(story())
    capsys.readouterr()
    run(["fleet", "submit", str(tmp_path / "a"), "--tag", "nobody"])
    capsys.readouterr()
    assert run(["fleet", "status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(sum(states.values()) for states in found["roots"].values()) == 2
    assert set(found["roots"]) == {str(tmp_path / "a"), str(tmp_path / "b")}
    assert found["open"] >= 1
    assert found["per_hour"] >= 6
    assert found["left_at_speed"] == pytest.approx(found["open"] / found["per_hour"] * 3600)
    assert found["taken"]["dollars"] == 0
    assert run(["fleet", "status"]) == 0
    said = capsys.readouterr().out.splitlines()
    states = said[: len(found["assets"])]
    assert [line.split(maxsplit=1)[1] for line in states] == sorted(found["assets"])
    assert re.fullmatch(
        r"(1 answer|\d answers), 0 requests under way, (1 asset|\d assets) next in the queue\.",
        said[len(states) + 2],
    )
    assert {"workers", "queue", "today", "paused", "left_at_limit", "next"} <= set(found)
