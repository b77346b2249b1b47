"""Assets that share a captioner wait with it: for money, for its limits, until it answers."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from media_captioner import batch
from media_captioner.errors import (
    BudgetExceeded,
    CaptionerUnavailable,
    Postponed,
    RateLimited,
)
from media_captioner.schedule.journal.reports import overview, reading
from media_captioner.session import MOST_OUTPUT, weigher
from media_captioner.testing.clock import FakeClock
from media_captioner.testing.sounds import clip as make_sound
from tests.e2e.doors.sessions import PAID, Notes, costs, journal, paid, run, tape

__all__ = ["journal"]  # a fixture


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
