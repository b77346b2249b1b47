"""Assets that share a captioner and a journal: paid once, gone on with, stopped."""

import asyncio
import shutil
from dataclasses import replace
from fractions import Fraction

import pytest

from media_captioner import batch
from media_captioner.config import Settings
from media_captioner.errors import (
    AuthenticationFailed,
    ClipRejected,
    ContentRefused,
)
from media_captioner.model import Usage
from media_captioner.protocols import SilentReporter
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.journal.reports import overview, reading, why
from media_captioner.session import limits_for, open_session
from media_captioner.testing.captioner import FakeCaptioner
from tests.e2e.doors.sessions import ONE_BY_ONE, PAID, Notes, costs, journal, paid, run, tape

__all__ = ["journal"]  # a fixture


def test_p3_what_was_answered_before_an_interruption_is_not_asked_again(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550, 660)
    withdrawn = AuthenticationFailed("the key was withdrawn")
    with pytest.raises(AuthenticationFailed):
        run([path], paid(costs(), costs(), withdrawn, service=ONE_BY_ONE), journal)
    assert not (tmp_path / "a.en.vtt").exists()
    again = paid()
    report = run([path], again, journal)["a.wav"]
    assert (report.state, len(again.clips)) == ("done", 1)


def test_a_rename_a_copy_and_another_profile_cost_nothing(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550)
    run([path], paid(), journal)
    path.rename(tmp_path / "renamed.wav")
    (tmp_path / "elsewhere").mkdir()
    copy = shutil.copy(tmp_path / "renamed.wav", tmp_path / "elsewhere" / "copy.wav")
    captioner = paid()
    reports = run([tmp_path / "renamed.wav", tmp_path / "elsewhere" / "copy.wav"], captioner, journal)
    assert {report.state for report in reports.values()} == {"done"}
    run([tmp_path / "renamed.wav"], captioner, journal, force=True, profile="bbc")
    assert captioner.clips == []
    assert copy


def test_identical_clips_are_sent_once_and_silent_ones_never(tmp_path, journal):
    paths = [tape(tmp_path / "a.wav", 440, 550, 0), tape(tmp_path / "b.wav", 440, 660)]
    captioner = paid()
    reports = run(paths, captioner, journal)
    sent = [clip.sha256 for clip in captioner.clips]
    segments = [s for report in reports.values() for s in report.results[0].captions.segments]
    assert len(segments) == 5
    assert [segment.silent for segment in segments].count(True) == 1
    assert [segment.description is not None for segment in segments].count(True) == 4
    assert len(sent) == len(set(sent)) == 3
    total = sum((report.results[0].captions.usage for report in reports.values()), Usage())
    assert total.requests == 3  # what was found elsewhere is not counted twice


def test_several_samples_are_kept_and_agreed_on(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440)
    captioner = paid(
        costs("A dog barks. Rain falls."),
        costs("A dog barks. A car passes."),
        costs("A dog barks. A bell rings."),
    )
    (result,) = run([path], captioner, journal, samples=3)["a.wav"].results
    (segment,) = result.captions.segments
    assert len(captioner.clips) == 3
    assert [sound.group for sound in segment.facts.sounds] == ["animal"]
    assert [each["prose"] for each in segment.description.evidence["samples"]] == [
        "A dog barks. A car passes.",
        "A dog barks. A bell rings.",
    ]
    assert segment.description.usage.requests == 3
    again = paid()
    run([path], again, journal, samples=3, force=True)
    assert again.clips == []
    run([path], again, journal, samples=4, force=True)
    assert len(again.clips) == 1


def test_n4_what_is_too_long_is_halved(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440)
    captioner = paid(ClipRejected("The audio is too long"), costs("A dog barks."), costs("A cat purrs."))
    (result,) = run([path], captioner, journal)["a.wav"].results
    segments = result.captions.segments
    assert [segment.index for segment in segments] == [0, 1]
    assert segments[0].end == segments[1].start
    assert [segment.description.prose for segment in segments] == ["A dog barks.", "A cat purrs."]
    again = paid()
    assert run([path], again, journal, force=True)["a.wav"].state == "done"
    assert again.clips == []


def test_n8_what_is_degenerate_twice_is_halved(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440)
    captioner = paid(costs("..."), costs("and " * 60), costs("A dog barks."), costs("A cat purrs."))
    (result,) = run([path], captioner, journal)["a.wav"].results
    assert [s.description.prose for s in result.captions.segments] == ["A dog barks.", "A cat purrs."]


def test_gaps_are_named_and_what_was_refused_is_not_paid_again(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550, 660)
    refused = ContentRefused("Refused because of its content")
    captioner = paid(costs(), refused, costs(), service=ONE_BY_ONE)
    report = run([path], captioner, journal)["a.wav"]
    assert report.state == "done with gaps"
    assert report.reason == "1 of 3 segments have no description: Refused because of its content"
    assert batch.exit_code([report]) == 0
    again = paid()
    assert run([path], again, journal)["a.wav"].state == "done with gaps"
    assert again.clips == []
    with reading(journal) as connection:
        told = why(connection, path)
    assert (told.state, told.segments) == ("done with gaps", {"described": 2, "gap": 1})
    assert told.refused[0][2] == "Refused because of its content"

    async def retry():
        with open_journal(journal) as opened:
            assert await opened.register.retry(path)

    asyncio.run(retry())
    assert run([path], again, journal)["a.wav"].state == "done"
    assert len(again.clips) == 1


def test_a_free_captioner_s_answers_are_kept_only_until_the_sidecar_has_them(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550)
    with pytest.raises(AuthenticationFailed):
        run([path], FakeCaptioner("A dog barks.", AuthenticationFailed("stop")), journal)
    captioner = FakeCaptioner("A dog barks.")
    assert run([path], captioner, journal)["a.wav"].state == "done"
    assert len(captioner.clips) == 1  # it went on where it was interrupted
    with reading(journal) as connection:
        assert overview(connection, "").answers == 0
    assert run([path], captioner, journal, force=True)["a.wav"].state == "done"
    assert len(captioner.clips) == 3  # nothing is paid for, so "again" means again


def test_progress_tells_money_and_time(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550, 660)
    notes = Notes()
    captioner = paid(service=replace(PAID, requests_per_minute=600))
    run([path], captioner, journal, reporter=notes)
    seen = [progress for progress in notes.seen if progress.stage == "describe"]
    assert seen[-1].dollars == Fraction(3 * 55, 100_000)
    assert seen[0].seconds_left > seen[-1].seconds_left


def test_k3_stopping_waits_for_what_is_paid_and_resume_needs_no_flag(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550, 660, 770)
    settings = Settings(journal=journal, detail="high")

    class Slow(FakeCaptioner):
        address = "http://service.test"
        begun = asyncio.Event()

        async def describe(self, clip, context):
            self.begun.set()
            await asyncio.sleep(0.3)
            return await super().describe(clip, context)

    async def story():
        captioner = Slow(costs(), name="paid", model="paid-1", service=PAID)
        with open_session(captioner, settings) as session:
            work = batch.Batch(lambda _: settings, captioner, SilentReporter(), session=session)
            task = asyncio.create_task(work.run([path], lambda _: None))
            await captioner.begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return len(captioner.clips)

    heard = asyncio.run(story())
    assert 1 <= heard <= 2
    with reading(journal) as connection:
        found = overview(connection, "")
        assert (found.assets, found.answers, found.asking) == ({"interrupted": 1}, heard, 0)
    again = paid()
    assert run([path], again, journal)["a.wav"].state == "done"
    assert len(again.clips) == 4 - heard


@pytest.mark.parametrize(
    ("settings", "service", "at_once"),
    [
        ({}, PAID, 2),
        ({"requests_per_minute": 600}, PAID, 2),  # it states no limit, so nothing follows from ours
        ({"requests_per_minute": 600}, replace(PAID, requests_per_minute=60), 20),
        ({"requests_per_minute": 6}, replace(PAID, requests_per_minute=60), 2),
        ({"requests_per_minute": 600, "requests_at_once": 9}, replace(PAID, requests_per_minute=60), 9),
        ({"requests_at_once": 9}, replace(PAID, max_data_url=None), 2),  # it listens on this machine
    ],
)
def test_an_account_that_may_ask_more_often_has_more_under_way(settings, service, at_once):
    assert limits_for(service, Settings(**settings)).concurrency == at_once


def test_as_many_requests_are_under_way_as_a_person_says(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440, 550, 660, 770)

    class Together(FakeCaptioner):
        address = "http://service.test"
        all = asyncio.Barrier(4)

        async def describe(self, clip, context):
            async with asyncio.timeout(60), self.all:
                return await super().describe(clip, context)

    together = Together(costs(), name="paid", model="paid-1", service=PAID)
    assert run([path], together, journal, requests_at_once=4)["a.wav"].state == "done"
