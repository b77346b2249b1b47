"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from media_captioner.config import Settings

F = TypeVar("F", bound=Callable[..., Any])


class _NamedPath(click.Path):
    """A path that somebody really named: an empty one, of a variable that is not set, would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty; for this folder write .", param, ctx)
        return super().convert(value, param, ctx)


class _Name(click.types.StringParamType):
    """A path or an address on an object store, as somebody named it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty", param, ctx)
        return super().convert(value, param, ctx)


NAME = _Name()
PATH = _NamedPath(path_type=Path, readable=False)  # one file that cannot be read does not stop the others
FOLDER = _NamedPath(path_type=Path, exists=True, file_okay=False)

PORT = click.IntRange(0, 65535)

config_option = click.option(
    "--config", "config_file", type=PATH, help="Settings file (TOML) to read as well."
)
map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="NAME=PATH",
    help="Where a folder of the fleet lies on this machine: --map /Volumes/archive=/mnt/archive.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print results as JSON, one object a line."
)
journal_option = click.option(
    "--journal",
    type=PATH,
    metavar="FILE",
    help="The journal, where it is not in its usual place, nor that of the setting database.",
)
journal_file_option = click.option(
    "--journal", type=PATH, metavar="FILE", help="The journal, where it is not in its usual place."
)
track_option = click.option("--track", type=int, metavar="N", help="Audio track to use, counted from 1.")
language_option = click.option(
    "--language", metavar="TAG", help="Prefer the audio track in this language (en, de, zh), and expect it."
)


def comma_list(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Split ``a,b`` into its parts."""
    if value is None:
        return None
    return tuple(part.strip() for part in value.split(",") if part.strip())


_LOOKS: Final = (
    click.option(
        "--profile", metavar="NAME", help="Style guide: netflix-en, bbc, dcmp, youtube, plain, or your own."
    ),
    click.option(
        "--labels",
        type=click.Choice(["en", "de", "fr", "es"]),
        help="Language of what captions say themselves: names of sounds, music and speakers.",
    ),
    click.option(
        "--include",
        "include_layers",
        callback=comma_list,
        metavar="LIST",
        help="Only these layers: speech, music, ambience, effects.",
    ),
    click.option(
        "--exclude", "exclude_layers", callback=comma_list, metavar="LIST", help="All layers but these."
    ),
)

_SERVICE: Final = (
    click.option(
        "--captioner",
        metavar="NAME",
        help="Who listens: auto, local, qwen, qwen-dashscope, openai-compatible.",
    ),
    click.option("--region", type=click.Choice(["singapore", "beijing"]), help="Region of Model Studio."),
    click.option(
        "--base-url", metavar="URL", help="Address of the service: a workspace's host, your own server."
    ),
    click.option("--workspace", metavar="ID", help="Model Studio's workspace."),
    click.option("--model", metavar="NAME", help="Another model than the captioner's own."),
    click.option(
        "--detail",
        type=click.Choice(["high", "normal", "low"]),
        help="Segments of at most 10, 30 or 60 seconds.",
    ),
    click.option(
        "--input",
        "way",
        type=click.Choice(["data-url", "upload", "url"]),
        help="How sound gets to the service.",
    ),
)


def looks_options(function: F) -> F:
    """Add the options that say how captions look."""
    for option in reversed(_LOOKS):
        function = option(function)
    return function


def fleet_options(function: F) -> F:
    """Add the options with which a fleet does the work."""
    fleet = click.option(
        "--fleet", is_flag=True, help="Have the fleet caption files: its database is the setting database."
    )
    return fleet(map_option(function))


def refuse_maps_without_fleet(maps: tuple[str, ...], *, fleet: bool) -> None:
    """Refuse ``--map`` where no fleet does the work: it would have no effect."""
    if maps and not fleet:
        raise click.UsageError("--map is for --fleet.")


def service_options(function: F) -> F:
    """Add the options that say who listens and where."""
    for option in reversed(_SERVICE):
        function = option(function)
    return function


def settings_for(
    given: dict[str, Any], config_file: Path | None
) -> tuple[Callable[[Path], Settings], Settings]:
    """Return the settings by file, and those that hold where no file says otherwise.

    A settings file beside the media counts for the media in its folder, and what is wrong with it concerns them alone;
    each folder is read once.
    """
    resolved: dict[Path | None, Settings] = {}

    def resolve_for(folder: Path | None) -> Settings:
        from media_captioner.config import resolve

        if folder not in resolved:
            resolved[folder] = by_hand(given, resolve(given, config_file=config_file, beside=folder).settings)
        return resolved[folder]

    def by_file(path: Path) -> Settings:
        from media_captioner.config import settings_beside

        with settings_beside(path.parent):
            return resolve_for(path.parent)

    return by_file, resolve_for(None)


def by_hand(given: dict[str, Any], settings: Settings) -> Settings:
    """Return settings in which a journal that a person named goes before the database that machines share."""
    return settings if given.get("journal") is None else settings.model_copy(update={"database": None})


def go_offline(settings: Settings) -> None:
    """Forbid the network where the settings say so."""
    if settings.offline:
        from media_captioner.system import network

        network.forbid()


def journal_path(journal: Path | None, config_file: Path | None) -> Path:
    """Return the file of the journal that the options, or else the settings, name.

    Raises:
        ConfigError: it is no file.

    """
    from media_captioner.errors import ConfigError
    from media_captioner.system.places import default_journal

    if (file := file_at_once(journal, config_file)) is not None:
        return file
    _, settings = settings_for({}, config_file)
    if settings.database is not None:
        raise ConfigError(
            "The journal that the setting database names lies in a Postgres, which looks after it itself",
            hint="Name a journal that is a file with --journal.",
        )
    return settings.journal or default_journal()


def file_at_once(journal: Path | None, config_file: Path | None) -> Path | None:
    """Return the file of the journal where that is known without the settings, else None.

    To read them takes longer than all that ``status`` has to do.
    """
    import os

    from media_captioner.system.places import default_journal, user_file

    named = any(os.environ.get(f"MEDIA_CAPTIONER_{name}") for name in ("JOURNAL", "DATABASE"))
    if journal is None and config_file is None and not named and not os.access(user_file(), os.F_OK):
        return default_journal()
    return journal
