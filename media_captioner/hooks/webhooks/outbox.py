"""Messages on their way, and how each receiver fares: kept across restarts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media_captioner.hooks.webhooks.envelope import Message
from media_captioner.system.places import state_folder
from media_captioner.system.records import Records

FIRST_DELAYS: Final = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0)
"""Seconds after each failed attempt until the next, as Standard Webhooks proposes; then the last one again."""

LIFETIME: Final = 3 * 86_400.0
"""Seconds after which a message that did not arrive is given up."""

MOST_WAITING: Final = 10_000
"""Messages that wait for one receiver; when there are more, the oldest is given up."""

_KEPT: Final = 7 * 86_400.0  # seconds that a message is remembered after its end
_LEASE: Final = 60.0  # seconds that a process may take for one attempt before another tries

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT NOT NULL, url TEXT NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL, created REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',   -- waiting, delivered, given up
    detail TEXT, ended REAL, PRIMARY KEY (id, url)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_due ON message (url, due) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS message_ended ON message (ended) WHERE ended IS NOT NULL;
CREATE TABLE IF NOT EXISTS receiver (
    url TEXT PRIMARY KEY, failures INTEGER NOT NULL DEFAULT 0, resting REAL NOT NULL DEFAULT 0,
    disabled TEXT, said TEXT, at REAL
) WITHOUT ROWID
"""


def default_outbox() -> Path:
    """Return where the outbox belongs on this system."""
    return state_folder() / "webhooks.db"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for one receiver, and how often it was tried.

    Attributes:
        message: What is sent.
        url: Where to.
        attempts: How often it was tried before.
        created: Seconds since 1970.

    """

    message: Message
    url: str
    attempts: int
    created: float


@dataclass(frozen=True, slots=True)
class Receiver:
    """How a receiver fares.

    Attributes:
        url: Its address.
        waiting: Messages that wait for it.
        delivered: Messages that arrived in the last days.
        given_up: Messages that never will.
        failures: Failed attempts in a row.
        resting: Until when it is left alone, seconds since 1970; 0 where it is not.
        disabled: Why it is told nothing any more, or None.
        said: What became of the last attempt, or None.

    """

    url: str
    waiting: int
    delivered: int
    given_up: int
    failures: int
    resting: float
    disabled: str | None
    said: str | None


class Outbox:
    """The file of messages. Several processes can share it.

    Args:
        path: The file; None for one in memory.

    Raises:
        ConfigError: a newer program wrote it.
        OutputError: it cannot be opened.

    """

    def __init__(self, path: Path | None) -> None:
        self._records = Records(path, _SCHEMA)

    def put(self, message: Message, url: str, now: float) -> None:
        """Keep a message for a receiver; one that is disabled gets none.

        Raises:
            OutputError: it could not be kept.

        """
        with self._records.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO receiver (url) VALUES (?)", (url,))
            (disabled,) = connection.execute("SELECT disabled FROM receiver WHERE url = ?", (url,)).fetchone()
            if disabled is not None:
                return
            connection.execute(
                "INSERT INTO message (id, url, type, body, created, due) VALUES (?, ?, ?, ?, ?, ?)",
                (message.id, url, message.type, message.body, now, now),
            )
            connection.execute(
                "UPDATE message SET state = 'given up', detail = 'too many were waiting', ended = ?2 WHERE id IN"
                " (SELECT id FROM message WHERE url = ?1 AND state = 'waiting' ORDER BY created DESC LIMIT -1 OFFSET ?3)"
                " AND url = ?1",
                (url, now, MOST_WAITING),
            )
            connection.execute("DELETE FROM message WHERE ended < ?", (now - _KEPT,))

    def take(self, url: str, now: float) -> Letter | None:
        """Return the message that is due for a receiver, for this process to deliver; None where none is.

        Whoever takes one has a minute; then another process may try.
        """
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE message SET state = 'given up', ended = ?2, detail = coalesce(detail, 'too old')"
                " WHERE url = ?1 AND state = 'waiting' AND created < ?2 - ?3",
                (url, now, LIFETIME),
            )
            row = connection.execute(
                "SELECT id, type, body, attempts, created FROM message JOIN receiver USING (url) WHERE url = ?1"
                " AND state = 'waiting' AND due <= ?2 AND resting <= ?2 AND disabled IS NULL"
                " ORDER BY due, created LIMIT 1",
                (url, now),
            ).fetchone()
            if row is None:
                return None
            message_id, kind, body, attempts, created = row
            connection.execute(
                "UPDATE message SET due = ?3 WHERE id = ?1 AND url = ?2", (message_id, url, now + _LEASE)
            )
        return Letter(Message(message_id, kind, body), url, attempts, created)

    def next_due(self, url: str) -> float | None:
        """Return when the next message for a receiver is due, seconds since 1970, or None where none waits."""
        with self._records.transaction() as connection:
            row = connection.execute(
                "SELECT max(min(due), resting) FROM message JOIN receiver USING (url)"
                " WHERE url = ? AND state = 'waiting' AND disabled IS NULL",
                (url,),
            ).fetchone()
        return None if row is None or row[0] is None else float(row[0])

    def delivered(self, letter: Letter, now: float) -> None:
        """Take note that a message arrived."""
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE message SET state = 'delivered', attempts = attempts + 1, ended = ?, detail = NULL, body = x''"
                " WHERE id = ? AND url = ?",
                (now, letter.message.id, letter.url),
            )
            connection.execute(
                "UPDATE receiver SET failures = 0, resting = 0, said = 'received', at = ? WHERE url = ?",
                (now, letter.url),
            )

    def failed(
        self, letter: Letter, detail: str, now: float, *, rest: bool, retry_after: float | None, jitter: float
    ) -> float:
        """Take note that a message did not arrive, and return when it is tried again, seconds since 1970.

        Args:
            letter: The message.
            detail: Why, for a person.
            now: Seconds since 1970.
            rest: Whether the receiver as a whole is at fault, and is left alone for a while.
            retry_after: Seconds that it asked us to wait, or None.
            jitter: 0 to 1: spreads attempts over a fifth of the delay.

        """
        with self._records.transaction() as connection:
            (failures,) = connection.execute(
                "SELECT failures FROM receiver WHERE url = ?", (letter.url,)
            ).fetchone()
            delay = max(self._delay(letter.attempts, jitter), retry_after or 0.0)
            due = now + delay
            connection.execute(
                "UPDATE message SET attempts = attempts + 1, due = ?, detail = ? WHERE id = ? AND url = ?",
                (due, detail, letter.message.id, letter.url),
            )
            resting = now + max(self._delay(failures, jitter), retry_after or 0.0) if rest else 0.0
            connection.execute(
                "UPDATE receiver SET failures = failures + 1, resting = max(resting, ?), said = ?, at = ? WHERE url = ?",
                (resting, detail, now, letter.url),
            )
        return max(due, resting)

    @staticmethod
    def _delay(failures: int, jitter: float) -> float:
        return FIRST_DELAYS[min(failures, len(FIRST_DELAYS) - 1)] * (1 + 0.2 * jitter)

    def disable(self, url: str, reason: str, now: float) -> None:
        """Tell a receiver nothing more, and give up what waits for it."""
        with self._records.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO receiver (url) VALUES (?)", (url,))
            connection.execute(
                "UPDATE receiver SET disabled = ?, said = ?, at = ? WHERE url = ?", (reason, reason, now, url)
            )
            connection.execute(
                "UPDATE message SET state = 'given up', detail = ?, ended = ? WHERE url = ? AND state = 'waiting'",
                (reason, now, url),
            )

    def enable(self, url: str) -> None:
        """Let a receiver be told again, from now on and at once."""
        with self._records.transaction() as connection:
            connection.execute(
                "UPDATE receiver SET disabled = NULL, failures = 0, resting = 0 WHERE url = ?", (url,)
            )
            connection.execute("UPDATE message SET due = 0 WHERE url = ? AND state = 'waiting'", (url,))

    def receiver(self, url: str) -> Receiver:
        """Return how a receiver fares."""
        with self._records.transaction() as connection:
            counts = dict(
                connection.execute("SELECT state, count(*) FROM message WHERE url = ? GROUP BY state", (url,))
            )
            row = connection.execute(
                "SELECT failures, resting, disabled, said FROM receiver WHERE url = ?", (url,)
            ).fetchone()
        failures, resting, disabled, said = row or (0, 0.0, None, None)
        waiting, arrived, given_up = (counts.get(state, 0) for state in ("waiting", "delivered", "given up"))
        return Receiver(url, waiting, arrived, given_up, failures, resting, disabled, said)

    def close(self) -> None:
        """Close the file. It can be called again."""
        self._records.close()
