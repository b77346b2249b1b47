"""``media-captioner doctor``."""

from __future__ import annotations

import click

from media_captioner.cli.options import json_option


@click.command("doctor", short_help="Check this installation.")
@json_option
def command(*, as_json: bool) -> int:
    """Check versions, codecs, models and writable folders. Exit code 1 where something does not work."""
    from dataclasses import asdict

    from media_captioner.cli.render import print_json
    from media_captioner.doctor import examine

    marks = {"fine": ("ok", "green"), "note": ("note", "yellow"), "problem": ("problem", "red")}
    wrong = False
    for check in examine():
        wrong |= check.verdict == "problem"
        if as_json:
            print_json(asdict(check))
            continue
        mark, colour = marks[check.verdict]
        click.echo(f"{click.style(f'{mark:>8}', fg=colour)}  {check.subject}: {check.found}")
        if check.remedy:
            click.echo(f"          {check.remedy}")
    return 1 if wrong else 0
