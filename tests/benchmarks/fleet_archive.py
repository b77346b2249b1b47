"""A large archive as its database would show it: what everything takes as it fills, and what grows."""

import statistics
import time
from fractions import Fraction
from pathlib import Path

import psycopg

from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ProcrastinateDispatcher
from media_captioner.fleet.journal import open_journal, reading
from media_captioner.fleet.owners import Card
from media_captioner.fleet.status import status
from media_captioner.model import Description, Usage
from media_captioner.schedule.journal.reports import costs, why
from media_captioner.schedule.question import Question
from media_captioner.schedule.states import Ending
from media_captioner.system.clock import SYSTEM_CLOCK

_QUEUED = 250  # assets in the queue: enough for what is measured
_TOGETHER = 20_000  # assets that are made to look done in one transaction

ANSWER = Description("A dog barks twice. " * 20, "qwen", "qwen/7", Usage(input_tokens=760, requests=1))

SETTINGS = "shared_buffers=1GB\nmax_wal_size=4GB\nfull_page_writes=off\n"
"""As a person would set up a server for this: its defaults are meant for a machine of the last century."""


def names(count):
    return (f"/archive/tape-{number // 1000:04}/clip-{number:07}.mov" for number in range(count))


def connected(dsn, options=""):
    return psycopg.connect(dsn.reveal(), options=f"-c search_path=media_captioner {options}", autocommit=True)


async def segments(store, count, name):
    """Have ``count`` segments asked and answered; return how long each took, seconds."""
    took = []
    for number in range(count):
        question = Question(
            name, 1, Fraction(number), Fraction(number + 1), "mp3", "qwen/7", clip=f"{name}{number}"
        )
        began = time.perf_counter()
        await store.get(question)
        await store.done(await store.claim(question), ANSWER)
        took.append(time.perf_counter() - began)
    return took


async def archive(dsn, count, each=10):
    """Have ``count`` assets submitted, and most of them done as the database would show it, of ``each`` segments."""
    with open_journal(dsn, Card("bench/1", "measuring")) as journal:
        backlog, began = Backlog(journal, SYSTEM_CLOCK, most=_QUEUED), time.perf_counter()
        await backlog.add(names(count))
        print(f"submitted {count:,} in {time.perf_counter() - began:.1f} s", flush=True)
        for share in (0.0, 0.5, 0.9):
            done = round(count * share)
            rows, seconds = _fill(dsn, done, each)
            if rows:
                print(f"{rows:,} rows written, {rows / seconds:,.0f} a second", flush=True)
            with connected(dsn) as connection:
                connection.execute("VACUUM ANALYZE")
            measured = ", ".join([text async for text in _measured(dsn, journal)])
            print(f"{share:.0%} done: {measured}", flush=True)
        _show_sizes(dsn, count, done, each)


async def _measured(dsn, journal):
    """Yield what each thing takes now: the middle one of several, milliseconds."""
    backlog = Backlog(journal, SYSTEM_CLOCK, most=_QUEUED)

    def middle(what, seconds):
        return f"{what} {statistics.median(seconds) * 1000:,.1f} ms"

    took = []
    with connected(dsn) as connection:
        for _ in range(5):
            connection.execute(
                "DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM procrastinate_jobs LIMIT 200)"
            )
            began = time.perf_counter()
            await backlog.refill(["any"])
            took.append(time.perf_counter() - began)
        yield middle("refill of 200", took)
        took = []
        for _ in range(50):
            began = time.perf_counter()
            connection.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")
            took.append(time.perf_counter() - began)
        yield middle("fetch", took)
        connection.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
    yield middle("segment", await segments(journal.store, 200, f"at {time.time()}"))
    yield f"asset without segments {await _through_the_queue(dsn, journal) * 1000:,.1f} ms"
    began = time.perf_counter()
    await status(journal, SYSTEM_CLOCK)
    yield middle("fleet status", [time.perf_counter() - began])
    with reading(dsn) as connection:
        for what, ask in {
            "why": lambda: why(connection, next(names(1))),
            "cost by day": lambda: costs(connection),
        }.items():
            began = time.perf_counter()
            ask()
            yield middle(what, [time.perf_counter() - began])


async def _through_the_queue(dsn, journal):
    """Have what lies in the queue done by a worker that has nothing to do; return the seconds for each asset."""
    ended = 0

    async def work(name):
        nonlocal ended
        await journal.register.begin(Path(name))
        await journal.register.end(Path(name), Ending("done"))
        ended += 1

    async with ProcrastinateDispatcher(dsn) as dispatcher:
        await dispatcher.close()
        began = time.perf_counter()
        await dispatcher.run_worker(work)
        return (time.perf_counter() - began) / ended


def _show_sizes(dsn, count, done, each):
    with connected(dsn) as connection:
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        print(f"database {size / 1e9:.2f} GB with {count:,} assets, {done:,} of them done")
        rows = connection.execute(
            "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'media_captioner'::regnamespace"
            " ORDER BY pg_total_relation_size(oid) DESC LIMIT 6"
        )
        for table, data, indexes in rows.fetchall():
            print(f"  {table}: {data / 1e9:.2f} GB and {indexes / 1e9:.2f} GB of indexes")
        print(f"an asset of {each} segments takes {size / max(1, done):,.0f} bytes")


def _fill(dsn, done, each):
    """Make the first ``done`` assets look done: questions, answers, attempts and parts; return rows and seconds."""
    rows, began = 0, time.perf_counter()
    with connected(
        dsn, "-c synchronous_commit=off -c session_replication_role=replica -c work_mem=256MB"
    ) as connection:
        (first,) = connection.execute(
            "SELECT coalesce(max(id), 0) FROM asset WHERE state = 'done'"
        ).fetchone()
        for begin in range(first, done, _TOGETHER):
            with connection.transaction():
                rows += _fill_some(
                    connection, {"first": begin, "last": min(done, begin + _TOGETHER), "each": each}
                )
    return rows, time.perf_counter() - began


def _fill_some(connection, span):
    """Make the assets of a span of numbers look done; return how many rows that took."""
    connection.execute(
        "DELETE FROM procrastinate_jobs WHERE args ->> 'asset' IN"
        " (SELECT source FROM asset WHERE id > %(first)s AND id <= %(last)s)",
        span,
    )
    assets = connection.execute(
        "UPDATE asset SET state = 'done', content = 'mc1:' || key WHERE id > %(first)s AND id <= %(last)s",
        span,
    ).rowcount
    parts = connection.execute(
        "WITH segment AS (SELECT asset.id AS asset, key, number, row_number() OVER () AS place"
        " FROM asset, generate_series(0, %(each)s - 1) AS number"
        "  WHERE asset.id > %(first)s AND asset.id <= %(last)s),"
        " answers AS (INSERT INTO answer (description, answered)"
        "  SELECT repeat('A dog barks twice in a large room. ', 40), '2026-01-01' FROM segment RETURNING id),"
        " numbered AS (SELECT id, row_number() OVER () AS place FROM answers),"
        " questions AS (INSERT INTO question (key, clip, content, track, begins, ends, encoding, captioner,"
        "  sample, answer) SELECT md5(key || number), md5(number || key), 'mc1:' || key, 1,"
        "  number * 30000000::bigint, number * 30000000::bigint + 30000000, 'mp3', 'qwen/7', 1,"
        "  numbered.id FROM segment JOIN numbered USING (place) RETURNING id, content),"
        " attempts AS (INSERT INTO attempt (question, content, captioner, owner, asked, ended, outcome, purses,"
        "  requests, tokens, dollars) SELECT id, content, 'qwen/7', 1, '2026-01-01T00:00:00', '', 'answered',"
        "  '[]', 1, 900, '41/10000' FROM questions)"
        " INSERT INTO part (asset, track, number, begins, ends, state)"
        "  SELECT asset, 1, number, number * 30000000::bigint, number * 30000000::bigint + 30000000, 'described'"
        "  FROM segment",
        span,
    ).rowcount
    return assets + 4 * parts
