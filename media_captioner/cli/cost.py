"""``media-captioner cost``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.cli.options import config_option, journal_option, json_option

if TYPE_CHECKING:
    from media_captioner.schedule.journal.reports import By


@click.command("cost", short_help="Show what was spent, by day, captioner, asset or run.")
@click.option(
    "--by",
    type=click.Choice(["day", "captioner", "asset", "run"]),
    default="day",
    show_default=True,
    help="What to group by.",
)
@click.option("--since", metavar="DATE", default="", help="Only from this day on (2026-03-18, UTC).")
@journal_option
@config_option
@json_option
def command(journal: Path | None, config_file: Path | None, *, by: By, since: str, as_json: bool) -> None:
    """Show what requests took. A request whose end nobody knows counts at the most that it can have cost.

    A request that is under way when the program is killed may have been billed, and is asked again: it can be paid
    twice. There are at most as many of those as requests at once, and each line says how many it holds.
    """
    from media_captioner.cli.render import dollars, print_json, printable
    from media_captioner.cli.shared import reading
    from media_captioner.schedule.journal.reports import costs
    from media_captioner.schedule.question import NOTHING

    with reading(journal, config_file) as (connection, _):
        found = costs(connection, by, since=since)
    for cost in found:
        if as_json:
            print_json(
                {
                    by: cost.name,
                    "requests": cost.taken.requests,
                    "tokens": cost.taken.tokens,
                    "dollars": float(cost.taken.dollars),
                    "unknown": cost.unknown,
                }
            )
            continue
        unknown = f"  ({cost.unknown} of them ended unknown and may have cost less)" if cost.unknown else ""
        click.echo(
            f"{printable(cost.name)}  {cost.taken.requests:,} requests  {cost.taken.tokens:,} tokens  "
            f"{dollars(cost.taken.dollars)}{unknown}"
        )
    if not as_json:
        total = sum((cost.taken for cost in found), NOTHING)
        click.echo(f"In all: {total.requests:,} requests, {total.tokens:,} tokens, {dollars(total.dollars)}")
