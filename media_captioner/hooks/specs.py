"""Everything a plugin can implement.

A plugin is a module, an object or a class, named by an entry point in the group ``media_captioner``. It implements
any of the functions below under their names, each marked with :data:`hookimpl`::

    from media_captioner.hooks import AssetDone, hookimpl

    @hookimpl
    def asset_done(event: AssetDone) -> None:
        print(event.path, event.summary)

What begins with ``register_`` is called once, when the plugin is loaded. The others are moments. They are called one
after the other, plugin by plugin, each in a thread that belongs to the plugin; what one of them does wrong reaches no
other. An argument that is not needed may be left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    import click

    from media_captioner.captioners.registry import Factory
    from media_captioner.cues.profiles import Profile
    from media_captioner.export.base import Exporter
    from media_captioner.hooks.events import (
        AssetDone,
        AssetFailed,
        AssetFound,
        BudgetReached,
        CuesReady,
        PlanMade,
        SegmentDescribed,
        SidecarsWritten,
    )
    from media_captioner.model import Captions

PROJECT: Final = "media_captioner"
"""Name of the hooks, and of the group of entry points."""

API: Final = 1
"""Version of what stands here. A plugin that needs a newer one says so: ``MEDIA_CAPTIONER_API = 2``."""

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook with its name."""


@hookspec
def register_captioners(register: Callable[[str, Factory], None]) -> None:
    """Call ``register(name, factory)`` for each captioner; ``factory(options)`` makes one when it is asked for."""


@hookspec
def register_exporters(register: Callable[[Exporter], None]) -> None:
    """Call ``register(exporter)`` for each format."""


@hookspec
def register_profiles(register: Callable[[Profile], None]) -> None:
    """Call ``register(profile)`` for each style guide."""


@hookspec
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Call ``register(command)`` for each command of the command line."""


@hookspec
def asset_found(event: AssetFound) -> None:
    """Take note that a media file was found complete, and work on it begins."""


@hookspec
def plan_made(event: PlanMade) -> None:
    """Take note of the tracks that will be captioned."""


@hookspec
def segment_described(event: SegmentDescribed) -> None:
    """Take note of what was heard in one segment."""


@hookspec
def cues_ready(event: CuesReady) -> Captions | None:
    """Return changed captions, or None to leave them as they are.

    Cues, summary, keywords and chapters may change. What comes back is checked as strictly as what a captioner
    says; where it does not hold, the captions stay as they were.
    """


@hookspec
def sidecars_written(event: SidecarsWritten) -> None:
    """Take note of the files that were written for a track."""


@hookspec
def asset_done(event: AssetDone) -> None:
    """Take note that an asset is captioned."""


@hookspec
def asset_failed(event: AssetFailed) -> None:
    """Take note that an asset could not be captioned."""


@hookspec
def budget_reached(event: BudgetReached) -> None:
    """Take note that a cap was reached, and that work waits."""
