"""Tables of a settings file: what is run, called, watched and listened to. Only the user's own files may have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

EventName = Literal[
    "asset.found",
    "plan.made",
    "segment.described",
    "cues.ready",
    "sidecars.written",
    "asset.done",
    "asset.failed",
    "budget.reached",
]
"""The moments that hooks and webhooks can be told of."""

_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CommandHook(_Table):
    """A program that is run at certain moments: ``[[hooks]]``."""

    command: Annotated[
        tuple[str, ...],
        Field(
            description="The program (on the PATH, or by its path) and its arguments; no shell sees them.",
            min_length=1,
        ),
    ]
    events: Annotated[tuple[EventName, ...], Field(description="When it is run.", min_length=1)] = (
        "asset.done",
        "asset.failed",
    )
    seconds: Annotated[
        float, Field(description="Seconds until it is stopped with all that it started.", gt=0, le=3600)
    ] = 30.0
    memory_mb: Annotated[
        int, Field(description="Memory that each of its processes may take, MiB.", ge=16, le=1_048_576)
    ] = 1024
    environment: Annotated[
        tuple[str, ...],
        Field(
            description="Names of environment variables that it is given besides PATH, HOME and the locale."
        ),
    ] = ()


class Webhook(_Table):
    """An address that is told of certain moments: ``[[webhooks]]``."""

    url: Annotated[str, Field(description="Where to: https, on the open internet.")]
    events: Annotated[tuple[EventName, ...], Field(description="What it is told of.", min_length=1)] = (
        "asset.done",
        "asset.failed",
        "budget.reached",
    )
    secret_files: Annotated[
        tuple[Path, ...],
        Field(
            description="Files (mode 0600), each with a whsec_ secret. Two during a rotation: every request is"
            " signed with both.",
            min_length=1,
            max_length=4,
        ),
    ]
    private: Annotated[
        bool, Field(description="Allow an address in a private network or on this machine, and plain http.")
    ] = False

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError("write it like https://hooks.example/path, without a name or password")
        return url

    @model_validator(mode="after")
    def _encrypted(self) -> Webhook:
        if not self.private and urlsplit(self.url).scheme != "https":
            raise ValueError("only https is called; plain http needs private = true")
        return self


class WatchedRoot(_Table):
    """A folder that is watched: ``[[watch]]``. Every other setting can stand in it too, and holds below the folder."""

    root: Annotated[Path, Field(description="The folder.")]
    include: Annotated[
        tuple[str, ...], Field(description="Only files that match one of these patterns (as in .gitignore).")
    ] = ()
    exclude: Annotated[
        tuple[str, ...], Field(description="No files that match these patterns (as in .gitignore).")
    ] = ()
    priority: Annotated[
        int, Field(description="Files below a folder with a higher one go first.", ge=-100, le=100)
    ] = 0
    quiet_hours: Annotated[
        tuple[str, ...],
        Field(description='Spans of local time in which no file is begun, like "08:00-18:30".'),
    ] = ()
    settle_seconds: Annotated[
        float,
        Field(
            description="Shortest time without a change before a file counts as complete; it grows with the pauses"
            " that writers were seen to make.",
            ge=0.05,
            le=3600,
        ),
    ] = 2.0
    patience_minutes: Annotated[
        float,
        Field(
            description="How long a file that does not change but is not whole may stay so, before it is taken as it"
            " is, minutes.",
            ge=0,
            le=1440,
        ),
    ] = 30.0
    rescan_seconds: Annotated[
        float, Field(description="Longest time between two looks at the whole folder.", ge=1, le=86400)
    ] = 300.0
    polling: Annotated[
        Literal["auto", "always"],
        Field(
            description="auto: the system tells of changes, but on a network disk we look; always: we look."
        ),
    ] = "auto"
    renamed: Annotated[
        Literal["follow", "copy"],
        Field(
            description="When a file is renamed, its captions follow it, or are written anew beside it (copy)."
        ),
    ] = "follow"
    max_dollars: Annotated[float | None, Field(description="Most to spend below it, for good.", ge=0)] = None
    max_tokens: Annotated[int | None, Field(description="Most tokens to use below it, for good.", ge=0)] = (
        None
    )
    max_requests: Annotated[int | None, Field(description="Most requests below it, for good.", ge=0)] = None
    settings: Annotated[
        dict[str, Any],
        Field(description="Settings that hold below it, by name; they may stand in the table itself."),
    ] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: Any) -> Any:
        """Take every member that is not ours as a setting for the folder."""
        if not isinstance(values, Mapping):
            return values
        own = {name: value for name, value in values.items() if name in cls.model_fields}
        others = {name: value for name, value in values.items() if name not in cls.model_fields}
        return own | {"settings": {**own.get("settings", {}), **others}}

    @field_validator("quiet_hours")
    @classmethod
    def _spans(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for span in spans:
            if not _SPAN.fullmatch(span) or span.endswith(
                tuple(f"24:{minute:02d}" for minute in range(1, 60))
            ):
                raise ValueError(f'{span!r} is no span of time; write it like "08:00-18:30"')
        return spans


class Condenser(_Table):
    """A chat model that may shorten captions: ``[condenser]``. What it invents is refused."""

    base_url: Annotated[
        str, Field(description="Address of an OpenAI-compatible service, such as http://127.0.0.1:8000/v1.")
    ]
    model: Annotated[str, Field(description="Name of the model there.", min_length=1)]
    key_file: Annotated[
        Path | None,
        Field(description="File that holds the service's key, readable by nobody else (mode 0600)."),
    ] = None
    seconds: Annotated[float, Field(description="Longest time for one answer, seconds.", gt=0, le=600)] = 60.0
    dollars_per_million: Annotated[
        float,
        Field(
            description="Price of a million tokens, US dollars, for caps in dollars; 0: it is free.",
            ge=0,
            le=1000,
        ),
    ] = 0.0


class OwnProfile(_Table):
    """A style guide of the user's own: ``[profiles.NAME]``. What it leaves out is as in ``base``."""

    base: Annotated[str, Field(description="The style guide that it changes.")] = "netflix-en"
    max_chars: Annotated[int | None, Field(description="Characters in a line.", ge=8, le=200)] = None
    max_lines: Annotated[int | None, Field(description="Lines in a cue.", ge=1, le=4)] = None
    min_seconds: Annotated[float | None, Field(description="Shortest time of a cue.", gt=0, le=60)] = None
    max_seconds: Annotated[float | None, Field(description="Longest time of a cue.", gt=0, le=60)] = None
    max_cps: Annotated[
        float | None,
        Field(description="Characters a second that a reader must manage at most.", gt=0, le=100),
    ] = None
    aim_cps: Annotated[
        float | None, Field(description="Characters a second to aim for where there is room.", gt=0, le=100)
    ] = None
    gap_frames: Annotated[int | None, Field(description="Frames between two cues.", ge=0, le=48)] = None
    sound: Annotated[str | None, Field(description="Dress of a sound, such as [{}].")] = None
    music: Annotated[str | None, Field(description="Dress of music without words.")] = None
    lyrics: Annotated[str | None, Field(description="Dress of sung words.")] = None
    speaker: Annotated[str | None, Field(description="Dress of a speaker label before the words.")] = None
    capitals: Annotated[bool | None, Field(description="Write sounds and music in capitals.")] = None

    def rules(self) -> dict[str, Any]:
        """Return the rules that it changes, by name."""
        return self.model_dump(exclude={"base"}, exclude_none=True)


class Listening(_Table):
    """Who may ask for captions from elsewhere: ``[listen]``."""

    roots: Annotated[tuple[Path, ...], Field(description="Folders whose files may be asked for.")] = ()
    urls: Annotated[
        tuple[str, ...],
        Field(description="Beginnings of addresses that may be fetched, each with its host and a path."),
    ] = ()
    downloads: Annotated[
        Path | None, Field(description="Folder for what is fetched, and for its captions.")
    ] = None
    most_megabytes: Annotated[
        int, Field(description="Largest file that is fetched, MB.", ge=1, le=10_000_000)
    ] = 20_000
    private: Annotated[
        bool,
        Field(description="Allow fetching from a private network or from this machine, and over plain http."),
    ] = False
    at_once: Annotated[
        int | None,
        Field(description="Jobs under way at once; by default as many as suit the captioner.", ge=1, le=64),
    ] = None
    secret_files: Annotated[
        tuple[Path, ...],
        Field(description="Files (mode 0600) with the whsec_ secrets of those who may ask."),
    ] = ()
    frameio_secret_files: Annotated[
        tuple[Path, ...], Field(description="Files (mode 0600) with the signing secrets of Frame.io (v4).")
    ] = ()

    @field_validator("urls")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            wrong = parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path
            if wrong or parts.username is not None or parts.query or parts.fragment or "%" in parts.path:
                raise ValueError(f"{url!r}: write it like https://files.example/inbox/")
        return urls

    @model_validator(mode="after")
    def _consistent(self) -> Listening:
        if not self.private and any(urlsplit(url).scheme != "https" for url in self.urls):
            raise ValueError("only https is fetched from; plain http needs private = true")
        if self.urls and self.downloads is None:
            raise ValueError("urls need downloads, the folder for what is fetched")
        return self


TABLES: Final = ("hooks", "webhooks", "watch", "listen", "profiles", "condenser")
"""Names of the tables among the settings."""

_PATHS: Final = {
    "webhooks": ("secret_files",),
    "watch": ("root", "out", "models_folder", "key_file"),
    "condenser": ("key_file",),
    "listen": ("roots", "downloads", "secret_files", "frameio_secret_files"),
}


def placed(name: str, table: Any, base: Path) -> Any:
    """Return a table with its paths made relative to the settings file, as they were meant.

    Args:
        name: Name of the table (``webhooks``).
        table: As the file has it; what is no table is returned as it is, for the schema to refuse.
        base: The file's folder.

    """
    if isinstance(table, list):
        return [placed(name, each, base) for each in table]
    if not isinstance(table, dict):
        return table
    placed_here = {member: _placed(table[member], base) for member in _PATHS.get(name, ()) if member in table}
    if name == "hooks" and "command" in table:
        placed_here["command"] = _program(table["command"], base)
    return table | placed_here


def _program(command: Any, base: Path) -> Any:
    """Return a command whose program is found from anywhere: a name alone is looked for on the PATH."""
    match command:
        case [str(program), *arguments] if "/" in program:
            return [str(base.absolute() / Path(program).expanduser()), *arguments]
        case _:
            return command


def _placed(value: Any, base: Path) -> Any:
    if isinstance(value, list):
        return [_placed(each, base) for each in value]
    return base / Path(value).expanduser() if isinstance(value, str) else value
