"""What is wrong with a value of a setting, in words for whoever wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from media_captioner.config.schema import Settings
from media_captioner.config.tables import (
    CommandHook,
    Condenser,
    Listening,
    OwnProfile,
    WatchedRoot,
    Webhook,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "hooks": CommandHook,
    "webhooks": Webhook,
    "watch": WatchedRoot,
    "listen": Listening,
    "condenser": Condenser,
    "profiles": OwnProfile,
}
_SEVERAL: Final = frozenset({"hooks", "webhooks", "watch"})
"""Tables of which there may be several, written in double brackets."""

_WORDS: Final[Mapping[str, str]] = {
    "extra_forbidden": "there is no such setting",
    "tuple_type": "it has to be a list in square brackets",
    "dict_type": "it has to be a table",
    "model_type": "it has to be a table",
    "model_attributes_type": "it has to be a table",
    "string_type": "it has to be text in quotation marks",
    "path_type": "it has to be text in quotation marks",
    "bool_type": "it has to be true or false",
    "bool_parsing": "it has to be true or false",
    "int_type": "it has to be a whole number",
    "int_parsing": "it has to be a whole number",
    "int_from_float": "it has to be a whole number",
    "float_type": "it has to be a number",
    "float_parsing": "it has to be a number",
    "greater_than_equal": "it has to be {ge} or more",
    "greater_than": "it has to be more than {gt}",
    "less_than_equal": "it has to be {le} or less",
    "less_than": "it has to be less than {lt}",
    "finite_number": "it has to be a number",
    "literal_error": "it has to be {expected}",
    "too_short": "it is empty",
    "string_too_short": "it is empty",
    "too_long": "it has more than {max_length} members",
    "value_error": "{error}",
}
"""By pydantic's name of the mistake, with the figures that it gives."""


_PATTERNS: Final[Mapping[str, str]] = {
    "language": "it has to be the tag of a language, such as de or pt-BR",
    "start_timecode": "it has to be written like 01:00:00:00",
}
"""What to say of settings that have to be written in a certain way, by name."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a setting.

    Attributes:
        name: The setting.
        what: What of it cannot be used, as the file has it where that is no secret.
        why: Why not.
        hint: What it is for, or what was probably meant; None where there is nothing to say.

    """

    name: str
    what: str
    why: str
    hint: str | None


def complaint(error: ValidationError, values: Mapping[str, Any]) -> Complaint:
    """Say what is wrong with the first setting that cannot be used.

    Args:
        error: What the schema found.
        values: The settings that it was given.

    """
    first = error.errors()[0]
    name, *inner = map(str, first["loc"] or ("?",))
    if name not in _TABLES:
        meant = Settings.model_fields[name].description if name in Settings.model_fields else None
        shown = f"{name} = {values[name]!r}" if name in values else name
        return Complaint(name, shown, _why(first), meant)
    table, members = _place(name, inner)
    if first["type"] == "value_error" and not members:
        return Complaint(name, table, _why(first), None)
    if not members:
        return Complaint(name, name, f"it has to be a table of its own: {table.split()[0]}", None)
    member, fields = members[0], _TABLES[name].model_fields
    meant = fields[member].description if member in fields else None
    if first["type"] == "missing":
        return Complaint(name, table, f"{member} is missing", _misspelt(member, first["input"]) or meant)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(member, fields, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"There may be: {', '.join(fields)}."
    return Complaint(name, f"{member} in {table}", _why(first), meant)


def _place(name: str, inner: list[str]) -> tuple[str, list[str]]:
    """Return the table that a mistake is in, as its header has it, and where in there."""
    if name in _SEVERAL:
        return (f"[[{name}]] number {int(inner[0]) + 1}" if inner else f"[[{name}]]"), inner[1:]
    if name == "profiles" and inner:
        return f"[profiles.{inner[0]}]", inner[1:]
    return f"[{name}]", inner


def _misspelt(member: str, table: Any) -> str | None:
    """Return what to do where a table has another member in place of the one that is missing."""
    given = {**table, **table.get("settings", {})} if isinstance(table, Mapping) else {}
    near = difflib.get_close_matches(member, given, n=1)
    return f"It has {near[0]}; write {member}." if near else None


def _why(first: ErrorDetails) -> str:
    if first["type"] == "string_pattern_mismatch":
        return _PATTERNS[str(first["loc"][0])]
    words = _WORDS.get(first["type"])
    if words is None:
        return first["msg"]
    return words.format(**{name: _plain(value) for name, value in first.get("ctx", {}).items()})


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
