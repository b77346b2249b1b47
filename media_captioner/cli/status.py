"""``media-captioner status``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.options import config_option, journal_option, json_option


@click.command("status", short_help="Show how many assets are done, waiting or failed.")
@journal_option
@config_option
@json_option
def command(journal: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Show how everything stands: assets by state, requests under way, and what was spent today (UTC).

    With the setting database it is the journal that machines share; media-captioner fleet status says more of it.
    """
    from media_captioner.cli.render import STATE_COLOURS, counted, dollars, print_json
    from media_captioner.cli.shared import reading
    from media_captioner.schedule.journal.reports import overview
    from media_captioner.system.clock import SYSTEM_CLOCK
    from media_captioner.system.printable import printable

    with reading(journal, config_file) as (connection, path):
        found = overview(connection, SYSTEM_CLOCK.now().strftime("%Y-%m-%d"))
    if as_json:
        today = {
            "requests": found.today.requests,
            "tokens": found.today.tokens,
            "dollars": float(found.today.dollars),
        }
        print_json(
            {
                "journal": None if path is None else str(path),
                "assets": found.assets,
                "asking": found.asking,
                "answers": found.answers,
                "today": today,
                "processes": found.processes,
                "next": found.next,
            }
        )
        return
    for state, count in found.assets.items():
        click.echo(f"{count:>8,} {click.style(state, fg=STATE_COLOURS.get(state))}")
    if not found.assets:
        click.echo("No assets yet.")
    if found.next is not None:
        click.echo(f"What waits can go on at {found.next[:19].replace('T', ' ')} UTC.")
    click.echo(
        f"{counted(found.answers, 'answer')} remembered, {counted(found.asking, 'request')} under way."
    )
    click.echo(f"Today (UTC): {counted(found.today.requests, 'request')}, {dollars(found.today.dollars)}.")
    for process in found.processes:
        click.echo(f"At work: {printable(process)}")
