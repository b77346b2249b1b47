"""A font that has every character which is to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from media_captioner.errors import ConfigError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_PLACES: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_PREFERRED: Final = (
    "DejaVuSans.",
    "NotoSans-Regular.",
    "LiberationSans-Regular.",
    "NotoSansCJK-Regular.",
    "Arial.",
)
_MISSING: Final = "\U0010fffe"  # a noncharacter: no font has it, so it shows how a font draws what it lacks
_SUBSTITUTES: Final = {"♪": "#", "♫": "#", "…": "...", "‹": "<", "›": ">"}


def font_for(text: str, size: int, *, path: Path | None = None) -> FreeTypeFont:
    """Return a font of ``size`` pixels that has every character of ``text``.

    Args:
        text: All that is to be drawn with it.
        size: Pixels.
        path: A font file to take; without one the fonts of the system are looked through.

    Raises:
        ConfigError: no font has them all: they would be drawn as boxes.

    """
    from PIL import ImageFont

    needed = {char for char in text if not char.isspace()}
    if path is not None:
        try:
            font = ImageFont.truetype(str(path), size)
        except OSError as error:
            raise ConfigError(f"Cannot use the font {path}: {error}") from error
        if lacking := _lacking(font, needed):
            raise ConfigError(f"The font {path} lacks the characters {''.join(sorted(lacking))[:40]!r}")
        return font
    own: Any = ImageFont.load_default(size)
    if not _lacking(own, needed):
        return own  # type: ignore[no-any-return]
    for candidate in _system_fonts():
        try:
            font = ImageFont.truetype(str(candidate), size)
        except OSError:
            continue
        if not _lacking(font, needed):
            return font
    raise ConfigError(
        f"No font of this system has all of the characters {''.join(sorted(_lacking(own, needed)))[:40]!r}",
        hint="Install one that does (fonts-noto, fonts-noto-cjk), or name one with --font.",
    )


def drawable(text: str, font: FreeTypeFont) -> str:
    """Return ``text`` with what ``font`` lacks replaced by what looks alike, or by a question mark."""
    lacking = _lacking(font, {char for char in text if not char.isspace()})
    return "".join(_SUBSTITUTES.get(char, "?") if char in lacking else char for char in text)


def _lacking(font: FreeTypeFont, characters: set[str]) -> set[str]:
    missing = bytes(font.getmask(_MISSING)), font.getbbox(_MISSING)
    return {char for char in characters if (bytes(font.getmask(char)), font.getbbox(char)) == missing}


@cache
def _system_fonts() -> tuple[Path, ...]:
    found = list(_font_files())
    ranks = {name: rank for rank, name in enumerate(_PREFERRED)}

    def rank(path: Path) -> tuple[int, str]:
        return min((at for name, at in ranks.items() if path.name.startswith(name)), default=99), path.name

    return tuple(sorted(found, key=rank))


def _font_files() -> Iterator[Path]:
    for place in _PLACES:
        if place.is_dir():
            for pattern in ("*.ttf", "*.otf", "*.ttc"):
                yield from place.rglob(pattern)
