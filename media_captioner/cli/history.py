"""``media-captioner history``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.options import NAME, config_option, journal_option, json_option, map_option


@click.command("history", short_help="Show what became of assets lately.")
@click.argument("source", required=False, type=NAME, metavar="[FILE]")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How much of it.")
@map_option
@journal_option
@config_option
@json_option
def command(
    source: str | None,
    maps: tuple[str, ...],
    journal: Path | None,
    config_file: Path | None,
    *,
    limit: int,
    as_json: bool,
) -> None:
    """Show what became of assets, the latest first; with FILE, of that one."""
    from media_captioner.cli.render import STATE_COLOURS, print_json
    from media_captioner.cli.shared import named, reading
    from media_captioner.schedule.journal.reports import history
    from media_captioner.system.printable import printable

    with reading(journal, config_file) as (connection, file):
        found = history(connection, limit=limit, source=named(source, maps, file) if source else None)
    for each in found:
        if as_json:
            print_json({"at": each.at, "source": each.source, "state": each.state, "reason": each.reason})
            continue
        state = click.style(each.state, fg=STATE_COLOURS.get(each.state))
        reason = f": {printable(each.reason)}" if each.reason else ""
        click.echo(f"{each.at[:19].replace('T', ' ')}  {printable(each.source)}  {state}{reason}")
    if not found and not as_json:
        click.echo("Nothing yet.")
