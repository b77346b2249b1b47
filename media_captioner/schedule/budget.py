"""Caps on dollars, tokens and requests: what may be spent in all, in a run, a day, or below a watched folder.

A cap belongs to a purse. Whoever keeps the purses takes a request's highest possible amount out of them
before it is sent, in one transaction, and puts back what it did not take afterwards. So however many
workers and processes spend at once, no purse ever holds more than its cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from media_captioner.errors import BudgetExceeded, spelled_out
from media_captioner.schedule.question import NOTHING, Amount


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that may be spent; what is None is not bounded.

    Attributes:
        dollars: US dollars.
        tokens: Input and output together.
        requests: How many.

    """

    dollars: Fraction | None = None
    tokens: int | None = None
    requests: int | None = None

    def __bool__(self) -> bool:
        """Return whether anything is bounded."""
        return any(bound is not None for bound in (self.dollars, self.tokens, self.requests))


@dataclass(frozen=True, slots=True)
class Cap:
    """An allowance and the purse it bounds.

    Attributes:
        purse: The purse's name; equal names share one purse.
        title: What a person calls the cap (``for today``).
        most: The allowance.
        until: When a new purse begins, with its zone, or None where none ever does.

    """

    purse: str
    title: str
    most: Allowance
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """Every cap that a user set.

    Attributes:
        run: For one run of the program.
        day: For each day (UTC), over all runs and processes.
        roots: For what lies below a watched folder, by the folder's name, for good.

    """

    run: Allowance = field(default_factory=Allowance)
    day: Allowance = field(default_factory=Allowance)
    roots: Mapping[str, Allowance] = field(default_factory=dict)

    def caps(self, now: datetime, run: str, root: str | None = None) -> tuple[Cap, ...]:
        """Return the caps that a request of this moment counts against.

        What a day takes and what lies below a folder takes is counted whether it is bounded or not: a cap that is
        set later then knows what was spent before.

        Args:
            now: The time of day, with its zone.
            run: Identity of the run, unlike that of any other.
            root: The watched folder that the asset lies below, or None.

        """
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        caps = [Cap(f"run:{run}", "for this run", self.run)] if self.run else []
        caps.append(Cap(day_purse(f"{now:%Y-%m-%d}"), "for today (UTC)", self.day, midnight))
        if root is not None:
            name = spelled_out(root)  # a purse is kept as text, whatever its folder is called
            caps.append(Cap(f"root:{name}", f"for {name}", self.roots.get(root, Allowance())))
        return tuple(caps)


def day_purse(day: str) -> str:
    """Return the name of the purse that everything of a day (UTC, ISO 8601) is counted in."""
    return f"day:{day}"


def check(caps: Iterable[Cap], spent: Mapping[str, Amount], amount: Amount) -> None:
    """Make sure that ``amount`` fits into every purse.

    Args:
        caps: What bounds the purses.
        spent: What each purse holds already, reservations included; a purse that is missing holds nothing.
        amount: The most that the next request can take.

    Raises:
        BudgetExceeded: it does not; the message says what remains.

    """
    for cap in caps:
        held = spent.get(cap.purse, NOTHING)
        most = cap.most
        if most.dollars is not None and held.dollars + amount.dollars > most.dollars:
            left = f"{_dollars(most.dollars - held.dollars)} of {_dollars(most.dollars)}"
            raise _exceeded(cap, left, f"can cost up to {_dollars(amount.dollars)}")
        if most.tokens is not None and held.tokens + amount.tokens > most.tokens:
            left = f"{most.tokens - held.tokens:,} of {most.tokens:,} tokens"
            raise _exceeded(cap, left, f"can take up to {amount.tokens:,} tokens")
        if most.requests is not None and held.requests + amount.requests > most.requests:
            left = f"{most.requests - held.requests:,} of {most.requests:,} requests"
            raise _exceeded(cap, left, "is one more")


def _exceeded(cap: Cap, left: str, needs: str) -> BudgetExceeded:
    begins = f" A new allowance begins at {cap.until:%Y-%m-%d %H:%M} UTC." if cap.until else ""
    return BudgetExceeded(
        f"Stopped before the budget {cap.title} is passed: {left} are left, and the next request {needs}",
        hint=f"Raise the cap, or leave the rest for later: what is done is kept.{begins}",
        until=cap.until,
    )


def _dollars(value: Fraction) -> str:
    # Rounded down: what remains must not look like more than it is.
    return f"${floor(value * 10_000) / 10_000:.4f}"
