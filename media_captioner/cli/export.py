"""``media-captioner export``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from media_captioner.cli.options import PATH, comma_list, config_option, json_option, settings_for
from media_captioner.cli.sidecars import tell_kept, with_each


@click.command("export", short_help="Write other formats from what is known already.")
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FILES|FOLDERS...")
@click.option(
    "--formats",
    callback=comma_list,
    metavar="LIST",
    help="Formats to write, such as srt,otio; see media-captioner formats.",
)
@click.option(
    "--out", type=PATH, metavar="FOLDER", help="Write the results here instead of beside the sidecar."
)
@click.option(
    "--overwrite", type=click.Choice(["ours", "all", "never"]), help="What may be replaced; ours by default."
)
@click.option(
    "--xmp-naming", type=click.Choice(["stem", "full", "both"]), help="clip.xmp, clip.mp4.xmp or both."
)
@click.option(
    "--layout",
    type=click.Choice(["plain", "jellyfin", "plex", "kodi", "immich", "photoprism"]),
    help="Names and formats that a program looks for.",
)
@click.option("--voice-tags", is_flag=True, default=None, help="Name the speakers in WebVTT.")
@click.option("--caption-style", is_flag=True, default=None, help="Colour music and effects in WebVTT.")
@click.option("--start-timecode", metavar="TC", help="Timecode of the first frame, such as 01:00:00:00.")
@click.option("--hls-first-pts", type=int, metavar="N", help="90 kHz time stamp of the first HLS picture.")
@config_option
@json_option
def command(
    sources: tuple[Path, ...], config_file: Path | None, out: Path | None, *, as_json: bool, **given: Any
) -> int:
    """Write other formats from the sidecars of media files, or of whole folders. Nobody listens again.

    A file that is not ours is never overwritten. An XMP file is merged into: what is foreign in it stays.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.export.base import ExportOptions
    from media_captioner.export.layouts import wanted_formats
    from media_captioner.export.rewriting import rewrite
    from media_captioner.system.printable import printable

    by_file, _ = settings_for(given, config_file)

    def export(_source: Path, sidecar: Path) -> None:
        settings = by_file(sidecar)
        written = rewrite(
            sidecar,
            wanted_formats(settings),
            options=ExportOptions.of(settings),
            overwrite=settings.overwrite,
            out=out,
        )
        for each in written:
            if as_json:
                kept = str(each.kept) if each.kept else None
                print_json({"format": each.format, "path": str(each.path), "kept": kept})
                continue
            click.echo(printable(str(each.path)))
            tell_kept(each)

    return with_each(sources, export)
