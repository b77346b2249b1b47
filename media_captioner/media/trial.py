"""Whether reading a file brings a program down, tried in a program of its own.

A decoder that crashes takes the whole program with it, and all files under way look alike afterwards. This tells the
one from the others.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Final

from media_captioner.errors import MediaCaptionerError, ToolCrashed, ToolError
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
from media_captioner.system import processes

_MOST_SECONDS: Final = 3600.0  # ten hours of sound take some minutes


def brings_down(path: Path) -> str | None:
    """Decode every track of a file as captioning it would, and return how that brought a program down, or None.

    Nothing else is judged: a file that cannot be read, or takes too long, fails in its own time and by its own name.

    Args:
        path: The file.

    """
    command = [sys.executable, "-m", __name__, str(path.absolute())]
    try:
        processes.run(command, doing=f"trying whether {path} can be decoded", timeout=_MOST_SECONDS)
    except ToolCrashed as error:
        return error.message
    except ToolError:
        return None
    return None


def _decode(path: Path) -> None:
    with contextlib.suppress(MediaCaptionerError):
        media = probe(path)
        for track in media.audio:
            with contextlib.suppress(MediaCaptionerError), open_segments(media, track) as reader:
                for _ in reader:
                    pass


if __name__ == "__main__":
    _decode(Path(sys.argv[1]))
