"""Short ways to what the tests of the media room need."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from media_captioner.model import AudioTrack, Fingerprint, Media, Segment

RATE = 16_000


def track(number=1, **more):
    facts = {
        "number": number,
        "index": number,
        "codec": "aac",
        "sample_rate": 48_000,
        "channels": 2,
        "layout": "stereo",
    }
    return AudioTrack(**{**facts, **more})


def media(*tracks):
    return Media(
        path=Path("/films/film.mkv"),
        fingerprint=Fingerprint(1, 1, 1, 1),
        format="matroska,webm",
        start=Fraction(0),
        duration=Fraction(60),
        audio=tracks,
    )


def segment(pcm, **more):
    facts = {
        "index": 0,
        "track": track(),
        "start": Fraction(0),
        "end": Fraction(len(pcm), RATE),
        "pcm": pcm,
        "rate": RATE,
        "anchors": ((0, Fraction(0)),),
        "cut": "end",
    }
    return Segment(**{**facts, **more})


def noise(seconds, amplitude=0.1, seed=1):
    draw = np.random.default_rng(seed)
    return (
        (draw.standard_normal(round(seconds * RATE)) * amplitude * 32767).clip(-32767, 32767).astype(np.int16)
    )


def tone(seconds, pitch=1000.0, amplitude=0.5, rate=RATE):
    return (amplitude * 32767 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)).astype(
        np.int16
    )


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.int16)
