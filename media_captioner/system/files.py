"""The only writer. A path holds the complete old file or the complete new one, whatever happens in between.

The way of a write, after restic's local back end: a temporary file in the destination's own folder (so the
rename cannot cross devices), write, fsync, take over the old file's mode, look again whether the target is
still what it was, rename, fsync the folder. Temporary files are named ``.mc-<random>.tmp``: the watch folder
ignores them, and a killed run's leftovers are swept at the next start.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from media_captioner.errors import (
    AlreadyRunning,
    DiskFull,
    OutputConflict,
    OutputError,
    OutputNotWritable,
    reason_of,
)
from media_captioner.system.identity import sha256_of

TEMPORARY_PREFIX: Final = ".mc-"
TEMPORARY_SUFFIX: Final = ".tmp"

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.EISDIR,
    errno.ENAMETOOLONG,
}


def write_whole(path: Path, data: bytes, *, replacing: str | None = None, anything: bool = False) -> str:
    """Write ``data`` to ``path`` whole or not at all, and return its SHA-256.

    Args:
        path: Where to. Its folder must exist.
        data: All the bytes.
        replacing: SHA-256 of the file that may be replaced. None means that nothing may stand there.
        anything: Replace whatever stands there.

    Raises:
        OutputConflict: something else stands there than what may be replaced.
        DiskFull: no space; the old file is untouched.
        OutputNotWritable: the folder or file cannot be written.

    """
    with written_whole(path, replacing=replacing, anything=anything) as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def written_whole(path: Path, *, replacing: str | None = None, anything: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file that takes ``path``'s place when the block ends well, and vanishes when it does not.

    Arguments and errors are those of :func:`write_whole`.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fchmod(file.fileno(), _mode_for(path))
                os.fsync(file.fileno())
            if not anything:
                _check_target(path, replacing)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        _raise_output_error(path, error)


@contextlib.contextmanager
def placed_whole(path: Path) -> Iterator[Path]:
    """Give a name in ``path``'s folder for another program to write to; it becomes ``path`` when the block ends well.

    What the program left there vanishes when the block does not end well. Nothing may stand at ``path``.

    Raises:
        OutputConflict: something stands there, or nothing was written.
        DiskFull: no space.
        OutputNotWritable: the folder cannot be written.

    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    try:
        _refuse_taken(path)
        try:
            yield temporary
            descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _refuse_taken(path)
            os.replace(temporary, path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        _raise_output_error(path, error)


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise OutputConflict(
            f"Did not write {path}: a file stands there",
            hint="Choose another name with --out, or move it away.",
        )


def _mode_for(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _check_target(path: Path, replacing: str | None) -> None:
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        return
    if found != replacing:
        raise OutputConflict(
            f"Did not write {path}: a file that is not ours, or that was edited since, stands there",
            hint="Move it away, or name another place; caption and export replace it with --overwrite all.",
        )


def _sync_folder(folder: Path) -> None:
    # Some network file systems refuse to sync a folder; the rename itself has happened.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _raise_output_error(path: Path, error: OSError) -> NoReturn:
    if error.errno in _NO_SPACE:
        raise DiskFull(
            f"Cannot write {path}: {reason_of(error)}",
            hint="Free some space; results go elsewhere with --out FOLDER.",
        ) from error
    if error.errno in _NOT_ALLOWED:
        raise OutputNotWritable(
            f"Cannot write {path}: {reason_of(error)}",
            hint="Choose another place, or change who may write there; results go elsewhere with --out FOLDER.",
        ) from error
    raise OutputError(f"Cannot write {path}: {reason_of(error)}") from error


def check_writable(folder: Path) -> None:
    """Make sure that files can be created in ``folder``, by creating one. It is made if it is missing.

    Raises:
        OutputNotWritable: it cannot be made or written to.
        DiskFull: not even an empty file fits.

    """
    make_folder(folder)
    probe = folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        probe.unlink()
    except OSError as error:
        _raise_output_error(folder, error)


def free_bytes(folder: Path) -> int:
    """Return how many bytes an ordinary user may still write below ``folder``.

    Raises:
        OSError: it cannot be asked.

    """
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def make_folder(folder: Path) -> None:
    """Create ``folder`` and its parents where they are missing.

    Raises:
        OutputNotWritable: it cannot be made.
        DiskFull: no space.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _raise_output_error(folder, error)


@contextlib.contextmanager
def private_folder(within: Path | None = None) -> Iterator[Path]:
    """Give a new folder that only this user can enter, and delete it with all its files afterwards.

    Args:
        within: Where to make it; in the system's folder for temporary files by default.

    """
    try:
        folder = tempfile.TemporaryDirectory(
            prefix="media-captioner-", dir=within, ignore_cleanup_errors=True
        )
    except OSError as error:
        _raise_output_error(within or Path(tempfile.gettempdir()), error)
    with folder as name:
        yield Path(name)


def create_private(path: Path) -> None:
    """Create an empty file that only its owner may read; nothing happens where there is a file already.

    Raises:
        OutputNotWritable: it cannot be created, or not be written to.
        DiskFull: no space.

    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        _raise_output_error(path, error)


def move_aside(path: Path, to: Path) -> None:
    """Rename a file of ours on its disk, over whatever stands there; nothing happens where there is none.

    Raises:
        OutputNotWritable: it cannot be renamed.

    """
    try:
        os.replace(path, to)
        _sync_folder(to.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        _raise_output_error(path, error)


def remove(path: Path) -> None:
    """Delete a file of ours; nothing happens where there is none.

    Raises:
        OutputNotWritable: it may not be deleted.

    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _raise_output_error(path, error)


def remove_empty_folder(folder: Path) -> None:
    """Delete a folder of ours if nothing is left in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def remove_folder(folder: Path) -> None:
    """Delete a folder of ours with the files in it; nothing happens where there is none.

    Folders inside it are not followed: one with folders in it stays, and so do they.

    Raises:
        OutputNotWritable: something in it may not be deleted.

    """
    try:
        for entry in list(folder.iterdir()):
            if not entry.is_dir() or entry.is_symlink():
                entry.unlink(missing_ok=True)
        folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        _raise_output_error(folder, error)


def sweep(folder: Path, *, older_than: float, now: float) -> int:
    """Delete temporary files of ours that a killed run left in ``folder``, and return how many.

    Args:
        folder: Where to look; not below it.
        older_than: Seconds since the last write; younger ones may belong to a run at work.
        now: The time of day, seconds since 1970.

    """
    swept = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not (entry.name.startswith(TEMPORARY_PREFIX) and entry.name.endswith(TEMPORARY_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and now - entry.stat().st_mtime > older_than:
                    Path(entry.path).unlink()
                    swept += 1
    return swept


@contextlib.contextmanager
def locked(path: Path, *, doing: str) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` while the block runs. The system frees it if the process dies.

    Args:
        path: The lock file; created if missing, never deleted (deleting would race).
        doing: What the holder does, for the message that the second process shows.

    Raises:
        AlreadyRunning: another process holds it.

    """
    make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        _raise_output_error(path, error)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode("utf-8", "replace").strip() or "another process"
            raise AlreadyRunning(
                f"Cannot start: {holder} is at work here", hint="Wait until it is done, or stop it."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} ({doing})".encode())
        yield
    finally:
        os.close(descriptor)
