"""What is heard when: the events of the film and the recordings that make each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["speech", "music", "effect", "ambience"]

LENGTH: Final = 59.4
"""Seconds of the whole film."""

LIGHTNING: Final = 31.25
"""When the sky flashes: light comes before its thunder."""


@dataclass(frozen=True)
class Take:
    """One use of one recording.

    Attributes:
        source: its name in ``sources.SOURCES``.
        at: seconds of film at which the used part of it begins.
        cut: first and last second used of the recording (None: to its end).
        lufs: loudness to bring it to (ITU-R BS.1770-4, gated); for sounds that last.
        peak: sample peak to bring it to, in dBFS; for sounds that are too short to have a loudness.
        pan: place in the stereo picture at its beginning and its end, -1 left to 1 right.
        fade: seconds of fade-in and fade-out (raised cosine).
        speed: playing speed; below 1 is slower and lower.
        band: corners of the high-pass and the low-pass in Hz.
        echo: level of the street's echo in dB relative to the sound itself (None: none).
    """

    source: str
    at: float
    cut: tuple[float, float | None] = (0.0, None)
    lufs: float | None = None
    peak: float | None = None
    pan: tuple[float, float] = (0.0, 0.0)
    fade: tuple[float, float] = (0.005, 0.02)
    speed: float = 1.0
    band: tuple[float, float] = (20.0, 20_000.0)
    echo: float | None = None


@dataclass(frozen=True)
class Event:
    """Something that a listener would name, with the words that name it rightly.

    Attributes:
        accept: lower-case words; a caption that holds one of them has named the event.
        text: the words spoken, with their ``language`` (BCP 47).
    """

    name: str
    kind: Kind
    label: str
    accept: tuple[str, ...]
    takes: tuple[Take, ...]
    text: str = ""
    language: str = ""


def _barks(start: float, *rest: float, peak: float, pan: tuple[float, float]) -> tuple[Take, ...]:
    """Return one recorded bark at ``start`` and after it at the offsets ``rest``, never twice at one speed."""
    offsets = (0.0, *rest)
    step = (pan[1] - pan[0]) / max(len(offsets) - 1, 1)
    return tuple(
        Take(
            "bark",
            start + offset,
            peak=peak - 1.5 * (i % 2),
            pan=(pan[0] + i * step, pan[0] + i * step),
            speed=(0.85, 0.82, 0.87, 0.84)[i % 4],
            echo=-17.0,
        )
        for i, offset in enumerate(offsets)
    )


def _reads(source: str, at: float, cut: tuple[float, float]) -> Take:
    """Return a line of the man at the window: the recordings are all of one reader."""
    return Take(
        source, at, cut, lufs=-20.0, pan=(-0.3, -0.3), fade=(0.05, 0.1), band=(110.0, 20_000.0), echo=-30.0
    )


_SPOKEN = ("speech", "speaks", "speaking", "voice", "says", "reads", "reading", "man")
_DOG = ("dog", "bark", "barks", "barking", "woof")
_THUNDER = ("thunder", "thunderstorm", "thunderclap", "storm", "rumble", "rumbling")
_RAIN = ("rain", "raining", "rainfall", "downpour", "storm", "thunderstorm")

EVENTS: Final = (
    Event(
        "birds",
        "ambience",
        "birds singing",
        ("bird", "birds", "birdsong", "chirp", "chirping", "chirps", "tweet", "tweeting"),
        (
            Take("birds", 1.4, (11.9, 26.0), lufs=-33.5, fade=(1.0, 1.0)),
            Take("birds", 14.5, (3.4, 14.3), lufs=-33.5, fade=(1.0, 2.5)),
        ),
    ),
    Event(
        "bell",
        "effect",
        "church bell, two strokes",
        ("bell", "bells", "toll", "tolls", "tolling", "chime", "chimes", "chiming"),
        (
            Take("bell", 2.9, lufs=-24.0, pan=(0.1, 0.1), fade=(0.0, 0.5), echo=-18.0),
            Take("bell", 4.5, (0.0, 3.0), lufs=-24.0, pan=(0.1, 0.1), fade=(0.0, 1.2), echo=-18.0),
        ),
    ),
    Event(
        "young man",
        "speech",
        "a man reads aloud at a window",
        _SPOKEN,
        (_reads("young man", 6.5, (0.22, 2.9)), _reads("unless", 9.25, (0.2, 5.15))),
        "He was not an ill-disposed young man, unless to be rather cold-hearted and rather selfish is to be "
        "ill-disposed.",
        "en",
    ),
    Event(
        "dog",
        "effect",
        "dog barking",
        _DOG,
        _barks(14.5, 0.42, 1.0, 1.62, peak=-8.0, pan=(-0.6, 0.5)),
    ),
    Event(
        "horn",
        "effect",
        "car horn, two toots",
        ("horn", "horns", "honk", "honks", "honking", "beep", "beeps", "toot"),
        (
            Take("horn", 16.9, peak=-9.0, pan=(0.6, 0.6), echo=-16.0),
            Take("horn", 17.5, peak=-8.0, pan=(0.55, 0.55), echo=-16.0),
        ),
    ),
    Event(
        "car",
        "effect",
        "car accelerating past",
        ("car", "engine", "vehicle", "driving", "accelerating", "accelerates", "motor", "traffic"),
        (Take("car", 18.2, lufs=-23.0, pan=(0.6, -0.95), fade=(0.15, 0.9), echo=-20.0),),
    ),
    Event(
        "weasels",
        "speech",
        "a voice on the telephone, in Italian",
        _SPOKEN,
        (Take("weasels", 21.6, lufs=-20.0, pan=(0.4, 0.4), fade=(0.02, 0.05), band=(150.0, 20_000.0), echo=-28.0),),
        "Le donnole hanno mangiato il nostro sistema telefonico.",
        "it",
    ),
    Event(
        "far thunder",
        "effect",
        "thunder, far away",
        _THUNDER,
        (Take("rolling thunder", 24.9, (0.0, 5.9), lufs=-27.0, fade=(0.4, 2.5), band=(30.0, 1_500.0)),),
    ),
    Event(
        "rain",
        "ambience",
        "rain",
        _RAIN,
        (Take("rain", 26.6, (0.0, 14.4), lufs=-33.0, fade=(3.0, 2.8), band=(180.0, 20_000.0)),),
    ),
    Event(
        "near thunder",
        "effect",
        "clap of thunder overhead",
        _THUNDER,
        (
            Take("thunderclap", 31.5, peak=-7.0, pan=(-0.1, -0.1), fade=(0.0, 0.6), echo=-12.0),
            Take("rolling thunder", 31.9, (8.9, 13.4), lufs=-28.0, fade=(0.5, 2.5), band=(30.0, 4_000.0)),
        ),
    ),
    Event(
        "glass",
        "effect",
        "window pane breaking",
        ("glass", "shatter", "shatters", "shattering", "breaking", "breaks", "smash", "smashing"),
        (
            Take("pane", 34.5, peak=-11.0, pan=(-0.55, -0.55), echo=-18.0),
            Take("glass", 34.55, peak=-9.0, pan=(-0.55, -0.45), echo=-18.0),
        ),
    ),
    Event(
        "amiable",
        "speech",
        "the man at the window, in the rain",
        _SPOKEN,
        (_reads("amiable", 35.9, (0.22, 3.1)),),
        "He might even have been made amiable himself.",
        "en",
    ),
    Event(
        "crickets",
        "ambience",
        "crickets in the evening",
        ("cricket", "crickets", "insect", "insects", "chirp", "chirping"),
        (Take("crickets", 42.6, (4.0, 19.8), lufs=-42.0, fade=(0.4, 1.5)),),
    ),
    Event(
        "fiddle",
        "music",
        "two buskers play a reel: fiddle over plucked strings",
        ("music", "fiddle", "violin", "mandolin", "banjo", "strings", "folk", "reel", "bluegrass"),
        (Take("fiddle", 43.8, (32.8, 44.05), lufs=-20.0, pan=(0.05, 0.05), fade=(0.02, 0.5), echo=-18.0),),
    ),
    Event(
        "dog again",
        "effect",
        "dog barking twice, over the music",
        _DOG,
        _barks(49.2, 0.45, peak=-8.0, pan=(-0.45, -0.45)),
    ),
    Event(
        "applause",
        "effect",
        "applause",
        ("applause", "applauding", "applauds", "clap", "claps", "clapping", "cheer", "cheering"),
        (Take("applause", 54.6, (5.7, 9.7), lufs=-23.0, pan=(0.25, 0.25), fade=(0.35, 1.2), band=(350.0, 20_000.0), echo=-16.0),),
    ),
)  # fmt: skip
