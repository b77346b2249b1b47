"""What a journal tells a person."""

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from media_captioner.errors import ConfigError
from media_captioner.fleet import journal as fleet
from media_captioner.fleet.owners import Card
from media_captioner.model import Description, Usage
from media_captioner.schedule.budget import Budget
from media_captioner.schedule.journal import open_journal, schema
from media_captioner.schedule.journal.reports import costs, history, overview, reading, why
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.states import Ending, Output, Part
from media_captioner.testing.clock import FakeClock
from tests import postgres

SOURCE = Path("/films/a.mp4")
QUESTION = Question("mc1:a", 0, Fraction(0), Fraction(30), "wav@16000", "test/1", clip="c" * 64)


@pytest.fixture(scope="module")
def journal_path(tmp_path_factory):
    path, clock = tmp_path_factory.mktemp("reports") / "journal.db", FakeClock()
    fill(open_journal(path, clock=clock), clock)
    return path


@pytest.fixture(scope="module")
def dsn():
    try:
        with postgres.fleet() as dsn:
            clock = FakeClock()
            fill(fleet.open_journal(dsn, Card("here/1", "testing"), clock=clock), clock)
            yield dsn
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["file", "fleet"])
def connection(request):
    """A journal that holds the same in whichever database."""
    if request.param == "file":
        with reading(request.getfixturevalue("journal_path")) as connection:
            yield connection
    else:
        with fleet.reading(request.getfixturevalue("dsn")) as connection:
            yield connection


def fill(opened, clock):
    """Have a journal remember two days of work."""

    async def story():
        with opened as journal:
            await journal.register.begin(SOURCE)
            await journal.register.identify(SOURCE, "mc1:a")
            caps = Budget().caps(clock.now(), "")
            for number, dollars in enumerate(("1/3", "1/7", "2")):
                question = replace(QUESTION, track=number, clip=str(number))
                claim = await journal.store.claim(question, caps)
                usage = Usage(input_tokens=100, output_tokens=10, dollars=Fraction(dollars), requests=1)
                await journal.store.done(claim, Description("x", "test", "test/1", usage, request_id="r"))
            lost = await journal.store.claim(replace(QUESTION, track=8, clip="8"), caps, Amount(1, 500))
            await journal.store.release(lost, "CaptionerUnavailable: reset", spent=None)
            unsent = await journal.store.claim(replace(QUESTION, track=9, clip="9"), caps, Amount(1, 500))
            await journal.store.release(unsent, "stopped", spent=None, sent=False)
            await journal.store.refuse(replace(QUESTION, track=7, clip="7"), "the service refuses this sound")
            parts = (
                Part(0, 0, Fraction(0), Fraction(30), "described"),
                Part(0, 1, Fraction(30), Fraction(121, 2), "gap", "reset"),
            )
            output = Output(0, "vtt", "/films/a.en.vtt", "0" * 64)
            await journal.register.end(SOURCE, Ending("done with gaps", parts=parts, outputs=(output,)))
            await journal.register.begin(Path("/films/b.mp4"))
            waits = Ending("waiting", "the budget", clock.now(), error="BudgetExceeded")
            await journal.register.end(Path("/films/b.mp4"), waits)
            await clock.advance(86_400, idle=lambda: journal.idle)
            claim = await journal.store.claim(
                replace(QUESTION, captioner="test/2"), Budget().caps(clock.now(), "")
            )
            await journal.store.done(claim, Description("x", "test", "test/2", Usage(dollars=Fraction(1, 3))))

    asyncio.run(story())


def test_how_everything_stands(connection):
    found = overview(connection, "2026-03-19")
    assert found.assets == {"done with gaps": 1, "waiting": 1}
    assert (found.asking, found.answers) == (0, 4)
    assert found.today == Amount(1, 0, Fraction(1, 3))
    before = overview(connection, "2026-03-18").today
    assert before == costs(connection)[0].taken  # the purse of a day holds what its requests took
    assert found.next == "2026-03-18T12:00:00.000000+00:00"
    assert found.processes == ()


def test_what_it_cost_exactly(connection):
    first, second = costs(connection)
    by_captioner = costs(connection, "captioner")
    (asset,) = costs(connection, "asset")
    (since,) = costs(connection, "run", since="2026-03-19")
    assert (first.name, second.name) == ("2026-03-18", "2026-03-19")
    assert first.taken == Amount(4, 830, Fraction(1, 3) + Fraction(1, 7) + 2)
    assert first.unknown == 1
    assert [cost.name for cost in by_captioner] == ["test/1", "test/2"]
    assert (asset.name, asset.taken.dollars) == (str(SOURCE), Fraction(2, 3) + Fraction(1, 7) + 2)
    assert since.taken.requests == 1


ATTEMPT_BY_ATTEMPT = "2026-03-18T00:00"  # more than a day: the sums of days do not tell


@pytest.mark.parametrize("by", ["day", "captioner", "run"])
def test_what_is_added_up_as_it_is_spent_is_what_the_attempts_took(connection, by):
    assert costs(connection, by) == costs(connection, by, since=ATTEMPT_BY_ATTEMPT) != []
    assert costs(connection, by, since="2026-03-19") == costs(connection, by, since="2026-03-19T00:00")
    assert costs(connection, by, since="2027") == []


def test_an_older_journal_is_added_up_when_it_is_next_written_to(tmp_path, monkeypatch):
    path, clock = tmp_path / "journal.db", FakeClock()
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        older.setattr(schema, "VERSION", 2)
        fill(open_journal(path, clock=clock), clock)
    with reading(path) as connection:
        before = [costs(connection, by) for by in ("day", "captioner", "run")]
    open_journal(path).close()
    with reading(path) as connection:
        assert connection.execute("SELECT sum(attempts) FROM tally").fetchone() == (5,)
        assert [costs(connection, by) for by in ("day", "captioner", "run")] == before


def test_what_happened(connection):
    found = history(connection)
    of_one = history(connection, source=SOURCE, limit=1)
    assert [(each.source, each.state) for each in found] == [
        ("/films/b.mp4", "waiting"),
        (str(SOURCE), "done with gaps"),
    ]
    assert of_one == found[1:]


def test_why_an_asset_is_as_it_is(connection):
    found = why(connection, SOURCE)
    assert why(connection, Path("/films/unknown.mp4")) is None
    assert (found.state, found.segments) == ("done with gaps", {"described": 1, "gap": 1})
    assert found.gaps == ((Fraction(30), Fraction(121, 2), "reset"),)
    assert found.refused == ((Fraction(0), Fraction(30), "the service refuses this sound"),)
    assert [attempt.outcome for attempt in found.attempts] == [
        "answered",
        "unsent",
        "unknown",
        *["answered"] * 3,
    ]
    assert found.attempts[2].detail == "CaptionerUnavailable: reset"
    assert found.outputs == ("/films/a.en.vtt",)
    assert found.answers == 4


def test_reading_waits_for_no_writer_and_changes_nothing(journal_path):
    before = journal_path.read_bytes()
    with open_journal(journal_path), reading(journal_path) as connection:
        assert overview(connection, "2026-03-19").processes
    with reading(journal_path):
        pass
    assert len(journal_path.read_bytes()) == len(before)


def test_k7_where_there_is_no_journal_it_says_so(tmp_path):
    with pytest.raises(ConfigError, match="no journal"), reading(tmp_path / "none.db"):
        pass
    assert not list(tmp_path.iterdir())
