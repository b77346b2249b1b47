"""Lines of a cue: how wide text is and where it may be broken.

The rules of where to break follow the Netflix Timed Text Style Guide, General Requirements 5 (line
treatment): after punctuation, before conjunctions and prepositions; never between an article and its noun, an
adjective and its noun, a verb and its subject pronoun, auxiliary or negation. The bottom line may be the longer
one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from media_captioner.cues.profiles import Profile

_CONJUNCTIONS = frozenset(
    "and but or nor so yet because although though while when if that which who where".split()
)
_PREPOSITIONS = frozenset(
    "about above across after against along among around at before behind below beside between beyond by down"
    " during except for from in inside into like near of off on onto out over past since through to toward"
    " under until up upon with within without".split()
)
_CLINGING = frozenset(
    "a an the my your his her its our their this that these those i you he she it we they am is are was were be"
    " been have has had do does did will would shall should can could may might must not don't doesn't didn't"
    " isn't aren't wasn't weren't won't can't couldn't wouldn't shouldn't i'm you're he's she's it's we're they're"
    " i've you've we've they've i'll you'll we'll they'll very no every each some any mr. mrs. ms. dr. mister".split()
)


@lru_cache(maxsize=65536)
def width(text: str) -> int:
    """Return how many columns ``text`` takes: wide (East Asian) characters count two, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def break_cost(left: str, right: str) -> int:  # noqa: PLR0911 - a table of rules, the first that holds wins
    """Return how much it hurts to break between the words ``left`` and ``right``: 0 is best, 10 is worst."""
    before = left.lower().strip("“\"'(")
    if before in _CLINGING:
        return 10
    if before in _CONJUNCTIONS or before in _PREPOSITIONS:
        return 8  # they belong to what they introduce
    if left[-1:] in ".!?…。！？" or left.endswith((".”", "!”", "?”", '."', '!"', '?"')):
        return 0
    if left[-1:] in ",;:—–-，、；：":
        return 1
    word = right.lower().strip("“\"'(")
    if word in _CONJUNCTIONS:
        return 2
    if word in _PREPOSITIONS:
        return 3
    return 6


def pieces(text: str, limit: int) -> list[str]:
    """Part ``text`` into the words a line break may stand between.

    Scripts without spaces may be broken between any two characters, so a run of them, and any word too wide
    for a line, is parted into characters that are joined without a space again (see :func:`join`).
    """
    parted: list[str] = []
    for word in text.split():
        if width(word) <= limit and not _is_unspaced(word):
            parted.append(word)
        else:
            parted.extend(_clusters(word))
    return parted


def _is_unspaced(word: str) -> bool:
    return any(unicodedata.east_asian_width(char) in "WF" for char in word)


def _clusters(word: str) -> list[str]:
    # The first character of a word keeps no mark; the others carry a leading NUL that says "no space before me".
    clusters: list[str] = []
    for char in word:
        stays = clusters and (unicodedata.combining(char) or char in "，。！？；：、”）」』…,.!?;:")
        if stays:
            clusters[-1] += char
        else:
            clusters.append(char if not clusters else "\0" + char)
    return clusters


def join(words: Sequence[str]) -> str:
    """Join words that :func:`pieces` parted back into text."""
    text = " ".join(words).replace(" \0", "")
    return text.replace("\0", "")


def wrap(text: str, profile: Profile) -> list[str] | None:
    """Break ``text`` into the lines of one cue, or return None where it does not fit."""
    limit = profile.max_chars
    if width(text) <= limit:
        return [text]
    words = pieces(text, limit)
    if profile.max_lines == 1 or not words:
        return None
    best: tuple[float, list[str]] | None = None
    for place in range(1, len(words)):
        first = join(words[:place])
        if width(first) > limit:
            break
        rest = _rest_lines(words[place:], limit, profile.max_lines - 1)
        if rest is None:
            continue
        widths = [width(first), *(width(line) for line in rest)]
        # A bottom line that is longer is pleasant; a top line that is longer is not (pyramid form).
        lopsided = (max(widths) - min(widths)) / limit + (0.25 if widths[0] > widths[-1] else 0)
        cost = break_cost(words[place - 1], words[place]) / 10 + lopsided
        if best is None or cost < best[0]:
            best = (cost, [first, *rest])
    return best[1] if best else None


def _rest_lines(words: Sequence[str], limit: int, lines: int) -> list[str] | None:
    rest = join(words)
    if width(rest) <= limit:
        return [rest]
    if lines <= 1:
        return None
    for place in range(len(words) - 1, 0, -1):
        first = join(words[:place])
        if width(first) <= limit:
            more = _rest_lines(words[place:], limit, lines - 1)
            return None if more is None else [first, *more]
    return None


def shorten(text: str, profile: Profile) -> str:
    """Cut ``text`` at a word so that it fits one cue, an ellipsis at its end."""
    words = pieces(text, profile.max_chars)
    while words:
        short = join(words).rstrip(" ,;:—-") + "…"
        if wrap(short, profile) is not None:
            return short
        words = words[: -max(1, len(words) // 8)]
    return "…"
