"""``media-captioner forget``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from media_captioner.cli.options import PATH, config_option, journal_option


@click.command("forget", short_help="Forget the answers for files, so that they are asked for and paid anew.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES...")
@journal_option
@config_option
def command(sources: tuple[Path, ...], journal: Path | None, config_file: Path | None) -> int:
    """Forget what is known of files and every answer for their sound. Their own files, and what they cost, stay.

    The next run with --force asks anew, and pays anew.
    """
    from media_captioner.cli.shared import writing
    from media_captioner.system import identity

    async def run() -> int:
        unknown = 0
        with writing(journal, config_file, "forget") as opened:
            for source in sources:
                path = source.absolute()
                content = await opened.register.content_of(path)
                if content is None and path.is_file():
                    content = identity.content_id(path)
                questions = await opened.store.forget(content) if content is not None else 0
                known = await opened.register.forget(path) or questions > 0
                unknown += not known
                click.echo(
                    f"{source}: " + (f"forgot what was asked {questions} times" if known else "not known")
                )
        return unknown

    return 3 if asyncio.run(run()) else 0
