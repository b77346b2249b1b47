"""What a file's own header says that it holds, read where FFmpeg quietly makes do with what is left."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final

from media_captioner.timing import from_samples

_SYNC: Final = b"G"  # the first byte of each packet of a transport stream
_TRANSPORT_PACKETS: Final = (188, 192, 204)  # bytes: ISO/IEC 13818-1, M2TS, and with error correction
_UNKNOWN_SIZES: Final = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFF000, 0xFFFFF000})
"""What recorders write for "until the end" because they did not know the size yet."""
_MOST_CHUNKS: Final = 1000
_SEGMENT: Final = bytes.fromhex("18538067")  # RFC 9559, 5.1: the element that holds all but the file's header
_MPEG_1_RATES: Final = 32_000  # samples a second from which MP3 frames are MPEG-1's, of 1152 samples


def ends_inside(path: Path, format_name: str) -> bool:
    """Return whether a file ends in the middle of something whose size it states itself.

    Args:
        path: The file.
        format_name: FFmpeg's name of its container.

    """
    with path.open("rb") as file:
        if "mpegts" in format_name:
            return _ends_in_a_packet(file)
        if "mp4" in format_name:
            return _ends_in_a_box(file)
        if "matroska" in format_name:
            return _ends_in_a_segment(file)
        if format_name == "avi":
            return _ends_in_a_chunk(file, 0, b"RIFF")  # large files have several, one after the other
        return format_name == "wav" and _ends_in_a_chunk(file, 12, b"data")  # after "RIFF", its size, "WAVE"


def mp3_duration(path: Path, rate: int) -> Fraction | None:
    """Return how long an MP3 is by the frame count in its first frame (Xing and LAME tags), or None without one.

    FFmpeg drops the count as soon as it does not fit the size of the file, which is when it matters.

    Args:
        path: The file.
        rate: Samples per second.

    """
    with path.open("rb") as file:
        tag = file.read(10)
        # An ID3v2 tag's size is in its bytes 6 to 9, seven bits in each (ID3v2.4, 3.1).
        skipped = 10 + sum(
            (byte & 0x7F) << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=False)
        )
        file.seek(skipped if tag[:3] == b"ID3" else 0)
        frame = file.read(4096)
    place = max(frame.find(b"Xing"), frame.find(b"Info"))
    if place < 0 or rate <= 0 or not frame[place + 7 : place + 8] or not frame[place + 7] & 1:
        return None
    frames = int.from_bytes(frame[place + 8 : place + 12], "big")
    return from_samples(frames * (1152 if rate >= _MPEG_1_RATES else 576), rate)


def _ends_in_a_packet(file: BinaryIO) -> bool:
    head = file.read(5 * max(_TRANSPORT_PACKETS))
    size = file.seek(0, 2)
    first = head.find(_SYNC)
    for packet in _TRANSPORT_PACKETS:
        if first >= 0 and all(head[first + k * packet : first + k * packet + 1] == _SYNC for k in range(4)):
            return size % packet != 0
    return False


def _ends_in_a_box(file: BinaryIO) -> bool:
    """Return whether the last box of an MP4 or QuickTime file is longer than the file (ISO/IEC 14496-12, 4.2)."""
    size = file.seek(0, 2)
    position = 0
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(16)
        if len(head) < 8 or not head[4:8].isalnum():
            return False  # the end, or bytes that somebody appended
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            return False  # "to the end of the file"
        position += max(length, 8)
        if position > size:
            return True
    return False


def _ends_in_a_segment(file: BinaryIO) -> bool:
    """Return whether the segment of a Matroska file is longer than the file (RFC 8794, sections 4 to 6)."""
    size = file.seek(0, 2)
    position = 0
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        head = file.read(12)
        if len(head) < 12:
            return False
        id_length = 9 - head[0].bit_length()
        width = 9 - head[id_length].bit_length() if id_length <= 4 else 0
        if not 1 <= width <= 8 or len(head) < id_length + width:
            return False
        value = int.from_bytes(head[id_length : id_length + width], "big")
        length = value & ((1 << 7 * width) - 1)
        position += id_length + width + length
        if head[:id_length] == _SEGMENT:
            unknown = length == (1 << 7 * width) - 1
            return not unknown and position > size
    return False


def _ends_in_a_chunk(file: BinaryIO, position: int, kind: bytes) -> bool:
    """Return whether a chunk of that kind, in a row of chunks from ``position`` on, is longer than the file."""
    size = file.seek(0, 2)
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8:
            return False
        length = int.from_bytes(header[4:], "little")
        position += 8 + length + length % 2
        if header[:4] == kind and length not in _UNKNOWN_SIZES and position - length % 2 > size:
            return True
    return False
