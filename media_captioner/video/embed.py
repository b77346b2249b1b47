"""XMP inside a copy of an MP4 or MOV file, for programs that read it nowhere else (Premiere Pro reads such files so)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from media_captioner.errors import ToolMissing, UnsupportedMedia
from media_captioner.export.base import ExportContext
from media_captioner.export.managers.xmp import XmpSidecar
from media_captioner.media.probe import probe
from media_captioner.model import Captions
from media_captioner.system import files, processes
from media_captioner.system.clock import SYSTEM_CLOCK
from media_captioner.video.essence import check_unchanged, essence_of
from media_captioner.video.targets import target_for

_SUFFIXES: Final = (".mp4", ".m4v", ".mov")
_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Identity of the box that holds a C2PA manifest (C2PA specification, "Embedding manifests into BMFF-based assets")."""


def embed(source: Path, captions: Captions, out: Path | None = None) -> Path:
    """Write a copy of ``source`` with our XMP in it, merged into what XMP it has, and return its path.

    Args:
        source: An MP4, M4V or MOV file; it is only read.
        captions: Its captions.
        out: The copy; by default ``clip.embedded.mp4`` beside the source.

    Raises:
        MediaError: the source cannot be read, or is of another kind.
        UnsupportedMedia: it carries a C2PA signature, which any change would break.
        ToolError: exiftool is missing or fails.
        OutputError: something stands at ``out``, it cannot be written, or the essence would not be the same.

    """
    source = source.absolute()
    media = probe(source)
    if "mp4" not in media.format or source.suffix.lower() not in _SUFFIXES:
        raise UnsupportedMedia(
            f"Cannot embed into {source}: only MP4 and MOV files take XMP",
            hint="The XMP file beside it says the same.",
        )
    if is_signed(source):
        raise UnsupportedMedia(
            f"Did not embed into {source}: it is signed (C2PA), and any change makes the signature invalid",
            hint="The XMP file beside it says the same.",
        )
    program = processes.find_program("exiftool")
    if program is None:
        raise ToolMissing("Cannot find exiftool, which embeds XMP", hint="Install exiftool.")
    target = target_for(
        source, out, f"embedded{source.suffix}", _SUFFIXES, "the copy is of the source's kind"
    )
    before = essence_of(source)
    timeout = 120 + media.fingerprint.size / (2 * 1024 * 1024)
    plain: list[str | os.PathLike[str]] = [program, "-config", "", "-api", "LargeFileSupport=1", "-q"]
    doing = f"embedding XMP into {target.name}"
    with files.private_folder() as folder, files.placed_whole(target) as temporary:
        found = processes.run(
            [*plain, "-b", "-XMP", source], doing=doing, timeout=timeout, max_output=64 * 2**20
        )
        files.write_whole(folder / "packet.xmp", _packet(found.stdout, captions, source))
        # Percent signs are codes in the name of an output file, and are doubled to stand for themselves.
        name = str(temporary).replace("%", "%%")
        processes.run(
            [*plain, "-XMP<=packet.xmp", "-o", name, source], doing=doing, timeout=timeout, folder=folder
        )
        check_unchanged(before, essence_of(temporary), target)
    return target


def _packet(found: bytes, captions: Captions, source: Path) -> bytes:
    exporter, context = XmpSidecar(), ExportContext(now=SYSTEM_CLOCK.now())
    if not found.strip():
        return exporter.write(captions, context)
    if not exporter.can_merge(found):
        raise UnsupportedMedia(f"Did not embed into {source}: the XMP in it cannot be merged into")
    return exporter.merge(found, captions, context)


def is_signed(path: Path) -> bool:
    """Return whether an MP4 or MOV file carries a C2PA manifest.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4]), head[4:]
            read = 8
            if size == 1:  # a 64-bit size follows (ISO 14496-12, 4.2)
                size, read = int.from_bytes(file.read(8)), 16
            if kind == b"uuid" and file.read(16) == _C2PA:
                return True
            read += 16 if kind == b"uuid" else 0
            if size == 0:  # the last box reaches to the end
                return False
            if size < read:
                return False
            file.seek(size - read, 1)
    return False
