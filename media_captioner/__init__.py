"""Timed, readable, searchable captions of a video's whole soundtrack: speech, music, ambience and sound effects.

>>> import media_captioner
>>> captions = media_captioner.caption("clip.mp4")  # doctest: +SKIP
>>> captions.summary  # doctest: +SKIP
'Speech in English, rain and a dog barking.'

Everything public is in this module; it is imported when it is first used, so that importing the package costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media_captioner._version import __version__

if TYPE_CHECKING:
    from media_captioner import errors
    from media_captioner.config import Settings
    from media_captioner.export import load, save
    from media_captioner.model import Captions, Cue
    from media_captioner.pipeline import caption, caption_async

__all__ = [
    "Captions",
    "Cue",
    "Settings",
    "__version__",
    "caption",
    "caption_async",
    "errors",
    "load",
    "save",
]

_HOMES = {
    "Captions": "media_captioner.model",
    "Cue": "media_captioner.model",
    "Settings": "media_captioner.config",
    "caption": "media_captioner.pipeline",
    "caption_async": "media_captioner.pipeline",
    "save": "media_captioner.export",
    "load": "media_captioner.export",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "errors":
        return import_module("media_captioner.errors")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'media_captioner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
