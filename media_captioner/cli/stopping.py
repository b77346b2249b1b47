"""Ctrl-C: once to finish what is under way, twice to stop at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

import click

from media_captioner.cli import GO_ON

CODES: Final = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Exit codes after the signals that stop a program: 128 and the signal's number."""

_PATIENCE: Final = (
    12.0  # seconds: what is under way gets ten, and a thread that will not end is not waited for
)


def run_until_stopped(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run ``work`` and return 0, or the exit code of the signal that stopped it.

    The first signal cancels ``work``, which then has some seconds to bring things to an end. A second one, or
    the end of these seconds, ends the process at once: every file is whole at any moment, and what was not
    finished is gone on with at the next start.
    """
    stop = _Stop()
    with asyncio.Runner() as runner:
        runner.run(stop.watch(work))
    if stop.code:
        _say(GO_ON)
    return stop.code


class _Stop:
    def __init__(self) -> None:
        self.code = 0
        self._task: asyncio.Task[None] | None = None

    async def watch(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        loop = asyncio.get_running_loop()
        for number in CODES:
            loop.add_signal_handler(number, self._signalled, number)
        self._task = asyncio.ensure_future(work())
        try:
            await self._task
        except asyncio.CancelledError:
            if not self.code:
                raise
        finally:
            if not self.code:
                for number in CODES:
                    loop.remove_signal_handler(number)

    def _signalled(self, number: signal.Signals) -> None:
        if self.code:
            _end(self.code)
        self.code = CODES[number]
        alarm = threading.Timer(_PATIENCE, _end, (self.code,))
        alarm.daemon = True
        alarm.start()
        if self._task is not None:
            self._task.cancel()
        _say("Stopping: what is under way gets ten seconds. Once more to stop at once.")


def _say(message: str) -> None:
    with contextlib.suppress(OSError):  # whoever read it may be gone: that is no reason to go on
        click.echo(message, err=True)


def _end(code: int) -> None:
    _say(GO_ON)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
