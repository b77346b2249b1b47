"""One colour for each layer of the soundtrack, in the words of each program."""

from __future__ import annotations

from typing import Final

from media_captioner.model import Category

# Alike in all programs as far as their palettes go: blue words, purple music, green ambience, yellow effects.
RESOLVE: Final[dict[Category, str]] = {
    "speech": "Blue",
    "music": "Purple",
    "ambience": "Green",
    "effects": "Yellow",
}
"""Resolve has sixteen; the marker EDL writes them behind ``ResolveColor``."""

OTIO: Final[dict[Category, str]] = {
    "speech": "BLUE",
    "music": "PURPLE",
    "ambience": "GREEN",
    "effects": "YELLOW",
}
"""OpenTimelineIO, ``MarkerColor``."""

AVID: Final[dict[Category, str]] = {
    "speech": "blue",
    "music": "magenta",
    "ambience": "green",
    "effects": "yellow",
}
"""Media Composer has eight, and no purple."""

KDENLIVE: Final[dict[Category, int]] = {"speech": 1, "music": 0, "ambience": 3, "effects": 4}
"""Numbers of marker categories in a new Kdenlive project: 0 purple, 1 blue, 3 green, 4 yellow."""
