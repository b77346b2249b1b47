"""Small English: lists, times, articles, verbs that agree, sentences that start with a capital."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_EDGE: Final = 0.35  # seconds; nearer to an end of the clip than that is "at the start" or "to the end"
_WHOLE: Final = 0.88  # part of the clip that is "throughout"
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def listed(items: Sequence[str], *, word: str = "and") -> str:
    """Join as English does: ``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def capital(text: str) -> str:
    """Return ``text`` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def counted(number: int) -> str:
    """Return how often: ``once``, ``twice``, ``three times``."""
    if number <= 2:
        return ("never", "once", "twice")[number]
    return f"{_NUMBERS[number] if number < len(_NUMBERS) else number} times"


def article(noun: str) -> str:
    """Put ``a`` or ``an`` before a noun phrase, by its first sound as far as spelling shows it."""
    first = noun.lower()
    vowel = first[0] in "aeiou" and not first.startswith(("uni", "use", "uku", "eu", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def number(seconds: float) -> str:
    """Write a time of a clip with one decimal, without a needless zero."""
    text = f"{seconds:.1f}"
    return text.removesuffix(".0")


def moment(seconds: float) -> str:
    """Return ``3.2 seconds`` or ``1 second``."""
    text = number(seconds)
    return f"{text} second" if text == "1" else f"{text} seconds"


def covers(start: float, end: float, length: float) -> bool:
    """Return whether a span is as good as the whole clip."""
    return length > 0 and end - start >= _WHOLE * length


def at(start: float) -> str:
    """Return when something happens: ``at the very start``, ``at 3.2 seconds``."""
    return "at the very start" if start < _EDGE else f"at {moment(start)}"


def during(start: float, end: float, length: float) -> str:
    """Return how long something lasts, as a phrase that follows a verb."""
    if covers(start, end, length):
        return "throughout the clip"
    to_end = end > length - _EDGE
    if start < _EDGE:
        return f"during the first {moment(end)}"
    if to_end:
        return f"from {moment(start)} to the end"
    if number(start) == number(end):
        return at(start)
    return f"from {number(start)} to {moment(end)}"


def moments(starts: Sequence[float]) -> str:
    """Return several times in a row: ``at 1.2, 4.5 and 9 seconds``."""
    return f"at {listed([number(start) for start in starts])} seconds"
