"""Manner: how words are said, taken only from what is said of that utterance or that voice.

Moods of the music or the scene are the commonest false emotion, so a word counts only near a voice, a verb of
speech or a noun such as "tone", and never where it describes a sound or music.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from media_captioner.prose.lexicon import (
    Action,
    Emotion,
    Hit,
    Instrument,
    MusicWord,
    Person,
    Saying,
    lexicon,
    outermost,
)
from media_captioner.prose.polarity import ASSERTED
from media_captioner.prose.reading import Passage
from media_captioner.prose.tables import phrases, table
from media_captioner.prose.words import gerund

STRONG: Final = 2
_NEAR: Final = 7  # words between a word of emotion and the voice, verb or noun it colours
_OTHER: Final = frozenset(
    "portrait recording moment scene atmosphere mood environment effect gesture setting soundscape pace rhythm pitch noise texture "
    "timbre contrast event home space ambience party celebration music journey story situation action".split()
)
_BEASTLY: Final = frozenset(
    "barking howling growling yapping whining meowing braying neighing squawking".split()
)
_TOLD: Final = frozenset({"out", "identified", "determined", "said", "told", "stated"})
_SCENE: Final = frozenset(
    "atmosphere mood scene ambience soundscape music melody setting environment".split()
)
_TONES: Final = frozenset("tone voice delivery manner intonation inflection he she his her".split())
_SETTING_UP: Final = frozenset({"set", "sets", "establish", "establishes", "create", "creates", "creating"})
_MODIFIED: Final = 2  # words between an adjective and the music it describes
_STEM: Final = (
    4  # letters by which the forms of one word are known: angrily, angry; exasperation, exasperated
)
_ENDS: Final = frozenset(
    "and but or with in as at by to while who of than yet when from for is are was were that which if because so "
    "before after during throughout about on over then like".split()
)
FEIGNED: Final = frozenset({"mock", "feigned", "pretend", "faux", "simulated", "fake", "exaggerated"})
"""Words before one of emotion that say that it is none."""

_PLAIN: Final = frozenset(
    "unmistakable palpable evident audible obvious genuine clear real tangible plain".split()
)
_POSSESSIVE: Final = frozenset({"his", "her", "their", "the"})
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
    anchors.extend(hit.start for hit in hits if _is_plain(passage, hit))
    if not anchors:
        return []
    subject = _is_about_voice(passage)
    music = _music(passage)
    found: list[Feeling] = []
    for hit in outermost(sorted(hits, key=_weight)):
        name, strength = hit.found.columns
        if passage.rank(hit.start, hit.end) != ASSERTED or _describes_other(passage, hit):
            continue
        if _is_of_scene(passage, hit, music):
            continue
        if subject or min(abs(hit.start - place) for place in anchors) <= _NEAR:
            word = " ".join(passage.words[hit.start : hit.end]).replace(" - ", "-")
            found.append(Feeling(hit.start, int(strength), name, word))
    return found


def adjective(feeling: Feeling) -> str:
    """Return the word for a speaker label: ``exasperation`` and ``exasperatedly`` become ``exasperated``."""
    word = feeling.word
    if gerund(word) in _family(feeling.name):
        return gerund(word)  # "with a laugh"
    if word.endswith("s") and lexicon().lemma(word) != word and feeling.strength:
        return gerund(lexicon().lemma(word))
    if feeling.strength == 0 or not (word.endswith(("ly", *_NOUN_ENDS)) or word in _NOUNS):
        return word if feeling.strength else feeling.name
    stem = word.removesuffix("ly")
    for ending in _NOUN_ENDS:
        stem = stem.removesuffix(ending)
    stem = stem[:_STEM]
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


def _weight(hit: Hit) -> int:
    return -int(hit.found.columns[1])


def _anchors(passage: Passage) -> list[int]:
    """Return where a voice, a verb of speech, a noun of tone or a quotation stands."""
    places = [hit.start for hit in passage.hits(Saying) if hit.found.columns[0] in {"say", "sing", "tone"}]
    places.extend(hit.start for hit in passage.hits(Person) if hit.found.columns[1] != "many")
    places.extend(place for place, _ in passage.quotes)
    return places


def _is_plain(passage: Passage, hit: Hit) -> bool:
    """Whether the sentence says that an emotion can be heard: "The relief is unmistakable"."""
    told = passage.words[hit.end : hit.end + 4]
    return hit.start == 1 and told[:1] in (["is"], ["was"], ["in"]) and not _PLAIN.isdisjoint(told)


def _is_of_scene(passage: Passage, hit: Hit, music: set[int]) -> bool:
    """Whether the word tells of a mood that no voice has: "a cheerful melody", "the atmosphere is one of grief"."""
    if not music.isdisjoint(range(hit.end, hit.end + _MODIFIED)):
        return True
    if not _SETTING_UP.isdisjoint(passage.keys[max(0, hit.start - 3) : hit.start]):
        return True  # "the groove sets a light-hearted tone"
    behind = passage.keys[max(0, hit.start - _NEAR) : hit.start]
    return not _SCENE.isdisjoint(behind) and _TONES.isdisjoint(behind)


def _music(passage: Passage) -> set[int]:
    words = (hit for hit in passage.hits(MusicWord) if hit.found.columns[0] in {"head", "beside"})
    return {hit.start for hits in (words, passage.hits(Instrument)) for hit in hits}


def _is_about_voice(passage: Passage) -> bool:
    """Whether the sentence as a whole is about a voice: "Her delivery is quick, …"."""
    first = passage.words[0]
    tones = {hit.start for hit in passage.hits(Saying) if hit.found.columns[0] == "tone"}
    return first in _POSSESSIVE and not tones.isdisjoint(range(1, 4))


def _describes_other(passage: Passage, hit: Hit) -> bool:
    """Whether an adjective stands before something that is no voice: "a tense score", "the warm acoustic"."""
    words = passage.words
    before = words[hit.start - 1] if hit.start else ""
    last = words[hit.end - 1]
    following = words[hit.end] if hit.end < len(words) else "."
    sure = last == "confidence" and not _TOLD.isdisjoint(words[max(0, hit.start - 4) : hit.start])
    if (
        sure
        or before in FEIGNED
        or before.endswith("ally")
        or (last.endswith("ly") and _is_of_crowd(passage, hit))
    ):
        return (
            True  # "made out with confidence", "mock outrage", "acoustically neutral", "it applauds warmly"
        )
    if last.endswith(("ly", *_NOUN_ENDS)) or last in _NOUNS:
        return any(word in _OTHER for word in words[max(0, hit.start - 3) : hit.start])
    insisting = before in {"with", "in"} and following.endswith(_NOUN_ENDS)  # "with gleeful insistence"
    if insisting or following in _ENDS or not following[0].isalpha():
        return False
    return _is_before_other(passage, hit)


def _is_before_other(passage: Passage, hit: Hit) -> bool:
    """Whether what an adjective stands before is no voice, nor how somebody speaks."""
    if any(other.start == hit.end and _is_no_voice(other) for other in passage.hits(Action)):
        return True  # "polite applause", "an exaggerated whip-crack"
    words = passage.words
    voiced = {other.start for other in passage.hits(Saying)}
    voiced.update(other.start for other in (*passage.hits(Person), *passage.hits(Emotion)))
    for place in range(hit.end, min(len(words), hit.end + 5)):
        if not _OTHER.isdisjoint((passage.keys[place], words[place])) or words[place] in _BEASTLY:
            return True
        if place in voiced:
            return False
    return True


def _is_no_voice(hit: Hit) -> bool:
    """Whether what an adjective stands before is a sound that no single voice makes."""
    entry = hit.found.default
    return entry is not None and entry.group not in {"voice", "body"}


def _is_of_crowd(passage: Passage, hit: Hit) -> bool:
    """Whether an adverb tells how many people clap or cheer: "the audience applauds warmly"."""
    said = {other.end for other in passage.hits(Saying)}
    acts = any(other.end == hit.start and other.end not in said for other in passage.hits(Action))
    before = [other for other in passage.hits(Person) if other.end <= hit.start]
    return acts and bool(before) and before[-1].found.columns[1] == "many"


@cache
def _family(name: str) -> tuple[str, ...]:
    """Return every word of one emotion."""
    rows = (row for row in table("emotions") if row[0] == name)
    return tuple(phrase.lstrip("=") for row in rows for phrase in phrases(row[2]))
