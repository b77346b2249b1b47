"""What a person can choose about a captioner that is reached over a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from media_captioner.captioners.limits import InputWay
from media_captioner.model import Clip
from media_captioner.protocols import Reporter
from media_captioner.system.clock import SYSTEM_CLOCK, Clock
from media_captioner.system.secrets import Secret

LiveText: TypeAlias = Callable[[Clip, str], None]
"""Called with a clip and the words that have just arrived for it. Several clips can be under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices for a captioner over a network. All have defaults; not every captioner heeds all.

    Attributes:
        api_key: The key; None where the server wants none.
        region: ``singapore`` or ``beijing``; each has its own keys.
        base_url: Another address (a workspace's host, a server of one's own), with or without the
            protocol's path.
        workspace: Model Studio's workspace id, or None for the key's own.
        model: Another model than the captioner's default.
        stream: Whether words arrive as they are made. Then a service that stops making progress is noticed
            early, and ``on_text`` has something to show.
        incremental: Native protocol: whether each event brings only the new words (else all so far).
        way: How the sound gets there.
        audio_url: For ``way="url"``: the address of an already published audio file.
        max_seconds: Self-hosted: longest clip to send, seconds.
        max_upload: Largest file by temporary upload, bytes.
        connect_timeout: Seconds to get a connection.
        answer_timeout: Seconds until an answer begins.
        progress_timeout: Seconds between two pieces of a streamed answer.
        total_timeout: Seconds for one clip in all.
        on_text: Called with words as they arrive.
        models_folder: For ``local``: where its models are.
        whisper_model: For ``local``: which model transcribes.
        translate: For ``local``: whether speech in other languages is translated to English.
        threads: For ``local``: processor threads; 0 means as many as there are.
        reporter: Whom to tell how far it is (``local`` fetches models).
        clock: Where time comes from.

    """

    api_key: Secret | None = None
    region: str = "singapore"
    base_url: str | None = None
    workspace: str | None = None
    model: str | None = None
    stream: bool = True
    incremental: bool = True
    way: InputWay = "data-url"
    audio_url: str | None = None
    max_seconds: Fraction = Fraction(30)
    max_upload: int = 10_000_000
    connect_timeout: float = 10.0
    answer_timeout: float = 310.0
    progress_timeout: float = 120.0
    total_timeout: float = 900.0
    on_text: LiveText | None = None
    models_folder: Path | None = None
    whisper_model: str = "base"
    translate: bool = True
    threads: int = 0
    reporter: Reporter | None = None
    clock: Clock = SYSTEM_CLOCK


def options_of(settings: object, **changes: Any) -> Options:
    """Return the options that a settings object holds, by the names of their fields.

    Args:
        settings: Any object with some of the fields of :class:`Options` as attributes; what it lacks keeps
            its default.
        **changes: Fields to set besides.

    """
    missing = object()
    names = (field.name for field in fields(Options))
    found: dict[str, Any] = {name: getattr(settings, name, missing) for name in names}
    return Options(**({name: value for name, value in found.items() if value is not missing} | changes))
