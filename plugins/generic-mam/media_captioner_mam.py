"""Send captions and metadata to any asset manager with an HTTP API: a program for media-captioner's [[hooks]].

It reads the event ``asset.done`` from standard input and makes the requests that a table of yours names, in order:

    base = "https://mam.example/api"
    asset = '(?P<id>[0-9]{4,})[^/]*$'           # where the asset's id stands in the path of the media file
    token = "MAM_TOKEN"                         # the environment variable that holds the key

    [[requests]]
    method = "PATCH"
    path = "/assets/{id}"
    json = { description = "{summary}", keywords = "{keywords}" }

    [[requests]]
    method = "PUT"
    path = "/assets/{id}/captions/en"
    file = "vtt"

Requests that put things in their place (PUT, PATCH) make a second run change nothing. Needs httpx.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

__version__ = "0.1.0"

TRIES = 4
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
LONGEST_PAUSE = 60.0
"""Seconds to wait at most for an asset manager that asks for patience."""
_TYPES = {
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "json": "application/json",
    "xmp": "application/rdf+xml",
}


class Trouble(Exception):
    """What keeps the asset manager from being told; the text says what to do."""


class Wanted(NamedTuple):
    """One request: JSON, or a file of the asset, or neither."""

    method: str
    url: str
    json: Any = None
    file: Path | None = None


def wanted(table: Mapping[str, Any], event: Mapping[str, Any]) -> list[Wanted]:
    """Return the requests that ``table`` asks for about ``event``; none where the path holds no id.

    Values are put in whole: "{keywords}" alone becomes a list, and within a longer text its words with commas.
    In a path they are quoted, so no name of a file leads anywhere else.

    Raises:
        Trouble: the table names what there is not.

    """
    found = re.search(table.get("asset", r"(?P<id>[^/\\]+)\.[^./\\]+$"), event["path"])
    if found is None:
        return []
    values = {
        "id": found.groupdict().get("id") or found.group(0),
        "summary": event.get("summary") or "",
        "keywords": list(event.get("keywords", ())),
        "languages": list(event.get("languages", ())),
        "state": event.get("state", ""),
        "file": Path(event["path"]).name,
    }
    base = str(table["base"]).rstrip("/")
    made = []
    for request in table.get("requests", ()):
        path = _text(request["path"], values, lambda value: quote(value, safe=""))
        file = _file(event, request["file"]) if "file" in request else None
        made.append(
            Wanted(request["method"].upper(), base + path, _filled(request.get("json"), values), file)
        )
    return made


def _file(event: Mapping[str, Any], kind: str) -> Path:
    ending = ".media_captioner.json" if kind == "json" else f".{kind}"
    for name in event.get("files", ()):
        if name.endswith(ending):
            return Path(name)
    raise Trouble(f"No {kind} file was written; add it to media-captioner's setting formats.")


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    if not isinstance(template, str):
        return template
    alone = re.fullmatch(r"\{(\w+)\}", template)
    return values[alone[1]] if alone and alone[1] in values else _text(template, values, lambda value: value)


def _text(template: str, values: Mapping[str, Any], shape: Callable[[str], str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise Trouble(f"There is no {{{match[1]}}}; there are {', '.join(sorted(values))}.")
        value = values[match[1]]
        return shape(", ".join(value) if isinstance(value, list) else str(value))

    return re.sub(r"\{(\w+)\}", value_of, template)


def send(client: httpx.Client, request: Wanted, sleep: Callable[[float], None] = time.sleep) -> None:
    """Make one request, again where it may pass by itself.

    Raises:
        Trouble: it was refused, or did not get through.

    """
    about = f"{request.method} {request.url}"
    headers, content = {}, None
    if request.file is not None:
        headers = {"content-type": _TYPES.get(request.file.suffix[1:], "application/octet-stream")}
        content = request.file.read_bytes()
    said = ""
    for attempt in range(TRIES):
        try:
            answer = client.request(
                request.method, request.url, json=request.json, content=content, headers=headers
            )
        except httpx.TransportError as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if answer.is_success:
                return
            said = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code not in RETRIED:
                break
            sleep(_pause(answer, attempt))
            continue
        sleep(2.0**attempt)
    raise Trouble(f"{about} failed: {said}")


def _pause(answer: httpx.Response, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(LONGEST_PAUSE, float(asked) if asked.isdigit() else 2.0**attempt)


def main(arguments: list[str]) -> int:
    """Read an event from standard input and tell the asset manager; return the exit code."""
    if len(arguments) != 1:
        print("usage: media_captioner_mam.py TABLE.toml < event.json", file=sys.stderr)
        return 2
    try:
        table = tomllib.loads(Path(arguments[0]).read_text("utf-8"))
        event = json.load(sys.stdin)
        if event.get("event") != "asset.done" or event.get("state") == "up to date":
            return 0
        key = os.environ.get(table.get("token", ""), "")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        with httpx.Client(headers=headers, timeout=60, follow_redirects=False) as client:
            for request in wanted(table, event):
                send(client, request)
    except (Trouble, OSError, ValueError, KeyError) as error:
        print(f"media_captioner_mam: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
