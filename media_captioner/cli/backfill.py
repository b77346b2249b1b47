"""``media-captioner backfill``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    comma_list,
    config_option,
    go_offline,
    journal_option,
    json_option,
    language_option,
    service_options,
    settings_for,
)

if TYPE_CHECKING:
    from media_captioner.captioners.money import Estimate
    from media_captioner.config import Settings
    from media_captioner.protocols import Service


@click.command("backfill", short_help="Caption an archive once: the plan first, then within a cap.")
@click.argument("root", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="FOLDER")
@click.option("--yes", is_flag=True, help="Begin. Without it only the plan is shown.")
@language_option
@click.option("--formats", callback=comma_list, metavar="LIST", help="Files to write, such as vtt,xmp.")
@click.option("--profile", metavar="NAME", help="Style guide: netflix-en, bbc, dcmp, youtube, plain.")
@click.option("--whisper-model", metavar="NAME|PATH", help="Local transcription model.")
@click.option(
    "--max-dollars", type=float, metavar="USD", help="Most to spend; needed where a service is paid for."
)
@click.option("--max-requests", type=int, metavar="N", help="Most requests to make.")
@service_options
@click.option("--offline", is_flag=True, default=None, help="Make every network connection an error.")
@journal_option
@config_option
@json_option
def command(root: Path, config_file: Path | None, *, yes: bool, as_json: bool, **given: Any) -> int:
    """Caption everything below FOLDER that is not captioned yet, once, and end.

    First the plan: how many files, how long, and at most how many requests and dollars, from their headers.
    Nothing is begun without --yes, nor at a service that is paid for without a cap (--max-dollars). What was
    interrupted goes on with the same command; ignore files and the folder's [[watch]] table hold.
    """
    from media_captioner.captioners.registry import choose
    from media_captioner.cli.caption import caption_all
    from media_captioner.config import settings_below
    from media_captioner.config.tables import WatchedRoot
    from media_captioner.errors import ConfigError
    from media_captioner.hooks import service_named
    from media_captioner.watch.backfill import media_below, noting

    by_file, settings = settings_for(given, config_file)
    go_offline(settings)
    root = root.resolve()
    tables = [table for table in settings.watch if table.root.resolve() == root]
    table = (tables or [WatchedRoot(root=root)])[0].model_copy(update={"root": root})

    def below(path: Path) -> Settings:
        return settings_below(table, by_file(path))

    settings = settings_below(table, settings)
    found = media_below(table)
    name = choose(settings.captioner).name
    service = service_named(name, settings)
    _show_plan(list(found), below, name, service, as_json=as_json)
    if service.price is not None and settings.max_dollars is None:
        raise ConfigError(
            f"Did not begin: {service.name} is paid for, and nothing says how much may be spent",
            hint="Name a cap with --max-dollars.",
        )
    if not found:
        return 0
    if not yes:
        click.echo("Nothing was begun. To begin, add --yes.", err=True)
        return 0
    with noting(table, found) as note:
        return caption_all(list(found), below, settings, as_json=as_json, root=root, note=note)


def _show_plan(
    found: Sequence[Path], below: Callable[[Path], Settings], name: str, service: Service, *, as_json: bool
) -> None:
    """Show what captioning would take at most; what cannot be planned is counted, and told when it is tried."""
    from fractions import Fraction

    from media_captioner.cli.plan import is_price_unknown, words
    from media_captioner.cli.render import counted, length, print_json
    from media_captioner.errors import MediaCaptionerError
    from media_captioner.planning import estimate_json, plan

    total: Estimate | None = None
    seconds, unreadable = Fraction(0), 0
    for path in found:
        try:
            for each in plan(path, below(path), service, quick=True):
                total = each.estimate if total is None else total + each.estimate
                seconds += each.seconds
        except MediaCaptionerError:
            unreadable += 1
    if as_json:
        taken = {} if total is None else estimate_json(total)
        print_json({"files": len(found), "unreadable": unreadable, "seconds": float(seconds), **taken})
        return
    rest = f", {unreadable} of them cannot be read" if unreadable else ""
    count = counted(len(found), "file")
    click.echo(f"{count}, {length(seconds)} of sound{rest}", err=True)
    if total is None:
        return
    unknown = is_price_unknown(name, service)
    click.echo(f"At {service.name} at most {words(total, unpriced=unknown)}", err=True)
    if unknown:
        click.echo(
            "What that costs it does not say, so --max-dollars is no cap on it; --max-requests is.", err=True
        )
