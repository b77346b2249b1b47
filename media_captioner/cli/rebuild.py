"""``media-captioner rebuild``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from media_captioner.cli.options import (
    PATH,
    comma_list,
    config_option,
    json_option,
    looks_options,
    settings_for,
)
from media_captioner.cli.sidecars import tell_kept, with_each


@click.command("rebuild", short_help="Make captions anew from the descriptions that are kept.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@click.option(
    "--formats", callback=comma_list, metavar="LIST", help="Formats to write besides those that lie there."
)
@click.option(
    "--out", type=PATH, metavar="FOLDER", help="Write the results here instead of beside the sidecar."
)
@looks_options
@click.option(
    "--overwrite", type=click.Choice(["ours", "all", "never"]), help="What may be replaced; ours by default."
)
@config_option
@json_option
def command(
    sources: tuple[Path, ...], config_file: Path | None, out: Path | None, *, as_json: bool, **given: Any
) -> int:
    """Read the descriptions in sidecars anew, by today's rules, and make facts, cues and files of them.

    Nobody listens again and nothing is paid for. What a person changed stays.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.rederiving import rederive
    from media_captioner.system.printable import printable

    further = given.pop("formats") or ()
    by_file, _ = settings_for(given, config_file)

    def again(_source: Path, sidecar: Path) -> None:
        done = rederive(sidecar, by_file(sidecar), formats=further, out=out)
        cues, were = len(done.captions.cues), len(done.before.cues)
        if as_json:
            paths = [str(each.path) for each in done.written]
            print_json({"sidecar": str(sidecar), "cues": cues, "cues_before": were, "written": paths})
            return
        click.echo(f"{printable(str(sidecar))}: {cues} cues, {were} before")
        for each in done.written:
            tell_kept(each)

    return with_each(sources, again)
