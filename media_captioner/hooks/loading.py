"""Finding plugins, and making sure of each before it is ever called."""

from __future__ import annotations

import concurrent.futures
import difflib
import inspect
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

import pluggy

from media_captioner.errors import PluginError
from media_captioner.hooks import specs
from media_captioner.hooks.surroundings import Surroundings
from media_captioner.hooks.threads import PluginThread

_log = logging.getLogger(__name__)

VARIABLE: Final = "MEDIA_CAPTIONER_PLUGINS"
"""Environment variable that names the only plugins to load, parted by commas; where it is empty, none is."""

LOAD_SECONDS: Final = 30.0
"""Seconds that a plugin may take to be imported."""

HOOKS: Final[Mapping[str, Any]] = {
    name: function
    for name, function in vars(specs).items()
    if inspect.isfunction(function) and hasattr(function, f"{specs.PROJECT}_spec")
}
"""Every hook by its name."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that passed every check.

    Attributes:
        name: Name of its entry point.
        package: The package that brings it, with its version.
        functions: What it implements, by the name of the hook.
        thread: Where it runs.

    """

    name: str
    package: str
    functions: Mapping[str, Callable[..., Any]]
    thread: PluginThread


def load(
    environment: Mapping[str, str] = os.environ, *, points: Iterable[metadata.EntryPoint] | None = None
) -> tuple[list[Plugin], list[PluginError]]:
    """Load all plugins that may be loaded, and return them with the failures of the others.

    Args:
        environment: Where :data:`VARIABLE` is looked for.
        points: Entry points; those of the installed packages by default.

    """
    plugins: list[Plugin] = []
    errors: list[PluginError] = []
    wanted = _wanted(environment)
    if wanted is not None and not wanted:
        return plugins, errors
    known: dict[str, str] = {}
    for point in metadata.entry_points(group=specs.PROJECT) if points is None else points:
        if point.name in known:
            errors.append(
                _error(point, f"another package ({known[point.name]}) brings a plugin of that name")
            )
            continue
        known[point.name] = _package(point)
        if wanted is not None and point.name not in wanted:
            continue
        try:
            plugins.append(load_one(point))
        except PluginError as error:
            errors.append(error)
    errors += [
        PluginError(f"{VARIABLE} names the plugin {name!r}, which is not installed", plugin=name)
        for name in sorted((wanted or frozenset()) - known.keys())
    ]
    return plugins, errors


def _wanted(environment: Mapping[str, str]) -> frozenset[str] | None:
    if VARIABLE not in environment:
        return None
    return frozenset(name.strip() for name in environment[VARIABLE].split(",") if name.strip())


def load_one(point: metadata.EntryPoint, *, seconds: float = LOAD_SECONDS) -> Plugin:
    """Import one plugin and check it.

    Args:
        point: Its entry point.
        seconds: How long it may take.

    Raises:
        PluginError: it cannot be imported, takes too long, or implements a hook wrongly.

    """
    thread = PluginThread(point.name)
    before = Surroundings()
    call = thread.call(lambda: _instance(point.load()))
    done, _ = concurrent.futures.wait([call], seconds)
    if changed := before.restore():
        _log.warning("The plugin %s changed %s when it was imported", point.name, ", ".join(changed))
    if not done:
        _log.warning("The plugin %s hangs here:\n%s", point.name, thread.stack())
        raise _error(point, f"it was not imported within {seconds:g} s")
    if (error := call.exception()) is not None:
        thread.close()
        raise _error(point, f"{type(error).__name__}: {error}") from error
    loaded = call.result()
    try:
        functions = _checked(loaded, point)
    except PluginError:
        thread.close()
        raise
    return Plugin(point.name, _package(point), functions, thread)


def _instance(loaded: Any) -> Any:
    return loaded() if isinstance(loaded, type) else loaded


def _package(point: metadata.EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def _error(point: metadata.EntryPoint, reason: str) -> PluginError:
    return PluginError(
        f"Cannot load the plugin {point.name!r} of {_package(point)}: {reason}",
        hint=f"Update or remove the package, or leave it out with {VARIABLE}.",
        plugin=point.name,
    )


def _checked(loaded: Any, point: metadata.EntryPoint) -> dict[str, Callable[..., Any]]:
    needed = getattr(loaded, "MEDIA_CAPTIONER_API", 1)
    if not isinstance(needed, int) or needed > specs.API:
        raise _error(
            point, f"it needs version {needed} of the hooks, and this program has version {specs.API}"
        )
    manager = pluggy.PluginManager(specs.PROJECT)
    manager.add_hookspecs(specs)
    try:
        manager.register(loaded, point.name)
    except pluggy.PluginValidationError as error:
        raise _misfit(loaded, point, error) from error
    except Exception as error:  # pluggy looks at every attribute, and a property of the plugin's runs
        raise _error(point, f"{type(error).__name__}: {error}") from error
    found = {}
    for caller in manager.get_hookcallers(loaded) or []:
        if caller.spec is None:
            near = difflib.get_close_matches(caller.name, HOOKS, n=1)
            offer = f"did you mean {near[0]}{inspect.signature(HOOKS[near[0]])}?" if near else _all_hooks()
            raise _error(point, f"there is no hook {caller.name!r}; {offer}")
        [implementation] = caller.get_hookimpls()
        if implementation.hookwrapper or implementation.wrapper:
            raise _error(
                point, f"{caller.name} is marked as a wrapper; hooks are called one by one, without any"
            )
        found[caller.name] = _taking(implementation.function, implementation.argnames)
    if not found:
        raise _error(point, f"it implements no hook (each is marked with @hookimpl); {_all_hooks()}")
    return found


def _taking(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Return ``function`` as one that takes the hook's only argument, whether it asks for it or not."""
    return function if names else lambda _argument: function()


def _all_hooks() -> str:
    return f"hooks are {', '.join(sorted(HOOKS))}"


def _misfit(loaded: Any, point: metadata.EntryPoint, error: pluggy.PluginValidationError) -> PluginError:
    """Return an error that shows the wrong signature and the right one."""
    reason = str(error).replace("\n", " ")
    for name, spec in HOOKS.items():
        if name in reason and callable(function := getattr(loaded, name, None)):
            reason = (
                f"it has {name}{inspect.signature(function)}, and the hook is {name}{inspect.signature(spec)}"
            )
            break
    return _error(point, reason)
