"""The seams of this room: one journal, limiter and queue behind them here, others where a fleet shares them.

Three of the four protocols that the engine stands on are here; the fourth, ``Captioner``, belongs to the
whole package. ``tests/contract`` holds one suite that every implementation has to pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, TypeVar

from media_captioner.model import Description, Usage
from media_captioner.schedule.budget import Cap
from media_captioner.schedule.pace import Flight, Pace, Verdict
from media_captioner.schedule.question import NOTHING, REQUEST, Amount, Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a store knows of a question.

    Attributes:
        description: The answer, or None where there will be none.
        refusal: Why there will be none, in a sentence; None where there is an answer.
        halve: Whether its halves may be answered where the whole was not.
        elsewhere: Whether the same sound somewhere else was answered, rather than this question.
        clip: SHA-256 of the clip that was asked about, or None where nobody noted it.

    """

    description: Description | None
    refusal: str | None = None
    halve: bool = False
    elsewhere: bool = False
    clip: str | None = None


Standing: TypeAlias = Literal["mine", "busy", "known"]
"""What came of a claim: ``mine`` to ask, ``busy`` with somebody who lives, or ``known`` by now."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to put one question.

    Attributes:
        question: Which.
        standing: Whether it was granted.
        attempt: Number of this attempt in the store's books; 0 where it was not granted.
        reserved: What was taken out of the purses for it.

    """

    question: Question
    standing: Standing
    attempt: int = 0
    reserved: Amount = NOTHING


class Store(Protocol):
    """Remembers what was asked, what was answered, and what it cost.

    Every method is one transaction: it has happened wholly when it returns, and not at all when it raises.
    """

    async def get(self, question: Question) -> Recorded | None:
        """Return what is known of ``question``, or of its sound elsewhere; None where nothing is.

        Nothing is spent and nothing is claimed.
        """
        ...

    async def claim(self, question: Question, caps: Sequence[Cap] = (), amount: Amount = REQUEST) -> Claim:
        """Claim the right to ask, and take the most that it can cost out of the purses, before anything is sent.

        Args:
            question: With the clip's hash, so that the same sound is not asked for twice at once.
            caps: What bounds the purses; all of them are charged or none.
            amount: The most that it can take.

        Raises:
            BudgetExceeded: a cap has no room for it.
            DiskFull: an answer could not be kept.

        """
        ...

    async def done(self, claim: Claim, description: Description) -> None:
        """Keep an answer for good and book what it took. The first answer to a question stays.

        Raises:
            DiskFull: it could not be kept; try again when there is room.

        """
        ...

    async def release(self, claim: Claim, detail: str, *, spent: Amount | None, sent: bool = True) -> None:
        """Give a claim back without an answer.

        Args:
            claim: A granted one.
            detail: Why there is no answer, for the books.
            spent: What it took; None where nobody knows, and then all that was reserved counts as spent.
            sent: Whether anything left the machine.

        """
        ...

    async def refuse(self, question: Question, reason: str, *, halve: bool = False) -> None:
        """Remember that ``question`` will have no answer, and why, so that nobody pays for asking again.

        Args:
            question: Which.
            reason: Why, in a sentence.
            halve: Whether its halves may be answered.

        """
        ...

    async def forget(self, content: str) -> int:
        """Forget every question about the source ``content`` and return how many; what it cost stays booked."""
        ...

    async def drop(self, content: str, track: int, captioner: str) -> int:
        """Drop answers that cost nothing to get again, now that they are kept elsewhere; return how many."""
        ...

    async def room(self) -> bool:
        """Return whether there is room to keep the next answers."""
        ...


class Limiter(Protocol):
    """Lets requests through, in the order in which they come, as fast as the account allows."""

    async def acquire(self, tokens: int = 0) -> Flight:
        """Wait for the turn and return the permit. Every permit has to be settled.

        Args:
            tokens: What the request will take at most.

        Raises:
            Postponed: the service is paused for longer than it is worth waiting here.

        """
        ...

    async def settle(
        self,
        flight: Flight,
        verdict: Verdict,
        *,
        tokens: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Give a permit back and say how its request ended.

        Args:
            flight: The permit.
            verdict: How it ended.
            tokens: What it took, or None where nobody said.
            retry_after: Seconds the service asked us to wait, or None.

        """
        ...

    async def trouble(self) -> datetime | None:
        """Return when the service is worth trying again where it does not answer now, else None."""
        ...


class PaceKeeper(Protocol):
    """Where the pace of every account is kept: one atomic change after the other, whoever makes it.

    With this, a :class:`~media_captioner.schedule.rate.PacedLimiter` shares its limits with everybody who
    uses the same keeper.
    """

    @property
    def owner(self) -> int:
        """Number of this process among those that share the keeper."""
        ...

    async def change(self, account: str, work: Callable[[Pace, float], tuple[Pace, T]]) -> T:
        """Give the pace of ``account`` and the keeper's time to ``work``, keep the pace that it returns.

        Flights of processes that died are gone from the pace that ``work`` is given.
        """
        ...

    def monotonic(self) -> float:
        """Return the keeper's time, seconds."""
        ...


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How a queue of assets stands.

    Attributes:
        waiting: Assets that nobody has begun.
        running: Assets under way.
        finished: Assets that have ended, however.

    """

    waiting: int
    running: int
    finished: int


class Dispatcher(Protocol):
    """Takes assets in and gives each to one worker. An asset is named by a text of the caller's choice."""

    async def submit(self, asset: str, *, priority: int = 0) -> bool:
        """Queue an asset; wait while the queue is full.

        Args:
            asset: Its name.
            priority: Higher ones go first; equals in the order in which they came.

        Returns whether it was queued: not where it waits or runs already.

        """
        ...

    async def cancel(self, asset: str) -> bool:
        """Take an asset out of the queue, or interrupt its work; return whether there was anything to do."""
        ...

    async def status(self) -> QueueStatus:
        """Return how the queue stands."""
        ...

    async def run_worker(self, work: Callable[[str], Awaitable[None]]) -> None:
        """Take assets and do ``work`` on each, one after the other, until the queue is closed and empty.

        Call it as often as there are to be workers. What ``work`` raises ends the worker.
        """
        ...


def amount_of(usage: Usage) -> Amount:
    """Return what a description took, as the books count it."""
    return Amount(
        requests=max(1, usage.requests),
        tokens=usage.input_tokens + usage.output_tokens,
        dollars=usage.dollars or NOTHING.dollars,
    )
