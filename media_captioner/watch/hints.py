"""What the system says has changed below a folder: hints where to look, no more.

Events get lost (queues overflow), come late, and do not come at all from network disks; so nothing depends on
them but how soon something is noticed.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final

import watchfiles
from watchfiles.main import FileChange

from media_captioner.system.files import TEMPORARY_PREFIX
from media_captioner.system.space import is_over_a_network

log: Final = logging.getLogger(__name__)

_GATHER: Final = 250  # milliseconds for which events are gathered at most
_STEP: Final = 50
_LIMITS: Final = {
    "MaxFilesWatch": "the system watches no more folders for this user (fs.inotify.max_user_watches)",
    "Too many open files": "the system gives this user no more watchers (fs.inotify.max_user_instances)",
}
"""What the library's words for limits of the system mean."""

_REFUSED: Final = re.compile(r'(?P<why>[^(]+) \(os error \d+\) about \["(?P<path>.*)"\]')
"""How the library says that one folder may not be read."""


def reason_to_poll(root: Path, polling: str) -> str | None:
    """Return why changes below ``root`` are looked for instead of being told, or None."""
    if polling == "always":
        return "the settings say so"
    if is_over_a_network(root):
        return "it lies on a network disk, which does not tell of what others change"
    return None


async def follow(
    root: Path, begun: Callable[[], None], tell: Callable[[set[Path]], None], stop: asyncio.Event
) -> None:
    """Call ``tell`` with paths below ``root`` at which something changed, until ``stop`` is set.

    Args:
        root: A folder.
        begun: Called once changes are told: whatever happened before is known to nobody.
        tell: Called with what changed.
        stop: Ends it.

    Raises:
        OSError: the system does not tell of changes there, or no more (its limit of watches is reached, a folder may
            not be read, it is gone).

    """
    try:
        changes = watchfiles.awatch(
            root,
            watch_filter=_may_matter,
            debounce=_GATHER,
            step=_STEP,
            stop_event=stop,
            ignore_permission_denied=False,  # it would ignore every refusal, and leave the rest unwatched
            force_polling=False,
        )
        first = asyncio.ensure_future(_next(changes))
        try:
            # The library asks the system for news before it waits for the first of them.
            await asyncio.wait({first}, timeout=0)
            if not first.done():
                begun()
            found = await first
        finally:
            first.cancel()
        while found is not None:
            tell({Path(path) for _, path in found})
            found = await _next(changes)
    except (OSError, RuntimeError) as error:  # how the library passes on what the system refuses
        raise OSError(_words_of(error)) from error


async def _next(changes: AsyncGenerator[set[FileChange]]) -> set[FileChange] | None:
    return await anext(changes, None)


def _words_of(error: Exception) -> str:
    text = str(error)
    if (refused := _REFUSED.fullmatch(text)) is not None:
        return f"{refused['path']}: {refused['why'].lower()}"
    return next((words for name, words in _LIMITS.items() if name in text), text.partition(" (Error {")[0])


def _may_matter(_: watchfiles.Change, path: str) -> bool:
    return not path.rpartition("/")[2].startswith(TEMPORARY_PREFIX)
