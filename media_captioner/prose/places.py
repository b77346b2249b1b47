"""Places: where the scene seems to be. Said, never measured, and what several answers for one clip agree on least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from media_captioner.model import Place
from media_captioner.prose.lexicon import Hit, Locale, outermost
from media_captioner.prose.polarity import COMPARED, NAMES, NEGATED
from media_captioner.prose.reading import Passage, Reading

Setting = Literal["indoor", "outdoor"]

_SETTINGS: Final[dict[str, Setting | None]] = {"indoor": "indoor", "outdoor": "outdoor", "none": None}
_CIRCUMSTANCE: Final = 1  # weight of what only hints at a setting: a carpet, passing traffic
_ENOUGH: Final = 2  # weight below which nothing is said of the setting
_COUNTED: Final = 3  # mentions of one place that add to its weight
_STEEP: Final = 1.5  # "outdoors" outweighs the name of a place by more than the ratio of their weights
_COMPARISON: Final = 0.3  # weight of a place that the scene is only compared to


class _Mention(NamedTuple):
    passage: Passage
    hit: Hit
    text: str
    setting: Setting | None
    weight: int
    rank: int


def find(reading: Reading) -> tuple[Place, ...]:
    """Return the places a description names, the likeliest first.

    Those that fit the setting of the whole come before others, what is stated before what is guessed.
    Circumstances (a carpet) are no places.
    """
    overall = setting(reading)
    best: dict[str, _Mention] = {}
    for mention in _mentions(reading):
        if mention.weight > _CIRCUMSTANCE and mention.setting is not None:
            known = best.get(mention.text)
            if known is None or mention.rank < known.rank:
                best[mention.text] = mention
    ordered = sorted(
        best.values(), key=lambda mention: (mention.setting != overall, mention.rank, -mention.weight)
    )
    return tuple(
        Place(
            mention.text,
            mention.setting,
            NAMES[mention.rank],
            mention.passage.evidence(mention.hit.start, mention.hit.end),
        )
        for mention in ordered
    )


def setting(reading: Reading) -> Setting | None:
    """Return whether the scene is indoors or outdoors, by all that is said of it, or None.

    What is guessed counts too, for places are mostly guessed; what is denied does not.
    """
    weights: dict[Setting | None, float] = defaultdict(float)
    seen: dict[str, int] = defaultdict(int)
    for mention in _mentions(reading):
        seen[mention.text] += 1
        if mention.rank != NEGATED and seen[mention.text] <= _COUNTED:
            weight = mention.weight**_STEEP
            weights[mention.setting] += weight * (_COMPARISON if mention.rank == COMPARED else 1)
    indoor, outdoor = weights["indoor"], weights["outdoor"]
    if max(indoor, outdoor) < _ENOUGH or indoor == outdoor:
        return None
    return "indoor" if indoor > outdoor else "outdoor"


def of(places: Sequence[Place]) -> Setting | None:
    """Return the setting of the likeliest of some places, or None."""
    return next((place.setting for place in places if place.polarity in {"asserted", "hedged"}), None)


def _mentions(reading: Reading) -> Iterator[_Mention]:
    for passage in reading.passages:
        for hit in outermost(passage.hits(Locale)):
            kind, weight = hit.found.columns
            rank = passage.rank(hit.start, hit.end)
            yield _Mention(passage, hit, hit.found.phrase.lstrip("="), _SETTINGS[kind], int(weight), rank)
