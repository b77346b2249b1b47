"""Programs that are run at certain moments, each out of our process: JSON in, JSON out, with limits and no shell."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from media_captioner.config.tables import CommandHook
from media_captioner.errors import MediaCaptionerError, PluginError
from media_captioner.hooks.changed import Unusable, from_document
from media_captioner.hooks.events import CuesReady, Event, for_programs
from media_captioner.model import Captions
from media_captioner.system import processes

MOST_OUTPUT: Final = 16 * 1024 * 1024
"""Bytes that a program may print: the captions of a long film, twice over."""

_KEPT: Final = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "SYSTEMROOT"}
    | {"XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"}
)
"""Environment variables that a program gets. Ours hold keys."""


class CommandListener:
    """A program, as one of those who are told.

    Args:
        hook: Its table in the settings.
        environment: Where its environment variables come from.

    """

    def __init__(self, hook: CommandHook, environment: Mapping[str, str] = os.environ) -> None:
        self.name = " ".join(hook.command[:1])
        self.source = "settings"
        self.events = frozenset(hook.events)
        self._hook = hook
        self._environment = {
            name: value
            for name, value in environment.items()
            if name in _KEPT or name.startswith("LC_") or name in hook.environment
        }

    async def hear(self, event: Event) -> Captions | None:
        """Run the program, and return the captions as it changed them, or None.

        Raises:
            PluginError: it could not be started, failed, took too long, or printed something else.

        """
        given = json.dumps(for_programs(event), ensure_ascii=True).encode()
        try:
            finished = await asyncio.to_thread(
                processes.run,
                self._hook.command,
                doing=f"hearing of {event.name}",
                timeout=self._hook.seconds,
                stdin=given,
                environment={**self._environment, "MEDIA_CAPTIONER_EVENT": event.name},
                max_output=MOST_OUTPUT,
                max_memory=self._hook.memory_mb * 1024 * 1024,
            )
        except MediaCaptionerError as error:
            raise self._error(event, error.message) from error  # which names the program and the event
        if not finished.stdout.strip():
            return None
        try:
            answer: Any = json.loads(finished.stdout)
        except (ValueError, RecursionError) as error:
            raise self._unusable(event, f"what it printed is not JSON: {error}") from error
        if not isinstance(event, CuesReady):
            if isinstance(answer, dict):
                return None
            raise self._unusable(event, "the JSON that it printed is no object")
        try:
            return from_document(event.captions, answer)
        except Unusable as error:
            raise self._unusable(event, f"the captions that it printed cannot be used: {error}") from error

    def close(self) -> None:
        """Do nothing: every run of the program ends with its event."""

    def _unusable(self, event: Event, reason: str) -> PluginError:
        return self._error(event, f"{Path(self.name).name} gave no usable answer to {event.name}: {reason}")

    def _error(self, event: Event, message: str) -> PluginError:
        return PluginError(
            message,
            hint="Run media-captioner hooks test to try it.",
            plugin=str(Path(self._hook.command[0])),
            hook=event.name,
        )
