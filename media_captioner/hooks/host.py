"""Tells everybody who wants to know, one after the other, so that nobody's failure reaches anybody else.

pluggy's own way to call hooks ends at the first that raises. Here each is called by itself, with a time limit, and
after three failures in a row it is called no more.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from media_captioner.config.tables import EventName
from media_captioner.errors import PluginError
from media_captioner.hooks.changed import Unusable, checked
from media_captioner.hooks.events import EVENTS, CuesReady, Event, hook_of
from media_captioner.hooks.loading import Plugin
from media_captioner.hooks.surroundings import Surroundings
from media_captioner.model import Captions
from media_captioner.protocols import Reporter, SilentReporter

_log = logging.getLogger(__name__)

MOST_FAILURES: Final = 3
"""Failures in a row after which nobody is told anything more."""


class Listener(Protocol):
    """Somebody who is told of events."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from: a package, or the settings."""
        ...

    @property
    def events(self) -> frozenset[EventName]:
        """What it wants to know."""
        ...

    async def hear(self, event: Event) -> Captions | None:
        """Take note of ``event``; of :class:`~media_captioner.hooks.events.CuesReady` it may return changed captions.

        Raises:
            PluginError: it failed.

        """
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class PluginListener:
    """A plugin, as one of those who are told.

    Args:
        plugin: The plugin.
        seconds: Longest time for one event.

    """

    def __init__(self, plugin: Plugin, *, seconds: float = 10.0) -> None:
        self._plugin, self._seconds = plugin, seconds
        self.name, self.source = plugin.name, plugin.package
        self.events: frozenset[EventName] = frozenset(
            name for name in EVENTS if hook_of(name) in plugin.functions
        )

    async def hear(self, event: Event) -> Captions | None:
        """Call the plugin in its own thread.

        Raises:
            PluginError: it raised, returned junk, changed what all share, or does not return.

        """
        function, before = self._plugin.functions[hook_of(event.name)], Surroundings()
        call = self._plugin.thread.call(lambda: function(copy.deepcopy(event)))
        waiting = asyncio.wrap_future(call)
        # Its failure is told in our words, or comes too late to be told: asyncio need not print it as well.
        waiting.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
        done, _ = await asyncio.wait([waiting], timeout=self._seconds)
        changed = before.restore()
        if not done:
            _log.warning("The plugin %s hangs here:\n%s", self.name, self._plugin.thread.stack())
            raise Hanging(
                self._say(event, f"it did not return within {self._seconds:g} s"), **self._names(event)
            )
        if (error := call.exception()) is not None:
            raise PluginError(
                self._say(event, f"{type(error).__name__}: {error}"), **self._names(event)
            ) from error
        if changed:
            reason = f"it changed {', '.join(changed)}, which belong to the whole program"
            raise PluginError(self._say(event, reason), **self._names(event))
        return self._reply(event, call.result())

    def _reply(self, event: Event, reply: Any) -> Captions | None:
        if reply is None:
            return None
        if not isinstance(event, CuesReady):
            reason = f"it returned {type(reply).__name__}, and nothing is to be returned"
            raise PluginError(self._say(event, reason), **self._names(event))
        try:
            return checked(event.captions, reply)
        except Unusable as error:
            reason = f"the captions it returned cannot be used: {error}"
            raise PluginError(self._say(event, reason), **self._names(event)) from error

    def close(self) -> None:
        """Do nothing: the thread is the plugin's, which lasts as long as the process."""

    def _say(self, event: Event, reason: str) -> str:
        return f"The plugin {self.name!r} failed at {hook_of(event.name)}: {reason}"

    def _names(self, event: Event) -> dict[str, str]:
        return {"plugin": self.name, "hook": hook_of(event.name)}


class Hanging(PluginError):
    """A plugin does not return, so it cannot be called any more."""


@dataclass(slots=True)
class Place:
    """A listener and how it fares.

    Attributes:
        listener: Who.
        failures: In a row.
        disabled: Why it is told nothing any more, or None.
        turn: Held while it is told something: one event after the other.

    """

    listener: Listener
    failures: int = 0
    disabled: str | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Host:
    """Everybody who wants to know.

    Attributes:
        places: The listeners, in the order in which they are told.
        reporter: Whom to tell that somebody failed.

    """

    places: list[Place] = field(default_factory=list)
    reporter: Reporter = field(default_factory=SilentReporter)

    @classmethod
    def of(cls, listeners: Iterable[Listener], reporter: Reporter | None = None) -> Host:
        """Return a host for ``listeners``."""
        # Plugins share one turn: what the whole process shares is compared before and after each call.
        inside = asyncio.Lock()
        places = [
            Place(listener, turn=inside if isinstance(listener, PluginListener) else asyncio.Lock())
            for listener in listeners
        ]
        return cls(places, reporter or SilentReporter())

    def add(self, listener: Listener) -> None:
        """Tell ``listener`` as well, after all others."""
        self.places.append(Place(listener))

    def wants(self, name: EventName) -> bool:
        """Return whether anybody wants to know of such events, so that others need not be made."""
        return any(place.disabled is None and name in place.listener.events for place in self.places)

    async def tell(self, event: Event) -> None:
        """Tell everybody who wants to know. Nothing that they do is raised here."""
        for place in self._places_for(event):
            await self._one(place, event)

    async def change(self, event: CuesReady) -> Captions:
        """Tell everybody that captions are ready, each of what the ones before made of them, and return the last."""
        captions = event.captions
        for place in self._places_for(event):
            changed = await self._one(place, replace(event, captions=captions))
            captions = changed or captions
        return captions

    def close(self) -> None:
        """Let go of everybody."""
        for place in self.places:
            place.listener.close()

    def _places_for(self, event: Event) -> Sequence[Place]:
        return [place for place in self.places if event.name in place.listener.events]

    async def _one(self, place: Place, event: Event) -> Captions | None:
        async with place.turn:
            if place.disabled is not None:
                return None
            try:
                reply = await place.listener.hear(event)
            except PluginError as error:
                self._failed(place, error)
                return None
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not cost the captions either
                _log.exception("Telling %s of %s failed", place.listener.name, event.name)
                self._failed(place, PluginError(f"Telling {place.listener.name} failed: {error}"))
                return None
            place.failures = 0
            return reply

    def _failed(self, place: Place, error: PluginError) -> None:
        place.failures += 1
        _log.info("%s", error.message)
        self.reporter.notice("warning", error.message)
        if isinstance(error, Hanging):
            place.disabled = "it hangs"
        elif place.failures >= MOST_FAILURES:
            place.disabled = f"it failed {place.failures} times in a row"
        if place.disabled is not None:
            self.reporter.notice(
                "warning",
                f"{place.listener.name} ({place.listener.source}) is told nothing more in this run: {place.disabled}.",
            )
