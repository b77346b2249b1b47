"""Jobs end in a state that is told, whatever happens to them."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from media_captioner.cli.options import settings_for
from media_captioner.config import Settings
from media_captioner.config.tables import Listening
from media_captioner.errors import AuthenticationFailed, DiskFull
from media_captioner.hooks.host import Host
from media_captioner.listen import Places, Register, Worker
from media_captioner.listen.signatures import Signed
from media_captioner.listen.wishes import wish_in
from media_captioner.protocols import SilentReporter
from media_captioner.session import passing_session
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.clock import FakeClock
from tests.e2e.doors.conftest import make_clip

BODY = b'{"file": "clip.mp4", "settings": {"formats": ["srt"]}}'


@dataclass
class Ear:
    """Hears of everything."""

    name: str = "ear"
    source: str = "test"
    events: frozenset = frozenset({"asset.found", "asset.done", "asset.failed"})
    heard: list = field(default_factory=list)

    async def hear(self, event):
        self.heard.append(event)

    def close(self):
        pass


@dataclass
class Bench:
    """A worker over a folder of clips."""

    folder: Path
    captioner: FakeCaptioner
    at_once: int | None = None
    settings_for: Callable[[Path], Settings] = lambda _path: Settings(wait_hours=0)
    clock: Clock = field(default_factory=FakeClock)
    ear: Ear = field(default_factory=Ear)
    register: Register = field(default_factory=lambda: Register(None))
    reporter: SilentReporter = field(default_factory=SilentReporter)
    asked: int = 0

    @property
    def now(self):
        return self.clock.now().timestamp()

    def ask(self, body=BODY):
        self.asked += 1
        signed = Signed(f"webhook:{self.asked}", 1)
        return self.register.admit(signed, body, wish_in(body), self.now)[0].id

    @contextlib.contextmanager
    def worker(self):
        with passing_session(self.captioner, self.clock) as session:
            session.host = Host.of([self.ear])
            yield Worker(
                self.register,
                Places((self.folder,)),
                Listening(roots=(self.folder,)),
                self.settings_for,
                session,
                self.reporter,
                lambda report: None,
                at_once=self.at_once,
                clock=self.clock,
            )

    def run(self, *jobs):
        """Let the worker run until these jobs have ended, and return how."""

        async def story():
            with self.worker() as worker:
                work = asyncio.create_task(worker.run())
                async with asyncio.timeout(60):
                    while any(self.register.job(job).ended is None for job in jobs):
                        assert not work.done(), await work
                        await asyncio.sleep(0.01)
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

        asyncio.run(story())
        return [self.register.job(job).state for job in jobs]


def work(folder, captioner, before=lambda: None):
    """Ask for a clip, work on it once, and return the job, its next turn, and what was heard."""
    make_clip(folder / "clip.mp4")
    bench = Bench(folder, captioner)
    job = bench.ask()
    before()

    async def run():
        with bench.worker() as worker:
            await worker._one(bench.register.take(bench.now))

    asyncio.run(run())
    ended, again = bench.register.job(job), bench.register.take(bench.now + 3600)
    bench.register.close()
    return ended, again, bench.ear.heard


def test_a_file_is_captioned_as_the_request_says_and_told_with_its_job(tmp_path):
    ended, again, heard = work(tmp_path, FakeCaptioner("A dog barks."))
    assert (ended.state, again) == ("done", None)
    assert "clip.en.sdh.srt" in ended.files
    assert [(event.name, event.job, event.root) for event in heard] == [
        ("asset.found", ended.id, tmp_path),
        ("asset.done", ended.id, tmp_path),
    ]


def test_a_file_that_went_away_meanwhile_is_told_as_failed(tmp_path):
    ended, again, heard = work(tmp_path, FakeCaptioner("x"), (tmp_path / "clip.mp4").unlink)
    assert (ended.state, ended.reason, again) == ("failed", "There is no such file", None)
    assert [(event.name, event.job, event.error) for event in heard] == [
        ("asset.failed", ended.id, "MediaNotFound")
    ]


def test_a_wrong_settings_file_beside_a_file_fails_its_job_and_no_other(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    wrong, right = (make_clip(tmp_path / name / "clip.mp4") for name in ("a", "b"))
    (wrong.parent / ".media-captioner.toml").write_text("profil = 'bbc'")
    by_file, _ = settings_for({}, None)
    bench = Bench(tmp_path, FakeCaptioner("A dog barks."), settings_for=by_file)
    jobs = [
        bench.ask(json.dumps({"file": f"{path.parent.name}/clip.mp4"}).encode()) for path in (wrong, right)
    ]
    assert bench.run(*jobs) == ["failed", "done"]
    assert "profil" in bench.register.job(jobs[0]).reason


def test_what_concerns_every_job_lets_this_one_wait(tmp_path):
    ended, again, _ = work(tmp_path, FakeCaptioner(AuthenticationFailed("wrong key")))
    assert (ended.state, ended.reason) == ("waiting", "wrong key")
    assert again.id == ended.id


class Together(FakeCaptioner):
    """Answers nobody before as many clips are being heard as it waits for."""

    def __init__(self, count):
        super().__init__("A dog barks.")
        self.count, self.all_here = count, asyncio.Event()

    async def describe(self, clip, context):
        if len(self.clips) + 1 == self.count:
            self.all_here.set()
        answer = await super().describe(clip, context)
        await self.all_here.wait()
        return answer


def test_several_jobs_are_under_way_at_once(tmp_path):
    for number, seconds in enumerate((4, 5, 6)):
        make_clip(tmp_path / f"{number}.mp4", seconds=seconds)
    captioner = Together(3)
    captioner._service = replace(captioner.service, concurrency=3)
    bench = Bench(tmp_path, captioner, at_once=3, clock=SYSTEM_CLOCK)
    jobs = [bench.ask(b'{"file": "%d.mp4"}' % number) for number in range(3)]
    assert bench.run(*jobs) == ["done", "done", "done"]
    bench.register.close()


def test_jobs_for_one_file_come_one_after_the_other_and_hold_up_no_other(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", seconds=5)
    shutil.copy(clip, tmp_path / "other.mp4")
    bench = Bench(tmp_path, FakeCaptioner("A dog barks."), at_once=2, clock=SYSTEM_CLOCK)
    jobs = [bench.ask() for _ in range(4)]
    other = bench.ask(b'{"file": "other.mp4"}')
    *states, alone = bench.run(*jobs, other)
    assert (sorted(states), alone) == (["done", *["up to date"] * 3], "done")
    told = [event for event in bench.ear.heard if event.path == clip]
    assert [event.name for event in told] == ["asset.found", "asset.done"] * 4
    assert {event.job for event in told[::2]} == set(jobs)
    assert [event.job for event in told[::2]] == [event.job for event in told[1::2]]
    bench.register.close()


def test_how_a_job_ended_is_not_lost_where_the_disk_is_full(tmp_path, monkeypatch):
    make_clip(tmp_path / "clip.mp4")
    bench, tries = Bench(tmp_path, FakeCaptioner("A dog barks.")), []
    end = bench.register.end

    def full(*values):
        tries.append(values)
        if len(tries) < 3:
            raise DiskFull("no space")
        end(*values)

    async def passes(seconds):
        bench.clock.sleep(seconds)

    monkeypatch.setattr(bench.register, "end", full)
    monkeypatch.setattr(bench.clock, "wait", passes)
    job = bench.ask()

    async def run():
        with bench.worker() as worker:
            await worker._one(bench.register.take(bench.now))

    asyncio.run(run())
    assert (bench.register.job(job).state, len(tries)) == ("done", 3)
    bench.register.close()
