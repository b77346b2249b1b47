"""``media-captioner import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from media_captioner.cli.options import PATH, config_option, json_option, settings_for
from media_captioner.cli.sidecars import with_each

if TYPE_CHECKING:
    from media_captioner.export.importing import Imported


@click.command("import", short_help="Keep what a person changed in captions, for good.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@config_option
@json_option
def command(sources: tuple[Path, ...], config_file: Path | None, *, as_json: bool, **given: Any) -> int:
    """Read back edits made in our .vtt or .json, lock them, and bring the other files up to date.

    What is locked survives every later run: a changed caption stays as it is, a deleted one stays away. Name a
    media file, its sidecar, a folder, or a .vtt file to take the edits from.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.export.base import ExportOptions
    from media_captioner.export.importing import import_edits
    from media_captioner.system.printable import printable

    by_file, _ = settings_for(given, config_file)

    def take(source: Path, sidecar: Path) -> None:
        file = source.absolute() if source.suffix.lower() == ".vtt" else None
        told = import_edits(sidecar, options=ExportOptions.of(by_file(sidecar)), file=file)
        if as_json:
            print_json({"sidecar": str(sidecar), **_json(told)})
            return
        click.echo(f"{printable(str(sidecar))}: {_sentence(told)}")
        for notice in told.notices:
            click.echo(click.style("info: ", fg="cyan") + printable(notice), err=True)

    return with_each(sources, take)


def _sentence(told: Imported) -> str:
    if not told.anything:
        return "no edits"
    parts = [
        f"{count} {what}"
        for count, what in ((told.changed, "changed"), (told.added, "added"), (told.removed, "removed"))
        if count
    ]
    return ", ".join([*parts, *told.members])


def _json(told: Imported) -> dict[str, Any]:
    return {
        "changed": told.changed,
        "added": told.added,
        "removed": told.removed,
        "members": list(told.members),
        "files": [str(each.path) for each in told.written],
        "notices": list(told.notices),
    }
