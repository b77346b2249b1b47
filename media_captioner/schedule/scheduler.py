"""Between segments and a captioner: remembered answers first, fair turns, tries again, and the state of things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from media_captioner.errors import (
    BudgetExceeded,
    CaptionerError,
    CaptionerUnavailable,
    ClipRejected,
    ContentRefused,
    Postponed,
    RateLimited,
)
from media_captioner.model import Clip, Description
from media_captioner.protocols import Captioner, Context
from media_captioner.schedule.budget import Budget
from media_captioner.schedule.gate import Gate, Lane
from media_captioner.schedule.once import Degenerate, Errand, Till
from media_captioner.schedule.protocols import Recorded
from media_captioner.schedule.question import REQUEST, Amount, Question
from media_captioner.schedule.retry import CHANCE, Chance, Retry, persist


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip that was described.

    Attributes:
        description: The answer.
        elsewhere: Whether the same sound somewhere else was asked about, so that this cost nothing.
        clip: SHA-256 of the clip that was described.

    """

    description: Description
    elsewhere: bool = False
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class Unheard:
    """A clip that will have no description; it is not asked for again.

    Attributes:
        reason: Why, in a sentence.
        halve: Whether its halves may fare better.

    """

    reason: str
    halve: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """A segment that wants a description.

    Attributes:
        question: Names it; the clip need not be encoded yet.
        clip: Encodes it, when its turn has come.
        context: Gives what is known by then.
        root: The watched folder its asset lies below, or None.

    """

    question: Question
    clip: Callable[[], Awaitable[Clip]]
    context: Callable[[], Context] = Context
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What describing a clip takes, before it is known.

    Attributes:
        most: The most that it can take.
        tokens: What it is likely to take.

    """

    most: Amount = REQUEST
    tokens: int = 0


def weightless(clip: Clip) -> Weight:
    """Return the weight of any clip at a captioner that has neither prices nor limits on tokens."""
    del clip
    return Weight()


class Scheduler:
    """Puts the segments of many assets to one captioner.

    Args:
        captioner: Who listens.
        till: Where money is spent, and answers are remembered.
        budget: The caps.
        run: Identity of this run, for its cap.
        weigh: What a clip takes.
        retry: How often one clip is asked for.
        chance: Spreads waits.
        at_once: Clips under way at once; by default as many as the captioner states.

    """

    def __init__(
        self,
        captioner: Captioner,
        till: Till,
        *,
        budget: Budget | None = None,
        run: str = "",
        weigh: Callable[[Clip], Weight] = weightless,
        retry: Retry | None = None,
        chance: Chance = CHANCE,
        at_once: int | None = None,
    ) -> None:
        self.captioner = captioner
        self._till = till
        self._budget = budget or Budget()
        self._run = run
        self._weigh = weigh
        self._retry = retry or Retry()
        self._chance = chance
        self._gate = Gate(at_once or max(1, captioner.service.concurrency))
        self._stopped: CaptionerError | None = None

    @property
    def stopped(self) -> CaptionerError | None:
        """Why nothing is asked any more (a wrong key, an unpaid bill), or None."""
        return self._stopped

    @property
    def spent(self) -> Amount:
        """What the answers took that were asked for in this run."""
        return self._till.spent

    async def describe(self, lane: Lane, asking: Asking) -> Heard | Unheard:
        """Return the description of a segment: a remembered one, or one asked for in its turn.

        Args:
            lane: The asset's.
            asking: The segment.

        Raises:
            CaptionerError: the captioner failed at it too often, or cannot work at all.
            Postponed: the service does not answer for now.
            BudgetExceeded: it cannot be paid for.
            DiskFull: answers cannot be kept.

        """
        known = await self._till.store.get(asking.question)
        if known is None:
            try:
                known = await self._ask(lane, asking)
            except (RateLimited, CaptionerUnavailable) as error:
                raise await self._judged(error) from error
            except (Degenerate, ClipRejected, ContentRefused) as error:
                halve = not isinstance(error, ContentRefused)
                await self._till.store.refuse(asking.question, error.message, halve=halve)
                return Unheard(error.message, halve)
        if known.description is None:
            return Unheard(known.refusal or "there is no answer", known.halve)
        return Heard(known.description, known.elsewhere, known.clip)

    async def _ask(self, lane: Lane, asking: Asking) -> Recorded:
        clip: Clip | None = None

        async def ask() -> Recorded:
            nonlocal clip
            async with self._gate.turn(lane):
                if self._stopped is not None:
                    raise self._stopped
                if clip is None:
                    clip = await asking.clip()
                try:
                    return await self._till.once(self._errand(asking, clip))
                except CaptionerError as error:
                    if _concerns_everybody(error):
                        self._stopped = error
                    raise

        return await persist(ask, self._retry, self._till.clock, self._chance)

    def _errand(self, asking: Asking, clip: Clip) -> Errand:
        now = self._till.clock.now()
        weight = self._weigh(clip)
        return Errand(
            replace(asking.question, clip=clip.sha256),
            lambda: self.captioner.describe(clip, asking.context()),
            weight.most,
            self._budget.caps(now, self._run, asking.root),
            weight.tokens,
        )

    async def _judged(self, error: CaptionerError) -> CaptionerError:
        """Return what a last failure means: is the service in trouble, or is it this clip alone?"""
        until = await self._till.limiter.trouble()
        if until is None:
            # Others were answered meanwhile: the queue goes on, and this clip stays a gap.
            return error if isinstance(error, CaptionerUnavailable) else Postponed(error.message)
        return Postponed(
            error.message, hint="Run the same command again later: what is done is kept.", until=until
        )

    async def drain(self, grace: float) -> int:
        """Wait for the requests under way, then cancel them; see :meth:`Till.drain`."""
        return await self._till.drain(grace)


def _concerns_everybody(error: CaptionerError) -> bool:
    """Return whether no clip can be described until a person does something."""
    passes = isinstance(error, (RateLimited, Postponed, BudgetExceeded))
    return error.scope == "queue" and not passes
