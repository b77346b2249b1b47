"""Assets that share a captioner and a journal: paid once, gone on with, stopped, postponed."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest

from media_captioner import batch
from media_captioner.config import Settings
from media_captioner.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    CaptionerUnavailable,
    ClipRejected,
    ContentRefused,
    CorruptMedia,
    OutputNotWritable,
    Postponed,
    RateLimited,
)
from media_captioner.model import Description, Usage
from media_captioner.protocols import Price, Service, SilentReporter
from media_captioner.rebuilding import rebuild
from media_captioner.schedule.journal import open_journal
from media_captioner.schedule.journal.reports import overview, reading, why
from media_captioner.session import MOST_OUTPUT, limits_for, open_session, weigher
from media_captioner.testing.captioner import FakeCaptioner
from media_captioner.testing.clock import FakeClock
from media_captioner.testing.media import Sound, write_media
from media_captioner.testing.sounds import clip as make_sound

PRICE = Price(Fraction(4), Fraction(3), "a test", "2026-01-01")
PAID = Service(
    "paid service",
    Fraction(60),
    Fraction(30),
    ("wav", "mp3"),
    max_data_url=10_000_000,
    concurrency=2,
    price=PRICE,
)
ONE_BY_ONE = replace(PAID, concurrency=1)
RATE = 16_000


def tape(path, *beeps, seconds=8):
    """Write a WAV of one tone after the other, each of some seconds, cut apart by a pause."""
    parts = []
    for beep in beeps:
        time = np.arange(seconds * RATE) / RATE
        parts.append(np.zeros(seconds * RATE) if not beep else 0.3 * np.sin(2 * np.pi * beep * time))
        parts[-1][-RATE // 2 :] = 0
    sound = np.concatenate(parts).astype(np.float32)[None, :]
    return write_media(path, "wav", Sound(sound, rate=RATE, codec="pcm_s16le"))


def costs(prose="A dog barks."):
    def answer(clip, _context):
        usage = Usage(input_tokens=100, output_tokens=50, dollars=Fraction(55, 100_000), requests=1)
        return Description(f"{prose}", "paid", "paid-1", usage, request_id=clip.sha256[:8])

    return answer


def paid(*answers, service=PAID):
    captioner = FakeCaptioner(*(answers or (costs(),)), name="paid", model="paid-1", service=service)
    captioner.address = "http://service.test"
    return captioner


class Notes(SilentReporter):
    def __init__(self):
        self.notices, self.seen = [], []

    def notice(self, level, message):
        self.notices.append(message)

    def progress(self, progress):
        self.seen.append(progress)


def run(
    paths, captioner, journal=None, *, clock=None, reporter=None, wait_hours=0.0, at_once=None, **settings
):
    """Caption ``paths`` in one run with a journal, and return the reports by name."""
    settings = {"detail": "high", **settings}
    chosen = Settings(journal=journal, **settings)
    options = {"clock": clock} if clock else {}

    async def story():
        with open_session(captioner, chosen, reporter=reporter, **options) as session:
            work = batch.Batch(
                lambda _: chosen,
                captioner,
                reporter or SilentReporter(),
                session=session,
                wait_hours=wait_hours,
                at_once=at_once,
                **options,
            )
            if clock is None:
                await work.run(paths, lambda _: None)
            else:
                async with clock.running(idle=lambda: session.journal.idle and not busy()):
                    await work.run(paths, lambda _: None)
        return {report.source.name: report for report in work.reports}

    def busy():
        # Decoding threads are at work as long as they have anything to do; a fake clock must not overtake them.
        loop = asyncio.get_running_loop()
        executor = getattr(loop, "_default_executor", None)
        return executor is not None and (
            executor._work_queue.qsize() > 0 or executor._idle_semaphore._value < len(executor._threads)
        )

    return asyncio.run(story())


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "state" / "journal.db"


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


def test_p6_a_cap_ends_the_run_in_waiting_and_says_what_is_left(tmp_path, journal):
    paths = [tape(tmp_path / f"{name}.wav", *(300 + 100 * n for n in range(3))) for name in "ab"]
    tape(tmp_path / "b.wav", 1000, 1100, 1200)
    captioner = paid()
    reports = run(paths, captioner, journal, max_requests_per_day=4, at_once=1)
    assert [reports[name].state for name in ("a.wav", "b.wav")] == ["done", "waiting"]
    assert len(captioner.clips) == 4
    assert isinstance(reports["b.wav"].error, BudgetExceeded)
    assert "0 of 4 requests are left" in reports["b.wav"].reason
    assert reports["b.wav"].until.hour == 0
    assert batch.exit_code(list(reports.values())) == 5
    report = reports["b.wav"].to_json()
    assert (report["state"], report["error"]["type"]) == ("waiting", "BudgetExceeded")
    assert report["until"].endswith("T00:00:00+00:00")
    reports = run(paths, captioner, journal)
    assert len(captioner.clips) == 6
    assert reports["b.wav"].state == "done"


def test_a_reservation_is_an_upper_bound(tmp_path):
    weigh = weigher(replace(PAID, tokens_per_minute=1000))
    weight = weigh(make_sound())
    assert weight.most.dollars == (4 * (weight.most.tokens - MOST_OUTPUT) + 3 * MOST_OUTPUT) / Fraction(10**6)
    assert weight.tokens < weight.most.tokens
    assert weigher(replace(PAID, price=None))(make_sound()).most.tokens == 0


def test_n1_a_service_that_asks_for_an_hour_gets_it_and_the_run_goes_on(tmp_path, journal):
    paths = [tape(tmp_path / f"{name}.wav", 440 + number) for number, name in enumerate("abc")]
    captioner = paid(RateLimited("slow down", retry_after=3600.0), costs())
    clock, notes = FakeClock(), Notes()
    began = clock.now()
    reports = run(paths, captioner, journal, clock=clock, reporter=notes, wait_hours=2, at_once=1)
    assert {report.state for report in reports.values()} == {"done"}
    assert clock.now() - began >= timedelta(seconds=3600)
    assert len(captioner.clips) == 4
    due = (began + timedelta(hours=1)).astimezone()
    said = f"a.wav and 2 more wait until {due:%H:0}"
    assert any(said in notice and "Ctrl-C stops" in notice for notice in notes.notices), notes.notices


def test_n1_without_patience_the_run_ends_in_waiting(tmp_path, journal):
    paths = [tape(tmp_path / f"{name}.wav", 440 + number) for number, name in enumerate("abc")]
    captioner = paid(RateLimited("slow down", retry_after=3600.0))
    reports = run(paths, captioner, journal, clock=FakeClock(), at_once=1)
    assert [report.state for report in reports.values()] == ["waiting"]
    assert isinstance(reports["a.wav"].error, Postponed)
    assert len(captioner.clips) == 1
    with reading(journal) as connection:
        assert overview(connection, "2026-03-18").next is not None


def test_n3_an_asset_of_which_nothing_was_answered_waits(tmp_path, journal):
    path = tape(tmp_path / "a.wav", 440)
    report = run([path], paid(CaptionerUnavailable("503")), journal, clock=FakeClock())["a.wav"]
    assert (report.state, type(report.error)) == ("waiting", Postponed)
    assert not (tmp_path / "a.en.vtt").exists()


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
