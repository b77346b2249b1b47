"""``media-captioner compress``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from media_captioner.cli.options import (
    PATH,
    config_option,
    json_option,
    language_option,
    settings_for,
    track_option,
)
from media_captioner.cli.sizes import Size


@click.command("compress", short_help="Make a small MP3 of any sound or video, under a size.")
@click.argument("file", type=PATH)
@click.option("--under", type=Size(), default="10MB", show_default=True, help="Largest size of the result.")
@click.option(
    "--out", type=PATH, metavar="FILE", help="Where to; beside the media, as clip.small.mp3, by default."
)
@click.option("--overwrite", is_flag=True, help="Replace a file that stands there.")
@language_option
@track_option
@config_option
@json_option
def command(
    file: Path,
    under: int,
    out: Path | None,
    config_file: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Make a small MP3 of any sound or video: one channel, 16 kHz, at the best bit rate that stays under a size.

    For services that take files up to a limit only. Sound sent inside a request grows by a third, so a limit of
    10 MB on the request means --under 7MB here.
    """
    from media_captioner.cli.render import caption_view, length, print_json
    from media_captioner.media.compress import compress
    from media_captioner.pipeline import inspect, limits_of
    from media_captioner.system.printable import printable

    by_file, _ = settings_for(given, config_file)
    settings = by_file(file)
    media, choices = inspect(file, settings)
    target = out or file.with_name(f"{file.stem}.small.mp3")
    with caption_view(1, as_json=as_json) as view:
        made = compress(
            media,
            choices[0].track,
            target,
            max_bytes=under,
            limits=limits_of(settings),
            reporter=view,
            overwrite=overwrite,
        )
        if made.partial:
            view.notice("warning", made.partial)
    if as_json:
        print_json(
            {
                "file": str(made.path),
                "bytes": made.bytes,
                "bit_rate": made.bit_rate,
                "sample_rate": made.rate,
                "channels": 1,
                "seconds": round(float(made.seconds), 3),
                "partial": made.partial,
            }
        )
        return
    click.echo(click.style(f"{printable(file.name)}: {printable(choices[0].reason)}", dim=True))
    click.echo(
        f"{printable(str(made.path))}: {made.bytes / 1e6:.2f} MB, {length(made.seconds)}, mono, {made.rate} Hz,"
        f" {made.bit_rate // 1000} kbit/s"
    )
