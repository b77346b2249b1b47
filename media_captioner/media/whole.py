"""Whether a media file is whole as it lies there, without decoding it.

A file that is still being copied may rest for minutes: what tells is the file itself. Its header promises a
length, boxes and chunks state their sizes, and room that was only set aside reads as nothing but zeros.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.packet import Packet
from av.stream import Stream

from media_captioner.errors import MediaError, reason_of
from media_captioner.media import claims
from media_captioner.media.container import OpenFile, open_file, reading
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.timing import clock_time

_READ_THROUGH: Final = 256 * 1024 * 1024  # bytes; of larger files the end is read, and holes are looked for
_TAIL: Final = Fraction(30)  # seconds before the end from which a large file is read
_TOLERATED: Final = Fraction(2)  # seconds that headers and sound may differ by
_MOST_FAILURES: Final = 50  # packets that cannot be read before the file counts as damaged


def unfinished(path: Path, *, limits: MediaLimits = DEFAULT_LIMITS) -> str | None:
    """Say what is missing of a media file, or None where it parses to its end.

    A file that no program of ours can read is not called unfinished for ever: who waits for it has to give up
    some time, and then the error of reading it tells the rest.

    Args:
        path: The file.
        limits: Bounds on what it may cost.

    Raises:
        OSError: it is gone or cannot be read.

    """
    if (reason := _holes(path)) is not None:
        return reason
    try:
        with open_file(path, limits) as opened:
            if claims.ends_inside(path, opened.container.format.name):
                return "it ends in the middle of what its header announces"
            with reading(path):
                return _read_through(opened)
    except MediaError as error:
        return error.message


def _holes(path: Path) -> str | None:
    """Say that room was set aside for the file and not written yet, where the disk tells."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            return "it is empty"
        try:
            first = os.lseek(descriptor, 0, os.SEEK_HOLE)
        except OSError:
            return None
    finally:
        os.close(descriptor)
    return (
        None if first >= size else f"room was set aside for it, and nothing is written from byte {first:,} on"
    )


def _read_through(opened: OpenFile) -> str | None:
    container = opened.container
    tracks = [stream for stream in container.streams if stream.type == "audio"]
    duration = None if not container.duration else Fraction(container.duration, av.time_base)
    if opened.fingerprint.size > _READ_THROUGH and duration is not None and duration > 2 * _TAIL:
        container.seek(int((duration - _TAIL) * av.time_base) + (container.start_time or 0))
    ends: dict[int, Fraction] = {}
    failures = 0
    packets = container.demux(tracks or list(container.streams))
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.EOFError):
            break
        except av.error.FFmpegError as error:
            failures += 1
            if failures > _MOST_FAILURES:
                return f"the rest of it cannot be read ({reason_of(error)})"
            continue
        if _is_blank(packet):
            return f"nothing is written yet at {clock_time(_end(packet) or Fraction(0))}"
        end = _end(packet)
        if end is not None:
            ends[packet.stream.index] = max(ends.get(packet.stream.index, end), end)
    return _missing(tracks, ends)


def _is_blank(packet: Packet[Stream]) -> bool:
    """Return whether a packet of coded sound is nothing but zeros, which no encoder writes."""
    context = packet.stream.codec_context
    if context.name.startswith("pcm") or packet.size < 8:
        return False
    return not any(bytes(packet))


def _end(packet: Packet[Stream]) -> Fraction | None:
    if packet.pts is None or packet.time_base is None:
        return None
    return (packet.pts + (packet.duration or 0)) * packet.time_base


def _missing(tracks: list[Stream], ends: dict[int, Fraction]) -> str | None:
    """Compare where sound ends with where its track's header says, in containers that say it."""
    for stream in tracks:
        if stream.duration is None or stream.time_base is None:
            continue
        expected = (stream.duration + (stream.start_time or 0)) * stream.time_base
        found = ends.get(stream.index, Fraction(0))
        if found < expected - _TOLERATED - expected / 500:
            return f"its sound ends at {clock_time(max(found, Fraction(0)))} of {clock_time(expected)}"
    return None
