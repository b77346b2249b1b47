"""What a fleet costs and how far it goes. Run with: python -m tests.benchmarks.fleet PART [COUNT [SEGMENTS]]

submit     put COUNT assets (100,000) down: seconds, and memory at a tenth and at the end
overhead   what an asset and a segment cost: ms and transactions, beside the journal in a file
archive    an archive of COUNT assets (100,000) of SEGMENTS (10): what everything takes as it fills, size, rows a second
scale      1, 2 and 3 workers at a service with a fixed latency; then 3 at a service with a limit
chaos      MINUTES (2) of workers killed, frozen, cut off and replaced, and of a database that crashes

Every part starts a Postgres of its own, without fsync: its disk would otherwise be what is measured.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from media_captioner.fleet.backlog import Backlog
from media_captioner.fleet.dispatch import ProcrastinateDispatcher
from media_captioner.fleet.journal import open_journal
from media_captioner.fleet.owners import Card
from media_captioner.schedule.journal import open_journal as open_file
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.rate import PacedLimiter
from media_captioner.schedule.states import Ending
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from tests import postgres
from tests.benchmarks.fleet_archive import SETTINGS, archive, names, segments
from tests.benchmarks.fleet_chaos import chaos
from tests.fault.fleets import Fleet, make_archive, most_in_a_window


def _memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _query(dsn, sql, *values):
    with psycopg.connect(
        dsn.reveal(), options="-c search_path=media_captioner", autocommit=True
    ) as connection:
        return connection.execute(sql, values).fetchone()[0]


def _transactions(dsn):
    time.sleep(1.1)  # the server counts with a delay
    return _query(dsn, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


async def submit(dsn, count):
    with open_journal(dsn, Card("bench/1", "measuring")) as journal:
        backlog, began = Backlog(journal, SYSTEM_CLOCK), time.perf_counter()
        await backlog.add(names(count // 10))
        early = _memory()
        await backlog.add(names(count))
        took = time.perf_counter() - began
        waiting = _query(dsn, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        print(f"{count:,} assets submitted in {took:.1f} s ({count / took:,.0f} a second)")
        print(f"memory {early} MB after a tenth, {_memory()} MB at the end; {waiting:,} in the queue")


async def _remembered(store, count, name):
    """Return what a segment takes to be remembered: ms, and ms of processor time."""
    cpu, took = time.process_time(), await segments(store, count, name)
    return sum(took) / count * 1000, (time.process_time() - cpu) / count * 1000


async def _turns(limiter, count):
    began = time.perf_counter()
    for _ in range(count):
        await limiter.settle(await limiter.acquire(1), "answered", tokens=1)
    return (time.perf_counter() - began) / count * 1000


async def overhead(dsn, count):
    count = min(count, 500)
    limits = Limits(concurrency=8)
    with open_journal(dsn, Card("bench/1", "measuring")) as journal:
        with open_file(Path(tempfile.mkdtemp()) / "journal.db") as file:
            before = _transactions(dsn)
            wall, cpu = await _remembered(journal.store, count, "shared")
            per_segment = (_transactions(dsn) - before) / count
            reference, reference_cpu = await _remembered(file.store, count, "file")
            print(f"a segment remembered: {wall:.2f} ms ({cpu:.2f} CPU), {per_segment:.1f} transactions;")
            print(f"  in a file {reference:.2f} ms ({reference_cpu:.2f} CPU): ratio {wall / reference:.1f}")
            before = _transactions(dsn)
            turn = await _turns(PacedLimiter("a", limits, journal.paces, SYSTEM_CLOCK), count)
            per_turn = (_transactions(dsn) - before) / count
            in_file = await _turns(PacedLimiter("a", limits, file.paces, SYSTEM_CLOCK), count)
        print(
            f"a turn at the limiter: {turn:.2f} ms, {per_turn:.1f} transactions; in a file {in_file:.2f} ms"
        )

        async def work(name):
            source = Path(name)
            await journal.register.begin(source)
            await journal.register.end(source, Ending("done"))

        await Backlog(journal, SYSTEM_CLOCK, most=count).add(names(count))
        before = _transactions(dsn)
        async with ProcrastinateDispatcher(dsn) as dispatcher:
            await dispatcher.close()
            began, cpu = time.perf_counter(), time.process_time()
            await dispatcher.run_worker(work)
            wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        per_asset = (_transactions(dsn) - before) / count
        print(
            f"an asset without segments: {wall / count * 1000:.2f} ms ({cpu / count * 1000:.2f} CPU), {per_asset:.1f} transactions"
        )


def scale(dsn, count):
    """Have archives of the same length for each worker captioned by 1, 2 and 3 workers; then one under a limit."""
    del dsn
    each, seconds, slots = min(count, 72), 6.0, 8
    for workers in (1, 2, 3):
        with running(FaultServer(then=("slow-first-byte", {"seconds": seconds}))) as service:
            _caption(
                service, each * workers, workers, slots, REQUESTS_PER_MINUTE=60_000, TOKENS_PER_MINUTE=10**9
            )
        ideal = each * seconds / slots
        first, last = service.timeline[0], max(request.ended for request in service.requests)
        busy, gap = _steady(service.requests, slots * workers, seconds)
        print(
            f"{workers} workers of {slots} places, {each * workers} requests of {seconds:g} s: {last - first:.1f} s,"
            f" {ideal / (last - first):.3f} of ideal ({ideal:.1f} s); from when all places were taken to the last start"
            f" {busy:.3f} of all places were busy: {gap * 1000:.0f} ms from one request to the next",
            flush=True,
        )
    with running(FaultServer(then=("slow-first-byte", {"seconds": seconds}))) as service:
        _caption(service, each * 3, 3, slots, REQUESTS_PER_MINUTE=150)
    starts = service.timeline
    least = (len(starts) - 1) * 60 / 150
    steady = [start for start in starts if start > starts[0] + seconds]
    print(
        f"3 workers, 150 requests a minute, {len(starts)} requests: first to last start {starts[-1] - starts[0]:.1f} s,"
        f" the limit's least {least:.1f} s, ratio {(starts[-1] - starts[0]) / least:.3f};"
        f" without the first {seconds:g} s {(steady[-1] - steady[0]) / ((len(steady) - 1) * 0.4):.3f};"
        f" most in any 10 s: {most_in_a_window(service, 10)} of 25, in any 60 s: {most_in_a_window(service, 60)} of 150"
    )


def _steady(requests, places, seconds):
    """Return the share of places that were busy in the steady part, and the mean gap from one request to the next.

    It begins when every place has had a request come back, and ends with the last start: from then on places are empty
    because nothing is left. Time at the service counts as busy, so all else is ours: the answer's way into the journal,
    the files, the next asset.
    """
    starts = sorted(request.begun for request in requests)
    begin, end = starts[places - 1] + seconds, starts[-1]
    busy = sum(max(0.0, min(request.ended, end) - max(request.begun, begin)) for request in requests)
    share = busy / (places * (end - begin))
    return share, seconds * (1 - share) / share


def _caption(service, count, workers, places, **settings):
    """Have an archive captioned to its end, by workers with so many places each."""
    with postgres.fleet() as dsn, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = Fleet(dsn, folder, service.url, REQUESTS_AT_ONCE=64, **settings)
        try:
            fleet.run("submit", make_archive(folder / "archive", count, seconds=8))
            for _ in range(workers):
                fleet.worker("--at-once", places, "--until-done")
            for worker in fleet.workers:
                worker.wait(600)
        finally:
            fleet.stop()


def main(part, count="100000", *further):
    if part == "chaos":
        chaos(2 if count == "100000" else int(count))
        return
    work = {"submit": submit, "overhead": overhead, "archive": archive, "scale": scale}[part]
    server = postgres.Server(SETTINGS)
    try:
        with postgres.fleet(server) as dsn:
            result = work(dsn, int(count), *map(int, further))
            if result is not None:
                asyncio.run(result)
    finally:
        server.close()
        postgres.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
