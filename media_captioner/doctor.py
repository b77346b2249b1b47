"""Is this installation fit to caption? Each question is one check with an answer and, if need be, a remedy."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from media_captioner._version import __version__
from media_captioner.errors import MediaCaptionerError

if TYPE_CHECKING:
    from media_captioner.config import Resolved, Settings

Verdict = Literal["fine", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """One answer.

    Attributes:
        subject: What was looked at.
        verdict: ``fine``, ``note`` (works, but something is missing) or ``problem``.
        found: What was found.
        remedy: What to do, or None.

    """

    subject: str
    verdict: Verdict
    found: str
    remedy: str | None = None


def examine(config_file: Path | None = None) -> Iterator[Check]:
    """Yield every check as it is made. A check that fails to run is a problem itself, never an exception.

    Args:
        config_file: A settings file to read besides the user's own.

    """
    from media_captioner.config import Settings, resolve

    yield from _answers("versions", _versions)
    settings = Settings()  # what the rest is asked about where the settings cannot be used
    try:
        resolved = resolve(config_file=config_file)
        settings = resolved.settings
    except MediaCaptionerError as error:
        yield Check("settings", "problem", error.message, error.hint)
    else:
        yield from _answers("settings", lambda: _settings(resolved))
    yield from _answers("codecs", _codecs)
    yield from _answers("local captioner", _local_captioner)
    yield from _answers("speech model", lambda: _speech_model(settings))
    yield from _answers("places", lambda: _places(settings))
    yield from _answers("programs", _programs)


def _answers(subject: str, question: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from question()
    except MediaCaptionerError as error:
        yield Check(subject, "problem", error.message, error.hint)
    except (OSError, ImportError) as error:
        yield Check(subject, "problem", str(error))


def _versions() -> Iterator[Check]:
    system = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Check("media-captioner", "fine", f"{__version__}, {system}, {os.cpu_count()} processors")
    parts = [f"{name} {_version(name)}" for name in ("av", "numpy", "httpx", "webvtt-py", "lxml")]
    yield Check("packages", "fine", ", ".join(parts))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _settings(resolved: Resolved) -> Iterator[Check]:
    from media_captioner.assets import check_looks
    from media_captioner.system.places import user_file

    check_looks(resolved.settings)
    changed = sorted(name for name, origin in resolved.origins.items() if origin != "default")
    where = str(user_file()) if user_file().is_file() else "no settings file"
    yield Check("settings", "fine", f"{where}; set: {', '.join(changed) or 'nothing'}")


def _codecs() -> Iterator[Check]:
    import av

    from media_captioner.media.policy import CODECS, FORMATS

    missing = sorted(CODECS - av.codecs_available)
    yield Check(
        "decoders",
        "note" if missing else "fine",
        f"FFmpeg {getattr(av, 'ffmpeg_version_info', '?')}: {len(CODECS) - len(missing)} of {len(CODECS)} sound"
        f" decoders, {len(FORMATS & av.formats_available)} containers; pictures are never decoded"
        + (f"; without {', '.join(missing)}" if missing else ""),
    )
    yield _clip_formats()


def _clip_formats() -> Check:
    """Encode a second of silence in every format: what works, works."""
    import numpy as np

    from media_captioner.media.encode import ENCODERS, encode
    from media_captioner.model import AudioTrack, Segment

    track = AudioTrack(1, 0, "pcm_s16le", 16000, 1, "mono")
    silence = Segment(
        0, track, Fraction(0), Fraction(1), np.zeros(16000, np.int16), 16000, ((0, Fraction(0)),), "end"
    )
    usable, lacking = [], []
    for name in ENCODERS:
        try:
            encode(silence, name)
        except MediaCaptionerError as error:
            lacking.append(f"{name} ({error.message})")
        else:
            usable.append(name)
    found = ", ".join(usable) + (f"; without {'; '.join(lacking)}" if lacking else "")
    return Check("clip formats", "note" if lacking else "fine", found)


def _local_captioner() -> Iterator[Check]:
    lacking = [name for name in ("onnxruntime", "faster_whisper") if importlib.util.find_spec(name) is None]
    if lacking:
        yield Check(
            "local captioner",
            "note",
            f"not installed (no {', '.join(lacking)})",
            'pip install "media-captioner[local]"',
        )
        return
    from media_captioner.captioners.local import models

    damaged = [check.file.name for check in models.verify() if check.state != "ready"]
    found = f"onnxruntime {_version('onnxruntime')}, faster-whisper {_version('faster-whisper')}"
    if damaged:
        yield Check("local captioner", "problem", f"damaged weights: {', '.join(damaged)}", "Install again.")
    else:
        yield Check("local captioner", "fine", f"{found}, weights intact")


def _speech_model(settings: Settings) -> Iterator[Check]:
    if importlib.util.find_spec("faster_whisper") is None:
        return
    from media_captioner.captioners.local import models

    place = models.path(settings.whisper_model, folder=settings.models_folder)
    if place is not None:
        yield Check("speech model", "fine", f"{settings.whisper_model} in {place}")
    else:
        yield Check(
            "speech model",
            "note",
            f"{settings.whisper_model} is not here yet; it is fetched when speech is first heard",
            f"For a machine without a network: media-captioner models pull {settings.whisper_model}",
        )


def _places(settings: Settings) -> Iterator[Check]:
    from media_captioner.captioners.local.models import home
    from media_captioner.system.files import check_writable, free_bytes
    from media_captioner.system.places import default_journal, user_file

    for subject, folder, remedy in (
        ("models folder", home(settings.models_folder), "Choose another with MEDIA_CAPTIONER_MODELS_FOLDER."),
        (
            "journal's folder",
            (settings.journal or default_journal()).parent,
            "Choose another with MEDIA_CAPTIONER_JOURNAL, or --journal FILE.",
        ),
        ("settings folder", user_file().parent, "Name a settings file elsewhere with --config FILE."),
    ):
        try:
            check_writable(folder)
        except MediaCaptionerError as error:
            yield Check(subject, "note", error.message, remedy)
            continue
        free = free_bytes(folder) / 1e9
        yield Check(subject, "fine" if free > 1 else "note", f"{folder}, {free:.1f} GB free")


def _programs() -> Iterator[Check]:
    from media_captioner.system.processes import find_program

    found = [name for name in ("exiftool", "ffmpeg", "mpv") if find_program(name)]
    yield Check("other programs", "fine", f"none is needed; found {', '.join(found) or 'none'}")
