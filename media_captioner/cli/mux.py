"""``media-captioner mux``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.making import captions_of, captions_option, file_argument, out_option, tell


@click.command("mux", short_help="Put the captions into a copy of the media file, as a soft track.")
@file_argument
@out_option("clip.captioned.mp4")
@captions_option
def command(file: Path, out: Path | None, sidecar: Path | None) -> int:
    """Write a copy of an MP4, MOV or MKV file with the captions as a track that viewers can switch on.

    Every stream is copied bit for bit, which is checked; the source is never written to. Needs ffmpeg, which the
    extra "preview" brings.
    """
    from media_captioner.video.mux import mux

    return tell(mux(file, captions_of(file, sidecar), out))
