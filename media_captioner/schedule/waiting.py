"""Waiting for one of several things."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from media_captioner.system.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, awaitable: Awaitable[T]) -> T:
    """Return what ``awaitable`` gives, unless that takes longer than ``seconds`` of ``clock``.

    Raises:
        TimeoutError: it does; by then it was cancelled, and has ended.

    """
    work = asyncio.ensure_future(awaitable)
    alarm = asyncio.ensure_future(clock.wait(seconds))
    try:
        await asyncio.wait({work, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise TimeoutError
    finally:
        await ended(work, alarm)


async def ended(*tasks: asyncio.Future[T] | asyncio.Future[None]) -> None:
    """Cancel ``tasks`` and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def woken(clock: Clock, event: asyncio.Event, seconds: float | None) -> None:
    """Wait until ``event`` is set, or until ``seconds`` have passed where that is a number."""
    if seconds is None:
        await event.wait()
        return
    tasks = asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.wait(seconds))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await ended(*tasks)
