"""``media-captioner cost``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.cli.options import config_option, journal_option, json_option

if TYPE_CHECKING:
    from media_captioner.schedule.journal.reports import By
    from media_captioner.schedule.question import Amount


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Return a day as ISO 8601 has it, or nothing where none was named."""
    if value is None:
        return ""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day; write it like 2026-03-18.") from None


@click.command("cost", short_help="Show what was spent, by day, captioner, asset or run.")
@click.option(
    "--by",
    type=click.Choice(["day", "captioner", "asset", "run"]),
    default="day",
    show_default=True,
    help="What to group by.",
)
@click.option("--since", metavar="DATE", callback=_day, help="Only from this day on (2026-03-18, UTC).")
@journal_option
@config_option
@json_option
def command(journal: Path | None, config_file: Path | None, *, by: By, since: str, as_json: bool) -> None:
    """Show what requests took. A request whose end nobody knows counts at the most that it can have cost.

    A request that is under way when the program is killed may have been billed, and is asked again: it can be paid
    twice. There are at most as many of those as requests at once, and each line says how many it holds.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.cli.shared import reading
    from media_captioner.schedule.journal.reports import costs
    from media_captioner.schedule.question import NOTHING
    from media_captioner.system.printable import printable

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
        name = f"run {cost.name}" if by == "run" else printable(cost.name)
        click.echo("  ".join((name, *_taken(cost.taken))) + unknown)
    if not as_json:
        total = sum((cost.taken for cost in found), NOTHING)
        click.echo("In all: " + ", ".join(_taken(total)))


def _taken(amount: Amount) -> tuple[str, str, str]:
    from media_captioner.cli.render import counted, dollars

    return counted(amount.requests, "request"), counted(amount.tokens, "token"), dollars(amount.dollars)
