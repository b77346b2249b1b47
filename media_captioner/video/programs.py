"""Programs that work on media: which one is taken, and how it is told to be careful."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from media_captioner.errors import ExtraMissing, ToolMissing
from media_captioner.media.policy import FORMATS
from media_captioner.system import processes

_QUIETLY: Final = ("-nostdin", "-hide_banner", "-v", "error", "-y")
CAREFULLY: Final = {"protocol_whitelist": "file", "format_whitelist": ",".join(sorted(FORMATS))}
"""Options of an input: nothing that opens further files or the network."""

_SLOWEST: Final = 2 * 1024 * 1024  # bytes a second that any disk copies


def ffmpeg_program() -> Path:
    """Return the ffmpeg to run: that of imageio-ffmpeg (or of its variable IMAGEIO_FFMPEG_EXE), or the one on the PATH.

    The one that comes with a package is preferred: it is newer than what systems ship, and decoders of old ones have
    known holes.

    Raises:
        ToolMissing: there is none.

    """
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        pass
    found = processes.find_program("ffmpeg")
    if found is None:
        raise ToolMissing(
            "Cannot find ffmpeg",
            hint="Install the extra: pip install 'media-captioner[preview]', or ffmpeg itself.",
        )
    return found


def run_graph(
    graph: Any, names: Mapping[str, str | os.PathLike[str]], *, doing: str, folder: Path, size: int
) -> None:
    """Run a graph of ffmpeg-python, which only composes it.

    Args:
        graph: An output of ffmpeg-python.
        names: Files for the placeholders that stand in the graph: names never go through its string handling, which
            breaks on some.
        doing: What it is for, for messages.
        folder: Where it runs.
        size: Bytes that it has to read, which bounds its time.

    Raises:
        ToolError: it failed or took too long.

    """
    arguments: Sequence[str] = graph.global_args(*_QUIETLY).compile(cmd="ffmpeg")
    command: list[str | os.PathLike[str]] = [ffmpeg_program()]
    command += [_named(argument, names) for argument in arguments[1:]]
    processes.run(command, doing=doing, timeout=600 + size / _SLOWEST, folder=folder)


def _named(argument: str, names: Mapping[str, str | os.PathLike[str]]) -> str:
    # "file:" and an absolute path: no name is an option, a protocol or a pattern.
    return f"file:{os.fspath(names[argument])}" if argument in names else argument


def need_preview(what: str) -> None:
    """Make sure that the extra ``preview`` is installed.

    Raises:
        ExtraMissing: it is not.

    """
    from importlib.util import find_spec

    for module in ("moviepy", "PIL"):
        if find_spec(module) is None:
            raise ExtraMissing(
                f"Cannot make {what}: {module} is not installed",
                hint="Install the extra: pip install 'media-captioner[preview]'.",
            )
