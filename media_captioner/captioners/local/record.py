"""The evidence record of one window: what was heard, by whom, when, as plain JSON.

Prose and facts are made from the record alone, so a record that was kept can be told again when the wording
changes, and a test needs no model. Times are seconds from the first sample of the window.
"""

from __future__ import annotations

from typing import Literal, TypedDict

RULES = 5
"""Version of the rules that fill the record and of the wording; part of the captioner's identity."""

Transcription = Literal["done", "none", "off", "unavailable", "withheld"]
"""``done``: words were transcribed. ``none``: nobody speaks. ``off``: not wanted. ``unavailable``: there are no
weights. ``withheld``: words came, and the sound does not support them."""


class LevelsRecord(TypedDict):
    """Measured of the recording; see :class:`media_captioner.captioners.local.levels.Levels`."""

    peak: float
    loudness: float
    floor: float
    volume: str
    silent: bool
    clipped: bool
    noisy: bool
    narrow: bool
    silences: list[list[float]]


class SoundRecord(TypedDict):
    """One sound: the AudioSet class that stands for it, and what else it may be."""

    name: str
    start: float
    end: float
    confidence: float
    alternatives: list[str]
    guess: bool


class WordRecord(TypedDict):
    """One word."""

    text: str
    start: float
    end: float
    probability: float


class SpeechRecord(TypedDict):
    """One utterance; ``text`` is None where only its presence is known."""

    start: float
    end: float
    text: str | None
    translation: str | None
    language: str | None
    language_probability: float
    speaker: str | None
    manner: list[str]
    sung: bool
    words: list[WordRecord]
    confidence: float


class MusicRecord(TypedDict):
    """One stretch of music."""

    start: float
    end: float
    instruments: list[str]
    genre: str | None
    genre_sure: bool
    vocals: str | None
    tempo: float | None
    confidence: float


class QualityRecord(TypedDict):
    """What listeners would say of the speech, 1 to 5."""

    signal: float
    background: float
    overall: float


class Record(TypedDict):
    """Everything heard in one window.

    ``absent`` names what both detectors agree is not there (``speech``, ``music``). ``heard_by`` names who
    heard each part (``sounds``, ``speech``, ``voice``, ``music``, ``levels``, ``quality``).
    """

    rules: int
    seconds: float
    levels: LevelsRecord
    sounds: list[SoundRecord]
    speech: list[SpeechRecord]
    music: list[MusicRecord]
    quality: QualityRecord | None
    absent: list[str]
    transcription: Transcription
    withheld: str | None
    heard_by: dict[str, str]
