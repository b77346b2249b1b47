"""A thread for each plugin. Nothing can stop code in one's own process, but one need not wait for it."""

from __future__ import annotations

import queue
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

_MOST_WAITING: Final = 1000  # calls; whoever waits for them waits one at a time, so this is never reached


class PluginThread:
    """Runs the calls to one plugin, one after the other, in a daemon thread.

    A call that never returns keeps the thread for good. It does not keep the process from ending.

    Args:
        name: Name of the plugin.

    """

    def __init__(self, name: str) -> None:
        self._work: queue.Queue[tuple[Future[Any], Callable[[], Any]] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name=f"plugin {name}", daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], Any]) -> Future[Any]:
        """Run ``function`` when its turn comes; the future holds what came of it, any :class:`BaseException` too."""
        future: Future[Any] = Future()
        self._work.put_nowait((future, function))
        return future

    def close(self) -> None:
        """Let the thread end when it has done what it was given."""
        self._work.put_nowait(None)

    def stack(self) -> str:
        """Return where the thread is right now, for whoever has to find out why it hangs."""
        frame = sys._current_frames().get(self._thread.ident or -1)  # noqa: SLF001 - the documented way
        if frame is None:
            return "it has ended"
        return "".join(traceback.format_stack(frame)[-6:]).rstrip()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            future, function = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - others' code: SystemExit and KeyboardInterrupt end nothing here
                future.set_exception(error)
            else:
                future.set_result(result)
            # Neither the work nor its failure, whose traceback holds every frame, may live on while it waits.
            del item, future, function
