"""``media-captioner picture``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.making import captions_of, captions_option, file_argument, out_option, tell


@click.command("picture", short_help="Draw frames, waveform and captions on one timeline.")
@file_argument
@out_option("clip.contact.png")
@captions_option
def command(file: Path, out: Path | None, sidecar: Path | None) -> int:
    """Draw a contact sheet (PNG): frames, waveform, captions and layers of sound on one timeline.

    Needs Pillow, which the extra "preview" brings.
    """
    from media_captioner.video.contact_sheet import contact_sheet

    return tell(contact_sheet(file, captions_of(file, sidecar), out))
