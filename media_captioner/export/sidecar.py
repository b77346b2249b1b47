"""The JSON sidecar: everything that is known of an asset's sound, beside the asset.

Its shape is ``media_captioner/sidecar@1``, described by the JSON Schema shipped beside this module. It is
strict JSON in UTF-8, stable in its order, and names no folder of the user's. Its last member is a digest of all
the others, so an edit by hand is noticed and never overwritten.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from media_captioner.export.base import ExportContext
from media_captioner.export.seals import json_digest
from media_captioner.export.text import clean
from media_captioner.model import Captions
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
        seals: What was written, so that an edit can be told; see :func:`seals_of`.

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
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "tool": {"name": "media_captioner", "version": context.version},
            "created": context.now.isoformat(timespec="seconds"),
            "content_id": context.content_id,
            "settings": to_json(dict(context.settings), text=clean),
            "outputs": to_json(dict(context.written), text=clean),
            # A lone surrogate in a title must not cost the sidecar.
            **to_json(captions, text=clean),
        }
        document["seals"] = seals_of(document)
        document["digest"] = json_digest(document)
        return _laid_out(document).encode()

    def is_ours(self, data: bytes) -> bool:
        """Return whether ``data`` is a sidecar whose digest still holds."""
        try:
            document = _document(data)
        except ValueError:
            return False
        return document.get("digest") == json_digest(document)


def _laid_out(document: dict[str, Any]) -> str:
    """Return a document with each member on a line, and each item of a list on one: an edit by hand finds its cue."""
    lines = []
    for name, value in document.items():
        held = _line(value)
        if isinstance(value, list) and value:
            held = "[\n" + ",\n".join(f"  {_line(item)}" for item in value) + "\n ]"
        lines.append(f" {_line(name)}: {held}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def seals_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return short digests of what a person may edit: each cue with its times, and each other member as a whole.

    They outlive an edit of the file by hand, and so does what they tell: which cues were changed, which are new and
    which are gone.
    """
    seals: dict[str, Any] = {
        "cues": [[cue["start"], cue["end"], short_digest(cue)] for cue in document.get("cues", [])]
    }
    return seals | {name: short_digest(document.get(name)) for name in EDITABLE}


EDITABLE: Final = ("summary", "keywords", "chapters")
"""Members beside the cues that a person may edit."""


def short_digest(value: Any) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of a JSON value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else None
        raise ValueError(f"its schema is {found!r}, not {SCHEMA!r}")
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
