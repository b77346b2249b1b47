"""What a service allows, as the limiter reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media_captioner.protocols import Service

MINUTE: Final = 60
"""Seconds."""

SLACK: Final = 1.03
"""Requests keep this much more distance than the limit asks for: two that are measured some milliseconds
closer at the server than they left here must not pass it. Measured: without it 51 of 50 in ten seconds."""

_CLOSEST: Final = 1.015
"""How much of the slack stays where a request could not begin at its moment, because the machine was busy: the next
one then waits for it. Part of what was lost is made up for, and the limit is still not reached. The tokens of a
request keep the next one away by as much."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service allows.

    Attributes:
        concurrency: Requests under way at once.
        requests_per_minute: Or None where it sets no limit.
        requests_per_second: Or None; the limit for a minute is spread evenly anyhow.
        tokens_per_minute: Input and output together, or None.

    """

    concurrency: int = 1
    requests_per_minute: float | None = None
    requests_per_second: float | None = None
    tokens_per_minute: int | None = None

    @classmethod
    def of(cls, service: Service) -> Limits:
        """Return the limits that a service states."""
        return cls(
            concurrency=max(1, service.concurrency),
            requests_per_minute=service.requests_per_minute,
            tokens_per_minute=service.tokens_per_minute,
        )

    @property
    def spacing(self) -> float:
        """Seconds from one start to the next."""
        gaps = [0.0]
        if self.requests_per_minute:
            gaps.append(MINUTE / self.requests_per_minute)
        if self.requests_per_second:
            gaps.append(1 / self.requests_per_second)
        return SLACK * max(gaps)

    @property
    def closest(self) -> float:
        """Seconds that really pass from one start to the next, at least."""
        return self.spacing * _CLOSEST / SLACK

    def seconds_of(self, tokens: int) -> float:
        """Return how long the tokens of one request keep the next one away, seconds."""
        return _CLOSEST * tokens * MINUTE / self.tokens_per_minute if self.tokens_per_minute else 0.0

    def seconds_for(self, requests: int, tokens: int = 0) -> float:
        """Return the least time in which the rates allow this many starts, seconds."""
        by_tokens = tokens * MINUTE / self.tokens_per_minute if self.tokens_per_minute else 0.0
        return max(requests * self.spacing, by_tokens)
