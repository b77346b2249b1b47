"""Taking files of the MP4 family apart (ISO/IEC 14496-12): just enough to do them harm."""

from __future__ import annotations

from collections.abc import Iterator


def boxes(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the kind, first byte and end of each box at the top level of ``data``."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        end = position + size if size >= 8 else len(data)
        yield data[position + 4 : position + 8].decode("latin-1"), position, end
        position = end


def index_first(data: bytes) -> bytes:
    """Return the file with its index before its media, as a file for streaming has it."""
    parts = {kind: data[start:end] for kind, start, end in boxes(data)}
    index = bytearray(parts["moov"])
    for place in _find_all(index, b"stco"):
        count = int.from_bytes(index[place + 8 : place + 12], "big")
        for entry in range(place + 12, place + 12 + 4 * count, 4):
            offset = int.from_bytes(index[entry : entry + 4], "big") + len(index)
            index[entry : entry + 4] = offset.to_bytes(4, "big")
    rest = b"".join(data[start:end] for kind, start, end in boxes(data) if kind not in {"moov", "ftyp"})
    return parts["ftyp"] + bytes(index) + rest


def patched(data: bytes, kind: bytes, offset: int, value: bytes, *, last: bool = False) -> bytes:
    """Return the file with ``value`` written ``offset`` bytes after the first (or last) ``kind`` in it."""
    place = (data.rindex(kind) if last else data.index(kind)) + len(kind) + offset
    return data[:place] + value + data[place + len(value) :]


def _find_all(data: bytearray, kind: bytes) -> Iterator[int]:
    place = data.find(kind)
    while place >= 0:
        yield place
        place = data.find(kind, place + 1)
