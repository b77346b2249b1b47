"""What the commands share that do something with sidecars: one that fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.errors import ConfigError, MediaCaptionerError, exit_code_of

if TYPE_CHECKING:
    from media_captioner.export.writing import Written


def with_each(sources: Sequence[Path], work: Callable[[Path, Path], None]) -> int:
    """Do something with every sidecar that the sources stand for, and tell of those where it fails.

    Args:
        sources: Media files, sidecars, files of ours or folders.
        work: What to do, with a source and one of its sidecars.

    Returns:
        The exit code: 0, that of the failures where they are of one kind, or 1.

    Raises:
        ConfigError: a setting is wrong, which concerns all of them.

    """
    from media_captioner.cli.app import show_error
    from media_captioner.export.finding import sidecars_at

    failures: list[MediaCaptionerError] = []
    for source in sources:
        try:
            sidecars = sidecars_at(source)
        except MediaCaptionerError as error:
            show_error(error)
            failures.append(error)
            continue
        for sidecar in sidecars:
            try:
                work(source, sidecar)
            except ConfigError:
                raise
            except MediaCaptionerError as error:
                show_error(error)
                failures.append(error)
    return exit_code_of(failures)


def tell_kept(written: Written) -> None:
    """Say that a file of somebody else was left alone, where one was."""
    if written.kept is None:
        return
    from media_captioner.system.printable import printable

    note = f"{written.kept.name} is not ours or was edited since, so it stays."
    click.echo(click.style("warning: ", fg="yellow") + printable(note), err=True)
