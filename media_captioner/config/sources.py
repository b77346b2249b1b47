"""Where settings come from: the environment and TOML files."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_origin

from media_captioner.config.schema import UNTRUSTED, Settings
from media_captioner.config.tables import TABLES, placed
from media_captioner.errors import ConfigError, UnknownSetting, reason_of
from media_captioner.system.places import user_file
from media_captioner.system.secrets import Secret

ENVIRONMENT_PREFIX: Final = "MEDIA_CAPTIONER_"
PROJECT_FILE: Final = ".media-captioner.toml"
_MAX_FILE = 256 * 1024  # bytes; a settings file is a page, not a book
# Read elsewhere, not settings. EVENT is what our hooks are started with, and they may well start us again.
_OTHER_VARIABLES = frozenset(
    {"CONFIG", "COMMAND", "COMPLETE", "EVENT", "MODELS", "PICTURES", "PLUGINS"}
    | {"SERVE_KEY", "SIDECARS", "NO_SKIPS", "CRASH_AT"}
)

_SECRETS: Final = frozenset({"api_key", "database"})
_PASSWORD: Final = re.compile(
    r"//[^/@]*:[^/@]*@|\bpassword\s*=", re.IGNORECASE
)  # in the address of a database


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the settings that environment variables name.

    Lists are parted by commas; booleans are ``1``/``0``, ``true``/``false``, ``yes``/``no``.

    Raises:
        UnknownSetting: a variable with our prefix names no setting.

    """
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if name in _OTHER_VARIABLES:
            continue
        known_name(name.lower(), where=f"the environment variable {variable}")
        if name.lower() in TABLES:
            raise ConfigError(f"Refused {variable}: {name.lower()} is a table of the settings file")
        values[name.lower()] = _from_text(name.lower(), text)
    return values


def _from_text(name: str, text: str) -> Any:
    annotation = Settings.model_fields[name].annotation
    if get_origin(annotation) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name in _SECRETS:
        return Secret(text.strip()) if text.strip() else None
    if text == "" and not isinstance(Settings.model_fields[name].default, str):
        return None
    return text


def is_there(path: Path) -> bool:
    """Return whether there is a settings file at ``path``.

    Raises:
        ConfigError: it cannot be known, because its folder may not be searched.

    """
    try:
        return path.is_file()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"Cannot read settings from {path}: {reason_of(error)}",
        hint="Check the path, and who may read it.",
    )


def from_file(path: Path, *, trusted: bool) -> dict[str, Any]:
    """Return the settings in a TOML file.

    Args:
        path: The file; it must exist.
        trusted: False for a file that lies beside the media, which may only set what :data:`UNTRUSTED` names.

    Raises:
        ConfigError: it cannot be read, is too large, is not TOML, or sets what it may not.
        UnknownSetting: it names a setting that does not exist.

    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _MAX_FILE:
        raise ConfigError(f"Cannot read settings from {path}: it is larger than {_MAX_FILE // 1024} KiB")
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read settings from {path}: {error}") from error
    for name in values:
        known_name(name, where=str(path))
        if name == "api_key":
            raise ConfigError(
                f"Refused the setting api_key in {path}: settings files are copied and shown around",
                hint="Set MEDIA_CAPTIONER_API_KEY, or name a file that only you can read with key_file.",
            )
        if not trusted and name not in UNTRUSTED:
            raise ConfigError(
                f"Refused the setting {name} in {path}: a settings file beside the media may not set it",
                hint=f"Put it into {user_file()}, or on the command line.",
            )
        if name == "database":
            values[name] = _without_password(values[name], path)
    base = path.parent
    for name in ("out", "models_folder", "key_file", "journal"):
        if isinstance(values.get(name), str):
            values[name] = base / Path(values[name]).expanduser()
    return values | {name: placed(name, values[name], base) for name in TABLES if name in values}


def _without_password(text: Any, path: Path) -> Secret:
    if not isinstance(text, str) or _PASSWORD.search(text):
        raise ConfigError(
            f"Refused the setting database in {path}: settings files are copied and shown around, and it holds a password",
            hint="Set MEDIA_CAPTIONER_DATABASE, or leave the password out and keep it in ~/.pgpass.",
        )
    return Secret(text)


def read_key(path: Path) -> Secret:
    """Return the key in a file that nobody else may read.

    Raises:
        ConfigError: it cannot be read, others may read it, or it holds no key.

    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"Cannot read the key from {path}: {why.lower()}", hint="Check the path, and who may read it."
        ) from error
    if mode & 0o077:
        raise ConfigError(
            f"Refused the key in {path}: other users of this machine may read the file",
            hint=f"chmod 600 {path}",
        )
    if not text or len(text.split()) != 1:
        raise ConfigError(f"Cannot read the key from {path}: it should hold the key and nothing else")
    return Secret(text)


def known_name(name: str, *, where: str, among: Iterable[str] = ()) -> None:
    """Make sure that ``name`` is a setting.

    Args:
        name: As somebody wrote it.
        where: Where it stands, for the message.
        among: Further names that may stand there and may have been meant.

    Raises:
        UnknownSetting: it is not; the message offers the nearest name.

    """
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, [*among, *Settings.model_fields], n=1)
    raise UnknownSetting(
        f"Unknown setting {name!r} in {where}",
        hint=f"Did you mean {near[0]}?" if near else "media-captioner config lists every setting.",
    )
