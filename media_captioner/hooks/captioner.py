"""A captioner that a plugin brings, kept in a loop and a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from media_captioner.captioners.options import Options
from media_captioner.captioners.registry import Factory
from media_captioner.errors import MediaCaptionerError, PluginError
from media_captioner.model import Clip, Description
from media_captioner.protocols import Captioner, Context, Service

T = TypeVar("T")

CLIP_SECONDS: Final = 900.0
"""Longest time for one clip: what a service over a network gets in all."""

_CLOSE_SECONDS: Final = 10.0


def guarded(plugin: str, name: str, factory: Factory) -> Factory:
    """Return a factory whose captioners can fail, hang or return junk without harm to anybody else.

    Args:
        plugin: Name of the plugin.
        name: Name of the captioner.
        factory: The plugin's own.

    """

    def make(options: Options) -> Captioner:
        return PluginCaptioner(plugin, name, lambda: factory(options))

    return make


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


class PluginCaptioner:
    """Somebody else's captioner.

    Args:
        plugin: Name of the plugin.
        name: Name it was registered under.
        make: Makes the captioner.
        clip_seconds: Longest time for one clip.

    Raises:
        PluginError: it cannot be made, or is no captioner.

    """

    def __init__(
        self, plugin: str, name: str, make: Callable[[], Captioner], *, clip_seconds: float = CLIP_SECONDS
    ) -> None:
        self._plugin, self._name, self._clip_seconds = plugin, name, clip_seconds
        try:
            self._captioner = make()
            fit = isinstance(self._captioner, Captioner)
            self._model = str(self._captioner.model)
            service: Any = self._captioner.service
        except MediaCaptionerError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failed("be made", error) from error
        if not fit or not isinstance(service, Service) or self._captioner.name != name:
            raise self._error("is no captioner: see media_captioner.protocols.Captioner, and its name")
        self._service = service
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"captioner {name}", daemon=True)
        self._thread.start()
        self._closed = False

    @property
    def name(self) -> str:
        """Name it was registered under."""
        return self._name

    @property
    def model(self) -> str:
        """Identity of what answers, with the plugin's name before it: no plugin passes for another captioner."""
        return f"{self._plugin}:{self._model}"

    @property
    def service(self) -> Service:
        """Limits and prices, as the plugin says."""
        return self._service

    async def describe(self, clip: Clip, context: Context) -> Description:
        """Describe ``clip``.

        Raises:
            CaptionerError: the plugin's captioner said so.
            PluginError: it failed in another way, took too long, or returned something else.

        """
        answer: Any = await self._in_its_loop(
            lambda: self._captioner.describe(clip, context), "describe a clip", self._clip_seconds
        )
        if not isinstance(answer, Description) or not isinstance(answer.prose, str):
            raise self._error(f"returned {type(answer).__name__} for a clip, not a description")
        return Description(
            answer.prose,
            self.name,
            self.model,
            answer.usage,
            answer.request_id,
            answer.truncated,
            answer.facts,
            answer.evidence,
        )

    async def close(self) -> None:
        """Close it and end its thread. It can be called again."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(MediaCaptionerError):
            await self._in_its_loop(self._captioner.close, "close", _CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(asyncio.wait(left))
        finally:
            self._loop.close()

    async def _in_its_loop(self, call: Callable[[], Awaitable[T]], doing: str, seconds: float) -> T:
        async def work() -> T | _Failure:
            try:
                return await call()
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - a task that raises SystemExit would end its loop
                return _Failure(error)

        running = asyncio.run_coroutine_threadsafe(work(), self._loop)
        try:
            done, _ = await asyncio.wait([asyncio.wrap_future(running)], timeout=seconds)
        except asyncio.CancelledError:
            running.cancel()
            raise
        if not done:
            running.cancel()
            raise self._error(f"did not {doing} within {seconds:g} s")
        try:
            result = running.result()
        except concurrent.futures.CancelledError as error:
            raise self._error(f"gave up to {doing}") from error
        if not isinstance(result, _Failure):
            return result
        if isinstance(result.error, MediaCaptionerError):
            raise result.error
        raise self._failed(doing, result.error) from result.error

    def _failed(self, doing: str, error: BaseException) -> PluginError:
        return self._error(f"could not {doing}: {type(error).__name__}: {error}")

    def _error(self, what: str) -> PluginError:
        return PluginError(
            f"The captioner {self._name!r} of the plugin {self._plugin!r} {what}",
            hint="Use another --captioner, or tell whoever wrote the plugin.",
            plugin=self._plugin,
            hook="register_captioners",
        )
