"""A fleet for tests: a database, a service that counts, an archive, and workers that can be killed and frozen."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psycopg
import soundfile
from psycopg import conninfo

from media_captioner.system.identity import sha256_hex

_COMMAND = "import sys; from media_captioner.cli import main; sys.exit(main())"


def make_archive(folder, count, *, seconds=12, first=0):
    """Write ``count`` sound files that differ; each is cut into segments of at most ten seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        sound = np.random.default_rng(number).standard_normal(8000 * seconds) * 0.1
        soundfile.write(folder / f"clip{number:04}.wav", sound.astype("float32"), 8000)
    return folder


class Fleet:
    """Starts commands that share one database.

    Args:
        dsn: The database.
        folder: For what the processes write besides.
        url: The service's.
        settings: Further settings, as environment variables have them.

    """

    def __init__(self, dsn, folder, url, **settings):
        self.dsn = dsn
        self._folder = folder
        self._url = url
        own = {
            "DATABASE": dsn.reveal(),
            "API_KEY": "sk-test-key",
            "DETAIL": "high",
            "CAPTIONER": "qwen",
            "BASE_URL": url,
            "FORMATS": "vtt",
            **settings,
        }
        clean = {name: text for name, text in os.environ.items() if not name.startswith("MEDIA_CAPTIONER_")}
        self._environment = clean | {f"MEDIA_CAPTIONER_{name}": str(text) for name, text in own.items()}
        self._environment["HOME"] = str(folder)
        self.workers = []

    def run(self, *arguments, code=0):
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, "fleet", *map(str, arguments)],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def worker(self, *arguments, **settings):
        """Start a worker, with settings of its own if there are any."""
        own = {f"MEDIA_CAPTIONER_{name}": str(text) for name, text in settings.items()}
        with (self._folder / f"worker{len(self.workers)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, "fleet", "work", *map(str, arguments)],
                env=self._environment | own,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(process)
        return process

    def logs(self):
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("worker*.log")))

    def ask(self, sql, *values):
        """Return the rows of a question to the database, waiting for it while it restarts."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(
                    self.dsn.reveal(), options="-c search_path=media_captioner"
                ) as connection:
                    return connection.execute(sql, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def one(self, sql, *values):
        return self.ask(sql, *values)[0][0]

    def reasons(self):
        """Why assets are not simply done."""
        return self.ask("SELECT source, state, reason FROM asset WHERE reason IS NOT NULL")

    def states(self):
        return Counter(dict(self.ask("SELECT state, count(*) FROM asset GROUP BY state")))

    def owner_of(self, process):
        """The number that a worker has in the database."""
        rows = self.ask("SELECT id FROM owner WHERE name LIKE %s AND works", f"%/{process.pid}")
        return rows[0][0] if rows else None

    def asked_by(self, owner):
        """How many requests a worker has under way."""
        return self.one("SELECT count(*) FROM attempt WHERE owner = %s AND outcome = 'asked'", owner)

    def stop(self):
        for process in self.workers:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def through(dsn, wire):
    """How a database is reached through a wire."""
    return conninfo.make_conninfo(dsn.reveal(), host="127.0.0.1", port=wire.port)


def until(condition, seconds, what):
    """Wait until something is so, and return how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began


def paid_twice(server):
    """How many requests asked about sound that had been asked about before."""
    bodies = Counter(sha256_hex(request.body) for request in server.requests)
    return len(server.requests) - len(bodies)


def most_in_a_window(server, seconds):
    starts = server.timeline
    return max(
        (sum(1 for other in starts if start <= other < start + seconds) for start in starts), default=0
    )


def sidecars(folder):
    return sorted(path.name for path in Path(folder).glob("*.media_captioner.json"))
