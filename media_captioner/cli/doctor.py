"""``media-captioner doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.cli.options import config_option, json_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media_captioner.doctor import Check


@click.command("doctor", short_help="Check this installation.")
@config_option
@json_option
def command(config_file: Path | None, *, as_json: bool) -> int:
    """Check versions, settings, codecs, models and writable folders. Exit code 1 where something does not work."""
    from media_captioner.doctor import examine

    return show(examine(config_file), as_json=as_json)


def show(checks: Iterable[Check], *, as_json: bool) -> int:
    """Print checks as they are made, and return the exit code: 1 where something does not work."""
    from dataclasses import asdict

    from media_captioner.cli.render import print_json

    marks = {"fine": ("ok", "green"), "note": ("note", "yellow"), "problem": ("problem", "red")}
    wrong = False
    for check in checks:
        wrong |= check.verdict == "problem"
        if as_json:
            print_json(asdict(check))
            continue
        mark, colour = marks[check.verdict]
        click.echo(f"{click.style(f'{mark:>8}', fg=colour)}  {check.subject}: {check.found}")
        if check.remedy:
            click.echo(f"          {check.remedy}")
    return 1 if wrong else 0
