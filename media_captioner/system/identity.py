"""What a file is: its fingerprint, the hash of its bytes, its identity. Files are only read here."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from media_captioner.errors import MediaNotFound, UnsafeInput, reason_of
from media_captioner.model import Fingerprint


def fingerprint(path: Path) -> Fingerprint:
    """Return what ``stat`` says of ``path``, following links.

    Raises:
        OSError: it cannot be looked at.

    """
    return fingerprint_of(path.stat())


def fingerprint_of(status: os.stat_result) -> Fingerprint:
    """Return what ``status``, which ``stat`` gave, says of a file."""
    return Fingerprint(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def standing(path: Path) -> Fingerprint | None:
    """Return what ``stat`` says of the regular file at ``path`` itself, or None where there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return fingerprint_of(status) if stat.S_ISREG(status.st_mode) else None


def check_source(path: Path) -> Fingerprint:
    """Make sure that ``path`` is a regular, non-empty file before anything opens it.

    A FIFO would block an open for ever and a device can be endless, so ``stat`` comes first.

    Raises:
        MediaNotFound: nothing there, or it may not be read.
        UnsafeInput: a folder, FIFO, socket or device.

    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise MediaNotFound(
            f"Cannot read {path}: there is no such file", hint="Check the path and its spelling."
        ) from None
    except OSError as error:
        why = reason_of(error)
        raise MediaNotFound(f"Cannot read {path}: {why}", hint="Check who may read it.") from error
    except ValueError as error:
        raise MediaNotFound(f"Cannot read {str(path)!r}: {error}") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise UnsafeInput(f"Cannot read {path}: it is {kind}", hint="Name a media file.")
    if not os.access(path, os.R_OK):
        raise MediaNotFound(f"Cannot read {path}: permission denied", hint="Check who may read it.")
    return fingerprint_of(status)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data``, hexadecimal: what :func:`sha256_of` says of a file that holds it."""
    return hashlib.sha256(data).hexdigest()


_SAMPLED: Final = 64 * 1024 * 1024  # bytes; larger files are sampled
_SAMPLE: Final = 1024 * 1024
_SAMPLES: Final = 16


def content_id(path: Path) -> str:
    """Return an identity of a file's bytes that survives renames and copies: ``mc1:`` and a SHA-256.

    Files up to 64 MiB are hashed whole. Of larger ones the size and 16 MiB spread evenly from the first byte to
    the last are hashed, so that a tape of 100 GB costs no more than a clip.

    Raises:
        OSError: it cannot be read.

    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest.update(str(size).encode())
        if size <= _SAMPLED:
            while block := file.read(_SAMPLE):
                digest.update(block)
        else:
            for sample in range(_SAMPLES):
                file.seek((size - _SAMPLE) * sample // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE))
    return f"mc1:{digest.hexdigest()}"
