"""The jobs that were asked for, and the requests that asked: kept, so that neither a restart nor a replay matters."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media_captioner.listen.signatures import Signed
from media_captioner.listen.wishes import Refused, Wish
from media_captioner.system.places import state_folder
from media_captioner.system.records import Records

MOST_WAITING: Final = 1000
"""Jobs that may wait; who asks for more is told to come back later."""

_REQUESTS_KEPT: Final = 7 * 86_400.0  # seconds: as long as senders go on to try
_JOBS_KEPT: Final = 30 * 86_400.0  # seconds after their end

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wish TEXT NOT NULL, state TEXT NOT NULL,
    created REAL NOT NULL, due REAL NOT NULL, ended REAL, reason TEXT, files TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS job_due ON job (due) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS request (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, stamp INTEGER NOT NULL, job TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_at ON request (at)
"""


def default_register() -> Path:
    """Return where the register belongs on this system."""
    return state_folder() / "listen.db"


@dataclass(frozen=True, slots=True)
class Job:
    """Something that was asked for.

    Attributes:
        id: Its name, which cannot be guessed.
        wish: What was asked for.
        state: ``waiting``, ``working``, or how it ended, as an asset does.
        created: Seconds since 1970.
        ended: Seconds since 1970, or None.
        reason: Why it waits, failed or has gaps, or None.
        files: What was written, as it is told.

    """

    id: str
    wish: Wish
    state: str
    created: float
    ended: float | None
    reason: str | None
    files: tuple[str, ...]


class Register:
    """The file of jobs.

    Args:
        path: The file; None for one in memory.

    Raises:
        ConfigError: a newer program wrote it.
        OutputError: it cannot be opened.

    """

    def __init__(self, path: Path | None) -> None:
        self._records = Records(path, _SCHEMA)

    def admit(self, signed: Signed, body: bytes, wish: Wish, now: float) -> tuple[Job, bool]:
        """Take a request in, and return its job and whether it is new.

        A sender that got no answer tries again with the id it had and a new signature: that is the same job.

        Raises:
            Refused: it was seen before (409), or too much waits already (503).
            OutputError: it could not be kept.

        """
        digest = hashlib.sha256(body).hexdigest()
        with self._records.transaction() as connection:
            known = connection.execute(
                "SELECT body, stamp, job FROM request WHERE key = ?", (signed.key,)
            ).fetchone()
            if known is not None:
                before, stamp, job_id = known
                if before != digest:
                    raise Refused(409, "The id of the request was used for another one")
                if signed.stamp <= stamp:
                    raise Refused(409, "The request was received before")
                connection.execute("UPDATE request SET stamp = ? WHERE key = ?", (signed.stamp, signed.key))
                return self._job(connection, job_id), False
            (waiting,) = connection.execute("SELECT count(*) FROM job WHERE state = 'waiting'").fetchone()
            if waiting >= MOST_WAITING:
                raise Refused(503, "Too many jobs are waiting; come back later")
            job_id = f"job_{secrets.token_hex(16)}"
            connection.execute(
                "INSERT INTO job (id, wish, state, created, due) VALUES (?, ?, 'waiting', ?, ?)",
                (job_id, wish.to_json(), now, now),
            )
            connection.execute(
                "INSERT INTO request VALUES (?, ?, ?, ?, ?)", (signed.key, digest, signed.stamp, job_id, now)
            )
            connection.execute("DELETE FROM request WHERE at < ?", (now - _REQUESTS_KEPT,))
            connection.execute(
                "DELETE FROM job WHERE ended < ? AND id NOT IN (SELECT job FROM request)", (now - _JOBS_KEPT,)
            )
            return self._job(connection, job_id), True

    def job(self, job_id: str) -> Job | None:
        """Return a job, or None where there is none of that name."""
        with self._records.transaction() as connection:
            try:
                return self._job(connection, job_id)
            except KeyError:
                return None

    def resume(self) -> int:
        """Let every job that was under way when the last process ended wait again; return how many those are."""
        with self._records.transaction() as connection:
            return connection.execute(
                "UPDATE job SET state = 'waiting', due = 0 WHERE state = 'working'"
            ).rowcount

    def take(self, now: float) -> Job | None:
        """Return the next job to work on, or None where none is due."""
        with self._records.transaction() as connection:
            row = connection.execute(
                "SELECT id FROM job WHERE state = 'waiting' AND due <= ? ORDER BY due, number LIMIT 1", (now,)
            ).fetchone()
            if row is None:
                return None
            connection.execute("UPDATE job SET state = 'working' WHERE id = ?", row)
            return self._job(connection, row[0])

    def postpone(self, job_id: str, reason: str, due: float) -> None:
        """Let a job wait until ``due``, seconds since 1970."""
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE job SET state = 'waiting', reason = ?, due = ? WHERE id = ?", (reason, due, job_id)
            )

    def end(self, job_id: str, state: str, reason: str | None, files: Sequence[str], now: float) -> None:
        """Take note of how a job ended."""
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE job SET state = ?, reason = ?, files = ?, ended = ? WHERE id = ?",
                (state, reason, json.dumps(list(files)), now, job_id),
            )

    def close(self) -> None:
        """Close the file. It can be called again."""
        self._records.close()

    @staticmethod
    def _job(connection: sqlite3.Connection, job_id: str) -> Job:
        row = connection.execute(
            "SELECT wish, state, created, ended, reason, files FROM job WHERE id = ?", (job_id,)
        ).fetchone()
        if row is None:
            raise KeyError(job_id)
        wish, state, created, ended, reason, files = row
        return Job(job_id, Wish.from_json(wish), state, created, ended, reason, tuple(json.loads(files)))
