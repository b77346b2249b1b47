"""Everything that the plugins of this process bring: loaded once, when it is first asked for."""

from __future__ import annotations

import concurrent.futures
import functools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from media_captioner.captioners.registry import BUILT_IN, Factory
from media_captioner.cues import profiles
from media_captioner.errors import MediaCaptionerError, PluginError
from media_captioner.export import registry
from media_captioner.hooks.captioner import guarded
from media_captioner.hooks.host import Listener, PluginListener
from media_captioner.hooks.loading import LOAD_SECONDS, Plugin, load
from media_captioner.hooks.surroundings import Surroundings

if TYPE_CHECKING:
    import click

_log = logging.getLogger(__name__)

_NAMES: Final = frozenset({"auto", *BUILT_IN})  # captioners that no plugin can be


@dataclass(slots=True)
class Plugged:
    """What the plugins bring.

    Attributes:
        plugins: Those that work.
        errors: Why the others do not.
        captioners: Factories of captioners, by name.
        commands: Commands, by name.
        brought: What each plugin brings, in words, by its name.

    """

    plugins: list[Plugin] = field(default_factory=list)
    errors: list[PluginError] = field(default_factory=list)
    captioners: dict[str, Factory] = field(default_factory=dict)
    commands: dict[str, click.Command] = field(default_factory=dict)
    brought: dict[str, list[str]] = field(default_factory=dict)

    def listeners(self, *, seconds: float) -> list[Listener]:
        """Return the plugins that want to know of events.

        Args:
            seconds: Longest time that each may take for one.

        """
        found = [PluginListener(plugin, seconds=seconds) for plugin in self.plugins]
        return [listener for listener in found if listener.events]


def plug_in(plugins: list[Plugin], errors: list[PluginError], *, seconds: float = LOAD_SECONDS) -> Plugged:
    """Let plugins register what they bring; whoever fails at it is left out, and the rest of it stays.

    Args:
        plugins: Loaded plugins.
        errors: Failures so far; further ones are added.
        seconds: Longest time for each call.

    """
    plugged = Plugged([], errors)
    for plugin in plugins:
        try:
            plugged.brought[plugin.name] = _registered(plugged, plugin, seconds)
        except PluginError as error:
            errors.append(error)
        else:
            plugged.plugins.append(plugin)
    return plugged


def _registered(plugged: Plugged, plugin: Plugin, seconds: float) -> list[str]:
    brought: list[str] = []

    def captioner(name: Any, factory: Any) -> None:
        if not isinstance(name, str) or not callable(factory):
            raise PluginError("register(name, factory) takes a name and a function", plugin=plugin.name)
        if name in _NAMES or name in plugged.captioners:
            raise PluginError(f"there is a captioner {name!r} already", plugin=plugin.name)
        plugged.captioners[name] = guarded(plugin.name, name, factory)
        brought.append(f"captioner {name}")

    def exporter(exporter: Any) -> None:
        registry.add(exporter, plugin=plugin.name)
        brought.append(f"format {exporter.name}")

    def profile(profile: Any) -> None:
        profiles.add(profile, plugin=plugin.name)
        brought.append(f"profile {profile.name}")

    def command(command: Any) -> None:
        import click

        name = getattr(command, "name", None)
        if not isinstance(name, str) or not isinstance(command, click.Command):
            raise PluginError("register(command) takes a click command with a name", plugin=plugin.name)
        if name in plugged.commands:
            raise PluginError(f"there is a command {name!r} already", plugin=plugin.name)
        plugged.commands[name] = _blaming(plugin.name, command)
        brought.append(f"command {name}")

    registers: Mapping[str, Callable[..., None]] = {
        "register_captioners": captioner,
        "register_exporters": exporter,
        "register_profiles": profile,
        "register_commands": command,
    }
    for hook, register in registers.items():
        if hook in plugin.functions:
            _call(plugin, hook, register, seconds)
    return brought


def _blaming(plugin: str, command: click.Command) -> click.Command:
    """Return a command whose mistakes are told as those of its plugin, not as ours."""
    import click

    callback = command.callback
    if callback is None:
        return command

    @functools.wraps(callback)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return callback(*arguments, **options)
        except (MediaCaptionerError, click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            raise PluginError(
                f"The command {command.name!r} of the plugin {plugin!r} failed: {type(error).__name__}: {error}",
                hint="Tell whoever wrote the plugin.",
                plugin=plugin,
                hook="register_commands",
            ) from error

    command.callback = call
    return command


def _call(plugin: Plugin, hook: str, register: Callable[..., None], seconds: float) -> None:
    before = Surroundings()
    call = plugin.thread.call(lambda: plugin.functions[hook](register))
    done, _ = concurrent.futures.wait([call], seconds)
    if changed := before.restore():
        _log.warning("The plugin %s changed %s at %s", plugin.name, ", ".join(changed), hook)
    if not done:
        _log.warning("The plugin %s hangs here:\n%s", plugin.name, plugin.thread.stack())
        raise _failed(plugin, hook, f"it did not return within {seconds:g} s")
    error = call.exception()
    if isinstance(error, PluginError):
        raise _failed(plugin, hook, error.message) from error
    if error is not None:
        raise _failed(plugin, hook, f"{type(error).__name__}: {error}") from error


def _failed(plugin: Plugin, hook: str, reason: str) -> PluginError:
    return PluginError(
        f"The plugin {plugin.name!r} of {plugin.package} failed at {hook}: {reason}",
        hint="Update or remove the package.",
        plugin=plugin.name,
        hook=hook,
    )


@cache
def plugged() -> Plugged:
    """Return what the plugins of this process bring. They are loaded at the first call."""
    found = plug_in(*load(os.environ))
    for error in found.errors:
        _log.warning("%s", error.message)
    return found
