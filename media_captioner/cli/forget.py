"""``media-captioner forget``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_captioner.cli.options import NAME, config_option, journal_option, map_option

if TYPE_CHECKING:
    from media_captioner.schedule.journal.ledger import Ledger


@click.command("forget", short_help="Forget the answers for files, so that they are asked for and paid anew.")
@click.argument("sources", nargs=-1, required=True, type=NAME, metavar="FILES...")
@map_option
@journal_option
@config_option
def command(
    sources: tuple[str, ...], maps: tuple[str, ...], journal: Path | None, config_file: Path | None
) -> int:
    """Forget what is known of files and every answer for their sound. Their own files, and what they cost, stay.

    The next run with --force asks anew, and pays anew.
    """
    from media_captioner.cli.render import counted
    from media_captioner.cli.shared import named, nothing_done, writing
    from media_captioner.system.printable import printable

    async def run() -> int:
        left = 0
        with writing(journal, config_file, "forget") as (opened, file):
            for source in sources:
                state, questions = await _forget(opened, named(source, maps, file), Path(source))
                forgotten = questions > 0 or state not in {None, "working"}
                left += not forgotten
                with_them = f", with {counted(questions, 'question')} about it" if questions else ""
                end = f"forgotten{with_them}" if forgotten else nothing_done(state)
                click.echo(printable(f"{source}: {end}"), err=not forgotten)
        return left

    return 3 if asyncio.run(run()) else 0


async def _forget(journal: Ledger, name: str | Path, path: Path) -> tuple[str | None, int]:
    """Forget a file that nobody is at work on; return how it stood, and how many questions were forgotten."""
    state = await journal.register.state_of(name)
    if state == "working":
        return state, 0
    content = await journal.register.content_of(name) or await asyncio.to_thread(_content, path)
    questions = await journal.store.forget(content) if content is not None else 0
    await journal.register.forget(name)
    return state, questions


def _content(path: Path) -> str | None:
    from media_captioner.system import identity

    return identity.content_id(path) if path.is_file() else None
