"""What a fleet costs and how far it goes. Run with: python -m tests.benchmarks.fleet PART [COUNT [SEGMENTS]]

submit     put COUNT assets (100,000) down: seconds, and memory at a tenth and at the end
overhead   what an asset and a segment cost: ms and transactions, beside the journal in a file
archive    an archive of COUNT assets (100,000) of SEGMENTS (10): what everything takes as it fills, size, rows a second
scale      1, 2 and 3 workers at a service with a fixed latency; then 3 at a service with a limit
chaos      MINUTES (2) of workers killed, frozen and replaced, and of a database that crashes

Every part starts a Postgres of its own, without fsync: its disk would otherwise be what is measured.
"""

import asyncio
import os
import random
import resource
import signal
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
from tests.fault.fleets import Fleet, make_archive, most_in_a_window, paid_twice, sidecars, until


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
    """Have the same archive captioned by 1, 2 and 3 workers; starts of processes are not counted."""
    del dsn
    count, alone = min(count, 24), 0.0
    for workers in (1, 2, 3):
        with running(FaultServer(then=("slow-first-byte", {"seconds": 4.0}))) as service:
            wall, _ = _caption(service, count, workers, REQUESTS_PER_MINUTE=60_000, TOKENS_PER_MINUTE=10**9)
        alone = alone or wall
        print(f"{workers} workers, 4 s a request: {wall:.1f} s; efficiency {alone / wall / workers:.2f}")
    with running(FaultServer(then=("slow-first-byte", {"seconds": 1.0}))) as service:
        wall, starts = _caption(service, count * 2, 3, REQUESTS_PER_MINUTE=90)
        least = (starts - 1) * 60 / 90
        print(
            f"3 workers, 90 requests a minute: first to last start {wall:.1f} s, the limit's least {least:.1f} s,"
            f" ratio {wall / least:.3f}; most in any 10 s: {most_in_a_window(service, 10)} of 15"
        )


def _caption(service, count, workers, **settings):
    """Return the seconds from the first request's start to the last one's end (or start, under a limit), and how many."""
    with postgres.fleet() as dsn, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = Fleet(dsn, folder, service.url, **settings)
        try:
            fleet.run("submit", make_archive(folder / "archive", count, seconds=8))
            for _ in range(workers):
                fleet.worker("--at-once", 2, "--until-done")
            for worker in fleet.workers:
                worker.wait(600)
        finally:
            fleet.stop()
    limited = settings["REQUESTS_PER_MINUTE"] < 1000
    ends = [request.begun if limited else request.ended for request in service.requests]
    return max(ends) - min(service.timeline), len(ends)


def chaos(dsn, minutes):
    """Kill, freeze and replace workers and crash the database, at random; then see that all is done and paid once."""
    del dsn
    minutes = 2 if minutes > 60 else minutes
    server, chance, silence = postgres.Server(), random.Random(7), 6
    try:
        with (
            running(FaultServer(then=("slow-first-byte", {"seconds": 1.0}))) as service,
            tempfile.TemporaryDirectory() as name,
            postgres.fleet(server) as own,
        ):
            folder = Path(name)
            fleet = Fleet(own, folder, service.url, REQUESTS_PER_MINUTE=120)
            try:
                fleet.run("init", "--silence", silence)
                archive = make_archive(folder / "archive", 40 * minutes)
                fleet.run("submit", archive)
                lost, kills, freezes, crashes, takeovers = 0, 0, 0, 0, []
                alive = [fleet.worker("--at-once", 2) for _ in range(3)]
                ends = time.monotonic() + 60 * minutes
                while time.monotonic() < ends:
                    time.sleep(chance.uniform(6, 12))
                    victim = chance.choice(alive)
                    owner, what = fleet.owner_of(victim), chance.choice(["kill", "freeze", "crash"])
                    if what == "crash" or owner is None:
                        server.crash()
                        server.start()
                        crashes += 1
                        continue
                    os.kill(victim.pid, signal.SIGKILL if what == "kill" else signal.SIGSTOP)
                    lost += fleet.asked_by(owner)
                    takeovers.append(
                        until(
                            lambda owner=owner: (
                                not fleet.one("SELECT count(*) FROM owner WHERE id = %s", owner)
                            ),
                            60,
                            "buried",
                        )
                    )
                    if what == "kill":
                        kills += 1
                        alive.remove(victim)
                        alive.append(fleet.worker("--at-once", 2))
                    else:
                        freezes += 1
                        os.kill(victim.pid, signal.SIGCONT)
                until(
                    lambda: not set(fleet.states()) & {"queued", "working", "interrupted", "waiting"},
                    600,
                    "all done",
                )
                repaid = paid_twice(service)
                print(f"{kills} kills, {freezes} freezes, {crashes} crashes of the database in {minutes} min")
                print(
                    f"taken over after {min(takeovers):.1f} to {max(takeovers):.1f} s (silence {silence} s)"
                )
                print(f"assets {dict(fleet.states())}, sidecars {len(sidecars(archive))} of {40 * minutes}")
                print(f"requests {len(service.requests)}; in flight at the kills {lost}, paid again {repaid}")
                print(
                    f"most in any 10 s: {most_in_a_window(service, 10)} of 20; in any 60 s: {most_in_a_window(service, 60)} of 120"
                )
                print(f"states of what is not simply done: {fleet.reasons()}")
            finally:
                fleet.stop()
    finally:
        server.close()


def main(part, count="100000", *further):
    work = {"submit": submit, "overhead": overhead, "archive": archive, "scale": scale, "chaos": chaos}[part]
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
