"""Who asks next: several assets share one captioner fairly."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Lane:
    """The line of one asset at a :class:`Gate`.

    Attributes:
        name: What a person calls the asset.
        priority: Lanes with a higher one go first.

    """

    name: str
    priority: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Gate:
    """Lets a number of requests in at once, and takes turns between the lanes.

    Among the lanes of the highest priority in which somebody waits, each gets one turn after the other, however
    long its line is: a clip of half a minute is not stuck behind a tape of ten hours. Within a lane the order
    is that of coming.

    Args:
        places: How many may be inside at once.

    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._lanes: deque[Lane] = deque()  # those in which somebody waits, the next one first

    @contextlib.asynccontextmanager
    async def turn(self, lane: Lane) -> AsyncIterator[None]:
        """Wait for a turn, and hold a place while the block runs."""
        await self._enter(lane)
        try:
            yield
        finally:
            self._free += 1
            self._admit()

    async def _enter(self, lane: Lane) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane._waiting.append(turn)  # noqa: SLF001 - a lane is the gate's own
        if lane not in self._lanes:
            self._lanes.append(lane)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._free += 1  # the turn came in the same moment
                self._admit()
            raise

    def _admit(self) -> None:
        while self._free and (lane := self._next()) is not None:
            turn = lane._waiting.popleft()  # noqa: SLF001 - as above
            if lane._waiting:  # noqa: SLF001 - as above
                self._lanes.append(lane)  # behind all others
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _next(self) -> Lane | None:
        if not self._lanes:
            return None
        best = max(self._lanes, key=lambda lane: lane.priority)  # the first of them: it waited longest
        self._lanes.remove(best)
        return best
