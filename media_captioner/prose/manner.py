"""Manner: how words are said, taken only from what is said of that utterance or that voice.

Moods of the music or the scene are the commonest false emotion, so a word counts only near a voice, a verb of
speech or a noun such as "tone", and never where it describes a sound or music.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from media_captioner.prose.lexicon import Action, Emotion, Genre, Hit, Instrument, MusicWord, Person, Saying, phrases, table
from media_captioner.prose.polarity import ASSERTED
from media_captioner.prose.reading import Passage

STRONG: Final = 2
_NEAR: Final = 7  # words between a word of emotion and the voice, verb or noun it colours
_OTHER: Final = frozenset(
    "moment scene atmosphere mood environment effect gesture interaction exchange setting soundscape movement pace "
    "rhythm pitch sound noise texture timbre contrast event life home space ambience interview party celebration "
    "banter dynamic performance music journey story situation environment action sequence conversation way manner".split()
)
_TONES: Final = frozenset({"manner", "way"})
_NOUN_ENDS: Final = ("ion", "ness", "ment", "ance", "ence", "ity", "ship", "tude", "th", "cy")

_NOUNS: Final = frozenset(
    "joy glee grief anger rage fury sorrow fear panic terror horror shock surprise awe wonder delight despair love "
    "contempt scorn disgust relief warmth irony sarcasm alarm dread worry regret pain agony anguish distress boredom "
    "bravado urgency curiosity enthusiasm melancholy outrage annoyance amusement humor humour".split()
)


class Feeling(NamedTuple):
    """A word for how somebody sounds: where, how strong, its canonical name (``-``: no emotion), the word."""

    place: int
    strength: int
    name: str
    word: str


def feelings(passage: Passage) -> list[Feeling]:
    """Return what a sentence says of how somebody sounds, by place."""
    hits = passage.hits(Emotion)
    if not hits:
        return []
    anchors = _anchors(passage)
    if not anchors:
        return []
    found: list[Feeling] = []
    for hit in _longest(hits):
        name, strength = hit.found.columns
        if passage.rank(hit.start, hit.end) != ASSERTED or _describes_other(passage, hit):
            continue
        if min(abs(hit.start - place) for place in anchors) <= _NEAR:
            word = " ".join(passage.words[hit.start : hit.end])
            found.append(Feeling(hit.start, int(strength), name, word))
    return found


def adjective(feeling: Feeling) -> str:
    """Return the word for a speaker label: ``exasperation`` and ``exasperatedly`` become ``exasperated``."""
    word = feeling.word
    if feeling.strength == 0 or not (word.endswith("ly") or word.endswith(_NOUN_ENDS) or word in _NOUNS):
        return word if feeling.strength else feeling.name
    stem = word.removesuffix("ly")[:5]
    for other in _family(feeling.name):
        if other.startswith(stem) and not other.endswith(("ly", *_NOUN_ENDS)) and other not in _NOUNS:
            return other
    return word.removesuffix("ly") if word.endswith("ly") else feeling.name


def strongest(found: list[Feeling]) -> Feeling | None:
    """Return the strongest of several words, the first of equals."""
    return max(found, key=lambda feeling: (feeling.strength, -feeling.place), default=None)


def emotions(found: list[Feeling]) -> tuple[str, ...]:
    """Return the canonical names of the emotions worth telling, strongest first."""
    return tuple(dict.fromkeys(feeling.name for feeling in found if feeling.strength >= STRONG))


def _longest(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    end = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end, -int(hit.found.columns[1]))):
        if hit.start >= end:
            kept.append(hit)
            end = hit.end
    return kept


def _anchors(passage: Passage) -> list[int]:
    """Return where a voice, a verb of speech, a noun of tone or a quotation stands."""
    places = [hit.start for hit in passage.hits(Saying) if hit.found.columns[0] in {"say", "sing", "tone"}]
    places.extend(hit.start for hit in passage.hits(Person) if hit.found.columns[1] != "many")
    places.extend(place for place, _ in passage.quotes)
    return places


def _describes_other(passage: Passage, hit: Hit) -> bool:
    """Whether the word stands before music, a sound or a scene: "a tense score", "a cheerful crowd"."""
    keys = passage.keys
    place = hit.end
    while place < len(keys) and place < hit.end + 4:
        key = keys[place]
        if key in _OTHER and key not in _TONES:
            return True
        if not key[0].isalpha() and key not in {",", "-"}:
            return False
        if any(other.start == place for kind in (Instrument, Genre) for other in passage.hits(kind)):
            return True
        if any(o.start == place and o.found.columns[0] in {"head", "beside"} for o in passage.hits(MusicWord)):
            return key not in {"voice", "line"}
        if any(o.start == place for o in passage.hits(Action)) and key not in {"say", "speak", "whisper", "shout"}:
            return not any(o.start == place for o in passage.hits(Saying))
        if key in {"and", ","} or any(o.start == place for o in passage.hits(Emotion)):
            place += 1
            continue
        return False
    return False


def _family(name: str) -> list[str]:
    return [phrase.lstrip("=") for row in table("emotions") if row[0] == name for phrase in phrases(row[2])]
