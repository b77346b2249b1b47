"""The sound of a request, and a JSON body around it that is never built in memory."""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from media_captioner.captioners.http import Body
from media_captioner.captioners.limits import data_url_length, data_url_prefix

_MARK: Final = "\x02sound\x03"  # control characters: JSON escapes them, so no other text can hold this
_PIECE: Final = 48 * 1024  # a multiple of 3, so that pieces of base64 join without padding between them


@dataclass(frozen=True, slots=True)
class Sound:
    """What a request points to: an address, or bytes that travel inside it.

    Attributes:
        url: An ``https://`` or ``oss://`` address, or None.
        data: The encoded clip where there is no address.
        media_type: Its MIME type.

    """

    url: str | None = None
    data: bytes = b""
    media_type: str = ""

    @property
    def stored(self) -> bool:
        """Whether it lies in the service's temporary storage."""
        return self.url is not None and self.url.startswith("oss://")

    def reference(self) -> str:
        """Return what stands for the sound in a JSON value given to :func:`json_body`."""
        return self.url if self.url is not None else _MARK


def json_body(value: dict[str, Any], sound: Sound, *, media_type: str = "") -> Body:
    """Return ``value`` as JSON with the sound in place of its reference, produced in pieces.

    A 7 MB clip would otherwise be in memory as bytes, as base64, inside a JSON string and again as the bytes
    of that string.

    Args:
        value: The JSON value; holds ``sound.reference()`` once.
        sound: The sound.
        media_type: What the data URL says; empty is the documented form for the compatible protocol.

    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if sound.url is not None:
        whole = text.encode()
        return Body(len(whole), lambda: iter((whole,)))
    before, after = (part.encode() for part in text.split(json.dumps(_MARK)[1:-1]))
    before += data_url_prefix(media_type).encode("ascii")
    prefix = len(data_url_prefix(media_type))
    length = len(before) - prefix + data_url_length(len(sound.data), media_type) + len(after)

    def pieces() -> Iterator[bytes]:
        yield before
        view = memoryview(sound.data)
        for start in range(0, len(view), _PIECE):
            yield b2a_base64(view[start : start + _PIECE], newline=False)
        yield after

    return Body(length, pieces)
