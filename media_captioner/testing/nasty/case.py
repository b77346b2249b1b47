"""What a nasty file is, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from media_captioner.errors import MediaCaptionerError
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.system import files

EXACT: Final = Fraction(12, 1000)
"""Seconds that a beep may be off where the container says when it is."""
PRIMED: Final = Fraction(60, 1000)
"""The same where it cannot say how much priming the encoder put before the sound, or only counts roughly."""


@dataclass(frozen=True, slots=True)
class Nasty:
    """A file that goes wrong somewhere, with what is right to make of it.

    Attributes:
        name: Short and unique; also the file's stem unless ``write`` gives it another.
        write: Makes the file in a folder and returns its path.
        beeps: When its beeps begin on the presentation timeline, seconds.
        within: How far off they may be placed.
        refused: What reading it raises, or None.
        partial: Whether it must be called partial.
        track: Which audio track to read, from 1; None lets the policy choose.
        limits: Bounds to read it under.

    """

    name: str
    write: Callable[[Path], Path]
    beeps: Sequence[Fraction] = ()
    within: Fraction = EXACT
    refused: type[MediaCaptionerError] | None = None
    partial: bool = False
    track: int | None = None
    limits: MediaLimits = DEFAULT_LIMITS


def holding(name: str, make: Callable[[], bytes]) -> Callable[[Path], Path]:
    """Return a function that writes what ``make`` returns into a folder, as a file called ``name``."""

    def write(folder: Path) -> Path:
        files.write_whole(folder / name, make(), anything=True)
        return folder / name

    return write
