"""``media-captioner models``."""

from __future__ import annotations

from pathlib import Path

import click

from media_captioner.cli.options import PATH, json_option


@click.group("models", short_help="List, fetch and check the local captioner's models.")
@click.option(
    "--folder", type=PATH, metavar="FOLDER", help="Where models are kept; your data folder by default."
)
@click.pass_context
def command(ctx: click.Context, folder: Path | None) -> None:
    """List, fetch and check the models of the local captioner.

    Small ones come with the program. The speech model is fetched by itself when speech is first heard; fetch it
    beforehand for a machine without a network.
    """
    ctx.obj = folder


@command.command("list")
@click.pass_obj
@json_option
def list_models(folder: Path | None, *, as_json: bool) -> None:
    """List the known speech models and where they are."""
    from media_captioner.captioners.local import models
    from media_captioner.cli.render import print_json

    for each in models.available(folder=folder):
        weights = each.weights
        if as_json:
            print_json(
                {
                    "name": weights.name,
                    "bytes": weights.size,
                    "licence": weights.licence,
                    "languages": weights.languages,
                    "path": str(each.path) if each.path else None,
                    "default": each.default,
                }
            )
            continue
        mark = click.style("ready", fg="green") if each.path else "not fetched"
        star = " (default)" if each.default else ""
        click.echo(
            f"{click.style(weights.name, bold=True)}{star}: {mark}, {weights.size / 1e6:.0f} MB,"
            f" {weights.languages}, {weights.licence}"
        )
        if each.path:
            click.echo(f"    {each.path}")


@command.command("pull")
@click.argument("name", default="base")
@click.pass_obj
def pull(folder: Path | None, name: str) -> None:
    """Fetch a speech model and check every byte of it."""
    from media_captioner.captioners.local import models
    from media_captioner.cli.render import caption_view

    with caption_view(1, as_json=False) as view:
        place = models.pull(name, view, folder=folder)
    click.echo(place)


@command.command("verify")
@click.argument("name", required=False)
@click.pass_obj
def verify(folder: Path | None, name: str | None) -> int:
    """Hash the models that are here. Exit code 1 where a file is damaged or missing."""
    from media_captioner.captioners.local import models

    checks = models.verify(name, folder=folder)
    for check in checks:
        colour = "green" if check.state == "ready" else "red"
        click.echo(f"{click.style(check.state, fg=colour)}  {check.file}")
    return 0 if all(check.state == "ready" for check in checks) else 1


@command.command("path")
@click.argument("name", default="base")
@click.pass_obj
def path(folder: Path | None, name: str) -> int:
    """Print the folder of a speech model. Exit code 5 where it is not here."""
    from media_captioner.captioners.local import models
    from media_captioner.errors import ModelUnavailable

    place = models.path(name, folder=folder)
    if place is None:
        raise ModelUnavailable(
            f"The model {name} is not on this machine", hint=f"media-captioner models pull {name}"
        )
    click.echo(place)
    return 0
