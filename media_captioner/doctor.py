"""Is this installation fit to caption? Each question is one check with an answer and, if need be, a remedy."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from media_captioner._version import __version__
from media_captioner.errors import MediaCaptionerError

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


def examine() -> Iterator[Check]:
    """Yield every check as it is made. A check that fails to run is a problem itself, never an exception."""
    questions: tuple[Callable[[], Iterator[Check]], ...] = (
        _versions,
        _settings,
        _codecs,
        _local_captioner,
        _speech_model,
        _places,
        _programs,
    )
    for question in questions:
        try:
            yield from question()
        except MediaCaptionerError as error:
            yield Check(_subject(question), "problem", error.message, error.hint)
        except (OSError, ImportError) as error:
            yield Check(_subject(question), "problem", str(error))


def _subject(question: Callable[[], Iterator[Check]]) -> str:
    return question.__name__.strip("_").replace("_", " ")


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


def _settings() -> Iterator[Check]:
    from media_captioner.config import resolve
    from media_captioner.system.places import user_file

    resolved = resolve()
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


def _speech_model() -> Iterator[Check]:
    if importlib.util.find_spec("faster_whisper") is None:
        return
    from media_captioner.captioners.local import models
    from media_captioner.config import resolve

    settings = resolve().settings
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


def _places() -> Iterator[Check]:
    from media_captioner.captioners.local.models import home
    from media_captioner.config import resolve
    from media_captioner.system.files import check_writable, free_bytes
    from media_captioner.system.places import default_journal, user_file

    settings = resolve().settings
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
