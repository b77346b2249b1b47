"""``media-captioner backfill``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import (
    FOLDER,
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
    from fractions import Fraction

    from media_captioner.captioners.money import Estimate
    from media_captioner.config import Settings
    from media_captioner.protocols import Service


@click.command("backfill", short_help="Caption an archive once: the plan first, then within a cap.")
@click.argument("root", type=FOLDER, metavar="FOLDER")
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

    First the plan: how many files, how long those without captions are, and at most how many requests and dollars
    they take, from their headers.
    Nothing is begun without --yes, nor at a service that is paid for without a cap (--max-dollars). What was
    interrupted goes on with the same command; ignore files and the folder's [[watch]] table hold.
    """
    from media_captioner.captioners.registry import choose
    from media_captioner.cli.app import show_error
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
    found, closed = media_below(table)
    name = choose(settings.captioner).name
    service = service_named(name, settings)
    _show_plan(list(found), below, name, service, as_json=as_json)
    if not yes:
        for error in closed:
            show_error(error)
    if service.price is not None and settings.max_dollars is None:
        raise ConfigError(
            f"Did not begin: {service.name} is paid for, and nothing says how much may be spent",
            hint="Name a cap with --max-dollars.",
        )
    if not found and not closed:
        return 0
    if not yes:
        click.echo("Nothing was begun. To begin, add --yes.", err=True)
        return 0
    with noting(table, found) as note:
        return caption_all([*found, *closed], below, settings, as_json=as_json, root=root, note=note)


def _show_plan(
    found: Sequence[Path], below: Callable[[Path], Settings], name: str, service: Service, *, as_json: bool
) -> None:
    """Show what captioning would take at most; what cannot be planned is counted, and told when it is tried."""
    from fractions import Fraction

    from media_captioner.cli.render import print_json
    from media_captioner.errors import MediaCaptionerError
    from media_captioner.planning import estimate_json, plan

    total: Estimate | None = None
    seconds, unreadable, captioned = Fraction(0), 0, 0
    for path in found:
        try:
            settings = below(path)
            if not settings.force and _has_captions(path, settings.out):
                captioned += 1
                continue
            for each in plan(path, settings, service, quick=True):
                total = each.estimate if total is None else total + each.estimate
                seconds += each.seconds
        except MediaCaptionerError:
            unreadable += 1
    if as_json:
        taken = {} if total is None else estimate_json(total)
        counts = {"files": len(found), "captioned": captioned, "unreadable": unreadable}
        print_json({**counts, "seconds": float(seconds), **taken})
        return
    _say_plan(len(found), captioned, unreadable, seconds)
    if total is not None:
        _say_price(name, service, total)


def _has_captions(path: Path, out: Path | None) -> bool:
    """Return whether a file was captioned before, whatever has become of it since: to look again costs nothing."""
    from media_captioner.errors import MediaCaptionerError
    from media_captioner.export.finding import sidecars_of

    with suppress(MediaCaptionerError):
        return any(True for _ in sidecars_of(path if out is None else out / path.name))
    return False


def _say_plan(files: int, captioned: int, unreadable: int, seconds: Fraction) -> None:
    from media_captioner.cli.render import counted, length

    parts = [counted(files, "file")]
    if captioned:
        parts.append(f"{captioned:,} of them captioned already")
    parts.append(f"{length(seconds)} of sound" + (" to caption" if captioned else ""))
    if unreadable:
        parts.append(f"{unreadable:,} of them cannot be read")
    click.echo(", ".join(parts), err=True)


def _say_price(name: str, service: Service, total: Estimate) -> None:
    from media_captioner.captioners.registry import FREE
    from media_captioner.cli.plan import is_price_unknown, words

    if name in FREE:
        click.echo(f"The {service.name} works on this machine, and nothing is paid for.", err=True)
        return
    unknown = is_price_unknown(name, service)
    click.echo(f"At {service.name} at most {words(total, unpriced=unknown)}", err=True)
    if unknown:
        click.echo(
            "What that costs it does not say, so --max-dollars is no cap on it; --max-requests is.", err=True
        )
