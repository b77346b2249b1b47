"""How a track is cut: the rule for lengths, and the search for a place."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from media_captioner.media.boundaries import Cut, find_cut
from media_captioner.model import Pcm
from media_captioner.protocols import VoiceDetector
from media_captioner.timing import to_samples

_SHORTEST_TARGET: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Cutting:
    """How long segments are. All in seconds.

    The search is half a segment at most, and what else does not fit a short target shrinks with it.

    Attributes:
        target: No segment is longer.
        first: No first segment is longer: a short one is with the captioner sooner.
        search: How far before the limit a cut may fall.
        minimum: No segment that another one follows is shorter, nor is the last one, unless a hole leaves so
            little.
        overlap: How much of a segment the next one repeats after a cut that was forced inside pauseless
            sound.
        fixed: Cut at the limit, wherever it falls, without overlap.

    """

    target: Fraction = Fraction(30)
    first: Fraction = Fraction(12)
    search: Fraction = Fraction(10)
    minimum: Fraction = Fraction(4)
    overlap: Fraction = Fraction(2)
    fixed: bool = False

    def __post_init__(self) -> None:
        if self.target < _SHORTEST_TARGET or self.first < _SHORTEST_TARGET:
            raise ValueError(
                f"a segment must be allowed to last a second at least, not {float(self.target):g}"
            )
        if min(self.search, self.minimum, self.overlap) < 0:
            raise ValueError("lengths of a cutting rule cannot be negative")


@dataclass(frozen=True, slots=True)
class Limits:
    """A cutting rule for one segment, in samples.

    Attributes:
        longest: The segment's limit.
        search: How far before it a cut may fall.
        minimum: The least that may be left after a cut.
        overlap: What is repeated after a forced cut.

    """

    longest: int
    search: int
    minimum: int
    overlap: int

    @classmethod
    def of(cls, cutting: Cutting, rate: int, *, first: bool) -> Limits:
        """Return the limits of a track's ``first`` segment or of any later one."""
        # Rounded down: a limit is a limit.
        longest = int(rate * (min(cutting.first, cutting.target) if first else cutting.target))
        return cls(
            longest,
            min(to_samples(cutting.search, rate), longest // 2),
            min(to_samples(cutting.minimum, rate), longest // 4),
            min(to_samples(cutting.overlap, rate), longest // 8),
        )


class Cutter:
    """Decides where the next cut falls.

    Args:
        cutting: The rule.
        rate: Samples per second.
        voice: Judges the dips, where there is one.

    """

    def __init__(self, cutting: Cutting, rate: int, voice: VoiceDetector | None) -> None:
        self._cutting = cutting
        self._rate = rate
        self._voice = voice
        self._limits = Limits.of(cutting, rate, first=True)

    @property
    def wanted(self) -> int:
        """Samples that must be there before a cut can be decided on while the chunk goes on."""
        return self._limits.longest + self._limits.minimum

    def next_cut(self, pcm: Pcm, *, complete: bool) -> tuple[Cut, int] | None:
        """Decide on the next cut.

        Args:
            pcm: All that has not been cut off yet.
            complete: Nothing follows in this chunk.

        Returns:
            The cut, and how many samples before it the next segment begins; None where what is left is one
            segment.

        """
        limits = self._limits
        if complete and len(pcm) <= limits.longest:
            return None
        self._limits = Limits.of(self._cutting, self._rate, first=False)
        latest = limits.longest
        if self._cutting.fixed:
            return Cut(latest, "forced"), 0
        if complete:  # leave enough for the last segment to say something
            latest = min(latest, len(pcm) - limits.minimum)
        earliest = max(latest - limits.search, limits.minimum)
        cut = find_cut(pcm, self._rate, earliest, latest, self._voice)
        return cut, limits.overlap if cut.reason == "forced" else 0
