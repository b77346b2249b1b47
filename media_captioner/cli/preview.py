"""``media-captioner preview``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.making import captions_of, captions_option, file_argument, out_option, tell
from media_captioner.cli.options import PATH


@click.command("preview", short_help="Burn the captions into a few seconds of the picture, to look at.")
@file_argument
@click.option(
    "--start", default="0", show_default=True, metavar="TIME", help="Where to begin, 1:02:03 or seconds."
)
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How long, at most 120.")
@click.option(
    "--font", type=PATH, metavar="FILE", help="A font file; by default one that has all characters."
)
@out_option("clip.preview.mp4")
@captions_option
def command(
    file: Path, start: str, seconds: float, font: Path | None, out: Path | None, sidecar: Path | None
) -> int:
    """Write a short MP4 with the captions in the picture.

    Needs moviepy and ffmpeg, which the extra "preview" brings.
    """
    from fractions import Fraction

    from media_captioner.timing import parse_clock_time
    from media_captioner.video.preview import preview

    try:
        begin = parse_clock_time(start)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--start") from error
    if not 0 < seconds <= 120:
        raise click.BadParameter("above 0 and at most 120", param_hint="--seconds")
    captions = captions_of(file, sidecar)
    return tell(preview(file, captions, start=begin, seconds=Fraction(str(seconds)), out=out, font=font))
