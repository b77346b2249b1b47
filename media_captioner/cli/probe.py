"""``media-captioner probe``."""

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


@click.command("probe", short_help="Show what is in a media file and which track would be captioned.")
@click.argument("files", nargs=-1, required=True, type=PATH)
@language_option
@track_option
@config_option
@json_option
def command(files: tuple[Path, ...], config_file: Path | None, *, as_json: bool, **given: Any) -> int:
    """Show what is in a media file and which of its tracks would be captioned, and why."""
    from media_captioner.cli.app import show_error
    from media_captioner.cli.render import print_json
    from media_captioner.errors import MediaError, NoAudio, UnsupportedMedia
    from media_captioner.media.probe import probe
    from media_captioner.media.tracks import choose
    from media_captioner.model.codec import to_json
    from media_captioner.pipeline import limits_of

    by_file, _ = settings_for(given, config_file)
    worst = 0
    for file in files:
        settings = by_file(file)
        try:
            media = probe(file, limits=limits_of(settings))
        except MediaError as error:
            show_error(error)
            worst = error.exit_code
            continue
        try:
            choices = choose(media, number=settings.track, language=settings.language)
            chosen = [(choice.track.number, choice.reason) for choice in choices]
        except (NoAudio, UnsupportedMedia) as error:
            show_error(error)
            worst, chosen = error.exit_code, []
        if as_json:
            print_json({**to_json(media), "path": str(file), "chosen": dict(chosen)})
        else:
            _show(file, media, dict(chosen))
    return worst


def _show(file: Path, media: Any, chosen: dict[int, str]) -> None:
    from media_captioner.cli.render import length
    from media_captioner.model.languages import language_name
    from media_captioner.system.printable import printable

    click.echo(click.style(printable(str(file)), bold=True))
    parts = [f"container {media.format}"]
    if media.duration is not None:
        parts.append(length(media.duration))
    if media.timecode:
        parts.append(f"timecode {media.timecode}")
    click.echo(f"  {', '.join(parts)}")
    if media.video is not None:
        rate = f", {float(media.video.frame_rate.rate):.3f} frames/s" if media.video.frame_rate else ""
        click.echo(f"  picture: {media.video.codec} {media.video.width}x{media.video.height}{rate}")
    for track in media.audio:
        language = language_name(track.language) if track.language else "language not given"
        details = [track.codec, f"{track.sample_rate} Hz", track.layout, language, *sorted(track.roles)]
        if track.title:
            details.append(f"“{printable(track.title)}”")
        mark = click.style("→", fg="green") if track.number in chosen else " "
        click.echo(f" {mark} audio track {track.number}: {', '.join(details)}")
        if track.number in chosen:
            click.echo(click.style(f"      {printable(chosen[track.number])}", dim=True))
