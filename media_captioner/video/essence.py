"""The essence of a media file: what its streams hold, apart from the container around them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import OutputError
from media_captioner.media.container import open_file, reading
from media_captioner.media.policy import DEFAULT_LIMITS

_KINDS: Final = ("video", "audio", "subtitle")


@dataclass(frozen=True, slots=True)
class Essence:
    """One stream.

    Attributes:
        kind: ``video``, ``audio`` or ``subtitle``.
        codec: FFmpeg's name of the codec.
        digest: SHA-256 over the bytes of its packets, in their order.
        packets: How many there are.

    """

    kind: str
    codec: str
    digest: str
    packets: int


def essence_of(path: Path) -> list[Essence]:
    """Read a file from end to end and return the essence of its streams: video, then audio, then subtitles.

    Raises:
        MediaError: it cannot be read.

    """
    with open_file(path, DEFAULT_LIMITS) as opened, reading(path):
        streams = [stream for stream in opened.container.streams if stream.type in _KINDS]
        digests = {stream.index: hashlib.sha256() for stream in streams}
        counts = dict.fromkeys(digests, 0)
        for packet in opened.container.demux(streams):
            if packet.size:
                digests[packet.stream.index].update(bytes(packet))
                counts[packet.stream.index] += 1
        found = [
            Essence(
                s.type,
                _codec(s),
                digests[s.index].hexdigest(),
                counts[s.index],
            )
            for s in streams
        ]
    return sorted(found, key=lambda each: _KINDS.index(each.kind))


def _codec(stream: Any) -> str:
    context = stream.codec_context  # None where FFmpeg knows no decoder
    return context.name if context is not None else ""


def check_unchanged(before: Sequence[Essence], after: Sequence[Essence], path: Path) -> None:
    """Make sure that every stream of a file is in another one, bit for bit.

    Raises:
        OutputError: one is not.

    """
    left = [(each.kind, each.digest) for each in after]
    for each in before:
        if (each.kind, each.digest) not in left:
            raise OutputError(
                f"Did not keep {path}: its {each.kind} ({each.codec}) is not bit for bit that of the source",
                hint="Choose the container of the source (MP4, MOV or MKV).",
            )
        left.remove((each.kind, each.digest))
