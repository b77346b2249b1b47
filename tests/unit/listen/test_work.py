"""Jobs end in a state that is told, whatever happens to them."""

import asyncio
from dataclasses import dataclass, field

from media_captioner.config import Settings
from media_captioner.config.tables import Listening
from media_captioner.errors import AuthenticationFailed
from media_captioner.hooks.host import Host
from media_captioner.listen import Places, Register, Worker
from media_captioner.listen.signatures import Signed
from media_captioner.listen.wishes import wish_in
from media_captioner.protocols import SilentReporter
from media_captioner.session import passing_session
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


def work(folder, captioner, before=lambda: None):
    """Ask for a clip, work on it once, and return the job, its next turn, and what was heard."""
    clip, ear, clock, reports = make_clip(folder / "clip.mp4"), Ear(), FakeClock(), []
    register, places = Register(None), Places((folder,))
    job, _ = register.admit(Signed("webhook:1", 1), BODY, wish_in(BODY), clock.now().timestamp())
    before()

    async def run():
        with passing_session(captioner, clock) as session:
            session.host = Host.of([ear])
            worker = Worker(
                register,
                places,
                Listening(roots=(folder,)),
                lambda path: Settings(wait_hours=0),
                session,
                SilentReporter(),
                reports.append,
                clock=clock,
            )
            await worker._one(register.take(clock.now().timestamp()))

    asyncio.run(run())
    ended, again = register.job(job.id), register.take(clock.now().timestamp() + 3600)
    register.close()
    assert clip.parent == folder
    return ended, again, ear.heard


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


def test_what_concerns_every_job_lets_this_one_wait(tmp_path):
    ended, again, _ = work(tmp_path, FakeCaptioner(AuthenticationFailed("wrong key")))
    assert (ended.state, ended.reason) == ("waiting", "wrong key")
    assert again.id == ended.id
