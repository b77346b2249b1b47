"""``media-captioner fleet``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from media_captioner.cli.options import (
    NAME,
    PATH,
    PORT,
    comma_list,
    config_option,
    go_offline,
    json_option,
    looks_options,
    map_option,
    service_options,
    settings_for,
)
from media_captioner.cli.shared import database_of

if TYPE_CHECKING:
    from media_captioner.config import Settings
    from media_captioner.fleet.journal import PostgresJournal

_ENGINE_LOGGERS: Final = ("procrastinate", "psycopg.pool")


@click.group("fleet", short_help="Caption an archive on many machines that share a Postgres.")
def command() -> None:
    """Caption an archive on many machines that share a Postgres.

    The database is named by the setting database, best in MEDIA_CAPTIONER_DATABASE. Journal, limits and queue of all
    machines lie there.
    """


def _settings(config_file: Path | None, given: dict[str, Any] | None = None) -> Settings:
    _, settings = settings_for(given or {}, config_file)
    go_offline(settings)
    return settings


def _quietly(*, debug: bool) -> None:
    """Keep the engine from telling of every lost connection, which we wait out; ``--debug`` shows it all."""
    if not debug:
        for name in _ENGINE_LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _with_journal(
    config_file: Path | None, doing: str, work: Callable[[PostgresJournal], Coroutine[Any, Any, int]]
) -> int:
    """Open the fleet's journal for a short command, and return its exit code."""
    from media_captioner.fleet.journal import open_journal, process_name
    from media_captioner.fleet.owners import Card

    with open_journal(
        database_of(_settings(config_file)), Card(process_name(), doing), connections=2
    ) as journal:
        return asyncio.run(work(journal))


@command.command("init", short_help="Make the fleet's tables, or bring them up to date.")
@click.option(
    "--silence",
    type=click.FloatRange(3, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="A worker that says nothing for so long is taken for dead.",
)
@config_option
def init(config_file: Path | None, silence: float) -> None:
    """Make the fleet's tables in the database, or bring those of an older version up to date."""
    from media_captioner.fleet.journal import initialise

    before, after = initialise(database_of(_settings(config_file)), silence=silence)
    if before == after:
        click.echo(f"The fleet's tables are up to date (version {after}).")
    else:
        click.echo(
            f"The fleet's tables have version {after} now" + (f"; it was {before}." if before else ".")
        )


@command.command("submit", short_help="Put media files, folders and stores down to be captioned.")
@click.argument("places", nargs=-1, type=NAME, metavar="FILES|FOLDERS|URLS...")
@click.option(
    "--list",
    "lists",
    multiple=True,
    type=click.File("r", encoding="utf-8", errors="surrogateescape"),
    help="File with the name of a media file on each line; - is standard input.",
)
@click.option("--priority", type=int, default=0, show_default=True, help="Higher ones go first.")
@click.option("--tag", default="any", show_default=True, help="Only workers with this tag take them.")
@click.option("--root", metavar="NAME", help="What they are counted under; the folder itself by default.")
@map_option
@config_option
def submit(
    places: tuple[str, ...],
    lists: tuple[Any, ...],
    config_file: Path | None,
    maps: tuple[str, ...],
    *,
    priority: int,
    tag: str,
    root: str | None,
) -> int:
    """Put media down to be captioned by the fleet's workers; any number, and again at any time.

    What is at work stays as it is; what was done is looked at again, and left alone where nothing has changed.
    """
    from media_captioner.cli.render import counted
    from media_captioner.fleet.backlog import Backlog
    from media_captioner.fleet.sources import Mapping, listed, listed_in, name_of
    from media_captioner.system.clock import SYSTEM_CLOCK

    if not places and not lists:
        raise click.UsageError("Name files, folders or URLs, or a --list.")
    mapping = Mapping.parsed(maps)

    async def work(journal: PostgresJournal) -> int:
        backlog, taken = Backlog(journal, SYSTEM_CLOCK), 0
        for place in places:
            name = root or name_of(place, mapping)
            taken += await backlog.add(listed([place], mapping), root=name, tag=tag, priority=priority)
        for lines in lists:
            names = listed_in(lines, mapping)
            taken += await backlog.add(names, root=root or lines.name, tag=tag, priority=priority)
        click.echo(f"{counted(taken, 'asset')} {'is' if taken == 1 else 'are'} to be done.")
        return 0

    return _with_journal(config_file, "submitting", work)


@command.command("work", short_help="Take assets and caption them, until stopped.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    help="Take assets with this tag besides those of any worker; can be repeated.",
)
@click.option("--only-tagged", is_flag=True, help="Take none but those with a tag that was named.")
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Assets under way at once; as the service takes them by default.",
)
@click.option("--until-done", is_flag=True, help="End when nothing is left to be done, by anybody.")
@click.option(
    "--metrics",
    type=PORT,
    metavar="PORT",
    help="Serve metrics for Prometheus on this port; 0 takes a free one.",
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address to serve metrics on.")
@click.option("--scratch", type=PATH, help="Folder for copies of what lies on object stores.")
@click.option(
    "--scratch-gb",
    type=click.FloatRange(min=0.001),
    default=64.0,
    show_default=True,
    help="Most that copies may take.",
)
@click.option(
    "--formats",
    callback=comma_list,
    metavar="LIST",
    help="Files to write, such as vtt,xmp (the JSON sidecar always).",
)
@looks_options
@service_options
@map_option
@config_option
@json_option
@click.pass_context
def work(
    context: click.Context,
    /,
    tags: tuple[str, ...],
    at_once: int | None,
    maps: tuple[str, ...],
    metrics: int | None,
    metrics_host: str,
    scratch: Path | None,
    scratch_gb: float,
    config_file: Path | None,
    *,
    only_tagged: bool,
    until_done: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Take assets and caption them, until stopped with Ctrl-C, by fleet drain, or, with --until-done, at the end.

    Stopped with Ctrl-C, assets under way are put back, and requests under way get ten seconds, for they are paid for.
    """
    from media_captioner.cli.stopping import run_until_stopped
    from media_captioner.cli.working import Terms, working
    from media_captioner.fleet.dispatch import ANY
    from media_captioner.fleet.sources import Mapping, Sources

    if only_tagged and not tags:
        raise click.UsageError("--only-tagged needs a --tag.")
    _quietly(debug=bool(context.find_root().obj["debug"]))
    by_file, settings = settings_for(given, config_file)
    go_offline(settings)
    terms = Terms(
        dsn=database_of(settings),
        settings=settings,
        settings_for=by_file,
        tags=tags if only_tagged else (ANY, *tags),
        at_once=at_once,
        until_done=until_done,
        metrics=None if metrics is None else (metrics_host, metrics),
        sources=Sources(Mapping.parsed(maps), scratch, round(scratch_gb * 1024**3)),
        as_json=as_json,
    )
    return run_until_stopped(lambda: working(terms))


@command.command("status", short_help="Show how the fleet stands.")
@click.option("--prometheus", "as_metrics", is_flag=True, help="Print it as Prometheus reads it.")
@config_option
@json_option
def status(config_file: Path | None, *, as_json: bool, as_metrics: bool) -> int:
    """Show assets by state and root, workers, costs, and how long it will take."""
    from media_captioner.cli.render import print_json
    from media_captioner.cli.working import status_lines
    from media_captioner.fleet import status as reports
    from media_captioner.system.clock import SYSTEM_CLOCK

    async def work(journal: PostgresJournal) -> int:
        found = await reports.status(journal, SYSTEM_CLOCK)
        if as_metrics:
            click.echo(reports.prometheus(found), nl=False)
        elif as_json:
            print_json(found.to_json())
        else:
            for line in status_lines(found):
                click.echo(line)
        return 0

    return _with_journal(config_file, "status", work)


@command.command("cancel", short_help="Let assets be done no more; their answers are kept.")
@click.argument("names", nargs=-1, type=NAME)
@click.option("--all", "everything", is_flag=True, help="Everything that is to be done or under way.")
@map_option
@config_option
def cancel(
    names: tuple[str, ...], config_file: Path | None, maps: tuple[str, ...], *, everything: bool
) -> int:
    """Let assets be done no more: those named, and those in folders that are named.

    Work under way is interrupted; requests under way are waited for where they run, and every answer is kept.
    """
    from media_captioner.cli.render import counted
    from media_captioner.fleet.backlog import Backlog
    from media_captioner.fleet.dispatch import ProcrastinateDispatcher
    from media_captioner.system.clock import SYSTEM_CLOCK

    dsn = database_of(_settings(config_file))

    async def work(journal: PostgresJournal) -> int:
        backlog = Backlog(journal, SYSTEM_CLOCK)
        found = await _named(backlog, names, maps, everything=everything)
        waiting, under_way = await backlog.cancel(found)
        async with ProcrastinateDispatcher(dsn) as dispatcher:
            for name in under_way:
                await dispatcher.cancel(name)
        if not waiting and not under_way:
            click.echo("Nothing of that is to be done or under way.", err=True)
            return 3
        stopped = f"; {len(under_way)} under way {'was' if len(under_way) == 1 else 'were'} asked to stop"
        click.echo(f"{counted(waiting, 'asset')} will not be begun{stopped if under_way else ''}.")
        return 0

    return _with_journal(config_file, "cancelling", work)


@command.command(
    "retry", short_help="Let assets be tried again that failed, were cancelled or are in quarantine."
)
@click.argument("names", nargs=-1, type=NAME)
@click.option("--failed", "states", flag_value="failed", help="Everything that failed.")
@click.option("--quarantined", "states", flag_value="quarantined", help="Everything that is in quarantine.")
@click.option("--cancelled", "states", flag_value="cancelled", help="Everything that was cancelled.")
@map_option
@config_option
def retry(names: tuple[str, ...], states: str | None, config_file: Path | None, maps: tuple[str, ...]) -> int:
    """Let assets be tried again; segments that the captioner refused are asked about again too."""
    from media_captioner.cli.render import counted
    from media_captioner.fleet.backlog import Backlog
    from media_captioner.system.clock import SYSTEM_CLOCK

    async def work(journal: PostgresJournal) -> int:
        backlog = Backlog(journal, SYSTEM_CLOCK)
        found = await _named(backlog, names, maps, everything=states is not None, state=states)
        known = await backlog.retry(found)
        if not known:
            click.echo("Nothing of that can be tried again: it is not known, or at work.", err=True)
            return 3
        click.echo(f"{counted(known, 'asset')} will be tried again.")
        return 0

    return _with_journal(config_file, "retrying", work)


@command.command("drain", short_help="Let workers finish what they are at, and end.")
@click.argument("workers", nargs=-1)
@config_option
def drain(workers: tuple[str, ...], config_file: Path | None) -> int:
    """Let workers (all, or those named as fleet status names them) finish the assets they are at, and end."""
    from media_captioner.fleet.owners import ask_to_leave

    async def work(journal: PostgresJournal) -> int:
        asked = await journal.tables.write(lambda connection: ask_to_leave(connection, workers))
        click.echo(f"Asked to end: {', '.join(asked) or 'nobody, for no worker is there'}")
        return 0 if asked or not workers else 3

    return _with_journal(config_file, "draining", work)


async def _named(
    backlog: Any, names: tuple[str, ...], maps: tuple[str, ...], *, everything: bool, state: str | None = None
) -> list[str]:
    """Return the assets that a command is about: those named, and those below folders and stores that are named."""
    from media_captioner.fleet.sources import Mapping, name_of

    if not names and not everything:
        raise click.UsageError("Name assets or folders, or say which ones with an option.")
    mapping = Mapping.parsed(maps)
    found: list[str] = []
    for place in names:
        name = name_of(place, mapping)
        exact = [source for source in await backlog.below(name, state) if source == name]
        found += exact or await backlog.below(name.rstrip("/") + "/", state)
    if not names:
        found = await backlog.below("", state)
    return found
