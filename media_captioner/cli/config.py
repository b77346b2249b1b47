"""``media-captioner config``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from media_captioner.cli.options import config_option, json_option


@click.command("config", short_help="Show every setting, its value and where it comes from.")
@config_option
@json_option
def command(config_file: Path | None, *, as_json: bool) -> None:
    """Show every setting, its value, where it comes from, and what it means.

    Settings come from, the later winning: defaults; .media-captioner.toml beside the media (only language, track,
    formats and how captions look); your own settings file; the file given by --config; the environment
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
        shown = "not set" if value is None else _toml(value)
        origin = resolved.origins[name]
        click.echo(f"{click.style(name, bold=True)} = {shown}  {click.style(f'({origin})', dim=True)}")
        click.echo(f"    {Settings.model_fields[name].description}")


def _toml(value: Any) -> str:
    """Return a value as a settings file may have it, tables on one line and without what is not set."""
    if isinstance(value, dict):
        members = [f"{_key(name)} = {_toml(each)}" for name, each in value.items() if each is not None]
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):  # escaped as in JSON, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()  # true, 12, 0.5


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
