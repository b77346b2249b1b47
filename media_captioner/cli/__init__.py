"""The command line: each command parses, calls one library function and renders what comes back."""

from __future__ import annotations

import sys
from typing import Final

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C: 128 and the number of SIGINT."""

GO_ON: Final = "Interrupted. What was finished is kept; run the same command again to go on."


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        from media_captioner.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the modules of the command line are loaded, which takes a moment
        sys.stderr.write(f"{GO_ON}\n")
        code = INTERRUPTED
    sys.exit(code)
