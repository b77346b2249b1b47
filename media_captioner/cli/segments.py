"""``media-captioner segments``."""

from __future__ import annotations

from fractions import Fraction
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


@click.command("segments", short_help="Cut a track into clips at natural points, and keep the clips.")
@click.argument("file", type=PATH)
@click.option("--out", type=PATH, required=True, metavar="FOLDER", help="Where the clips go.")
@click.option(
    "--format", "clip_format", default="wav", show_default=True, help="wav, mp3, aac, amr, 3gp or wav_gsm_ms."
)
@click.option("--bit-rate", type=int, metavar="BITS", help="Bits per second, for formats that have a choice.")
@click.option(
    "--target", type=float, default=30.0, show_default=True, metavar="SECONDS", help="Longest clip."
)
@click.option("--fixed", is_flag=True, help="Cut exactly at the target, wherever that falls.")
@click.option("--all-tracks", is_flag=True, default=None, help="Cut every audio track.")
@click.option("--overwrite", is_flag=True, help="Replace files that are not ours.")
@language_option
@track_option
@config_option
@json_option
def command(
    file: Path,
    out: Path,
    config_file: Path | None,
    clip_format: str,
    bit_rate: int | None,
    target: float,
    *,
    fixed: bool,
    overwrite: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Cut a track into clips where nobody speaks, and write them with a list of what they are.

    FOLDER/segments.json tells for each clip its file, track, start, end and duration in seconds of the video's
    own timeline, the delay its encoding puts before the sound, why it was cut there, whether it is silent, its
    size and its SHA-256.
    """
    from media_captioner.cli.render import caption_view, counted, print_json
    from media_captioner.media.cutting import Cutting
    from media_captioner.media.export_segments import write_segments
    from media_captioner.pipeline import inspect, limits_of, voice_detector
    from media_captioner.system.printable import printable

    by_file, _ = settings_for(given, config_file)
    settings = by_file(file)
    if not 1 <= target <= 2400:
        raise click.BadParameter("from 1 to 2400 seconds", param_hint="--target")
    seconds = Fraction(str(target))
    media, choices = inspect(file, settings)
    with caption_view(1, as_json=as_json) as view:
        written = write_segments(
            media,
            [choice.track for choice in choices],
            out,
            format=clip_format,
            bit_rate=bit_rate,
            cutting=Cutting(target=seconds, first=seconds, fixed=fixed),
            voice=None if fixed else voice_detector(),
            limits=limits_of(settings),
            reporter=view,
            overwrite=overwrite,
        )
    if as_json:
        for entry in written.segments:
            print_json(dict(entry))
        return 0
    for choice in choices:
        click.echo(click.style(f"{printable(file.name)}: {printable(choice.reason)}", dim=True))
    total = sum(entry["bytes"] for entry in written.segments)
    click.echo(
        f"{counted(len(written.segments), 'clip')}, {total / 1e6:.1f} MB, listed in {printable(str(written.list_path))}"
    )
    return 0
