"""The backlog and the queue: bounded, refilled, cancelled, tried again, and what is told of it."""

import asyncio
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest

from media_captioner.batch import Batch
from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import key_of
from media_captioner.fleet.dispatched import Handing
from media_captioner.fleet.journal import open_journal
from media_captioner.fleet.owners import Card, ask_to_leave
from media_captioner.fleet.schema import VERSION
from media_captioner.fleet.sources import Mapping
from media_captioner.fleet.status import prometheus, status
from media_captioner.model import Description, Usage
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.states import Ending, Part
from media_captioner.testing.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def journal(dsn, clock):
    with open_journal(
        dsn, Card("here/1", "testing", works=True, tags=("any",), per_minute=60), clock=clock
    ) as journal:
        yield journal


def _queue(dsn):
    with psycopg.connect(dsn.reveal(), options="-c search_path=media_captioner") as connection:
        return connection.execute(
            "SELECT args ->> 'asset', queue_name, priority, lock, queueing_lock FROM procrastinate_jobs"
            " WHERE status = 'todo' ORDER BY priority DESC, id"
        ).fetchall()


def _take(dsn):
    """Have the queue's oldest job done."""
    with psycopg.connect(dsn.reveal(), options="-c search_path=media_captioner") as connection:
        connection.execute(
            "DELETE FROM procrastinate_jobs WHERE id IN (SELECT min(id) FROM procrastinate_jobs)"
        )


def test_the_queue_holds_few_and_gets_the_next_the_urgent_first(dsn, journal, clock):
    async def story():
        backlog = Backlog(journal, clock, most=3)
        assert await backlog.add([f"/a/{number}" for number in range(10)], root="/a") == 10
        assert [name for name, *_ in _queue(dsn)] == ["/a/0", "/a/1", "/a/2"]
        key = key_of("/a/0")
        assert _queue(dsn)[0] == ("/a/0", "any", 0, key, key)
        await backlog.add(["/b/urgent"], priority=5)
        assert len(_queue(dsn)) == 3
        _take(dsn)
        await journal.register.begin(Path("/a/0"))
        assert await backlog.refill(["any"]) == 1
        assert [name for name, *_ in _queue(dsn)] == ["/b/urgent", "/a/1", "/a/2"]
        assert await backlog.left()

    asyncio.run(story())


def test_something_is_left_as_long_as_anybody_is_at_work(journal, clock):
    async def story():
        backlog = Backlog(journal, clock)
        assert not await backlog.left()
        await backlog.add(["/a"])
        assert await backlog.left()
        await journal.register.begin(Path("/a"))
        assert await backlog.left()
        await journal.register.end(Path("/a"), Ending("failed", reason="no sound"))
        assert not await backlog.left()

    asyncio.run(story())


def test_a_tag_has_a_queue_of_its_own(dsn, journal, clock):
    async def story():
        backlog = Backlog(journal, clock, most=1)
        await backlog.add(["/a/1", "/a/2"])
        await backlog.add(["/g/1"], tag="gpu")
        assert [(name, queue) for name, queue, *_ in _queue(dsn)] == [("/a/1", "any"), ("/g/1", "gpu")]

    asyncio.run(story())


def test_what_waits_comes_back_in_its_time_and_what_failed_only_when_asked(dsn, journal, clock):
    async def story():
        backlog, register = Backlog(journal, clock), journal.register
        until = clock.now().replace(hour=13)
        for name, ending in [
            ("/waits", Ending("waiting", until=until)),
            ("/fails", Ending("failed", reason="no sound")),
            ("/done", Ending("done")),
        ]:
            await backlog.mark(name, "queued", "")
            await register.begin(Path(name))
            await register.end(Path(name), ending)
        assert await backlog.refill(["any"]) == 0
        clock.sleep(3700)
        assert await backlog.refill(["any"]) == 1
        assert [name for name, *_ in _queue(dsn)] == ["/waits"]
        assert await backlog.retry(await backlog.below("/", "failed")) == 1
        await backlog.refill(["any"])
        assert [name for name, *_ in _queue(dsn)] == ["/waits", "/fails"]

    asyncio.run(story())


def test_what_is_cancelled_is_not_begun_and_who_is_at_work_is_named(dsn, journal, clock):
    async def story():
        backlog = Backlog(journal, clock)
        await backlog.add(["/a/1", "/a/2", "/b/1"])
        await journal.register.begin(Path("/a/2"))
        assert await backlog.cancel(await backlog.below("/a/")) == (1, ["/a/2"])
        assert [name for name, *_ in _queue(dsn)] == ["/b/1"]
        await backlog.refill(["any"])
        assert [name for name, *_ in _queue(dsn)] == ["/b/1"]
        await backlog.add(["/a/1"])  # submitted again, it is wanted again
        assert sorted(name for name, *_ in _queue(dsn)) == ["/a/1", "/b/1"]

    asyncio.run(story())


def test_who_falls_silent_is_buried_and_its_assets_and_requests_are_free(dsn, journal, clock):
    async def story():
        question = Question("mc1:abc", 1, Fraction(0), Fraction(30), "wav@16000", "qwen/7", clip="c" * 64)
        backlog = Backlog(journal, clock)
        other = open_journal(dsn, Card("there/2", "testing", works=True), clock=clock)
        await other.register.begin(Path("/a/1"))
        assert (await other.store.claim(question)).standing == "mine"
        assert (await journal.register.begin(Path("/a/1"))).holder == "there/2 (testing)"
        assert await backlog.tidy() == 0
        with psycopg.connect(dsn.reveal(), autocommit=True) as connection:
            connection.execute(
                "UPDATE media_captioner.owner SET beat = beat - interval '31 s' WHERE id = %s", [other.owner]
            )
        assert await backlog.tidy() == 1
        assert await backlog.below("/", "interrupted") == ["/a/1"]
        assert (await journal.store.claim(question)).standing == "mine"
        # It was only frozen: it goes on under its number, and touches nothing that others have begun.
        assert (await journal.register.begin(Path("/a/1"))).holder is None
        assert other.tables.persist(other.owners.beat) is False
        await other.register.end(Path("/a/1"), Ending("failed", reason="late"))
        assert await backlog.below("/", "working") == ["/a/1"]
        assert other.owners.silence == 30
        other.close()

    asyncio.run(story())


def test_workers_are_asked_to_leave_by_name_or_all(dsn, journal):
    owners = journal.owners
    assert journal.tables.persist(owners.beat) is False
    assert journal.tables.write_now(lambda connection: ask_to_leave(connection, ["nobody"])) == []
    assert journal.tables.write_now(lambda connection: ask_to_leave(connection, [])) == ["here/1"]
    assert journal.tables.persist(owners.beat) is True


def test_the_status_tells_roots_costs_and_how_long_it_takes(dsn, journal, clock):
    async def story():
        backlog = Backlog(journal, clock)
        await backlog.add(["/a/1", "/a/2", "/a/3"], root='/a "x"')
        await journal.register.begin(Path("/a/1"))
        await journal.register.end(Path("/a/1"), Ending("done"))
        question = Question("mc1:abc", 1, Fraction(0), Fraction(30), "wav@16000", "qwen/7", clip="c" * 64)
        claim = await journal.store.claim(question, amount=Amount(1, 900, Fraction(1, 3)))
        await journal.store.done(
            claim,
            Description(
                "A dog.", "qwen", "qwen/7", Usage(input_tokens=700, dollars=Fraction(2, 7), requests=1)
            ),
        )
        found = await status(journal, clock)
        assert found.assets == {"done": 1, "queued": 2}
        assert found.roots == {'/a "x"': {"done": 1, "queued": 2}}
        assert (found.open, found.answers, found.asking) == (2, 1, 0)
        assert (found.taken.requests, found.today.tokens) == (1, 700)
        assert float(found.taken.dollars) == pytest.approx(2 / 7)
        other = await journal.store.claim(
            replace(question, track=2, clip="d" * 64), amount=Amount(1, 900, Fraction(1))
        )
        assert float((await status(journal, clock)).taken.dollars) == pytest.approx(1 + 2 / 7)
        await journal.store.release(other, "stopped", spent=None, sent=False)
        assert float((await status(journal, clock)).taken.dollars) == pytest.approx(2 / 7)
        assert found.per_hour == 6  # one in the last ten minutes
        assert found.left_at_speed == 2 / 6 * 3600
        assert found.left_at_limit is None  # nothing says yet how long assets are
        await journal.register.begin(Path("/a/2"))
        parts = tuple(
            Part(1, number, Fraction(number), Fraction(number + 1), "described") for number in range(4)
        )
        await journal.register.end(Path("/a/2"), Ending("done", parts=parts))
        assert (await status(journal, clock)).left_at_limit == pytest.approx(4 * 60 / 60 * 1.03)
        assert found.to_json()["workers"][0]["name"] == "here/1"
        text = prometheus(found)
        assert 'media_captioner_assets{root="/a \\"x\\"",state="queued"} 2' in text
        assert "# TYPE media_captioner_dollars_total counter" in text

    asyncio.run(story())


def test_who_hands_a_file_to_the_fleet_hears_how_it_ended(dsn, journal, clock):
    async def story():
        handing = Handing(Backlog(journal, clock), Mapping.parsed(["/archive=/mnt/a"]), clock=clock)
        batch = handing.in_place_of(
            Batch(lambda _: None, None, None, clock=clock, root=Path("/mnt/a"), priority=3)
        )
        async with clock.running(idle=lambda: journal.idle):
            waiting = asyncio.create_task(batch.one(Path("/mnt/a/film.mov")))
            await clock.wait(10)
            assert not waiting.done()
            assert [(name, priority) for name, _, priority, *_ in _queue(dsn)] == [("/archive/film.mov", 3)]
            await journal.register.begin(Path("/archive/film.mov"))
            await journal.register.end(Path("/archive/film.mov"), Ending("done"))
            assert (await waiting).state == "done"
            await handing.backlog.mark("/archive/film.mov", "quarantined", "it crashed three times")
            report = await batch.one(Path("/mnt/a/film.mov"))
        assert (report.state, report.reason) == ("quarantined", "it crashed three times")

    asyncio.run(story())


def test_a_busy_process_is_not_taken_for_dead(dsn, journal):
    with psycopg.connect(dsn.reveal(), autocommit=True) as connection:
        connection.execute("UPDATE media_captioner.fleet SET silence = 3")
        with open_journal(dsn, Card("there/2", "decoding", works=True)) as other:
            other.owners.begin_beating()
            marks, ends = set(), time.monotonic() + 60
            while len(marks) < 3:
                sum(range(2_000_000))  # an event loop would come to nothing meanwhile
                marks |= set(
                    connection.execute("SELECT beat FROM media_captioner.owner WHERE name = 'there/2'")
                )
                assert time.monotonic() < ends, "it has not said that it lives"
            lives = journal.tables.write_now(lambda at: journal.owners.lives(at, other.owner))
    assert lives


def test_a_worker_is_told_to_leave_and_that_its_tables_have_changed(dsn, journal):
    told, heard = [], threading.Event()

    def stop(error):
        told.append(error)
        heard.set()

    with psycopg.connect(dsn.reveal(), autocommit=True) as connection:
        connection.execute("UPDATE media_captioner.fleet SET silence = 0.3")
        with open_journal(dsn, Card("there/2", "captioning", works=True)) as other:
            other.owners.begin_beating(stop)
            journal.tables.write_now(lambda at: ask_to_leave(at, ["there/2"]))
            assert heard.wait(60)
            assert told == [None]
        heard.clear()
        with open_journal(dsn, Card("there/3", "captioning", works=True)) as third:
            third.owners.begin_beating(stop)
            connection.execute("UPDATE media_captioner.fleet SET version = 99")
            assert heard.wait(60)
            assert "version 99" in told[1].message
            connection.execute("UPDATE media_captioner.fleet SET version = %s", [VERSION])
