"""What may be asked for: files that really lie below an allowed folder, and addresses on a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from media_captioner.captioners.addresses import origin_of
from media_captioner.errors import ConfigError
from media_captioner.finding import is_media_name
from media_captioner.listen.wishes import Refused

_UNSAFE: Final = re.compile(r"[^\w .()+,=@-]", re.ASCII)
_LONGEST_NAME: Final = 100  # characters of the name of a fetched file


@dataclass(frozen=True, slots=True)
class Places:
    """Allowed folders and addresses.

    Attributes:
        roots: The folders, as the settings name them.
        urls: Beginnings of addresses.

    Raises:
        ConfigError: a folder is missing.

    """

    roots: Sequence[Path]
    urls: Sequence[str] = ()

    def __post_init__(self) -> None:
        for root in self.roots:
            if not root.is_dir():
                raise ConfigError(f"Cannot listen for files below {root}: it is no folder")

    def file(self, text: str) -> tuple[Path, Path]:
        """Return the file that a request names, without links, and the allowed folder that it lies below.

        Args:
            text: Relative to an allowed folder, or absolute.

        Raises:
            Refused: it is not below an allowed folder (403), no media file (422), or not there (404).

        """
        wanted = PurePosixPath(text)
        if ".." in wanted.parts or "\0" in text:
            raise Refused(403, "The file is not below an allowed folder")
        inside = False
        for root in self.roots:
            try:
                base = root.resolve(strict=True)
                found = (base / wanted).resolve()
                if not found.is_relative_to(base):
                    continue
                inside = True
                if found.is_file():
                    return self._media(found), base
            except (OSError, RuntimeError, ValueError):  # RuntimeError: links that lead in a circle
                continue
        if inside:
            raise Refused(404, "There is no such file")
        raise Refused(403, "The file is not below an allowed folder")

    @staticmethod
    def _media(found: Path) -> Path:
        if not is_media_name(found.name):
            raise Refused(422, "The file has no name of a media file")
        return found

    def url(self, text: str) -> str:
        """Return the address that a request names, if it is on the list.

        Raises:
            Refused: it is not (403), or names no media file (422).

        """
        try:
            parts = urlsplit(text)
            listed = any(_begins(parts, urlsplit(beginning)) for beginning in self.urls)
        except ValueError:
            listed = False
        if not listed:
            raise Refused(403, "The address is not on the list of those that may be fetched")
        if not is_media_name(name_for(text)):
            raise Refused(422, "The address does not end in a name of a media file")
        return text


def _begins(parts: SplitResult, beginning: SplitResult) -> bool:
    """Return whether an address lies below another: same scheme, host and port, and a path inside of its path."""
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in parts.geturl():
        return False
    # Servers differ in how often they decode; what could climb for any of them is refused.
    path = unquote(unquote(parts.path))
    if "\\" in path or not path.isprintable() or {".", ".."} & set(path.split("/")) or "//" in path:
        return False
    below = beginning.path if beginning.path.endswith("/") else f"{beginning.path}/"
    same_place = origin_of(parts.geturl()) == origin_of(beginning.geturl())
    return same_place and (parts.path == beginning.path or parts.path.startswith(below))


def name_for(url: str) -> str:
    """Return the name under which what is fetched is kept: plain characters, no folders, no leading point."""
    name = _UNSAFE.sub("_", unquote(urlsplit(url).path.rpartition("/")[2])).lstrip(". ")
    stem, point, suffix = name.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{point}{suffix[:10]}"
