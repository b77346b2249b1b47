"""The only spawner: every program runs without a shell, with limits, in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from media_captioner.errors import ToolCrashed, ToolMissing, ToolTimeout, reason_of
from media_captioner.system.secrets import redact

KEPT_OUTPUT: Final = 64 * 1024
"""Bytes of standard error that are kept, the last ones."""

_GRACE: Final = 2.0  # seconds between asking a program to stop and killing it


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended well.

    Attributes:
        stdout: What it printed, at most the limit that was set.
        stderr: The last 64 KiB of what it said besides, secrets masked.

    """

    stdout: bytes
    stderr: str


def find_program(name: str) -> Path | None:
    """Return where the program ``name`` is on the PATH, or None."""
    place = shutil.which(name)
    return Path(place) if place else None


def run(
    arguments: Sequence[str | os.PathLike[str]],
    *,
    doing: str,
    timeout: float,
    stdin: bytes | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    max_output: int = 16 * 1024 * 1024,
    max_memory: int | None = None,
) -> Finished:
    """Run a program to its end.

    Args:
        arguments: The program and its arguments; no shell sees them.
        doing: What it is for, for messages ("reading the tags of clip.mp4").
        timeout: Seconds until it is stopped, first asked (SIGTERM), then killed with its whole group.
        stdin: What it may read; nothing by default, never the terminal.
        folder: Where it runs.
        environment: Its whole environment; ours by default.
        max_output: Bytes of standard output; a program that prints more is stopped.
        max_memory: Bytes of address space that it and each program it starts may take (Linux); None for as many
            as there are.

    Raises:
        ToolMissing: there is no such program.
        ToolTimeout: it was stopped for being too slow.
        ToolCrashed: it ended with an error, or printed too much.

    """
    name = os.path.basename(os.fspath(arguments[0]))  # noqa: PTH119 - an argument, not one of our paths
    try:
        process = subprocess.Popen(
            _tied_to_us([os.fspath(argument) for argument in arguments], environment),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolMissing(
            f"Cannot start {name} for {doing}: {reason_of(error)}",
            hint=f"Install {name}, or make sure that it is on the PATH.",
        ) from error
    if max_memory is not None:
        _bound_memory(process, max_memory)
    with process:
        return _collect(process, name, doing, timeout, stdin, max_output)


def _tied_to_us(arguments: list[str], environment: Mapping[str, str] | None) -> list[str]:
    """Return a command whose program the system kills when we are killed (Linux, with setpriv of util-linux).

    The system watches the thread that started it; that thread waits for it, so it ends no sooner. A program that cannot
    be found is left to fail by itself, so that the message names it.
    """
    guard = shutil.which("setpriv")
    path = None if environment is None else environment.get("PATH", os.defpath)
    if guard is None or shutil.which(arguments[0], path=path) is None:
        return arguments
    return [guard, "--pdeathsig", "KILL", "--", *arguments]


def _bound_memory(process: subprocess.Popen[bytes], size: int) -> None:
    # Set from outside, just after the start: a function run between fork and exec can deadlock in a program with
    # threads. What the program starts inherits the bound.
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (size, size))


def _collect(
    process: subprocess.Popen[bytes],
    name: str,
    doing: str,
    timeout: float,
    stdin: bytes | None,
    max_output: int,
) -> Finished:
    out, err = bytearray(), bytearray()
    overflow = threading.Event()
    readers = [
        threading.Thread(
            target=_read, args=(process, process.stdout, out, max_output, overflow), daemon=True
        ),
        threading.Thread(target=_read_tail, args=(process.stderr, err), daemon=True),
    ]
    if stdin is not None:
        readers.append(threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True))
    for reader in readers:
        reader.start()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        stop(process)
        raise ToolTimeout(f"{name} was stopped after {timeout:g} s while {doing}") from None
    except BaseException:
        stop(process)
        raise
    for reader in readers:
        reader.join(_GRACE)
    said = redact(err.decode("utf-8", "replace"))
    if overflow.is_set():
        bound = f"{max_output >> 20} MiB" if max_output >= 1 << 20 else f"{max_output} bytes"
        raise ToolCrashed(f"{name} was stopped while {doing}: it printed more than {bound}")
    if process.returncode < 0:
        names = {each.value: each.name for each in signal.Signals}  # without those of programs' own
        ended = names.get(-process.returncode, f"signal {-process.returncode}")
        raise ToolCrashed(f"{name} was ended by {ended} while {doing}")
    if process.returncode:
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise ToolCrashed(f"{name} failed (exit code {process.returncode}) while {doing}: {last[0]}")
    return Finished(bytes(out), said)


def _read(
    process: subprocess.Popen[bytes],
    pipe: IO[bytes] | None,
    into: bytearray,
    limit: int,
    overflow: threading.Event,
) -> None:
    assert pipe is not None  # noqa: S101 - for the type checker; the pipe was asked for
    with contextlib.suppress(OSError, ValueError):
        while block := pipe.read1(65536):  # type: ignore[attr-defined]
            into += block
            if len(into) > limit:
                overflow.set()
                stop(process)
                return


def _read_tail(pipe: IO[bytes] | None, into: bytearray) -> None:
    # Standard error is always drained: a full pipe would stall the program for good.
    assert pipe is not None  # noqa: S101 - for the type checker; the pipe was asked for
    with contextlib.suppress(OSError, ValueError):
        while block := pipe.read1(65536):  # type: ignore[attr-defined]
            into += block
            del into[:-KEPT_OUTPUT]


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    assert pipe is not None  # noqa: S101 - for the type checker; the pipe was asked for
    with contextlib.suppress(OSError, ValueError):
        pipe.write(data)
        pipe.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a program and everything it started: SIGTERM to its group, and SIGKILL two seconds later."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            continue
        # The leader is gone; whatever it left behind in the group goes too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return
