"""Changing the time stamps inside finished files, which no muxer would write like that."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from media_captioner.testing.media import Retiming

_PACKET: Final = 188  # bytes of a packet of a transport stream (ISO/IEC 13818-1, 2.4.3.2)
_CLOCK: Final = 90_000  # ticks a second of its presentation times
_CLUSTER: Final = b"\x1f\x43\xb6\x75"  # Matroska: Segment > Cluster (RFC 9559, 5.1.3)


def transport(data: bytes, retime: Retiming, *, picture: bool = False) -> bytes:
    """Return a transport stream whose sound (or picture too) is presented at other times.

    Args:
        data: The stream.
        retime: Gives the new time; what it loses keeps its time. Its own times are the stream's clock.
        picture: Whether the picture is retimed as well.

    """
    changed = bytearray(data)
    for packet in range(0, len(data) - _PACKET + 1, _PACKET):
        start = _payload(data, packet)
        if start is None or data[start : start + 3] != b"\x00\x00\x01":
            continue
        is_sound = 0xBD <= data[start + 3] < 0xE0
        flags = data[start + 7] >> 6
        if not (is_sound or picture):
            continue
        if flags & 2:
            _change(changed, start + 9, retime)
        if flags == 3:
            _change(changed, start + 14, retime)
    return bytes(changed)


def _payload(data: bytes, packet: int) -> int | None:
    """Return where the elementary packet begins in a packet that starts one, or None."""
    starts_one = data[packet + 1] & 0x40
    adaptation = data[packet + 3] >> 4 & 3
    if not starts_one or not adaptation & 1:
        return None
    return packet + 4 + (1 + data[packet + 4] if adaptation & 2 else 0)


def _change(data: bytearray, at: int, retime: Callable[[Fraction], Fraction | None]) -> None:
    """Rewrite the 33 bits of a stamp, which lie in five bytes between marker bits (2.4.3.7)."""
    ticks = (
        (data[at] >> 1 & 7) << 30
        | data[at + 1] << 22
        | data[at + 2] >> 1 << 15
        | data[at + 3] << 7
        | data[at + 4] >> 1
    )
    time = retime(Fraction(ticks, _CLOCK))
    if time is None:
        return
    new = round(time * _CLOCK) % 2**33
    data[at : at + 5] = bytes(
        (
            data[at] & 0xF0 | (new >> 30 & 7) << 1 | 1,
            new >> 22 & 0xFF,
            (new >> 15 & 0x7F) << 1 | 1,
            new >> 7 & 0xFF,
            (new & 0x7F) << 1 | 1,
        )
    )


def clusters(data: bytes, retime: Callable[[int], int]) -> bytes:
    """Return a Matroska file whose clusters are stamped otherwise; ``retime`` turns milliseconds into milliseconds."""
    changed = bytearray(data)
    place = data.find(_CLUSTER)
    while place >= 0:
        first = place + len(_CLUSTER)
        size_bytes = (
            9 - data[first].bit_length()
        )  # the length of a length is in its leading zeroes (RFC 8794, 4)
        stamp = first + size_bytes
        assert data[stamp] == 0xE7, "a cluster begins with its time stamp"  # noqa: S101 - of files we made
        length = data[stamp + 1] & 0x7F
        value = slice(stamp + 2, stamp + 2 + length)
        changed[value] = retime(int.from_bytes(data[value], "big")).to_bytes(length, "big")
        place = data.find(_CLUSTER, first)
    return bytes(changed)
