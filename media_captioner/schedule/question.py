"""What is asked of a captioner, and what it may take: the words in which the whole room speaks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeAlias

Sound: TypeAlias = tuple[str, str, int]
"""A clip's SHA-256, who is asked, and which sample: whoever knows the answer to one knows it to all."""

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Question:
    """One clip put before one captioner.

    It is named after where the sound lies in its source, not after the file's path (which changes) and not
    after the decoded samples (another build of FFmpeg changes those). Times count in whole microseconds,
    which tell any two samples of the usual rates apart and are what a sidecar holds.

    Attributes:
        content: Identity of the source's bytes (``system.identity.content_id``).
        track: The stream's index in its container.
        start: Presentation time of the first sample, seconds.
        end: Presentation time just after the last, seconds.
        encoding: How it is encoded (``wav@16000``).
        captioner: Identity of who is asked: equal ones give interchangeable answers.
        sample: 1 for the first time of asking; more where several answers are wanted.
        clip: SHA-256 of the encoded clip, or None before it was encoded.

    """

    content: str
    track: int
    start: Fraction
    end: Fraction
    encoding: str
    captioner: str
    sample: int = 1
    clip: str | None = None

    @cached_property
    def key(self) -> str:
        """Its name in the journal: a SHA-256, hexadecimal. The clip's own hash is no part of it."""
        parts = [self.content, self.track, *self.span, self.encoding, self.captioner, self.sample]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def span(self) -> tuple[int, int]:
        """Start and end in microseconds."""
        return round(self.start * _MICROSECONDS), round(self.end * _MICROSECONDS)

    @property
    def sound(self) -> Sound | None:
        """What it has in common with the same sound elsewhere, or None before the clip was encoded."""
        return None if self.clip is None else (self.clip, self.captioner, self.sample)


@dataclass(frozen=True, slots=True)
class Amount:
    """What requests take, or may take at most.

    Attributes:
        requests: How many.
        tokens: Input and output together.
        dollars: US dollars, exact; 0 where the service has no price.

    """

    requests: int = 0
    tokens: int = 0
    dollars: Fraction = Fraction(0)

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(
            self.requests + other.requests, self.tokens + other.tokens, self.dollars + other.dollars
        )

    def __sub__(self, other: Amount) -> Amount:
        """Return what is left of this one without the other; it may be below zero."""
        return Amount(
            self.requests - other.requests, self.tokens - other.tokens, self.dollars - other.dollars
        )


NOTHING: Final = Amount()
"""Nothing was sent."""

REQUEST: Final = Amount(requests=1)
"""A request that costs nothing: the service is free, or it refused."""
