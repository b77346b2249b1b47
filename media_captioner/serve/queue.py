"""Who may use the captioner now, who waits, and who is told to slow down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from media_captioner.errors import MediaCaptionerError
from media_captioner.model import Description, Usage
from media_captioner.protocols import Captioner, Context
from media_captioner.serve import refused
from media_captioner.serve.clips import Arrived

log: Final = logging.getLogger(__name__)


class Queue:
    """Requests for one captioner.

    Args:
        captioner: Who listens.
        waiting: Requests that may wait; more are told to slow down.
        seconds: Longest time for one request.

    """

    def __init__(self, captioner: Captioner, *, waiting: int, seconds: float) -> None:
        self.captioner = captioner
        self._busy = asyncio.Semaphore(max(1, captioner.service.concurrency))
        self._waiting = 0
        self._most_waiting = waiting
        self._seconds = seconds

    async def describe(self, arrived: Arrived) -> Description:
        """Describe all clips of what arrived, one after the other, and join the words.

        Raises:
            Refused: too many wait, it took too long, or the captioner could not.

        """
        found: list[Description] = []
        try:
            async with self._turn(), asyncio.timeout(self._seconds):
                for clip in arrived.clips:
                    context = Context(previous=found[-1] if found else None)
                    found.append(await self.captioner.describe(clip, context))
        except TimeoutError:
            raise refused.timed_out("The request took too long.") from None
        except MediaCaptionerError as error:
            log.warning("The captioner failed: %s", error)
            raise refused.as_refused(error) from None
        return Description(
            prose="\n\n".join(one.prose for one in found),
            captioner=self.captioner.name,
            model=self.captioner.model,
            usage=sum((one.usage for one in found), Usage()),
            truncated=any(one.truncated for one in found),
        )

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._busy.locked() and self._waiting >= self._most_waiting:
            raise refused.too_many("Requests rate limit exceeded, please try again later.")
        self._waiting += 1
        try:
            await self._busy.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._busy.release()
