"""Who may be at work beside whom: an asset that may have brought the program down goes on alone.

A process that dies takes every asset down that it was at, and nobody can tell afterwards which of them was to blame.
So each that had got nowhere is a suspect, and no failure is counted. A suspect is next worked on alone, until its first
answer is kept or its work ends: that clears it. If the process dies again, there is no doubt, and that is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator


class Company:
    """Lets assets in beside each other, and suspects alone; all in the order of coming, so that nobody waits for ever."""

    def __init__(self) -> None:
        self._inside = 0
        self._alone = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    @contextlib.asynccontextmanager
    async def join(self, *, alone: bool) -> AsyncIterator[None]:
        """Wait until there is nobody inside who has to be alone, and be inside while the block runs.

        Args:
            alone: Wait until nobody is inside at all, and let nobody in before :meth:`progressed` or the block's end.

        """
        await self._enter(alone=alone)
        try:
            yield
        finally:
            self._leave()

    def progressed(self) -> None:
        """Take note that an answer was kept: whoever is alone is cleared, and the others may come in."""
        self._alone = False
        self._admit()

    async def _enter(self, *, alone: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, alone))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # the turn came in the same moment
            else:
                self._admit()  # those behind it may have waited for it alone
            raise

    def _leave(self) -> None:
        self._inside -= 1
        if self._inside == 0:
            self._alone = False
        self._admit()

    def _admit(self) -> None:
        while self._waiting and not self._alone:
            turn, alone = self._waiting[0]
            if turn.done():  # cancelled meanwhile
                self._waiting.popleft()
                continue
            if alone and self._inside:
                return
            self._waiting.popleft()
            self._inside += 1
            self._alone = alone
            turn.set_result(None)
