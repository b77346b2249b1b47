"""The only place where money is spent.

The order is the whole point. What is known is used, and needs no turn. The turn is waited for while nothing is
held. The intent is in the journal before a byte leaves; the answer is in the journal before anybody sees it.
And from the moment bytes may have left, nobody's impatience cancels the wait for the answer, for it is paid.

A request that is under way when the process is killed was billed, and its answer is gone: no plain
request-and-response service can do better. It is counted (the attempt stays in the books as ``unknown``),
and bounded by the number of requests under way at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from media_captioner.errors import (
    CaptionerError,
    CaptionerUnavailable,
    DiskFull,
    OutputError,
    RateLimited,
    ResponseInvalid,
    ResponseTruncated,
)
from media_captioner.model import Description
from media_captioner.schedule.budget import Cap
from media_captioner.schedule.degenerate import degenerate
from media_captioner.schedule.pace import Flight, Verdict
from media_captioner.schedule.protocols import Claim, Limiter, Recorded, Store, amount_of
from media_captioner.schedule.question import NOTHING, REQUEST, Amount, Question, Sound
from media_captioner.schedule.waiting import within
from media_captioner.system.clock import Clock

log: Final = logging.getLogger(__name__)

Point: TypeAlias = Literal["claimed", "answered", "recorded"]
"""Moments in the life of a request at which a test may want to pull the plug."""

Witness: TypeAlias = Callable[[Point], None]

_ELSEWHERE: Final = 1.0  # seconds between two looks while another process asks the same
_ROOM: Final = 2.0  # seconds between two looks for room on the disk
_KEEPS: Final = 4  # tries to keep an answer on a disk that fails, but not because it is full


def unwitnessed(point: Point) -> None:
    """Take no notice of ``point``."""
    del point


class Degenerate(ResponseInvalid):
    """The answer is no description: empty, nothing but punctuation, or the same words over and over."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One question, on its way to be asked.

    Attributes:
        question: With the clip's hash.
        ask: Sends it and returns the answer; called at most once for each attempt.
        amount: The most that it can take; reserved in the purses.
        caps: What bounds it.
        tokens: What it is likely to take; reserved in the rate, and corrected by the usage.

    """

    question: Question
    ask: Callable[[], Awaitable[Description]]
    amount: Amount = REQUEST
    caps: Sequence[Cap] = ()
    tokens: int = 0


@dataclass(slots=True)
class _Wish:
    """Whether anybody still wants the answer. Nothing that has not left is sent for nobody."""

    wanted: bool = True


@dataclass(slots=True)
class Till:
    """Spends, once for each question.

    Attributes:
        store: Remembers.
        limiter: Lets through.
        clock: Where waiting is done.
        timeout: Seconds after which a captioner that does not answer is given up. Longer than the captioner's
            own limit for a clip (900 s), which knows better what is going on.
        patience: Seconds to wait for room on a full disk before anything is asked.
        witness: Told when a request passes certain points.
        flying: Requests under way here, by what they ask about.
        spent: What the answers took that were asked for here.

    """

    store: Store
    limiter: Limiter
    clock: Clock
    timeout: float = 1200.0
    patience: float = 600.0
    witness: Witness = unwitnessed
    flying: dict[Sound, asyncio.Task[bool]] = field(default_factory=dict)
    spent: Amount = NOTHING

    async def once(self, errand: Errand) -> Recorded:
        """Return the answer to a question, asking only if nobody ever has.

        Raises:
            CaptionerError: it was asked and not answered.
            BudgetExceeded: it cannot be paid for.
            Postponed: the service does not take requests for now.
            DiskFull: the answer could not be kept, so it was not asked.

        """
        sound = errand.question.sound
        if sound is None:
            raise ValueError("a question that is asked names its clip")
        while True:
            known = await self.store.get(errand.question)
            if known is not None:
                return known
            if (flying := self.flying.get(sound)) is not None:
                await asyncio.wait([flying])
                continue
            await self._room()
            flight = await self.limiter.acquire(errand.tokens)
            if sound in self.flying:  # somebody else got ahead while we stood in line
                await self.limiter.settle(flight, "unsent")
                continue
            if not await self._spend(errand, flight, sound):
                await self.clock.wait(_ELSEWHERE)

    async def _room(self) -> None:
        """Wait until an answer could be kept. While the disk is full nothing is asked.

        Raises:
            DiskFull: it stayed full.

        """
        deadline = self.clock.monotonic() + self.patience
        while not await self.store.room():
            if self.clock.monotonic() >= deadline:
                raise DiskFull(
                    "Nothing is asked, for there is no room to keep the answers: the journal's disk is full",
                    hint="Free some space and run the same command again: what is done is kept.",
                )
            await self.clock.wait(_ROOM)

    async def _spend(self, errand: Errand, flight: Flight, sound: Sound) -> bool:
        wish = _Wish()
        task = asyncio.create_task(self._ask(errand, flight, wish))
        self.flying[sound] = task
        task.add_done_callback(lambda _: self.flying.pop(sound, None))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            wish.wanted = False
            task.add_done_callback(_note_failure)
            raise

    async def _ask(self, errand: Errand, flight: Flight, wish: _Wish) -> bool:
        """Claim, ask, keep. Returns whether the answer is known now; False where another process asks."""
        try:
            claim = await self.store.claim(errand.question, errand.caps, errand.amount)
        except BaseException:
            await self.limiter.settle(flight, "unsent")
            raise
        if claim.standing != "mine":
            await self.limiter.settle(flight, "unsent")
            return claim.standing == "known"
        self.witness("claimed")
        if not wish.wanted:
            await self._give_back(claim, flight, "stopped before it was sent")
            raise asyncio.CancelledError
        description = await self._answer(errand, claim, flight)
        self.witness("answered")
        why = None if description.facts is not None else degenerate(description.prose)
        taken = amount_of(description.usage)
        self.spent += taken
        if why is not None:
            message = f"The description is no description: {why}"
            await self.store.release(claim, message, spent=taken)
            await self.limiter.settle(flight, "answered", tokens=taken.tokens)
            raise Degenerate(message)
        await self._keep(claim, description)
        self.witness("recorded")
        await self.limiter.settle(flight, "answered", tokens=taken.tokens)
        return True

    async def _answer(self, errand: Errand, claim: Claim, flight: Flight) -> Description:
        try:
            return await within(self.clock, self.timeout, errand.ask())
        except CaptionerError as error:
            spent = None if error.billed else REQUEST
            await self.store.release(claim, f"{type(error).__name__}: {error.message}", spent=spent)
            wait = error.retry_after if isinstance(error, RateLimited) else None
            tokens = 0 if spent is REQUEST else None
            await self.limiter.settle(flight, _verdict(error), tokens=tokens, retry_after=wait)
            raise
        except TimeoutError:
            message = f"No answer within {self.timeout:g} s"
            await self.store.release(claim, message, spent=None)
            await self.limiter.settle(flight, "unavailable")
            raise CaptionerUnavailable(message) from None
        except BaseException as error:
            # Cancelled at the end of all patience, or a mistake in a captioner: the claim must not outlive it.
            await self.store.release(claim, f"{type(error).__name__}: {error}", spent=None)
            await self.limiter.settle(flight, "answered")
            raise

    async def _give_back(self, claim: Claim, flight: Flight, why: str) -> None:
        await self.store.release(claim, why, spent=None, sent=False)
        await self.limiter.settle(flight, "unsent")

    async def _keep(self, claim: Claim, description: Description) -> None:
        """Keep an answer, waiting for room where there is none: it is paid, so it is not let go of.

        Any other failure of the disk is given a few tries. Each writes the whole transaction again before it
        syncs, so a failed fsync is never taken back by a later one.
        """
        failures = 0
        while True:
            try:
                await self.store.done(claim, description)
            except OutputError as error:
                failures += 1
                if failures >= _KEEPS and not isinstance(error, DiskFull):
                    raise
                if failures == 1:
                    log.warning("An answer could not be kept yet: %s", error.message)
                await self.clock.wait(_ROOM)
            else:
                return

    async def drain(self, grace: float) -> int:
        """Wait for the requests under way, at most ``grace`` seconds, then cancel them.

        Returns:
            How many were cancelled. They may have been billed, and are in the books as unknown.

        """
        tasks = set(self.flying.values())
        if not tasks:
            return 0
        alarm = asyncio.ensure_future(self.clock.wait(grace))
        waiting = asyncio.ensure_future(asyncio.wait(tasks))
        await asyncio.wait({alarm, waiting}, return_when=asyncio.FIRST_COMPLETED)
        alarm.cancel()
        waiting.cancel()
        late = {task for task in tasks if not task.done()}
        for task in late:
            task.cancel()
        await asyncio.gather(alarm, waiting, *tasks, return_exceptions=True)
        return len(late)


def _verdict(error: CaptionerError) -> Verdict:
    if isinstance(error, RateLimited):
        return "throttled"
    return "unavailable" if isinstance(error, (CaptionerUnavailable, ResponseTruncated)) else "answered"


def _note_failure(task: asyncio.Task[bool]) -> None:
    # Nobody waits for it any more; asking for its failure keeps asyncio from complaining about it.
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("A request that nobody waited for any more failed: %s", error)
