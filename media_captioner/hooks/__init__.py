"""Where other people's programs plug in: what a plugin implements, and the events it is told of.

What is named here is loaded when it is first used. ``media_captioner.hooks.specs`` describes every hook.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from media_captioner.hooks.attending import attended, captioner_named, service_named
    from media_captioner.hooks.events import (
        AssetDone,
        AssetFailed,
        AssetFound,
        BudgetReached,
        CuesReady,
        Event,
        PlanMade,
        SegmentDescribed,
        SidecarsWritten,
    )
    from media_captioner.hooks.host import Host
    from media_captioner.hooks.specs import hookimpl

__all__ = [
    "AssetDone",
    "AssetFailed",
    "AssetFound",
    "BudgetReached",
    "CuesReady",
    "Event",
    "Host",
    "PlanMade",
    "SegmentDescribed",
    "SidecarsWritten",
    "attended",
    "captioner_named",
    "hookimpl",
    "service_named",
]

_HOMES = {
    "Host": "host",
    "attended": "attending",
    "captioner_named": "attending",
    "hookimpl": "specs",
    "service_named": "attending",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'events')}"), name)
