"""The JSON sidecar: everything that is known of an asset's sound, beside the asset.

Its shape is ``media_captioner/sidecar@1``, described by the JSON Schema shipped beside this module. It is
strict JSON in UTF-8, stable in its order, and names no folder of the user's. Its last member is a digest of all
the others, so an edit by hand is noticed and never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import canonical, digest_of_forms, json_digest, short_digest
from media_captioner.export.text import clean
from media_captioner.model import CaptionedSegment, Captions, Cue
from media_captioner.model.codec import from_json, to_json

SCHEMA: Final = "media_captioner/sidecar@1"
SUFFIX: Final = ".media_captioner.json"
_LARGEST: Final = 512 * 1024 * 1024  # bytes; a sidecar of 100 hours has about 60 MB


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar that was read.

    Attributes:
        captions: What it holds.
        content_id: Identity of the source's bytes when it was captioned.
        settings: The settings that shaped it.
        outputs: SHA-256 of the files written with it, by file name.
        version: Version of the program that wrote it.
        edited: Whether somebody changed it since.
        created: When it was written, ISO 8601.
        seals: Short digests of what a person may edit: of each cue, with its times, and of each of ``EDITABLE``.

    """

    captions: Captions
    content_id: str
    settings: dict[str, Any]
    outputs: dict[str, str]
    version: str
    edited: bool
    created: str = ""
    seals: dict[str, Any] = field(default_factory=dict)


class JsonSidecar:
    """Everything, for programs."""

    name = "json"
    suffix = SUFFIX
    readers = "media-captioner itself, its plugins, scripts"
    loss = "times are rounded to the microsecond"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the whole file. Written last: it lists the hashes of the files written before it."""
        told: dict[str, Any] = {
            "schema": SCHEMA,
            "tool": {"name": "media_captioner", "version": context.version},
            "created": context.now.isoformat(timespec="seconds"),
            "content_id": context.content_id,
            "settings": to_json(dict(context.settings), text=clean),
            "outputs": to_json(dict(context.written), text=clean),
            # A lone surrogate in a title must not cost the sidecar.
            **to_json(replace(captions, cues=(), segments=()), text=clean),
        }
        document = _Document()
        seals: dict[str, Any] = {"cues": []}
        for name, value in told.items():
            if name == "cues":
                seals["cues"] = document.add_items(name, captions.cues, sealed=True)
            elif name == "segments":
                document.add_items(name, captions.segments)
            else:
                document.add(name, value)
        seals |= {name: short_digest(canonical(told.get(name))) for name in EDITABLE}
        document.add("seals", seals)
        document.add("digest", document.digest())
        return document.whole()

    def is_ours(self, data: bytes) -> bool:
        """Return whether ``data`` is a sidecar whose digest still holds."""
        try:
            document = _document(data)
        except ValueError:
            return False
        return document.get("digest") == json_digest(document)


class _Document:
    """A sidecar while it is written, member by member.

    What there are thousands of is turned into text one by one, so that ten hours never stand in memory as objects of
    JSON; and each is brought into canonical form once, for its own seal and for the digest of the whole.
    """

    def __init__(self) -> None:
        self._clean = lru_cache(1024)(
            clean
        )  # facts repeat their labels, and the sentence that they stem from
        self._forms: dict[str, list[bytes]] = {}
        self._lines: list[bytes] = [b"{\n "]

    def add(self, name: str, value: Any) -> None:
        """Add a member: on one line, or each item of a list on one, so that an edit by hand finds its cue."""
        self._begin(name)
        self._forms[name] = [canonical(value)]
        if isinstance(value, list):
            self._add_lines([_line(item) for item in value])
        else:
            self._lines.append(_line(value))

    def add_items(
        self, name: str, items: Sequence[Cue | CaptionedSegment], *, sealed: bool = False
    ) -> list[Any]:
        """Add a member that is a list of ``items``, and return the seal of each where they are ``sealed``.

        A seal is short and outlives an edit of the file by hand, and so does what it tells: which cues were changed,
        which are new and which are gone.
        """
        self._begin(name)
        forms: list[bytes] = [b"["]
        lines: list[bytes] = []
        seals: list[Any] = []
        for item in items:
            told = to_json(item, text=self._clean)
            form = canonical(told)
            forms += (b",", form) if lines else (form,)
            lines.append(_line(told))
            if sealed:
                seals.append([told["start"], told["end"], short_digest(form)])
        self._forms[name] = [*forms, b"]"]
        self._add_lines(lines)
        return seals

    def _begin(self, name: str) -> None:
        self._lines.append((b",\n " if self._forms else b"") + _line(name) + b": ")

    def _add_lines(self, lines: list[bytes]) -> None:
        self._lines += (b"[\n  ", b",\n  ".join(lines), b"\n ]") if lines else (b"[]",)

    def digest(self) -> str:
        """Return the digest of all members so far."""
        return digest_of_forms(self._forms)

    def whole(self) -> bytes:
        """Return the whole file."""
        return b"".join([*self._lines, b"\n}\n"])


_LINE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _line(value: Any) -> bytes:
    return _LINE.encode(value).encode()


EDITABLE: Final = ("summary", "keywords", "chapters")
"""Members beside the cues that a person may edit."""


def _document(data: bytes) -> dict[str, Any]:
    try:
        document: Any = json.loads(data)
    except UnicodeDecodeError as error:
        raise ValueError("it is not JSON in UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or "schema" not in document:
        raise ValueError("it names no schema of ours")
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']!r}, not {SCHEMA!r}")
    return document


def read_bytes(data: bytes, folder: Path) -> Sidecar:
    """Read a sidecar.

    Args:
        data: The file.
        folder: Where it lies; the asset is looked for there.

    Raises:
        ValueError: it is not a sidecar of a version this program knows.

    """
    document = _document(data)
    captions = from_json(Captions, document)
    media = replace(captions.media, path=folder / captions.media.path.name)
    return Sidecar(
        replace(captions, media=media),
        str(document.get("content_id", "")),
        dict(document.get("settings", {})),
        dict(document.get("outputs", {})),
        str(document.get("tool", {}).get("version", "")),
        document.get("digest") != json_digest(document),
        str(document.get("created", "")),
        dict(document.get("seals", {})),
    )


def read(path: Path) -> Sidecar:
    """Read the sidecar at ``path``.

    Raises:
        OSError: it cannot be read.
        ValueError: it is too large, or not a sidecar of a version this program knows.

    """
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"larger than {_LARGEST} bytes")
    return read_bytes(data, path.parent)


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a sidecar."""
    text = (
        resources.files("media_captioner.export").joinpath("schemas/sidecar-1.schema.json").read_text("utf-8")
    )
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(document: Any) -> list[str]:
    """Return every way in which ``document`` breaks the schema, each in a sentence."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema())
    return [
        f"{'/'.join(str(part) for part in error.absolute_path) or 'document'}: {error.message[:200]}"
        for error in validator.iter_errors(document)
    ]
