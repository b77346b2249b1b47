"""When a file that is being written has come to rest: nothing about it changed for long enough.

How long is long enough is learned from the writer: whoever paused for four seconds once may pause for eight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media_captioner.model import Fingerprint

LONGEST_QUIET: Final = 900.0
"""Seconds; no writer's pauses make a file wait longer than this after its last change."""

_MARGIN: Final = 2.0  # the next pause may be that many times as long as the longest so far
_FORGETS: Final = 0.9  # a pause that was seen long ago counts for less with each file that came without one
_CHECKING: Final = (
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
)  # seconds between two looks at a file that rests but is not whole


@dataclass(slots=True)
class Pace:
    """How writers below one folder write.

    Attributes:
        shortest: Seconds without a change that are waited for at least.
        pause: The longest pause that a writer was seen to make lately, seconds.

    """

    shortest: float
    pause: float = 0.0

    @property
    def quiet(self) -> float:
        """Seconds without a change after which a file counts as come to rest."""
        return min(LONGEST_QUIET, max(self.shortest, _MARGIN * self.pause))

    def finished(self, longest: float) -> None:
        """Take note that a file is complete whose writer paused for at most ``longest`` seconds."""
        self.pause = max(longest, self.pause * _FORGETS)
        if self.pause * _MARGIN < self.shortest:
            self.pause = 0.0


@dataclass(slots=True)
class Candidate:
    """A file that may still be written to.

    Attributes:
        seen: What ``stat`` said of it last.
        since: Monotonic time since which it is like that.
        begun: Monotonic time at which it was first seen.
        due: Monotonic time at which to look again.
        longest: The longest pause that its writer made so far, seconds.
        reason: What it waits for, in words.
        looks: How often it was found at rest and yet not whole.
        held: Whether it did not fail but waited for quiet hours, a cap or the service when it was last heard of. They
            may be others since the start.

    """

    seen: Fingerprint
    since: float
    begun: float
    due: float
    longest: float = 0.0
    reason: str = "it was just found"
    looks: int = 0
    held: bool = False

    @classmethod
    def found(cls, seen: Fingerprint, now: float, *, age: float = 0.0) -> Candidate:
        """Return a candidate for a file that was just found.

        Args:
            seen: What ``stat`` says of it.
            now: Monotonic time.
            age: Seconds since it was last changed in any way, where that is known: an archive need not be waited
                for.

        """
        return cls(seen, now - age, now, now)

    def observe(self, found: Fingerprint, now: float, pace: Pace) -> bool:
        """Take note of what ``stat`` says now, and return whether the file has come to rest.

        Args:
            found: What ``stat`` says.
            now: Monotonic time.
            pace: How its neighbours were written.

        """
        if found != self.seen:
            same_file = (found.inode, found.device) == (self.seen.inode, self.seen.device)
            if same_file:
                self.longest = max(self.longest, now - self.since)
            self.seen, self.since, self.looks = found, now, 0
            self.reason = "it changes" if same_file else "another file took its place"
        ready = self.since + self.quiet(pace)
        if now >= ready:
            return True
        self.due = ready
        return False

    def quiet(self, pace: Pace) -> float:
        """Return for how many seconds nothing about it may change before it counts as come to rest."""
        return min(LONGEST_QUIET, max(pace.quiet, _MARGIN * self.longest))

    def put_off(self, reason: str, now: float) -> None:
        """Look again later, because of ``reason``."""
        self.reason = reason
        self.due = now + _CHECKING[min(self.looks, len(_CHECKING) - 1)]
        self.looks += 1
