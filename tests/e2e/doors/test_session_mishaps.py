"""A journal that is lost, and files that fail: nothing is paid twice, and the others go on."""

import asyncio

import pytest

from media_captioner.config import Settings
from media_captioner.errors import (
    CorruptMedia,
    OutputNotWritable,
)
from media_captioner.rebuilding import rebuild
from media_captioner.session import open_session
from media_captioner.testing.captioner import FakeCaptioner
from tests.e2e.doors.sessions import Notes, costs, journal, paid, run, tape

__all__ = ["journal"]  # a fixture


def test_k7_without_a_journal_the_free_work_goes_on_and_the_paid_does_not(tmp_path):
    path = tape(tmp_path / "a.wav", 440)
    (tmp_path / "file").write_text("")
    nowhere, notes = tmp_path / "file" / "journal.db", Notes()
    assert run([path], FakeCaptioner(), nowhere, reporter=notes)["a.wav"].state == "done"
    assert any("begins anew" in notice for notice in notes.notices)
    captioner = paid()
    with pytest.raises(OutputNotWritable):
        run([path], captioner, nowhere)
    assert captioner.clips == []


def test_k7_a_damaged_journal_is_rebuilt_from_sidecars(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550)
    run([path], paid(), journal, samples=2)
    journal.write_bytes(b"damaged" * 1000)
    notes = Notes()

    async def story():
        captioner = paid()
        with open_session(captioner, Settings(journal=journal), reporter=notes) as session:
            found = await rebuild(session.journal, [tmp_path])
            assert (found.sidecars, found.answers, found.unreadable) == (1, 4, ())
            assert (await rebuild(session.journal, [tmp_path])).answers == 0

    asyncio.run(story())
    assert any("journal rebuild" in notice for notice in notes.notices)
    again = paid()
    assert run([path], again, journal, samples=2, force=True)["a.wav"].state == "done"
    assert again.clips == []


def test_a_file_that_fails_dangerously_three_times_is_left_alone(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440)
    captioner = paid(RuntimeErrorOnce())
    for _ in range(3):
        assert run([path], captioner, journal)["a.wav"].state == "failed"
    report = run([path], captioner, journal)["a.wav"]
    assert report.state == "quarantined"
    assert isinstance(report.error, CorruptMedia)
    assert "retry" in report.error.hint
    assert len(captioner.clips) == 3
    tape(path, 550)  # another file of the same name starts afresh
    assert run([path], paid(), journal)["a.wav"].state == "done"


def RuntimeErrorOnce():  # noqa: N802 - reads like an answer
    def fail(_clip, _context):
        raise RuntimeError("a mistake in a captioner")

    return fail


def test_a_mistake_of_ours_at_one_file_stops_no_other(tmp_path, journal):
    paths = [tape(tmp_path / f"{name}.wav", 440 + number) for number, name in enumerate("ab")]
    captioner = paid(RuntimeErrorOnce(), costs())
    reports = run(paths, captioner, journal, at_once=1)
    assert [reports[name].state for name in ("a.wav", "b.wav")] == ["failed", "done"]
    assert "This is a bug" in reports["a.wav"].error.hint
