"""What the commands share that make a new file out of a media file and its captions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from media_captioner.cli.options import PATH

if TYPE_CHECKING:
    from media_captioner.model import Captions

F = TypeVar("F", bound=Callable[..., Any])

file_argument = click.argument("file", type=PATH)


def out_option(default: str) -> Callable[[F], F]:
    """Return the option ``--out``."""
    return click.option("--out", type=PATH, metavar="FILE", help=f"The new file; {default} by default.")


captions_option = click.option(
    "--captions", "sidecar", type=PATH, metavar="JSON", help="The sidecar, where it lies elsewhere."
)


def captions_of(file: Path, sidecar: Path | None) -> Captions:
    """Return the captions of a media file: of the sidecar named, or of the one beside it.

    Raises:
        MediaError: there are none.

    """
    from media_captioner.export.finding import known_at, sidecars_at

    return known_at(sidecar or sidecars_at(file)[0]).sidecar.captions


def tell(path: Path) -> int:
    """Print what was written."""
    from media_captioner.system.printable import printable

    click.echo(printable(str(path)))
    return 0
