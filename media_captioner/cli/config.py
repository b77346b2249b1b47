"""``media-captioner config``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from media_captioner.cli.options import config_option, json_option


@click.command("config", short_help="Show every setting, its value and where it comes from.")
@config_option
@json_option
def command(config_file: Path | None, *, as_json: bool) -> None:
    """Show every setting, its value, where it comes from, and what it means.

    Settings come from, the later winning: defaults; .media-captioner.toml beside the media (language, track,
    formats and profile only); your own settings file; the file given by --config; the environment
    (MEDIA_CAPTIONER_ and the name in capitals); the command line.
    """
    from media_captioner.cli.render import print_json
    from media_captioner.config import Settings, resolve
    from media_captioner.system.places import user_file

    resolved = resolve(config_file=config_file)
    values = resolved.settings.model_dump(mode="json")
    if as_json:
        print_json(
            {name: {"value": value, "origin": resolved.origins[name]} for name, value in values.items()}
        )
        return
    click.echo(f"Your own settings file: {user_file()}{'' if user_file().is_file() else ' (none yet)'}\n")
    for name, value in values.items():
        # As it stands in a settings file: TOML writes these values as JSON does.
        shown = "not set" if value is None else json.dumps(value, ensure_ascii=False)
        origin = resolved.origins[name]
        click.echo(f"{click.style(name, bold=True)} = {shown}  {click.style(f'({origin})', dim=True)}")
        click.echo(f"    {Settings.model_fields[name].description}")
