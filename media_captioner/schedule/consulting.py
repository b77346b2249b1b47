"""Questions put to somebody who does not listen, such as a chat model: under the same caps, in the same books.

What was answered once is in the journal under the bytes that were sent, so the same question costs nothing again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from fractions import Fraction

from media_captioner.model import Description
from media_captioner.schedule.budget import Budget
from media_captioner.schedule.limits import Limits
from media_captioner.schedule.once import Errand, Till
from media_captioner.schedule.protocols import Store
from media_captioner.schedule.question import Amount, Question
from media_captioner.schedule.rate import MemoryPaces, PacedLimiter
from media_captioner.system.clock import Clock


class Consultant:
    """Asks one model at one address.

    Args:
        name: Who is asked, as the books name it: equal names give interchangeable answers.
        store: The journal.
        budget: The caps.
        run: Whose purse a cap on the run counts for.
        root: The watched folder that the asset lies below, or None.
        clock: Where time comes from.

    """

    def __init__(
        self, name: str, store: Store, budget: Budget, *, run: str, clock: Clock, root: str | None = None
    ) -> None:
        self._name, self._budget, self._run, self._root, self._clock = name, budget, run, root, clock
        self._till = Till(store, PacedLimiter(name, Limits(), MemoryPaces(clock), clock), clock)

    async def ask(
        self,
        sent: bytes,
        send: Callable[[], Awaitable[Description]],
        *,
        content: str,
        track: int,
        span: tuple[Fraction, Fraction],
        most: Amount,
    ) -> Description | None:
        """Return the answer to what is sent, asking only if nobody ever has; None where it was refused for good.

        Args:
            sent: The request's bytes.
            send: Sends them and returns the answer.
            content: Identity of the source that the question is about; forgetting it forgets the answer.
            track: The stream's index in its container.
            span: Start and end of what it is about, seconds.
            most: The most that the request can take.

        Raises:
            CaptionerError: it was asked and not answered, or it cannot be paid for.
            DiskFull: the answer could not be kept, so it was not asked.

        """
        digest = hashlib.sha256(sent).hexdigest()
        question = Question(content, track, *span, f"text/{digest}", self._name, clip=digest)
        caps = self._budget.caps(self._clock.now(), self._run, self._root)
        return (await self._till.once(Errand(question, send, most, caps))).description
