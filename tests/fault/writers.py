"""Clips that no two of sound alike, and writers that each put bytes into a folder in a way of their own."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from media_captioner.testing.media import Sound, media_bytes

QUIET = 0.4  # seconds; stalls of the writers below are longer
LONG = 1.5  # seconds, whole clips
CROWD = 1000  # number of the first file of the crowd; those that are named by their pitch come before
RATE = 8_000  # samples per second of the crowd's sound
SLOTS = 16  # parts of its sound: the first and the last are loud, and each between them spells a bit
HUM = 200  # its pitch, Hz; all others are higher


def clip(pitch: int) -> bytes:
    """Return a clip of ``LONG`` seconds that sounds at ``pitch`` Hz: its pitch is its name."""
    time_ = np.arange(round(LONG * 16_000)) / 16_000
    tone = (0.4 * np.sin(2 * np.pi * pitch * time_)).astype(np.float32)
    return media_bytes("mp4", [Sound(tone[None, :], rate=16_000)])


def crowd_clips(count: int) -> Iterator[bytes]:
    """Yield clips of ``LONG`` seconds whose sound spells their number: one that is made, and then its samples changed."""
    size = round(LONG * RATE) // SLOTS
    hum = 0.5 * np.sin(2 * np.pi * HUM * np.arange(SLOTS * size) / RATE)
    first = _spelling(hum, 0)
    made = media_bytes("mov", [Sound((first / 32_768).astype(np.float32)[None, :], RATE, codec="pcm_s16le")])
    before, found, after = made.partition(first.tobytes())
    assert found, "the samples do not stand in the file as they are"
    for number in range(count):
        yield before + _spelling(hum, number).tobytes() + after


def _spelling(hum: np.ndarray, number: int) -> np.ndarray:
    bits = [1, *((number >> bit) & 1 for bit in range(SLOTS - 2)), 1]
    loudness = np.repeat([1.0 if bit else 0.1 for bit in bits], len(hum) // SLOTS)
    return np.round(hum * loudness * 32_767).astype("<i2")


def spelled(pcm: np.ndarray) -> int:
    """Return the number that the sound of one of the crowd spells, or -1 where it is not whole."""
    parts = np.array_split(np.abs(pcm.astype(np.float64)), SLOTS)
    loud = np.array([part.mean() for part in parts])
    bits = loud > loud.max() / 2
    if not bits[0] or not bits[-1]:
        return -1
    return int(sum(1 << place for place, bit in enumerate(bits[1:-1]) if bit))


# Each writer puts the bytes at `path` in its own way and returns when it is done.


def by_cp(path: Path, data: bytes, spare: Path, chance: random.Random) -> None:
    source = spare / f"{path.name}.source"
    source.write_bytes(data)
    subprocess.run(["cp", str(source), str(path)], check=True)


def by_rsync(path: Path, data: bytes, spare: Path, chance: random.Random) -> None:
    source = spare / path.name
    source.write_bytes(data)
    os.utime(source, (1_000_000_000, 1_000_000_000))  # -t sets the old time back
    subprocess.run(["rsync", "-t", "--bwlimit=2000", str(source), str(path)], check=True)


def by_pieces(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    """Write and stall, with the file open, for longer than the quiet period."""
    with path.open("wb") as file:
        for part in range(4):
            file.write(data[part * len(data) // 4 : (part + 1) * len(data) // 4])
            file.flush()
            time.sleep(QUIET * chance.uniform(0.5, 3))


def by_appending(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    """Write and stall, opening the file anew for each piece: between them nobody has it open."""
    path.write_bytes(b"")
    for part in range(4):
        time.sleep(QUIET * chance.uniform(0.5, 3))
        with path.open("ab") as file:
            file.write(data[part * len(data) // 4 : (part + 1) * len(data) // 4])


def by_setting_room_aside(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    """Set aside the full size, close, and fill it from the front with stalls; the size never changes."""
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, len(data))
    for part in range(3):
        time.sleep(QUIET * chance.uniform(1.5, 3))
        with path.open("r+b") as file:
            file.seek(part * len(data) // 3)
            file.write(data[part * len(data) // 3 : (part + 1) * len(data) // 3])


def by_zeros_first(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    """Write zeros over the full size, then the real bytes from the end to the front, and set the time back."""
    path.write_bytes(bytes(len(data)))
    for part in reversed(range(3)):
        time.sleep(QUIET * chance.uniform(1.5, 3))
        with path.open("r+b") as file:
            file.seek(part * len(data) // 3)
            file.write(data[part * len(data) // 3 : (part + 1) * len(data) // 3])
        os.utime(path, (1_000_000_000, 1_000_000_000))


def by_browser(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    part = path.with_name(f"{path.name}.crdownload")
    by_pieces(part, data, _spare, chance)
    part.rename(path)


def by_camera(path: Path, data: bytes, _spare: Path, chance: random.Random) -> None:
    path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7" + bytes(4092))
    (path.parent / ".DS_Store").write_bytes(bytes(6148))
    path.with_name(f"{path.name}.tmp").write_bytes(data[:100])
    path.write_bytes(data)


WRITERS = (
    by_cp,
    by_rsync,
    by_pieces,
    by_appending,
    by_setting_room_aside,
    by_zeros_first,
    by_browser,
    by_camera,
)
