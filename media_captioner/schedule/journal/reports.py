"""What a journal tells a person: how things stand, what happened, what it cost, and why."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from media_captioner.errors import JournalMissing, OutputError, reason_of
from media_captioner.schedule.budget import day_purse
from media_captioner.schedule.journal.schema import check_version, refuse_foreign, version_of
from media_captioner.schedule.journal.sqlite import as_output_error, open_read_only
from media_captioner.schedule.journal.tables import Connection, dialect_of, held, spelled
from media_captioner.schedule.question import NOTHING, Amount

By: TypeAlias = Literal["day", "captioner", "asset", "run"]
"""What costs are grouped by."""

_NONE_YET: Final = "Caption something first, or name another."
_ATTEMPTS: Final = 50  # of one asset that are shown, the latest ones

_GROUPS: Final[dict[str, str]] = {
    "day": "substr(asked, 1, 10)",
    "captioner": "captioner",
    "asset": "coalesce(source, attempt.content)",
    "run": "attempt.owner",
}
_NAMED: Final = (
    # Of several files with the same bytes the one that was worked on last stands for all.
    "attempt LEFT JOIN (SELECT content AS same, source, row_number() OVER (PARTITION BY content ORDER BY changed DESC)"
    " AS place FROM asset WHERE content IS NOT NULL) AS named ON named.same = attempt.content AND named.place = 1"
)
_SOURCES: Final = {"day": "attempt", "captioner": "attempt", "asset": _NAMED, "run": "attempt"}
_TALLIED: Final[dict[str, str]] = {"day": "day", "captioner": "captioner", "run": "owner"}
_DAY: Final = len("2026-03-18")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a journal for reading only, for the length of the block. Writers are not held up.

    Raises:
        JournalMissing: there is none.
        ConfigError: a newer program wrote it, or it is no journal of ours.
        OutputError: it cannot be read.

    """
    try:
        there = path.exists()
    except OSError as error:
        why = reason_of(error)
        raise OutputError(f"Cannot read the journal {path}: {why}", hint="Check who may read it.") from error
    if not there:
        raise JournalMissing(f"There is no journal at {path}", hint=_NONE_YET)
    refuse_foreign(path)
    try:
        with closing(open_read_only(path)) as connection:
            check_version(connection, path)
            if not version_of(connection):
                raise JournalMissing(f"There is no journal at {path}: the file is empty", hint=_NONE_YET)
            yield connection
    except sqlite3.Error as error:
        raise as_output_error(error, path, "read") from error


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands.

    Attributes:
        assets: How many assets are in each state.
        asking: Requests under way.
        answers: Questions whose answers are remembered.
        today: What was taken today (UTC); what is under way counts at its most.
        processes: Processes that have the journal open, each in a few words. Dead ones count until the next
            start of any.
        next: The earliest moment at which something that waits can go on, ISO 8601, or None.

    """

    assets: dict[str, int]
    asking: int
    answers: int
    today: Amount
    processes: tuple[str, ...]
    next: str | None


def overview(connection: Connection, today: str) -> Overview:
    """Return how everything stands.

    Args:
        connection: A journal.
        today: The date (UTC), ISO 8601.

    """

    def one(query: str, *values: object) -> Any:
        return connection.execute(query, values).fetchone()[0]

    return Overview(
        assets=dict(connection.execute("SELECT state, count(*) FROM asset GROUP BY state ORDER BY state")),
        asking=one("SELECT count(*) FROM attempt WHERE outcome = 'asked'"),
        answers=one("SELECT count(*) FROM question WHERE answer IS NOT NULL"),  # the index alone is read
        today=held(connection, day_purse(today)),
        processes=tuple(
            f"{name}, {doing}" for name, doing in connection.execute(dialect_of(connection).processes)
        ),
        next=one("SELECT min(until) FROM asset WHERE state = 'waiting'"),
    )


def _sums(
    connection: Connection, name: str, since: str, source: str = "attempt"
) -> dict[str, tuple[Amount, int]]:
    """Return what requests took, and how many ended unknown, grouped by the SQL expression ``name``.

    The sums are exact: the database adds the numerators, denominator by denominator. Two hundred thousand of them take
    half a second instead of the eight that fractions take here.
    """
    dialect = dialect_of(connection)
    rows = connection.execute(
        f"SELECT {name} AS name, sum(requests), sum(tokens),"  # noqa: S608 - texts of ours
        f" sum(CASE WHEN outcome IN ('unknown', 'asked') THEN 1 ELSE 0 END), sum({dialect.numerator}),"
        f" {dialect.denominator} AS denominator FROM {source} WHERE asked >= ? AND outcome <> 'unsent'"
        " GROUP BY name, denominator ORDER BY name",
        (since,),
    )
    return _added(rows)


def _tallied(connection: Connection, name: str, since: str) -> dict[str, tuple[Amount, int]]:
    """Return the same as :func:`_sums` from what is added up already, however many requests there were."""
    rows = connection.execute(
        f"SELECT {name} AS name, sum(requests), sum(tokens), sum(unknown), sum(numerator), denominator"  # noqa: S608 - ours
        " FROM tally WHERE day >= ? GROUP BY name, denominator HAVING sum(attempts) > 0 ORDER BY name",
        (since,),
    )
    return _added(rows)


def _added(rows: Iterable[Any]) -> dict[str, tuple[Amount, int]]:
    found: dict[str, tuple[Amount, int]] = {}
    for group, requests, tokens, unknown, numerator, denominator in rows:
        amount, before = found.get(str(group), (NOTHING, 0))
        dollars = Fraction(int(numerator), int(denominator) or 1)
        found[str(group)] = (amount + Amount(int(requests), int(tokens), dollars), before + int(unknown))
    return found


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that became of an asset.

    Attributes:
        at: When, ISO 8601.
        source: The asset.
        state: How it stood then.
        reason: Why.

    """

    at: str
    source: str
    state: str
    reason: str | None


def history(connection: Connection, *, limit: int = 50, source: Path | str | None = None) -> list[Happening]:
    """Return what happened last, the latest first.

    Args:
        connection: A journal.
        limit: How much of it.
        source: Only of this asset: its path, or the name that a fleet has for it.

    """
    name = spelled(source) if isinstance(source, Path) else source
    rows = connection.execute(
        "SELECT at, source, event.state, event.reason FROM event JOIN asset ON asset.id = event.asset"
        " WHERE ?1 IS NULL OR source = ?1 ORDER BY event.id DESC LIMIT ?2",
        (name, limit),
    )
    return [Happening(*row) for row in rows]


def in_state(connection: Connection, state: str) -> list[str]:
    """Return the assets that are in a state, by name."""
    rows = connection.execute("SELECT source FROM asset WHERE state = ? ORDER BY source", (state,))
    return [source for (source,) in rows]


@dataclass(frozen=True, slots=True)
class Cost:
    """What was taken for one thing.

    Attributes:
        name: The day, captioner, asset or run.
        taken: What its requests took; those whose end nobody knows count at their most.
        unknown: How many those are.

    """

    name: str
    taken: Amount
    unknown: int


def costs(connection: Connection, by: By = "day", *, since: str = "") -> list[Cost]:
    """Return what requests took, grouped, in the order of the names.

    Args:
        connection: A journal.
        by: What to group by.
        since: Only requests from this date on, ISO 8601.

    """
    tallied = by in _TALLIED and len(since) <= _DAY
    if tallied and connection.execute(dialect_of(connection).tallied).fetchone()[0]:
        found = _tallied(connection, _TALLIED[by], since)
    else:
        found = _sums(connection, _GROUPS[by], since, _SOURCES[by])
    return [Cost(name, *sums) for name, sums in found.items()]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time of asking for an asset.

    Attributes:
        asked: When, ISO 8601.
        start: Start of the segment, seconds.
        end: End of the segment, seconds.
        captioner: Who was asked.
        outcome: ``asked`` (under way), ``answered``, ``failed``, ``unsent`` or ``unknown``.
        detail: Why it failed.
        request: The service's id of the request.
        taken: What it took.

    """

    asked: str
    start: Fraction
    end: Fraction
    captioner: str
    outcome: str
    detail: str | None
    request: str | None
    taken: Amount


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that is known of one asset.

    Attributes:
        source: Its path.
        state: How it stands.
        reason: Why.
        error: Class of the error that it ended with.
        until: When it can go on, ISO 8601.
        failures: Dangerous failures in a row.
        content: What its bytes are.
        changed: When that was found, ISO 8601.
        segments: How many segments are in each state.
        gaps: The gaps: start and end in seconds, and why.
        refused: What the captioner refused for good: start and end in seconds, and why.
        attempts: The latest times of asking, the latest first.
        outputs: The files that were written.
        answers: Answers that are remembered for its sound.

    """

    source: str
    state: str
    reason: str | None
    error: str | None
    until: str | None
    failures: int
    content: str | None
    changed: str
    segments: dict[str, int] = field(default_factory=dict)
    gaps: tuple[tuple[Fraction, Fraction, str], ...] = ()
    refused: tuple[tuple[Fraction, Fraction, str], ...] = ()
    attempts: tuple[Attempt, ...] = ()
    outputs: tuple[str, ...] = ()
    answers: int = 0


def why(connection: Connection, source: Path | str) -> Why | None:
    """Return everything that is known of an asset, or None where the journal does not know it.

    Args:
        connection: A journal.
        source: The asset's path, or the name that a fleet has for it.

    """
    row = connection.execute(
        "SELECT id, source, state, reason, error, until, failures, content, changed FROM asset WHERE source = ?",
        (spelled(source) if isinstance(source, Path) else source,),
    ).fetchone()
    if row is None:
        return None
    asset, *_, content, _ = row
    states = connection.execute("SELECT state, count(*) FROM part WHERE asset = ? GROUP BY state", (asset,))
    gaps = _spans(
        connection,
        "SELECT begins, ends, coalesce(reason, '') FROM part WHERE asset = ? AND state = 'gap'"
        " ORDER BY track, begins",
        asset,
    )
    refused = _spans(
        connection,
        "SELECT begins, ends, refusal FROM question WHERE content = ? AND refusal IS NOT NULL"
        " ORDER BY track, begins",
        content,
    )
    outputs = connection.execute("SELECT path FROM output WHERE asset = ? ORDER BY path", (asset,))
    answers = connection.execute(
        "SELECT count(*) FROM question WHERE content = ? AND answer IS NOT NULL", (content,)
    ).fetchone()[0]
    return replace(
        Why(*row[1:]),
        segments=dict(states),
        gaps=gaps,
        refused=refused,
        attempts=tuple(_attempts(connection, content)),
        outputs=tuple(path for (path,) in outputs),
        answers=answers,
    )


def _spans(connection: Connection, query: str, value: object) -> tuple[tuple[Fraction, Fraction, str], ...]:
    return tuple(
        (_seconds(begins), _seconds(ends), reason)
        for begins, ends, reason in connection.execute(query, (value,))
    )


def _seconds(microseconds: int) -> Fraction:
    return Fraction(microseconds, 1_000_000)


def _attempts(connection: Connection, content: str | None) -> Iterator[Attempt]:
    rows = connection.execute(
        "SELECT asked, begins, ends, attempt.captioner, outcome, detail, request, requests, tokens, dollars"
        " FROM attempt JOIN question ON question.id = attempt.question WHERE question.content = ?"
        " ORDER BY attempt.id DESC LIMIT ?",
        (content, _ATTEMPTS),
    )
    for asked, begins, ends, captioner, outcome, detail, request, requests, tokens, dollars in rows:
        taken = Amount(requests, tokens, Fraction(dollars))
        yield Attempt(asked, _seconds(begins), _seconds(ends), captioner, outcome, detail, request, taken)
