"""Workers of a fleet die, freeze and are cut off; the archive is captioned all the same, and paid for once."""

import os
import signal
import time

import pytest

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from tests import postgres
from tests.fault.fleets import (
    Fleet,
    make_archive,
    most_in_a_window,
    paid_twice,
    sidecars,
    through,
    until,
)
from tests.fault.wire import Wire

SILENCE = 3
DONE = {"done", "up to date"}


@pytest.fixture(scope="module")
def server():
    """A database server of its own, for it is crashed."""
    try:
        server = postgres.Server()
    except postgres.NoPostgres as missing:
        pytest.skip(str(missing))
    yield server
    server.close()


@pytest.fixture
def dsn(server):
    with postgres.fleet(server) as dsn:
        yield dsn


@pytest.mark.timeout(300)
def test_p3_p6_workers_die_freeze_and_are_cut_off_the_database_crashes_and_all_is_done_and_paid_once(
    server, dsn, tmp_path
):
    archive = make_archive(tmp_path / "archive", 12)
    with (
        running(FaultServer(then=("slow-first-byte", {"seconds": 0.8}))) as service,
        running(Wire(server.socket)) as wire,
    ):
        fleet = Fleet(dsn, tmp_path, service.url, REQUESTS_PER_MINUTE=120)
        try:
            fleet.run("init", "--silence", SILENCE)
            fleet.run("submit", archive)
            first, second = (fleet.worker("--until-done", "--at-once", 2) for _ in range(2))
            third = fleet.worker("--until-done", "--at-once", 2, DATABASE=through(dsn, wire))
            until(lambda: all(fleet.owner_of(each) for each in (first, second, third)), 120, "workers came")
            lost = 0

            until(lambda: fleet.asked_by(fleet.owner_of(third)), 30, "the third worker asked")
            away = fleet.owner_of(third)
            wire.cut()
            lost += fleet.asked_by(away)

            until(lambda: fleet.asked_by(fleet.owner_of(first)), 30, "the first worker asked")
            owner = fleet.owner_of(first)
            time.sleep(0.3)  # so that the request is on its way
            first.kill()
            first.wait()
            lost += fleet.asked_by(owner)
            held = fleet.one("SELECT count(*) FROM asset WHERE owner = %s", owner)
            takeover = until(
                lambda: not fleet.one("SELECT count(*) FROM owner WHERE id = %s", owner), 30, "it was buried"
            )
            until(
                lambda: not fleet.one("SELECT count(*) FROM owner WHERE id = %s", away),
                30,
                "the one that was cut off was given up",
            )
            wire.mend()

            server.crash()
            server.start()

            until(lambda: fleet.asked_by(fleet.owner_of(second)), 30, "the second worker asked")
            owner = fleet.owner_of(second)
            os.kill(second.pid, signal.SIGSTOP)
            lost += fleet.asked_by(owner)
            until(
                lambda: not fleet.one("SELECT count(*) FROM owner WHERE id = %s", owner),
                30,
                "the frozen one was given up",
            )
            os.kill(second.pid, signal.SIGCONT)

            assert third.wait(90) == 0, fleet.logs()
            assert second.wait(60) == 0, fleet.logs()
            assert set(fleet.states()) <= DONE, fleet.reasons()
            assert len(sidecars(archive)) == 12
            repaid = paid_twice(service)
            print(
                f"takeover {takeover:.1f} s; {held} assets held; {lost} in flight at the kills, {repaid} paid again"
            )
            assert repaid <= lost
            assert len(service.requests) == 24 + repaid
            assert most_in_a_window(service, 10) <= 20
            assert fleet.one("SELECT count(*) FROM question WHERE owner IS NOT NULL") == 0
            assert fleet.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 0
        finally:
            fleet.stop()
