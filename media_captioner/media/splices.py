"""Clocks that start anew in the middle of a file: broadcasts, captures, files joined end to end.

Such a file plays on without a break, so its presentation timeline runs on too. A real hole looks the same in
the sound alone: it is the picture that tells them apart, by going on steadily where sound is missing, and by
jumping along at a splice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SPLICE: Final = 10.0  # seconds: a jump further ahead can be a splice, one further back always is (measured)
_BACK: Final = 0.5  # seconds: decoding times of a picture ascend, so this far back its clock has jumped
_PATIENCE: Final = 100  # frames of sound, about two seconds, that wait for the picture to show what happened


@dataclass(frozen=True, slots=True)
class Splice:
    """A jump that all streams of a file make.

    Attributes:
        number: 1 for the first of the file.
        seconds: By how much the clock was moved (back if negative): as the stream has it that came to the
            splice first, so that picture and sound stay together.

    """

    number: int
    seconds: float


class Splices:
    """The jumps of one file's clock that its streams share. Times are seconds of the file's own clock."""

    def __init__(self, *, pictured: bool) -> None:
        self._agreed: list[Splice] = []
        self._pictured = pictured
        self._picture_applied = 0
        self._picture_next: float | None = None  # where the picture's clock should stand now
        self._picture_suspect: float | None = None  # a jump that one packet claims
        self._picture_jump: float | None = None  # a jump that only the picture has made so far

    def picture(self, time: float, seconds: float) -> None:
        """Take note of a packet of the picture.

        Args:
            time: Its decoding time: unlike presentation times, these ascend.
            seconds: How long it lasts.

        """
        expected = time if self._picture_next is None else self._picture_next
        jump = time - expected
        if -_BACK <= jump <= SPLICE:
            self._picture_suspect = None
            self._picture_next = time + seconds
        elif self._picture_suspect is None or not _alike(self._picture_suspect, jump):
            self._picture_suspect = jump  # believed once the next packet agrees
        else:
            known = self._find(self._picture_applied, jump)
            if known is None:
                self._picture_jump = self._picture_suspect
            else:
                self._picture_applied = known.number
            self._picture_suspect = None
            self._picture_next = time + seconds

    def resolve(self, applied: int, jump: float, time: float, waited: int) -> Splice | bool | None:
        """Judge a jump that a sound track's clock has made.

        Args:
            applied: How many splices this track has taken part in.
            jump: Seconds by which its stamps run later (earlier if negative) from now on.
            time: The first stamp after the jump.
            waited: How many frames have waited for the answer.

        Returns:
            The splice; None for a hole or an overlap; False if more of the file must be seen to tell.

        """
        known = self._find(applied, jump)
        if known is not None:
            return known
        pictured = next(
            (j for j in (self._picture_jump, self._picture_suspect) if j is not None and _alike(j, jump)),
            None,
        )
        if pictured is not None and (jump < 0 or jump > SPLICE):
            self._picture_jump = None
            splice = self._agree(pictured)
            if self._picture_suspect is None:
                self._picture_applied = splice.number
            return splice
        if jump < -SPLICE or (jump < 0 and not self._pictured):
            return self._agree(jump)
        if 0 < jump <= SPLICE or not self._pictured:
            return None
        if jump > 0 and self._picture_next is not None and abs(self._picture_next - time) <= SPLICE / 2:
            return None  # the picture went there steadily: sound is missing
        # Either the picture shows soon what happened, or the sound jumps alone: then its stamps hold.
        return False if waited < _PATIENCE else None

    def _agree(self, seconds: float) -> Splice:
        self._agreed.append(Splice(len(self._agreed) + 1, seconds))
        return self._agreed[-1]

    def _find(self, applied: int, jump: float) -> Splice | None:
        return next((splice for splice in self._agreed[applied:] if _alike(splice.seconds, jump)), None)


def _alike(one: float, other: float) -> bool:
    """Return whether two streams jump so nearly alike that it is the same splice."""
    return one * other > 0 and abs(one - other) <= min(SPLICE / 2, 1 + abs(other) / 10)
