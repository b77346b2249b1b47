"""Evidence records for tests, with everything in them optional."""

from __future__ import annotations

from typing import Any


def record(**parts: Any) -> Any:
    """Return a record of ten seconds in which nothing is heard but what ``parts`` say."""
    base: dict[str, Any] = {
        "rules": 1,
        "seconds": 10.0,
        "levels": levels(),
        "sounds": [],
        "speech": [],
        "music": [],
        "quality": None,
        "absent": [],
        "transcription": "none",
        "withheld": None,
        "heard_by": {
            "levels": "measured",
            "sounds": "yamnet",
            "voice": "silero and yamnet",
            "speech": "faster-whisper base",
        },
    }
    return base | parts


def levels(**parts: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "peak": -3.0,
        "loudness": -20.0,
        "floor": -60.0,
        "volume": "moderate",
        "silent": False,
        "clipped": False,
        "noisy": False,
        "narrow": False,
        "silences": [],
    }
    return base | parts


def sound(name: str, start: float, end: float, confidence: float = 0.8, **parts: Any) -> dict[str, Any]:
    base = {
        "name": name,
        "start": start,
        "end": end,
        "confidence": confidence,
        "alternatives": [],
        "guess": False,
    }
    return base | parts


def utterance(text: str | None, start: float, end: float, **parts: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "start": start,
        "end": end,
        "text": text,
        "translation": None,
        "language": "en" if text else None,
        "language_probability": 0.95,
        "speaker": None,
        "manner": [],
        "sung": False,
        "words": [],
        "confidence": 0.9,
    }
    return base | parts


def music(start: float, end: float, **parts: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "start": start,
        "end": end,
        "instruments": [],
        "genre": None,
        "genre_sure": False,
        "vocals": None,
        "tempo": None,
        "confidence": 0.9,
    }
    return base | parts
