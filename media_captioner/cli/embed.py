"""``media-captioner embed``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.making import captions_of, captions_option, file_argument, out_option, tell


@click.command("embed", short_help="Put description, keywords and markers into a copy of an MP4 or MOV file.")
@file_argument
@out_option("clip.embedded.mp4")
@captions_option
def command(file: Path, out: Path | None, sidecar: Path | None) -> int:
    """Write a copy of an MP4 or MOV file with our XMP in it, merged into what XMP it has.

    Picture and sound stay bit for bit what they are, which is checked; the source is never written to. A file that
    is signed (C2PA) is refused, because any change would break its signature. Needs exiftool.
    """
    from media_captioner.video.embed import embed

    return tell(embed(file, captions_of(file, sidecar), out))
