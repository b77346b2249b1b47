"""The database goes away: what was under way is done again, and only once."""

import asyncio
from fractions import Fraction

import psycopg
import pytest

from media_captioner.errors import OutputError
from media_captioner.fleet.database import WRITERS, PostgresTables, translated
from media_captioner.fleet.journal import open_journal
from media_captioner.fleet.owners import Card
from media_captioner.schedule.budget import Allowance, Cap
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.rate import PacedLimiter
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.system.secrets import Secret

QUESTION = Question("mc1:abc", 1, Fraction(0), Fraction(30), "wav@16000", "qwen/7", clip="c" * 64)


@pytest.fixture
def journal(dsn):
    with open_journal(dsn, Card("here/1", "testing"), connections=1) as journal:
        yield journal


def _cut(dsn):
    """Break every connection to the database but this one."""
    with psycopg.connect(dsn.reveal(), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_a_broken_connection_is_made_anew(dsn, journal):
    async def story():
        claim = await journal.store.claim(QUESTION)
        _cut(dsn)
        await journal.store.release(claim, "failed", spent=Amount(1))
        _cut(dsn)
        assert await journal.store.get(QUESTION) is None

    asyncio.run(story())


def test_what_was_committed_while_the_word_of_it_was_lost_is_not_done_twice(journal, monkeypatch):
    persist = journal.tables.persist

    def twice(work):
        persist(work)
        return persist(work)

    async def story():
        monkeypatch.setattr(journal.tables, "persist", twice)
        cap = Cap("run:1", "for this run", Allowance(requests=1))
        assert (await journal.store.claim(QUESTION, [cap])).standing == "mine"
        limiter = PacedLimiter("account", Limits(concurrency=1), journal.paces, SYSTEM_CLOCK)
        await limiter.settle(await limiter.acquire(), "answered")
        await asyncio.wait_for(limiter.acquire(), 60)  # the only place was given once, and given back

    asyncio.run(story())


def test_who_freezes_while_everybody_waits_for_it_is_cut_off(dsn, journal):
    async def story():
        options = "-c idle_in_transaction_session_timeout=300"
        frozen = psycopg.connect(dsn.reveal(), options=options, autocommit=True)
        frozen.execute("BEGIN")
        frozen.execute(f"SELECT pg_advisory_xact_lock({WRITERS})")
        assert (await asyncio.wait_for(journal.store.claim(QUESTION), 60)).standing == "mine"
        frozen.close()

    asyncio.run(story())


def test_a_server_that_stays_away_is_an_error_in_the_end():
    tables = PostgresTables(Secret("host=/nowhere dbname=none"), connections=1, patience=0.2)
    with pytest.raises(OutputError, match=r"did not answer for 0\.2 s"):
        tables.persist(lambda connection: connection)
    tables.close()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM b WHERE c = ? AND d LIKE '%x'", "SELECT a FROM b WHERE c = %s AND d LIKE '%%x'"),
        ("VALUES (?1, ?2, ?1)", "VALUES (%(p1)s, %(p2)s, %(p1)s)"),
        ("SET a = :now WHERE b = :source::text", "SET a = %(now)s WHERE b = %(source)s::text"),
    ],
)
def test_parameters_are_written_as_the_driver_has_them(sql, expected):
    assert translated(sql) == expected
