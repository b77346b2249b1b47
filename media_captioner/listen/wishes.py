"""What a request asks for: read strictly, because anybody who knows a secret can write anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from media_captioner.assets import check_looks
from media_captioner.config import Settings
from media_captioner.config.complaints import complaint
from media_captioner.config.schema import UNTRUSTED
from media_captioner.config.tables import OwnProfile
from media_captioner.errors import MediaCaptionerError

MOST_BYTES: Final = 64 * 1024
"""Bytes of a request's body."""

_LONGEST: Final = 4096  # characters of a path or an address
_MEMBERS: Final = ("file", "url", "settings")


class Refused(Exception):
    """A request is not done.

    Args:
        status: HTTP status that says so.
        message: Why, for the one who asked.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. Either ``file`` or ``url`` is set.

    Attributes:
        file: A file below an allowed folder, relative to it or absolute.
        url: An address on the list of those that may be fetched.
        settings: Settings that a file beside the media could set too.

    """

    file: str | None
    url: str | None
    settings: Mapping[str, Any]

    def apply(self, settings: Settings) -> Settings:
        """Return ``settings`` with those of the request."""
        checked = Settings.model_validate(self.settings)
        return settings.model_copy(update={name: getattr(checked, name) for name in self.settings})

    def to_json(self) -> str:
        """Return it as text that :meth:`from_json` reads back."""
        return json.dumps({name: getattr(self, name) for name in _MEMBERS})

    @classmethod
    def from_json(cls, text: str) -> Wish:
        """Return what :meth:`to_json` wrote."""
        return cls(**json.loads(text))


def wish_in(body: bytes | str, profiles: Mapping[str, OwnProfile] | None = None) -> Wish:
    """Read a request's body.

    Args:
        body: As it came.
        profiles: Style guides of the user's own that a request may name too.

    ``{"file": "1987/tape 7.mov", "settings": {"language": "de"}}``, or ``url`` instead of ``file``; or the same as
    ``data`` of a larger object: of a CloudEvent, or of a custom action of Frame.io with a form.

    Raises:
        Refused: it is something else (400), or asks for what cannot be (422).

    """
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON") from None
    if isinstance(document, dict) and isinstance(document.get("data"), dict):
        document = document["data"]
    elif isinstance(document, dict) and (unknown := sorted(set(document) - set(_MEMBERS))):
        raise Refused(
            422,
            f"The body has {unknown[0][:40]!r}, which nothing is known of; it may have {_listed(_MEMBERS)}",
        )
    if not isinstance(document, dict):
        raise Refused(400, "The body is no JSON object")
    file, url = _text(document, "file"), _text(document, "url")
    if (file is None) == (url is None):
        raise Refused(422, "The body needs a file or a url, and not both")
    return Wish(file, url, _settings(document.get("settings", {}), profiles or {}))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise Refused(422, f"The {name} is no usable text")
    return value


def _settings(given: Any, profiles: Mapping[str, OwnProfile]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Refused(422, "The settings are no JSON object")
    if forbidden := sorted(set(given) - UNTRUSTED):
        raise Refused(
            422,
            f"The setting {forbidden[0][:40]!r} cannot be set by a request; {_listed(tuple(sorted(UNTRUSTED)))} can",
        )
    try:
        check_looks(Settings.model_validate(given).model_copy(update={"profiles": dict(profiles)}))
    except ValidationError as error:
        found = complaint(error, {})
        raise Refused(422, f"The setting {found.what} cannot be used: {found.why}") from None
    except MediaCaptionerError as error:
        raise Refused(422, error.message) from None
    return dict(given)
