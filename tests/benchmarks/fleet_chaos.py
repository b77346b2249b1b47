"""Workers killed, frozen, cut off and replaced, and a database that crashes; at the end all is done and paid once."""

import contextlib
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from media_captioner.testing.background import running
from media_captioner.testing.faults import FaultServer
from tests import postgres
from tests.fault.fleets import Fleet, make_archive, most_in_a_window, paid_twice, sidecars, through, until
from tests.fault.wire import Wire

_SILENCE = 6  # seconds
_OPEN = {"queued", "working", "interrupted", "waiting"}


class Chaos:
    """What is done to a fleet of three.

    Args:
        fleet: Its tables are there.
        server: Its database.
        wire: What all requests to the service go through.

    """

    def __init__(self, fleet, server, wire, stack):
        self._fleet, self._server, self._wire, self._stack = fleet, server, wire, stack
        self._chance = random.Random(7)
        self._workers = {}
        self.lost, self.takeovers, self.done = 0, [], Counter()
        for _ in range(3):
            self._start()

    def _start(self):
        wire = self._stack.enter_context(running(Wire(self._server.socket)))
        worker = self._fleet.worker("--at-once", 2, DATABASE=through(self._fleet.dsn, wire))
        self._workers[worker] = wire

    def strike(self):
        """Do one of many things to one of the workers, or to all."""
        worker = self._chance.choice(list(self._workers))
        owner = self._fleet.owner_of(worker)
        kinds = [self.killed, self.frozen, self.cut_off, self.cut_off_shortly]
        kind = self._chance.choice([*kinds, self.database_crashed, self.service_lost])
        if owner is None and kind in kinds:
            return  # it is starting
        self.done[kind.__name__.replace("_", " ")] += 1
        kind(worker, owner)

    def _taken_over(self, owner):
        """Wait until somebody has taken over what a worker held, counting what it had under way as lost."""
        self.lost += self._fleet.asked_by(owner)
        gone = "SELECT count(*) FROM owner WHERE id = %s"
        self.takeovers.append(until(lambda: not self._fleet.one(gone, owner), 60, "taken over"))

    def killed(self, worker, owner):
        worker.kill()
        self._taken_over(owner)
        del self._workers[worker]
        self._start()

    def frozen(self, worker, owner):
        os.kill(worker.pid, signal.SIGSTOP)
        self._taken_over(owner)
        os.kill(worker.pid, signal.SIGCONT)

    def cut_off(self, worker, owner):
        self._workers[worker].cut()
        self._taken_over(owner)
        self._workers[worker].mend(broken=self._chance.random() < 0.5)

    def cut_off_shortly(self, worker, owner):
        self._workers[worker].cut()
        time.sleep(_SILENCE / 3)
        self._workers[worker].mend()
        assert self._fleet.one("SELECT count(*) FROM owner WHERE id = %s", owner), "taken for dead too early"

    def database_crashed(self, _worker, _owner):
        self._server.crash()
        self._server.start()

    def service_lost(self, _worker, _owner):
        self._wire.cut()
        self.lost += self._fleet.one("SELECT count(*) FROM attempt WHERE outcome = 'asked'")
        time.sleep(1)
        self._wire.mend(broken=True)


def chaos(minutes):
    """Let all of it happen for some minutes, then see that everything was done, and paid for once."""
    count = 40 * minutes
    with contextlib.ExitStack() as stack:
        server = postgres.Server()
        stack.callback(server.close)
        service = stack.enter_context(running(FaultServer(then=("slow-first-byte", {"seconds": 1.0}))))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = stack.enter_context(postgres.fleet(server))
        wire = stack.enter_context(running(Wire(("127.0.0.1", int(service.url.rpartition(":")[2])))))
        fleet = Fleet(own, folder, f"http://127.0.0.1:{wire.port}", REQUESTS_PER_MINUTE=120)
        stack.callback(fleet.stop)
        fleet.run("init", "--silence", _SILENCE)
        archive = make_archive(folder / "archive", count)
        fleet.run("submit", archive)
        struck = Chaos(fleet, server, wire, stack)
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            time.sleep(struck._chance.uniform(4, 8))
            struck.strike()
        until(lambda: not set(fleet.states()) & _OPEN, 600, "all done")
        print(f"in {minutes} min: " + ", ".join(f"{times} x {what}" for what, times in struck.done.items()))
        print(
            f"taken over after {min(struck.takeovers):.1f} to {max(struck.takeovers):.1f} s (silence {_SILENCE} s)"
        )
        print(f"assets {dict(fleet.states())}, sidecars {len(sidecars(archive))} of {count}")
        requests, repaid = len(service.requests), paid_twice(service)
        print(f"requests {requests}; under way when they were lost {struck.lost}, paid again {repaid}")
        print(
            f"most in any 10 s: {most_in_a_window(service, 10)} of 20; in any 60 s: {most_in_a_window(service, 60)} of 120"
        )
        print(f"states of what is not simply done: {fleet.reasons()}")
