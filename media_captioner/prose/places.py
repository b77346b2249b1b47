"""Places: where the scene seems to be. Said, never measured, and what different answers for one clip agree on least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Literal

from media_captioner.model import Place
from media_captioner.prose.lexicon import Locale, outermost
from media_captioner.prose.polarity import COMPARED, NAMES, NEGATED
from media_captioner.prose.reading import Reading

Setting = Literal["indoor", "outdoor"]

_SETTINGS: Final[dict[str, Setting | None]] = {"indoor": "indoor", "outdoor": "outdoor", "none": None}
_ENOUGH: Final = 2  # weight below which nothing is said of the setting
_COUNTED: Final = 3  # mentions of one place that add to its weight


def find(reading: Reading) -> tuple[Place, ...]:
    """Return the places a description names, in order, each once; circumstances (a carpet) are none."""
    found: dict[str, tuple[int, Place]] = {}
    for passage in reading.passages:
        for hit in outermost(passage.hits(Locale)):
            setting, weight = hit.found.columns
            rank = passage.rank(hit.start, hit.end)
            if weight == "1" or setting == "none":
                continue
            text = hit.found.phrase.lstrip("=")
            known = found.get(text)
            if known is None or rank < known[0]:
                place = Place(text, _SETTINGS[setting], NAMES[rank], passage.evidence(hit.start, hit.end))
                found[text] = (rank, place)
    return tuple(place for _, place in found.values())


def setting(reading: Reading) -> Setting | None:
    """Return whether the scene is indoors or outdoors, by all that is said of it, or None.

    What is guessed counts too, for places are mostly guessed; what is compared or denied does not.
    """
    weights: dict[str, float] = defaultdict(float)
    seen: dict[str, int] = defaultdict(int)
    for passage in reading.passages:
        for hit in outermost(passage.hits(Locale)):
            setting_, weight = hit.found.columns
            rank = passage.rank(hit.start, hit.end)
            seen[hit.found.phrase] += 1
            if setting_ == "none" or rank == NEGATED or seen[hit.found.phrase] > _COUNTED:
                continue
            weights[setting_] += int(weight) ** 1.5 * (0.3 if rank == COMPARED else 1)
    indoor, outdoor = weights["indoor"], weights["outdoor"]
    if max(indoor, outdoor) < _ENOUGH or indoor == outdoor:
        return None
    return "indoor" if indoor > outdoor else "outdoor"


def of(places: Sequence[Place]) -> Setting | None:
    """Return the setting that most of the places named share, or None."""
    votes = [place.setting for place in places if place.setting and place.polarity in {"asserted", "hedged"}]
    indoor, outdoor = votes.count("indoor"), votes.count("outdoor")
    if indoor == outdoor:
        return None
    return "indoor" if indoor > outdoor else "outdoor"
