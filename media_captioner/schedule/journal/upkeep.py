"""Looking after a journal: is it sound, is it tight, what is in it, and what to do with a damaged one."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import AlreadyRunning
from media_captioner.model import Description
from media_captioner.model.codec import to_json
from media_captioner.schedule.journal.database import beside
from media_captioner.schedule.journal.owners import anybody, stamp
from media_captioner.schedule.journal.sqlite import DAMAGE, primary_code
from media_captioner.schedule.question import NOTHING, Amount, Question
from media_captioner.system import files

_TABLES: Final = (
    "asset",
    "part",
    "output",
    "event",
    "question",
    "answer",
    "attempt",
    "purse",
    "pace",
    "tally",
)
_SHOWN: Final = 20  # problems of one kind


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return everything that is wrong with a journal, each in a sentence; nothing is changed.

    The file's structure is checked by SQLite itself. What has to hold besides: every answer belongs to a
    question, nobody is asked who is not there, and every purse and every day holds what its attempts took.
    """
    try:
        (*found,) = (text for (text,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})"))
        if found != ["ok"]:
            return found
        found = [
            f"{table}: a row refers to a missing {parent}"
            for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
        ][:_SHOWN]
        return found + _loose_ends(connection) + _wrong_purses(connection) + _wrong_tally(connection)
    except sqlite3.DatabaseError as error:
        if primary_code(error) in DAMAGE:
            return [str(error)]
        raise


def _loose_ends(connection: sqlite3.Connection) -> list[str]:
    checks = {
        "answers belong to no question": "SELECT count(*) FROM answer WHERE id NOT IN"
        " (SELECT answer FROM question WHERE answer IS NOT NULL)",
        "questions are being asked by nobody who is there": "SELECT count(*) FROM question WHERE owner IS NOT NULL"
        " AND owner NOT IN (SELECT id FROM owner)",
        "attempts are under way for nobody who is there": "SELECT count(*) FROM attempt WHERE outcome = 'asked'"
        " AND owner NOT IN (SELECT id FROM owner)",
        "questions have an answer and a refusal": "SELECT count(*) FROM question WHERE answer IS NOT NULL"
        " AND refusal IS NOT NULL",
    }
    counts = ((connection.execute(query).fetchone()[0], title) for title, query in checks.items())
    return [f"{count} {title}" for count, title in counts if count]


def _wrong_purses(connection: sqlite3.Connection) -> list[str]:
    spent: dict[str, Amount] = defaultdict(lambda: NOTHING)
    rows = connection.execute("SELECT purses, requests, tokens, dollars FROM attempt WHERE purses <> '[]'")
    for purses, requests, tokens, dollars in rows:
        for name in json.loads(purses):
            spent[name] += Amount(requests, tokens, Fraction(dollars))
    found = []
    for name, requests, tokens, dollars in connection.execute("SELECT * FROM purse"):
        if spent[name] != Amount(requests, tokens, Fraction(dollars)):
            found.append(f"the purse {name} does not hold what its attempts took")
    return found[:_SHOWN]


def _wrong_tally(connection: sqlite3.Connection) -> list[str]:
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tally'").fetchone()[0]:
        return []  # of an older version: it is added up when the journal is next written to
    sums = "sum(requests), sum(tokens), sum(numerator), sum(unknown)"
    group = "GROUP BY day, captioner, owner, denominator"
    (wrong,) = connection.execute(
        f"SELECT count(DISTINCT day) FROM (SELECT day, captioner, owner, denominator, {sums}, count(*) FROM counted"  # noqa: S608 - ours
        f" {group} EXCEPT SELECT day, captioner, owner, denominator, {sums}, sum(attempts) FROM tally {group})"
    ).fetchone()
    return [f"the costs of {wrong} days are not what their attempts took"] if wrong else []


def export(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Yield every row of a journal as one JSON-ready dictionary, ``table`` first; the whole is one moment's."""
    connection.execute("BEGIN")
    try:
        for table in _TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of ours
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield {"table": table, **dict(zip(names, row, strict=True))}
    finally:
        connection.execute("COMMIT")


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged journal, with what belongs to it, so that a new one can take its place.

    Returns:
        Where the damaged one lies now.

    Raises:
        AlreadyRunning: another process has it open.

    """
    if anybody(path):
        raise AlreadyRunning(
            f"The journal {path} is damaged, and another process has it open",
            hint="Stop that process; the damaged journal is set aside at the next start.",
        )
    to = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S}{path.suffix}")
    for suffix in ("-wal", "-shm", ""):
        files.move_aside(path.with_name(path.name + suffix), to.with_name(to.name + suffix))
    files.remove(beside(path, "reserve"))
    return to


def restore(
    connection: sqlite3.Connection, answers: Iterable[tuple[Question, Description]], now: datetime
) -> int:
    """Put answers that are known from elsewhere into a journal, inside the caller's transaction.

    What the journal knows already is left alone. What the answers took is not booked: it was paid before.

    Returns:
        How many were new.

    """
    new = 0
    for question, description in answers:
        begins, ends = question.span
        cursor = connection.execute(
            "INSERT INTO question (key, clip, content, track, begins, ends, encoding, captioner, sample)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET clip = coalesce(clip, excluded.clip)"
            " WHERE answer IS NULL RETURNING id",
            (
                question.key,
                question.clip,
                question.content,
                question.track,
                begins,
                ends,
                question.encoding,
                question.captioner,
                question.sample,
            ),
        )
        row = cursor.fetchone()
        if row is None:
            continue
        text = json.dumps(to_json(description), separators=(",", ":"))
        answer = connection.execute(
            "INSERT INTO answer (description, answered) VALUES (?, ?)", (text, stamp(now))
        ).lastrowid
        connection.execute("UPDATE question SET answer = ?, refusal = NULL WHERE id = ?", (answer, row[0]))
        new += 1
    return new
