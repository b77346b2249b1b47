"""Between segments and a captioner: remembered answers first, fair turns, tries again, and the state of things."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from media_captioner.errors import (
    CaptionerError,
    CaptionerUnavailable,
    ClipRejected,
    ContentRefused,
    DiskFull,
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

log: Final = logging.getLogger(__name__)

_ROOM: Final = 5.0  # seconds between two looks for room on the disk


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip that was described.

    Attributes:
        description: The answer.
        elsewhere: Whether the same sound somewhere else was asked about, so that this cost nothing.

    """

    description: Description
    elsewhere: bool = False


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


def one_request(clip: Clip) -> Amount:
    """Return the amount of a captioner that has neither prices nor limits on tokens."""
    del clip
    return REQUEST


class Scheduler:
    """Puts the segments of many assets to one captioner.

    Args:
        captioner: Who listens.
        till: Where money is spent, and answers are remembered.
        budget: The caps.
        run: Identity of this run, for its cap.
        amount: The most that a clip can take.
        retry: How often one clip is asked for.
        patience: Seconds to wait for room on a full disk before giving up for now.
        chance: Spreads waits.

    """

    def __init__(
        self,
        captioner: Captioner,
        till: Till,
        *,
        budget: Budget | None = None,
        run: str = "",
        amount: Callable[[Clip], Amount] = one_request,
        retry: Retry | None = None,
        patience: float = 600.0,
        chance: Chance = CHANCE,
    ) -> None:
        self.captioner = captioner
        self._till = till
        self._budget = budget or Budget()
        self._run = run
        self._amount = amount
        self._retry = retry or Retry()
        self._patience = patience
        self._chance = chance
        self._gate = Gate(max(1, captioner.service.concurrency))

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
        return Heard(known.description, known.elsewhere)

    async def _ask(self, lane: Lane, asking: Asking) -> Recorded:
        clip: Clip | None = None

        async def ask() -> Recorded:
            nonlocal clip
            async with self._gate.turn(lane):
                if clip is None:
                    clip = await asking.clip()
                return await self._till.once(self._errand(asking, clip))

        clock = self._till.clock
        began = clock.monotonic()
        while True:
            try:
                return await persist(ask, self._retry, clock, self._chance)
            except DiskFull:
                if clock.monotonic() - began >= self._patience:
                    raise
                log.info("Waiting for room on the journal's disk")
                await clock.wait(_ROOM)

    def _errand(self, asking: Asking, clip: Clip) -> Errand:
        now = self._till.clock.now()
        return Errand(
            replace(asking.question, clip=clip.sha256),
            lambda: self.captioner.describe(clip, asking.context()),
            self._amount(clip),
            self._budget.caps(now, self._run, asking.root),
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
