"""``media-captioner formats``."""

from __future__ import annotations

import click

from media_captioner.cli.options import json_option


@click.command("formats", short_help="List the files that can be written, and who reads them.")
@json_option
def command(*, as_json: bool) -> None:
    """List the files that can be written, who reads them, and what each cannot hold."""
    from media_captioner.cli.render import print_json
    from media_captioner.export.registry import broken, exporters
    from media_captioner.export.text import EVERY_FORMAT

    width = max(map(len, exporters()))
    for exporter in exporters().values():
        name = "clip" + exporter.suffix.format(language="en", extension=".mp4")
        if as_json:
            print_json(
                {"name": exporter.name, "file": name, "readers": exporter.readers, "loss": exporter.loss}
            )
            continue
        click.echo(f"{click.style(f'{exporter.name:<{width}}', bold=True)}  {name}")
        click.echo(f"  read by: {exporter.readers}")
        if exporter.loss:
            click.echo(f"  loses: {exporter.loss}")
    if not as_json:
        click.echo(f"\n{EVERY_FORMAT}")
    for error in broken():
        click.echo(click.style("warning: ", fg="yellow") + error.message, err=True)
