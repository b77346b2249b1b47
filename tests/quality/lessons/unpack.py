"""Takes sounds out of the archives that games keep them in: zip (pk3, wz), Qt resources, Doom's and OpenTTD's."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

SOUNDS = frozenset({".ogg", ".wav", ".mp3", ".oga", ".flac", ".opus", ".aif", ".aiff", ".au"})


def sounds_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name within the archive and the bytes of each sound in it; nothing where it is no archive."""
    reader = {".zip": _zip, ".pk3": _zip, ".wz": _zip, ".rcc": _resources, ".wad": _doom, ".cat": _openttd}
    read = reader.get(path.suffix.lower())
    if read:
        yield from ((name, data) for name, data in read(path) if PurePosixPath(name).suffix.lower() in SOUNDS)


def _zip(path: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if PurePosixPath(name).suffix.lower() in SOUNDS:
                    yield name, archive.read(name)


def _resources(path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    if data[:4] != b"qres":
        return
    version, tree, content, names = struct.unpack(">4I", data[4:20])
    size = 14 if version < 2 else 22
    todo = [(0, "")]
    while todo:
        index, folder = todo.pop()
        at = tree + index * size
        name_at, flags = struct.unpack(">IH", data[at : at + 6])
        name_at += names
        (length,) = struct.unpack(">H", data[name_at : name_at + 2])
        name = data[name_at + 6 : name_at + 6 + 2 * length].decode("utf-16-be") if index else ""
        inner = f"{folder}/{name}".strip("/")
        if flags & 2:  # a folder
            count, first = struct.unpack(">II", data[at + 6 : at + 14])
            todo += [(first + child, inner) for child in range(count)]
        elif not flags & 4:  # zstd: none of them sounds
            at = content + struct.unpack(">I", data[at + 10 : at + 14])[0]
            (length,) = struct.unpack(">I", data[at : at + 4])
            held = data[at + 4 : at + 4 + length]
            yield inner, zlib.decompress(held[4:]) if flags & 1 else held


def _doom(path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    if data[:4] not in {b"IWAD", b"PWAD"}:
        return
    count, directory = struct.unpack("<II", data[4:12])
    for entry in range(count):
        at, length, raw = struct.unpack("<II8s", data[directory + 16 * entry :][:16])
        name = raw.rstrip(b"\0").decode("latin-1")
        if not name.startswith("DS") or length <= 8:
            continue
        form, rate, samples = struct.unpack("<HHI", data[at : at + 8])
        if form == 3:
            held = io.BytesIO()
            with wave.open(held, "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(1)
                out.setframerate(rate)
                out.writeframes(data[at + 24 : at + samples - 8])
            yield f"{name.lower()}.wav", held.getvalue()


def _openttd(path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    first = struct.unpack("<I", data[:4])[0] & 0x7FFFFFFF
    for entry in range(first // 8):
        at = struct.unpack("<I", data[8 * entry : 8 * entry + 4])[0] & 0x7FFFFFFF
        name = data[at + 1 : at + 1 + data[at]].rstrip(b"\0").decode("latin-1")
        start = data.find(b"RIFF", at, at + data[at] + 64)
        if start >= 0:
            length = struct.unpack("<I", data[start + 4 : start + 8])[0] + 8
            # The name is a sentence: what it is, what it was, who made it.
            title = name.replace('"', " ").split(".")[0].split(" By ")[0].split("  Orig")[0].replace("/", " ")
            yield f"{entry:02d} {title}.wav", data[start : start + length]
