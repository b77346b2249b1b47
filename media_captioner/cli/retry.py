"""``media-captioner retry``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from media_captioner.cli.options import NAME, config_option, journal_option, map_option


@click.command("retry", short_help="Let files be tried again that failed, were refused or are in quarantine.")
@click.argument("sources", nargs=-1, type=NAME, metavar="[FILES]...")
@click.option("--quarantined", is_flag=True, help="Everything that is in quarantine.")
@map_option
@journal_option
@config_option
def command(
    sources: tuple[str, ...],
    maps: tuple[str, ...],
    journal: Path | None,
    config_file: Path | None,
    *,
    quarantined: bool,
) -> int:
    """Let files be tried again at the next run.

    They leave quarantine, and segments that the captioner refused are asked about again.
    """
    from media_captioner.cli.shared import named, nothing_done, reading, writing
    from media_captioner.schedule.journal.reports import in_state
    from media_captioner.system.printable import printable
    from media_captioner.watch.explaining import let_again

    if not sources and not quarantined:
        raise click.UsageError("Name files, or --quarantined.")

    async def run() -> int:
        failed = 0
        with writing(journal, config_file, "retry") as (opened, file):
            wanted: dict[str | Path, str] = {named(source, maps, file): source for source in sources}
            if quarantined:
                with reading(journal, config_file) as (connection, _):
                    wanted |= {name: name for name in in_state(connection, "quarantined")}
            for name, source in wanted.items():
                known = await opened.register.retry(name)
                known = await asyncio.to_thread(let_again, Path(source)) or known
                failed += not known
                end = "will be tried again" if known else nothing_done(await opened.register.state_of(name))
                click.echo(printable(f"{name}: {end}"), err=not known)
        if not wanted:
            click.echo("Nothing is in quarantine.", err=True)
        return failed

    return 3 if asyncio.run(run()) else 0
