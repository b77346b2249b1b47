"""The command line: each command parses, calls one library function and renders what comes back."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from media_captioner.cli.app import run

    sys.exit(run(sys.argv[1:]))
