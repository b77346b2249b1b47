"""Tokens and dollars: estimated as a range before a run, booked from the service's own count after it.

The documentation counts 12.5 tokens a second of sound, at least one second. The usage that the live service
reported for a clip of exactly 6.000 s was 152 audio tokens, which is 25 a second and two for begin and end.
Which of the two is billed is not documented, so an estimate spans both and a booking believes the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import Final

from media_captioner.protocols import Price, Service

TEXT_TOKENS: Final = 8
"""Input tokens of a request besides the sound: the chat template (the service reports them as text)."""

OUTPUT_TOKENS: Final = (300, 600)
"""A description's length, tokens; four of a 6 s clip had 387 to 514."""

DETAIL_SECONDS: Final[Mapping[str, int]] = MappingProxyType({"high": 10, "normal": 30, "low": 60})
"""Target length of a segment by level of detail."""


def documented_audio_tokens(seconds: Fraction) -> int:
    """Return the audio tokens of a clip by the documented rule: 12.5 a second, at least one second."""
    return ceil(Fraction(25, 2) * max(seconds, Fraction(1)))


def observed_audio_tokens(seconds: Fraction) -> int:
    """Return the audio tokens of a clip as the live service reported them: 25 a second and 2.

    The exact form is that of the Qwen audio encoders: 100 frames a second, halved twice, rounding down.
    """
    frames = max(1, round(seconds * 100))
    once = (frames - 1) // 2 + 1
    return (once - 2) // 2 + 1 + 2


def self_hosted_prompt_tokens(seconds: Fraction) -> int:
    """Return the prompt tokens that the open model counts for a clip, text included (30 s are 400)."""
    frames = round(seconds * 100)
    rest = frames % 100
    tail = (((rest - 1) // 2 + 1 - 1) // 2 + 1 - 1) // 2 + 1 if rest else 0
    return tail + frames // 100 * 13 + 2 + TEXT_TOKENS


def heard_seconds(prompt_tokens: int, seconds: Fraction) -> Fraction | None:
    """Return how much of a clip a self-hosted server heard where it silently cut it, else None.

    Older servers truncate at 30 s and answer as if nothing had happened. Their count of prompt tokens then
    stays at 400, whatever the length.

    Args:
        prompt_tokens: As the server reports; 0 where it does not, which tells nothing.
        seconds: Length of the clip.

    """
    cut = Fraction(30)
    if prompt_tokens <= 0 or seconds <= cut + Fraction(1, 2):
        return None
    return cut if prompt_tokens <= self_hosted_prompt_tokens(cut) + 2 else None


def dollars(price: Price | None, input_tokens: int, output_tokens: int) -> Fraction | None:
    """Return what tokens cost, US dollars, exactly; None where there is no price."""
    if price is None:
        return None
    spent = price.input_per_million * input_tokens + price.output_per_million * output_tokens
    return spent / 1_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What describing some clips will take, as a range where it is not known exactly.

    Attributes:
        requests: How many requests, without repeats after failures.
        seconds: How much sound.
        tokens: Input and output together, lowest and highest.
        dollars: Lowest and highest, or None where the service has no price.
        minutes: The least time that the service's rate limits allow for them, by the highest count of tokens;
            0 where it has no limits.

    """

    requests: int
    seconds: Fraction
    tokens: tuple[int, int]
    dollars: tuple[Fraction, Fraction] | None
    minutes: Fraction

    def __add__(self, other: Estimate) -> Estimate:
        """Return the estimate for both, one after the other."""
        spent = None
        if self.dollars is not None or other.dollars is not None:
            none = (Fraction(0), Fraction(0))
            mine, theirs = self.dollars or none, other.dollars or none
            spent = (mine[0] + theirs[0], mine[1] + theirs[1])
        return Estimate(
            self.requests + other.requests,
            self.seconds + other.seconds,
            (self.tokens[0] + other.tokens[0], self.tokens[1] + other.tokens[1]),
            spent,
            self.minutes + other.minutes,
        )


def estimate(service: Service, durations: Iterable[Fraction]) -> Estimate:
    """Estimate what describing clips of these durations (seconds) takes at ``service``."""
    clips = list(durations)
    counts = [(documented_audio_tokens(seconds), observed_audio_tokens(seconds)) for seconds in clips]
    low_in = sum(min(both) + TEXT_TOKENS for both in counts)
    high_in = sum(max(both) + TEXT_TOKENS for both in counts)
    low_out, high_out = (count * len(clips) for count in OUTPUT_TOKENS)
    low, high = dollars(service.price, low_in, low_out), dollars(service.price, high_in, high_out)
    minutes = Fraction(0)
    if service.requests_per_minute:
        minutes = Fraction(len(clips), service.requests_per_minute)
    if service.tokens_per_minute:
        minutes = max(minutes, Fraction(high_in + high_out, service.tokens_per_minute))
    return Estimate(
        len(clips),
        sum(clips, Fraction(0)),
        (low_in + low_out, high_in + high_out),
        None if low is None or high is None else (low, high),
        minutes,
    )
