"""How fast a service may be asked: the whole arithmetic, without a clock, a lock or a database.

A :class:`Pace` is everything that has to be known of one account. The functions here take one and return the
next; whoever keeps it (memory, SQLite, Postgres) applies them in one transaction, and then the limits hold
for everybody who shares it.

Requests are spaced evenly, so a limit for a minute holds for each second of it too, as the service may
enforce it. Tokens are spaced by what they take and besides counted in every window of a minute: a large
request after many small ones waits until it fits.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from media_captioner.schedule.limits import MINUTE, Limits

_LOWEST: Final = 1 / 8  # of the full pace: below it, waiting for the account to recover serves better
_RECOVERY: Final = 1 / 16  # of the full pace, for each answer: eight answers undo one halving
_RAMP: Final = (
    0.25  # seconds: the first gaps are at least 1/2, 1/4, 1/8 ... of this; a spacing beyond is slow enough
)
_IDLE: Final = 60.0  # seconds without a start after which the next ones begin slowly again
_FIRST_PAUSE: Final = 2.0  # seconds after a first refusal without Retry-After; doubles up to the next line
_LONGEST_PAUSE: Final = 60.0
_LONGEST_WISH: Final = 86_400.0  # seconds: a Retry-After beyond a day is believed to be a day
_FAILURES: Final = 5  # in a row, after which the service is taken to be down

_LATE: Final = 0.01
"""Seconds that a start may be late and still count as on time, or being late would add up from start to start. The slack
of the starts of one second is 0.015, so no window of a second or more holds one too many."""

Verdict: TypeAlias = Literal["answered", "throttled", "unavailable", "unsent"]
"""How a request ended, as far as the pace is concerned: ``answered`` is also a refusal of this clip alone."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A request that was let through and has not come back.

    Attributes:
        permit: Its number.
        owner: The process it belongs to.
        epoch: The pause after which it was let through.
        start: When it may begin, seconds of the keeper's clock.
        tokens: What it is expected to take.

    """

    permit: int
    owner: int
    epoch: int
    start: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of an account. Times are seconds of the keeper's clock.

    Attributes:
        next_start: No request begins earlier, for the sake of the requests before it.
        next_tokens: Nor earlier than this, for the sake of their tokens.
        recent: Tokens by the second in which their requests began, ascending, for the last minute.
        last_start: When the last request began; when it was due, where it was late by 10 ms at most.
        ramp: Starts since the account was last idle.
        factor: Share of the full pace, from 1/8 to 1.
        paused_until: Nobody begins earlier.
        trouble_since: When the service first refused or failed, since it last answered; else None.
        refusals: How often it said "slow down" since it last answered.
        failures: How often it failed since it last answered.
        epoch: Counts the pauses.
        unproved: Whether the service has yet to answer after a pause. Until then one request at a time goes.
        serial: Number of the last permit.
        flights: Requests under way.

    """

    next_start: float = 0.0
    next_tokens: float = 0.0
    recent: tuple[tuple[int, int], ...] = ()
    last_start: float = -1e9
    ramp: int = 0
    factor: float = 1.0
    paused_until: float = 0.0
    trouble_since: float | None = None
    refusals: int = 0
    failures: int = 0
    epoch: int = 0
    unproved: bool = False
    serial: int = 0
    flights: tuple[Flight, ...] = ()


@dataclass(frozen=True, slots=True)
class Busy:
    """There is no room now.

    Attributes:
        probing: Whether everybody waits for one request that tries the service after a pause.
        others: Whether what has to come back belongs to another process, which nobody here will hear of.

    """

    probing: bool
    others: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The service is paused for longer than anybody wants to wait.

    Attributes:
        seconds: Until the pause ends.

    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with a service that refuses or fails, seconds.

    Attributes:
        pause: The longest single pause to wait out.
        trouble: The longest time without any answer.

    """

    pause: float = 60.0
    trouble: float = 600.0


def reserve(
    pace: Pace, now: float, *, tokens: int, owner: int, limits: Limits, patience: Patience
) -> tuple[Pace, Flight | Busy | Closed]:
    """Take the next place in line, if there is room.

    Args:
        pace: What is known.
        now: The time.
        tokens: What the request is expected to take at most.
        owner: Whose it is.
        limits: What the service allows.
        patience: How long to wait for a service that refuses or fails.

    """
    left = pace.paused_until - now
    if left > patience.pause or (
        left > 0 and pace.trouble_since is not None and now - pace.trouble_since > patience.trouble
    ):
        return pace, Closed(left)
    allowed = max(1, math.floor(limits.concurrency * pace.factor))
    if len(pace.flights) >= allowed:
        return pace, Busy(probing=False, others=any(flight.owner != owner for flight in pace.flights))
    if pace.unproved:
        probes = [flight for flight in pace.flights if flight.epoch == pace.epoch]
        if probes:
            return pace, Busy(probing=True, others=any(flight.owner != owner for flight in probes))
    start = _start(pace, now, tokens, limits)
    flight = Flight(pace.serial + 1, owner, pace.epoch, start, tokens)
    return _started(pace, now, flight, limits), flight


def _start(pace: Pace, now: float, tokens: int, limits: Limits) -> float:
    closest = pace.last_start + limits.closest / pace.factor
    start = max(now, pace.next_start, pace.next_tokens, pace.paused_until, closest)
    if limits.tokens_per_minute is None:
        return start
    recent = list(_since(pace.recent, start))
    while recent and sum(count for _, count in recent) + tokens > limits.tokens_per_minute:
        # The oldest second leaves the window when a minute has passed since its end. A request that is
        # larger than the whole allowance ends up alone in its minute.
        start = max(start, recent.pop(0)[0] + MINUTE + 1.0)
    return start


def _since(recent: tuple[tuple[int, int], ...], start: float) -> tuple[tuple[int, int], ...]:
    """Return the seconds that share a window of a minute with a request that begins at ``start``."""
    oldest = math.floor(start) - MINUTE
    return tuple(second for second in recent if second[0] >= oldest)


def _started(pace: Pace, now: float, flight: Flight, limits: Limits) -> Pace:
    start, spacing = flight.start, limits.spacing
    ramp = 0 if start - pace.next_start > _IDLE else pace.ramp
    softly = _RAMP / 2 ** (ramp + 1) if ramp < 8 and limits.concurrency > 1 else 0.0
    next_tokens, recent = pace.next_tokens, pace.recent
    if limits.tokens_per_minute is not None:
        next_tokens = start + limits.seconds_of(flight.tokens) / pace.factor
        recent = _counted(_since(recent, start), start, flight.tokens)
    return replace(
        pace,
        next_start=start + max(spacing / pace.factor, softly),
        next_tokens=next_tokens,
        recent=recent,
        last_start=start if start <= now else pace.last_start,
        ramp=ramp + 1,
        serial=flight.permit,
        flights=(*pace.flights, flight),
    )


def _counted(recent: tuple[tuple[int, int], ...], start: float, tokens: int) -> tuple[tuple[int, int], ...]:
    """Return ``recent`` with ``tokens`` more (or fewer) in the second in which ``start`` lies."""
    counts = dict(recent)
    second = math.floor(start)
    counts[second] = max(0, counts.get(second, 0) + tokens)
    return tuple(sorted(counts.items()))


def confirm(pace: Pace, now: float, flight: Flight, limits: Limits) -> tuple[Pace, float | None]:
    """Begin a flight whose time has come, and return 0; or the seconds that it has to wait on; or None.

    It waits on where the request before it began late, for the two must not come closer to one another than
    the limit allows. None means that the service was paused meanwhile, and that its place is given up.
    """
    if flight.epoch != pace.epoch or all(other.permit != flight.permit for other in pace.flights):
        return _without(pace, flight.permit), None
    due = max(flight.start, pace.last_start + limits.closest / pace.factor)
    if due > now:
        return pace, due - now
    if pace.recent and math.floor(now) != math.floor(flight.start):
        # Late by so much that its tokens belong to another second.
        moved = _counted(pace.recent, flight.start, -flight.tokens)
        begun = replace(flight, start=now)
        flights = tuple(begun if other.permit == flight.permit else other for other in pace.flights)
        pace = replace(pace, recent=_counted(moved, now, flight.tokens), flights=flights)
    return replace(pace, last_start=due if now - due <= _LATE else now), 0.0


def settle(
    pace: Pace,
    now: float,
    flight: Flight,
    verdict: Verdict,
    *,
    limits: Limits,
    tokens: int | None = None,
    retry_after: float | None = None,
    chance: float = 0.5,
) -> Pace:
    """Take note of how a request ended.

    Args:
        pace: What is known.
        now: The time.
        flight: The request.
        verdict: How it ended.
        limits: What the service allows.
        tokens: What it took, or None where nobody said.
        retry_after: Seconds that the service asked us to wait, in whatever form it said so, or None.
        chance: From 0 to 1; spreads pauses, so that processes do not come back together.

    """
    kept = next((other for other in pace.flights if other.permit == flight.permit), None)
    pace = _without(pace, flight.permit)
    if tokens is None and verdict in {"unsent", "throttled"}:
        tokens = 0
    if kept is not None and tokens is not None and limits.tokens_per_minute is not None:
        difference = tokens - flight.tokens
        pace = replace(
            pace,
            next_tokens=pace.next_tokens + limits.seconds_of(difference),
            recent=_counted(pace.recent, kept.start, difference),
        )
    current = flight.epoch == pace.epoch
    if verdict == "answered":
        return _answered(pace, current=current)
    if verdict == "throttled":
        return _throttled(pace, now, retry_after, chance, current=current)
    if verdict == "unavailable" and current:
        return _failed(pace, now, chance)
    return pace


def _answered(pace: Pace, *, current: bool) -> Pace:
    if not current:
        return pace  # let through before the pause: it proves nothing about the time after it
    return replace(
        pace,
        trouble_since=None,
        refusals=0,
        failures=0,
        unproved=False,
        # The answer to the probe keeps the halved pace; it grows with those that follow.
        factor=pace.factor if pace.unproved else min(1.0, pace.factor + _RECOVERY),
    )


def _throttled(pace: Pace, now: float, wish: float | None, chance: float, *, current: bool) -> Pace:
    wished = min(wish, _LONGEST_WISH) if wish is not None and math.isfinite(wish) and wish >= 0 else None
    if not current:
        # Sent before the pause, refused after it began: the same burst, so it is not held against us twice.
        return replace(pace, paused_until=max(pace.paused_until, now + (wished or 0.0)))
    # A service that refuses again after the time it named itself is not believed a second time.
    seconds = wished if wished is not None else _backoff(pace.refusals, chance)
    if pace.refusals:
        seconds = max(seconds, _backoff(pace.refusals - 1, chance))
    return replace(
        pace,
        factor=max(_LOWEST, pace.factor / 2),
        paused_until=max(pace.paused_until, now + seconds),
        trouble_since=now if pace.trouble_since is None else pace.trouble_since,
        refusals=pace.refusals + 1,
        epoch=pace.epoch + 1,
        unproved=True,
    )


def _failed(pace: Pace, now: float, chance: float) -> Pace:
    failures = pace.failures + 1
    pace = replace(
        pace, failures=failures, trouble_since=now if pace.trouble_since is None else pace.trouble_since
    )
    if failures < _FAILURES and not pace.unproved:
        return pace
    return replace(
        pace,
        paused_until=max(pace.paused_until, now + _backoff(max(0, failures - _FAILURES), chance)),
        epoch=pace.epoch + 1,
        unproved=True,
    )


def _backoff(times: int, chance: float) -> float:
    """Return a pause that doubles, half of it certain and half of it spread: never nothing."""
    doubled: float = _FIRST_PAUSE * 2 ** min(times, 16)
    return min(_LONGEST_PAUSE, doubled) * (0.5 + chance / 2)


def _without(pace: Pace, permit: int) -> Pace:
    flights = tuple(flight for flight in pace.flights if flight.permit != permit)
    return pace if len(flights) == len(pace.flights) else replace(pace, flights=flights)


def without_owners(pace: Pace, dead: frozenset[int]) -> Pace:
    """Return the pace without the flights of processes that died: what they asked comes back to nobody."""
    flights = tuple(flight for flight in pace.flights if flight.owner not in dead)
    return pace if len(flights) == len(pace.flights) else replace(pace, flights=flights)


def restarted(pace: Pace, now: float, *, passed: float, before: float) -> Pace:
    """Return the pace after the clock it was kept by began anew (the machine was started again).

    Only a pause is carried over; everything else has had its time.

    Args:
        pace: What was known.
        now: The new clock's time.
        passed: Seconds that have passed by the time of day, which may have been set meanwhile.
        before: The old clock's time when the pace was last kept.

    """
    left = pace.paused_until - before - max(0.0, passed)
    return replace(
        pace,
        next_start=now,
        next_tokens=now,
        recent=(),
        last_start=-1e9,
        ramp=0,
        paused_until=now + min(max(0.0, left), _LONGEST_WISH),
        trouble_since=None if pace.trouble_since is None else now,
        flights=(),
    )


def to_text(pace: Pace) -> str:
    """Return the pace as JSON. It is written three times for each request, so nothing is copied in depth."""
    values = {name: getattr(pace, name) for name in Pace.__slots__}
    values["flights"] = [
        {name: getattr(flight, name) for name in Flight.__slots__} for flight in pace.flights
    ]
    return json.dumps(values, separators=(",", ":"))


def from_text(text: str) -> Pace:
    """Return the pace that :func:`to_text` wrote; a fresh one where another version wrote something else."""
    try:
        values: dict[str, Any] = json.loads(text)
        values["recent"] = tuple((int(second), int(tokens)) for second, tokens in values["recent"])
        values["flights"] = tuple(Flight(**flight) for flight in values["flights"])
        return Pace(**values)
    except (ValueError, TypeError, KeyError):
        return Pace()
