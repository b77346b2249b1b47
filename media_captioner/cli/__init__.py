"""The command line: each command parses, calls one library function and renders what comes back."""

from __future__ import annotations

import os
import sys
from typing import Final

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT."""

GO_ON: Final = "Interrupted. What was finished is kept; run the same command again to go on."


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _open_streams()
    try:
        from media_captioner.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the modules of the command line are loaded, which takes a moment
        sys.stderr.write(f"{GO_ON}\n")
        code = INTERRUPTED
    sys.exit(code)


def _open_streams() -> None:
    """Stand something in for standard streams that whoever started us has closed.

    Else the next file that is opened gets the number of one, and what libraries print would end up in it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))
