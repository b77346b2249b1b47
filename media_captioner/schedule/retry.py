"""Asking again: only where it can help, ever more slowly, and not for ever.

Which failures are worth it is a property of the error (``errors.py``); nothing here lists them. Waiting out a
limit of the service is the limiter's business (:mod:`media_captioner.schedule.rate`), for it concerns every
request and not only the one that was refused.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from media_captioner.errors import CaptionerError, RateLimited, ResponseInvalid
from media_captioner.system.clock import Clock

T = TypeVar("T")

Chance = Callable[[], float]
"""Gives a number from 0 up to, but not including, 1."""

CHANCE: Final[Chance] = random.SystemRandom().random


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long one thing is asked for.

    Attributes:
        tries: Times of asking, the first included. The service's own advice for failures on its side is three
            repeats, and the limiter takes it to be down after five failures in a row: one clip that it cannot
            digest does not make it look down.
        refused: Times of asking where the service says "slow down".
        invalid: Times of asking where the answer itself is no good. Each is paid for, so there are fewer.
        total: Seconds from the first time of asking after which no further one begins.
        base: The first wait is at most this long, seconds; each further one at most twice as long.
        longest: No wait is longer, seconds.

    """

    tries: int = 4
    refused: int = 6
    invalid: int = 2
    total: float = 900.0
    base: float = 1.0
    longest: float = 60.0

    def most(self, error: CaptionerError) -> int:
        """Return how often at most to ask where it fails like this; 1 where asking again cannot help."""
        if not error.retryable or (error.scope == "queue" and not isinstance(error, RateLimited)):
            return 1
        if isinstance(error, ResponseInvalid):
            return self.invalid
        return self.refused if isinstance(error, RateLimited) else self.tries

    def delay(self, tries: int, chance: float) -> float:
        """Return the seconds to wait after ``tries`` failures: exponential, with full jitter.

        Full jitter (a wait evenly spread from nothing to the bound) keeps requests that failed together
        from coming back together.

        Args:
            tries: Failures so far, at least 1.
            chance: From 0 to 1.

        """
        # The exponent is bounded so that no number of tries overflows.
        bound: float = self.base * 2 ** min(tries - 1, 32)
        return chance * min(self.longest, bound)


async def persist(ask: Callable[[], Awaitable[T]], policy: Retry, clock: Clock, chance: Chance = CHANCE) -> T:
    """Call ``ask`` until it answers, as often as ``policy`` allows.

    After :class:`RateLimited` the next call follows at once: the limiter behind ``ask`` makes it wait.

    Raises:
        CaptionerError: the last failure, when asking again cannot help or has been tried enough.

    """
    began = clock.monotonic()
    failures: Counter[type[CaptionerError]] = Counter()
    while True:
        try:
            return await ask()
        except CaptionerError as error:
            failures[type(error)] += 1
            late = clock.monotonic() - began >= policy.total
            if late or failures[type(error)] >= policy.most(error):
                raise
            if not isinstance(error, RateLimited):
                await clock.wait(policy.delay(failures.total(), chance()))
