"""How a fleet stands: for people, for programs, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from media_captioner.fleet.journal import PostgresJournal
from media_captioner.schedule.journal.owners import stamp
from media_captioner.schedule.journal.tables import Connection
from media_captioner.schedule.limits import MINUTE, SLACK
from media_captioner.schedule.question import Amount
from media_captioner.system.clock import Clock
from media_captioner.web.prometheus import Metric, exposition

_LATELY: Final = timedelta(minutes=10)
"""What the present speed is measured over."""

_OPEN: Final = ("queued", "interrupted", "waiting", "working")


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A process that takes assets.

    Attributes:
        name: Machine and process.
        doing: What it does.
        silent: Seconds since its last sign of life.
        tags: Which assets it takes.
        leaving: Whether it was told to end.
        assets: What it is at.
        ended: How many ended there.

    """

    name: str
    doing: str
    silent: float
    tags: tuple[str, ...]
    leaving: bool
    assets: tuple[str, ...]
    ended: int


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """How a fleet stands.

    Attributes:
        assets: How many assets are in each state.
        roots: The same for each root that assets were submitted under.
        workers: Who takes assets.
        queue: Jobs in the queue by state: ``todo``, ``doing``.
        asking: Requests under way.
        answers: Requests that were answered.
        today: What was taken today (UTC).
        taken: What was taken in all; what is under way, or lost with a worker, counts at its most.
        paused: Accounts that are paused, and the seconds that are left.
        next: When something that waits can go on, ISO 8601, or None.
        per_hour: Assets that end in an hour at the speed of the last ten minutes.
        left_at_limit: Seconds until all is done if only the account's requests a minute count; None where there is no
            such limit, or nothing to judge the length of what is left by.
        left_at_speed: Seconds until all is done at the speed of the last ten minutes; None where there was none.

    """

    assets: dict[str, int]
    roots: dict[str, dict[str, int]]
    workers: tuple[WorkerStatus, ...]
    queue: dict[str, int]
    asking: int
    answers: int
    today: Amount
    taken: Amount
    paused: dict[str, float]
    next: str | None
    per_hour: float
    left_at_limit: float | None
    left_at_speed: float | None

    @property
    def open(self) -> int:
        """Assets that are still to be done, or being done."""
        return sum(self.assets.get(state, 0) for state in _OPEN)

    def to_json(self) -> dict[str, Any]:
        """Return what ``fleet status --json`` prints."""
        values = asdict(self)
        for name in ("today", "taken"):
            amount: Amount = getattr(self, name)
            values[name] = {
                "requests": amount.requests,
                "tokens": amount.tokens,
                "dollars": float(amount.dollars),
            }
        return {**values, "open": self.open}


async def status(journal: PostgresJournal, clock: Clock) -> FleetStatus:
    """Return how a fleet stands."""
    now = clock.now()
    return await journal.tables.read(lambda connection: _status(connection, now))


def _status(connection: Connection, now: datetime) -> FleetStatus:
    roots: dict[str, dict[str, int]] = {}
    assets: dict[str, int] = {}
    rows = connection.execute(
        "SELECT root, state, count(*) FROM asset GROUP BY root, state ORDER BY root, state"
    )
    for root, state, count in rows.fetchall():
        roots.setdefault(root, {})[state] = count
        assets[state] = assets.get(state, 0) + count
    todo = sum(assets.get(state, 0) for state in _OPEN)
    ended = _one(connection, "SELECT count(*) FROM event WHERE at >= ?", stamp(now - _LATELY))
    per_hour = ended * (timedelta(hours=1) / _LATELY)
    return FleetStatus(
        assets=assets,
        roots=roots,
        workers=tuple(_workers(connection)),
        queue=dict(
            connection.execute(
                "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"
            ).fetchall()
        ),
        asking=_one(connection, "SELECT count(*) FROM attempt WHERE outcome = 'asked'"),
        answers=int(_one(connection, "SELECT coalesce(sum(answers), 0) FROM spent")),
        today=_taken(connection, now.strftime("%Y-%m-%d")),
        taken=_taken(connection, ""),
        paused={account: float(left) for account, left in _pauses(connection) if left > 0},
        next=_one(connection, "SELECT min(until) FROM asset WHERE state = 'waiting'"),
        per_hour=per_hour,
        left_at_limit=_left_at_limit(connection, todo),
        left_at_speed=todo / per_hour * 3600 if per_hour and todo else None,
    )


def _one(connection: Connection, sql: str, *values: object) -> Any:
    return connection.execute(sql, values).fetchone()[0]


def _workers(connection: Connection) -> Iterator[WorkerStatus]:
    rows = connection.execute(
        "SELECT name, doing, extract(epoch FROM clock_timestamp() - beat)::float8, tags, leaving,"
        " ARRAY(SELECT source FROM asset WHERE asset.owner = owner.id ORDER BY source), ended"
        " FROM owner WHERE works ORDER BY id"
    )
    for name, doing, silent, tags, leaving, assets, ended in rows.fetchall():
        quiet = round(max(0.0, silent), 1)
        yield WorkerStatus(name, doing, quiet, tuple(tags), leaving, tuple(assets), ended)


def _pauses(connection: Connection) -> list[tuple[str, float]]:
    return connection.execute(
        "SELECT account, (state::json ->> 'paused_until')::float8 - extract(epoch FROM clock_timestamp())::float8"
        " FROM pace ORDER BY account"
    ).fetchall()


def _taken(connection: Connection, since: str) -> Amount:
    """Return what requests took since a day. Dollars are right to a millionth of a cent."""
    requests, tokens, dollars = connection.execute(
        "SELECT coalesce(sum(requests), 0), coalesce(sum(tokens), 0), round(coalesce(sum(dollars), 0), 8)"
        " FROM spent WHERE day >= ?",
        (since,),
    ).fetchone()
    return Amount(int(requests), int(tokens), Fraction(dollars))


def _left_at_limit(connection: Connection, todo: int) -> float | None:
    per_minute = _one(connection, "SELECT max(per_minute) FROM owner WHERE works")
    each = _one(
        connection,
        "SELECT avg(parts)::float8 FROM (SELECT count(*) FILTER (WHERE part.state = 'described') AS parts"
        " FROM part GROUP BY asset ORDER BY asset DESC LIMIT 1000) AS lately",
    )
    if not todo or per_minute is None or each is None:
        return None
    return float(todo * each * MINUTE / per_minute * SLACK)


def prometheus(found: FleetStatus) -> str:
    """Return how a fleet stands in Prometheus's text format."""
    return exposition(_metrics(found))


def _metrics(found: FleetStatus) -> Iterator[Metric]:
    by_root = [
        ({"root": root, "state": state}, count)
        for root, states in found.roots.items()
        for state, count in states.items()
    ]
    yield Metric("assets", "gauge", "Assets by root and state.", by_root)
    yield Metric(
        "queue_jobs", "gauge", "Jobs in the queue.", [({"state": name}, n) for name, n in found.queue.items()]
    )
    yield Metric.single("requests_under_way", "gauge", "Requests at the service now.", found.asking)
    yield Metric.single("answers", "gauge", "Requests that were answered.", found.answers)
    yield Metric.single("requests_total", "counter", "Requests made.", found.taken.requests)
    yield Metric.single("tokens_total", "counter", "Tokens taken.", found.taken.tokens)
    yield Metric.single("dollars_total", "counter", "US dollars spent.", float(found.taken.dollars))
    workers = [({"worker": worker.name}, worker) for worker in found.workers]
    yield Metric("worker_up", "gauge", "Workers.", [(label, 1) for label, _ in workers])
    yield Metric(
        "worker_silent_seconds",
        "gauge",
        "Seconds since a worker's last sign of life.",
        [(label, worker.silent) for label, worker in workers],
    )
    yield Metric(
        "worker_assets_total",
        "counter",
        "Assets that ended at a worker.",
        [(label, worker.ended) for label, worker in workers],
    )
    yield Metric(
        "account_paused_seconds",
        "gauge",
        "Seconds that an account is paused for.",
        [({"account": account}, left) for account, left in found.paused.items()],
    )
    if found.left_at_speed is not None:
        help_line = "Seconds until all is done, at the present speed."
        yield Metric.single("left_seconds", "gauge", help_line, found.left_at_speed)
