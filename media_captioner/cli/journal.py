"""``media-captioner journal``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from media_captioner.cli.options import PATH, config_option, journal_file_option, journal_path, json_option


@click.group("journal", short_help="Look after the journal: verify, vacuum, export, rebuild.")
def command() -> None:
    """Look after the journal, the file that remembers answers, costs and limits."""


@command.command("verify", short_help="Find everything that is wrong with the journal.")
@journal_file_option
@config_option
@json_option
def verify(journal: Path | None, config_file: Path | None, *, as_json: bool) -> int:
    """Read the whole journal and check that it is sound. Nothing is changed. Exit code 1 where it is not."""
    from media_captioner.cli.render import counted, print_json
    from media_captioner.schedule.journal.reports import reading
    from media_captioner.schedule.journal.upkeep import problems

    path = journal_path(journal, config_file)
    with reading(path) as connection:
        found = problems(connection)
    if as_json:
        print_json({"journal": str(path), "problems": found})
    else:
        for problem in found:
            click.echo(problem)
        click.echo(f"{path}: {'sound' if not found else counted(len(found), 'problem')}", err=True)
    return 1 if found else 0


@command.command("vacuum", short_help="Make the journal as small as it can be.")
@journal_file_option
@config_option
def vacuum(journal: Path | None, config_file: Path | None) -> None:
    """Make the journal as small as it can be."""
    from media_captioner.cli.render import counted
    from media_captioner.schedule.journal import vacuum as shrink

    path = journal_path(journal, config_file)
    saved = shrink(path)
    click.echo(f"{path}: {counted(saved, 'byte')} saved")


@command.command("export", short_help="Print everything that the journal knows, as JSON lines.")
@journal_file_option
@config_option
def export(journal: Path | None, config_file: Path | None) -> None:
    """Print every row of the journal as one JSON object a line, with the name of its table."""
    from media_captioner.cli.render import print_json
    from media_captioner.schedule.journal.reports import reading
    from media_captioner.schedule.journal.upkeep import export as rows

    with reading(journal_path(journal, config_file)) as connection:
        for row in rows(connection):
            print_json(row)


@command.command("rebuild", short_help="Read answers back from the sidecars beside the media.")
@click.argument("places", nargs=-1, required=True, type=PATH, metavar="SIDECARS|FOLDERS...")
@journal_file_option
@config_option
@json_option
def rebuild(
    places: tuple[Path, ...], journal: Path | None, config_file: Path | None, *, as_json: bool
) -> int:
    """Put the answers that were paid for, as the sidecars hold them, into the journal: after it was lost or damaged."""
    from media_captioner.cli.render import counted, print_json
    from media_captioner.rebuilding import rebuild as read_back
    from media_captioner.schedule.journal import open_journal
    from media_captioner.system.printable import printable

    async def run() -> Any:
        with open_journal(journal_path(journal, config_file), doing="rebuilding") as opened:
            return await read_back(opened, places)

    found = asyncio.run(run())
    if as_json:
        unreadable = [{"path": str(path), "reason": reason} for path, reason in found.unreadable]
        print_json({"sidecars": found.sidecars, "answers": found.answers, "unreadable": unreadable})
    else:
        for path, reason in found.unreadable:
            click.echo(f"{printable(str(path))}: {printable(reason)}", err=True)
        read = f"{counted(found.answers, 'answer')} read back from {counted(found.sidecars, 'sidecar')}"
        rest = "" if found.answers else "; those that cost nothing, or that the journal has, are left out"
        click.echo(read + rest)
    return 1 if found.unreadable else 0
