"""One set of settings out of many sources, each value with the place it came from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from media_captioner.config.complaints import complaint
from media_captioner.config.schema import Settings
from media_captioner.config.sources import (
    ENVIRONMENT_PREFIX,
    PROJECT_FILE,
    from_environment,
    from_file,
    is_there,
    known_name,
    read_key,
)
from media_captioner.config.tables import TABLES, WatchedRoot
from media_captioner.errors import ConfigError, FolderMisconfigured
from media_captioner.system.places import user_file


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings and where each of them came from.

    Attributes:
        settings: The values that hold.
        origins: For each setting its origin: ``default``, ``command line``, the name of an environment
            variable, or the path of a file.

    """

    settings: Settings
    origins: Mapping[str, str]


def resolve(
    given: Mapping[str, Any] | None = None,
    *,
    config_file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    beside: Path | None = None,
) -> Resolved:
    """Merge all sources; the later in this list wins.

    Defaults, the file ``.media-captioner.toml`` beside the media (which may set only little), the user's own
    file, the file named by ``config_file``, the environment, ``given``.

    Args:
        given: What the caller or the command line sets; a value of None means "not set".
        config_file: A settings file to read besides the user's own. It must exist.
        environment: Environment variables.
        beside: The folder of the media, for its settings file.

    Raises:
        ConfigError: a value cannot be used; the message says where it stands.
        UnknownSetting: a source names a setting that does not exist.

    """
    layers: list[tuple[str, dict[str, Any]]] = []
    # Media in a folder that may not be searched are refused with a message of their own.
    if beside is not None and os.access(beside, os.X_OK) and is_there(beside / PROJECT_FILE):
        layers.append((str(beside / PROJECT_FILE), from_file(beside / PROJECT_FILE, trusted=False)))
    if is_there(user_file()):
        layers.append((str(user_file()), from_file(user_file(), trusted=True)))
    if config_file is not None:
        layers.append((str(config_file), from_file(config_file, trusted=True)))
    layers.append(("environment", from_environment(environment)))
    layers.append(
        ("command line", {name: value for name, value in (given or {}).items() if value is not None})
    )
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in layers:
        for name, value in layer.items():
            known_name(name, where=origin)
            values[name] = value
            origins[name] = ENVIRONMENT_PREFIX + name.upper() if origin == "environment" else origin
    if values.get("api_key") is None and values.get("key_file") is not None:
        values["api_key"] = read_key(Path(values["key_file"]).expanduser())
        origins["api_key"] = str(values["key_file"])
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        found = complaint(error, values)
        origin = origins.get(found.name, "default")
        origin = "the command line" if origin == "command line" else origin
        raise ConfigError(f"Cannot use {found.what} from {origin}: {found.why}", hint=found.hint) from error
    for root in settings.watch:
        settings_below(root, settings, where=origins["watch"])
    return Resolved(settings, origins)


@contextmanager
def settings_beside(folder: Path) -> Iterator[None]:
    """Take what is wrong with settings in the block for a mistake in the file beside the media in ``folder``.

    Everybody's own settings were read before; so one folder's file stops the media of that folder and no others.

    Raises:
        FolderMisconfigured: settings cannot be used.

    """
    try:
        yield
    except ConfigError as error:
        file = folder / PROJECT_FILE
        where = "" if str(file) in error.message or not os.path.exists(file) else f" in {file}"  # noqa: PTH110 - never raises
        raise FolderMisconfigured(f"{error.message}{where}", hint=error.hint) from error


_NOT_BELOW: Final = frozenset(
    {*TABLES, "api_key", "database", "journal", "offline", "wait_hours", "plugin_seconds"}
)


def settings_below(root: WatchedRoot, settings: Settings, *, where: str = "the settings") -> Settings:
    """Return the settings that hold below a watched folder: its own, and for the rest those of everything.

    Args:
        root: The folder's table.
        settings: What holds elsewhere.
        where: Where the table stands, for messages.

    Raises:
        ConfigError: one of its own cannot be used, or concerns the whole program.
        UnknownSetting: one of its own does not exist.

    """
    own = dict(root.settings)
    for name in own:
        known_name(name, where=f"the table of {root.root} in {where}", among=WatchedRoot.model_fields)
        if name in _NOT_BELOW:
            raise ConfigError(
                f"Refused the setting {name} in the table of {root.root} in {where}: it holds for everything",
                hint="Put it outside of the [[watch]] table.",
            )
    if (key_file := own.get("key_file")) is not None:
        own["api_key"] = read_key(Path(key_file).expanduser())
    try:
        checked = Settings.model_validate(own)
    except ValidationError as error:
        found = complaint(error, own)
        raise ConfigError(
            f"Cannot use {found.what} in the table of {root.root} in {where}: {found.why}", hint=found.hint
        ) from error
    return settings.model_copy(update={name: getattr(checked, name) for name in own})
