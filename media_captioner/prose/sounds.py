"""Sounds: what a description says can be heard besides words and music.

Sounds of the recording itself (tape hiss) are remarks about its quality and left to ``qualities``; instruments are
left to ``music``.
"""

from __future__ import annotations

from typing import Final

from media_captioner.model import Sound
from media_captioner.model.soundtable import ancestors, by_name
from media_captioner.prose import polarity
from media_captioner.prose.figures import is_figure
from media_captioner.prose.lexicon import Hit, Modifier, Person
from media_captioner.prose.pairing import OF, Mention
from media_captioner.prose.pairing import mentions as named
from media_captioner.prose.reading import Passage, Reading

_CHANNEL: Final = frozenset({"hissing", "buzzing", "static", "white noise", "crackling", "pop"})
_OF_THEIR_OWN: Final = frozenset({"Door", "Laughter", "Bell", "Alarm"})
"""General words that take up nothing named before: the door that closes is not the doorbell."""
_HUM: Final = "humming noise"
_OF_CHANNEL: Final = frozenset(
    "background tape recording analog analogue digital static surface system line microphone mains ground noise preamp "
    "broadband".split()
)
_EQUIPMENT: Final = frozenset(
    "recording recorder microphone equipment device tape preamp preamplifier playback transfer mains".split()
)
_CHANNEL_BEFORE: Final = 4
_CHANNEL_AFTER: Final = 12
_LASTING: Final = frozenset(
    "continuous continuously constant constantly steady steadily rhythmic rhythmically throughout persistent "
    "persistently incessant incessantly repeated repeatedly repetitive continues persists ongoing underlies".split()
)
_SINGING: Final = {"man": "Male singing", "woman": "Female singing", "child": "Child singing"}
_SINGER_BEFORE: Final = 8  # words between a singer and the verb
_SINGER_AFTER: Final = 3
_MODIFIERS: Final = 2
_STEPS: Final = 9  # words before a sound that are looked through for its modifiers
_PASSED: Final = frozenset({",", "-", "and", "“", "slightly", "very"})
_TYPEWRITER: Final = ("typewriter", None)
_KEYBOARD: Final = ("typing on a keyboard", None)
_ORDER: Final = {"material": 0, "loudness": 1, "manner": 2}
_TELLING: Final = frozenset("rhythmic rapid enthusiastic polite scattered nervous hysterical labored".split())


def find(reading: Reading) -> tuple[Sound, ...]:
    """Return the sounds of a description in the order of their first mention.

    What is named several times is one sound, as surely stated as its surest mention; what is only denied,
    guessed or compared is there too, with its polarity.
    """
    merged: dict[tuple[str, str | None], list[Mention]] = {}
    for passage in reading.passages:
        for mention in mentions(passage):
            home = mention.identity if mention.identity in merged else _meant(mention, merged)
            merged.setdefault(home or mention.identity, []).append(mention)
    if _TYPEWRITER in merged:
        merged.pop(_KEYBOARD, None)  # its keys are no computer's
    return tuple(_sound(group) for group in merged.values())


def _meant(
    mention: Mention, merged: dict[tuple[str, str | None], list[Mention]]
) -> tuple[str, str | None] | None:
    """Return the sound named before that a more general word takes up: "a baby cries … the crying subsides"."""
    passage = mention.passage
    definite = passage.summary or passage.words[mention.start - 1 : mention.start] in (["the"], ["this"])
    if passage.summary and mention.entry.classes:
        for identity, group in merged.items():
            if group[0].entry.classes == mention.entry.classes and group[0].rank == mention.rank:
                return identity  # "a loud slam … In summary, … slamming of a door"
    if mention.source or not definite or not mention.entry.classes:
        return None
    general = mention.entry.classes[0]
    if general in _OF_THEIR_OWN:
        return None
    for identity, group in merged.items():
        classes = group[0].entry.classes
        if group[0].rank == mention.rank and any(
            general == name or general in _kinds(name) for name in classes
        ):
            return identity
    return None


def _kinds(name: str) -> tuple[str, ...]:
    """Return what the class ``name`` is a kind of; nothing for classes that the sound table lacks."""
    return ancestors(name) if name in by_name() else ()


def mentions(passage: Passage) -> list[Mention]:
    """Return every mention of a sound of the scene in a sentence, by place."""
    found = named(passage)
    found = [mention for mention in found if not (is_figure(mention, found) or is_channel(passage, mention))]
    once = {(mention.start, mention.label): mention for mention in found}
    return sorted(once.values(), key=lambda mention: mention.start)


def is_channel(passage: Passage, mention: Mention) -> bool:
    """Whether a hiss, hum or crackle is of the recording rather than in the scene."""
    words = passage.words
    hum = mention.entry.label == _HUM
    if not hum and mention.entry.label not in _CHANNEL:
        return False
    before = words[max(0, mention.start - _CHANNEL_BEFORE) : mention.start]
    if not _OF_CHANNEL.isdisjoint(before) or (not hum and "electronic" in before):
        return True
    after = words[mention.end : mention.end + _CHANNEL_AFTER]
    if not hum and not _EQUIPMENT.isdisjoint(after) and not OF.isdisjoint(after):
        return True
    return words[:3] in (["the", "recording", "is"], ["the", "recording", "has"])


def _sound(group: list[Mention]) -> Sound:
    first = min(group, key=lambda mention: mention.rank)
    words = _modifiers(first)
    return Sound(
        label=" ".join([*words, first.label]),
        group=first.entry.group,
        polarity=polarity.NAMES[first.rank],
        sustained=_lasts(group),
        audioset=(*_singers(group), *first.entry.classes),
        evidence=first.passage.evidence(first.start, first.end),
        mentions=sum(mention.rank == first.rank for mention in group),
    )


def _singers(group: list[Mention]) -> list[str]:
    """Return the classes of singing by a man, a woman or a child, where a mention says who sings."""
    if group[0].entry.classes != ("Singing",):
        return []
    found: list[str] = []
    for mention in group:
        first, last = mention.start - _SINGER_BEFORE, mention.end + _SINGER_AFTER
        known = [hit for hit in mention.passage.hits(Person) if hit.found.columns[0] in _SINGING]
        near = [hit for hit in known if first <= hit.start <= last]
        near = near or [hit for hit in known if hit.found.columns[1] == "sing"]
        near = [hit for hit in near if hit.found.columns[1] != "pronoun"] or near  # "a boy sings to himself"
        people = [hit.found.columns[0] for hit in near]
        if people and mention.rank == polarity.ASSERTED:
            found.append(_SINGING[people[-1]])
    return list(dict.fromkeys(found))


def _noun_phrase(mention: Mention) -> list[Hit]:
    """Return the modifiers in front of a sound, nearest first."""
    passage = mention.passage
    hits = [
        hit for hit in passage.hits(Modifier) if not passage.words[hit.end - 1].endswith("s")
    ]  # "hazard lights tick"
    by_end = {hit.end: hit for hit in hits}
    found: list[Hit] = []
    place = mention.noun if mention.noun >= 0 else mention.start
    for _ in range(_STEPS):
        hit = by_end.get(place)
        if hit is not None:
            found.append(hit)
            place = hit.start
        elif place > 0 and passage.words[place - 1] in _PASSED:
            place -= 1
        else:
            break
    return found


def _modifiers(mention: Mention) -> list[str]:
    """Return at most two words to stand before the label: material before loudness, in the order of the text."""
    taken = set(mention.label.split())
    hits = [
        hit
        for hit in _noun_phrase(mention)
        if not any(word.startswith(hit.found.phrase) for word in taken)  # no "metal metallic clanging"
    ]
    told = [hit for hit in hits if _ORDER[hit.found.columns[0]] < _ORDER["manner"]]
    chosen = sorted(told, key=lambda hit: _ORDER[hit.found.columns[0]])[:_MODIFIERS]
    if not chosen:
        chosen = [hit for hit in hits if hit.found.phrase in _TELLING][:1]
    in_order = sorted(chosen, key=lambda hit: (-_ORDER[hit.found.columns[0]], hit.start))
    return [hit.found.phrase for hit in in_order]


def _lasts(group: list[Mention]) -> bool:
    """Whether a sound goes on: as the words around its mentions say, else as its kind usually does."""
    brief = False
    for mention in group:
        told = {hit.found.columns[1] for hit in _noun_phrase(mention)}
        words = mention.passage.words[max(0, mention.start - 3) : mention.end + 4]
        if "1" in told or not _LASTING.isdisjoint(words):
            return True
        brief = brief or "0" in told
    return group[0].entry.lasts and not brief
