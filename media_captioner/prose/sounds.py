"""Sounds: what a description says can be heard besides words and music.

Sounds of the recording itself (tape hiss) are remarks about its quality and left to ``qualities``; instruments are
left to ``music``.
"""

from __future__ import annotations

from typing import Final

from media_captioner.model import Sound
from media_captioner.model.soundtable import ancestors, by_name
from media_captioner.prose import polarity
from media_captioner.prose.lexicon import Genre, Hit, Instrument, Modifier, MusicWord, Person, Source
from media_captioner.prose.music import is_drumming
from media_captioner.prose.pairing import BARRIERS, BESIDES, OF, Mention
from media_captioner.prose.pairing import mentions as named
from media_captioner.prose.reading import Passage, Reading

_MEASURED: Final = frozenset({"voice", "crowd", "body", "danger", "weather", "animal", "traffic", "fire"})
_MEASURES: Final = frozenset({"impact", "friction", "machine", "movement", "danger", "water"})
_MEASURE: Final = 4  # words between a measure and the sound it measures out: "a roar of loud, happy laughter"
_GENERIC: Final = frozenset(
    {"Whir", "Hum", "Buzz", "Beep, bleep", "Chime", "Whoosh, swoosh, swish", "Rumble"}
)
_MACHINES: Final = frozenset({"machine", "household", "tool", "alarm", "traffic"})
_CHANNEL: Final = frozenset({"hissing", "buzzing", "static", "white noise", "crackling", "pop"})
_MADE_OF: Final = frozenset(
    {
        "Singing",
        "Chant",
        "Rapping",
        "Humming",
        "Whistling",
        "Clapping",
        "Finger snapping",
        "Choir",
        "Yodeling",
    }
)
"""Sounds that music may consist of."""
_OF_THEIR_OWN: Final = frozenset({"Door", "Laughter", "Bell", "Alarm"})
"""General words that take up nothing named before: the door that closes is not the doorbell."""
_LIVELY: Final = frozenset(
    "voice body animal friction machine household weather danger crowd movement fire".split()
)
"""Groups of sounds that instruments are said to make when they only play."""
_UTTERED: Final = frozenset({"voice", "body"})
_ARTICLES: Final = frozenset({"a", "an", "the"})
_DEVICES: Final = frozenset({"machine", "engine", "phone", "clock", "keyboard", "camera", "drawer"})
_WORKS: Final = frozenset({"mix", "production", "arrangement", "vocals", "soloist"})
_BUSY: Final = 5  # words behind "hums" that may say with what
_ACTIVITY: Final = frozenset(
    "activity life energy industry excitement anticipation possibility purpose".split()
)
_PLAYERS: Final = ("er", "ers", "ist", "ists")
_PLAYED: Final = 8  # words between an instrument and what it is said to do: "the horn growls and cries"
_APART: Final = frozenset({"a", "an", "as", "while", "over", "with", "of", "by", "under", "to"})
"""Words behind which somebody else acts: "over the piano, a dog barks"."""
_NO_HEADS: Final = frozenset(
    {",", "and", "or", "of", "rhythm", "beat", "pattern", "chorus", "session", "performance"}
)
"""Words behind a participle that leave it a sound: "a barking chorus", "a tapping rhythm"."""
_NOISE: Final = frozenset("sound noise is are and or can could".split())
_SIDES: Final = frozenset("fundamental timbre overtone overtones partials harmonics resonance".split())
"""What a participle describes where it tells of a side of a sound: "a buzzing fundamental"."""
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
    return tuple(_sound(group) for group in merged.values())


def _meant(
    mention: Mention, merged: dict[tuple[str, str | None], list[Mention]]
) -> tuple[str, str | None] | None:
    """Return the sound named before that a more general word takes up: "a baby cries … the crying subsides"."""
    passage = mention.passage
    definite = passage.summary or passage.words[mention.start - 1 : mention.start] in (["the"], ["this"])
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
    found = [
        mention
        for mention in found
        if not (
            _is_measure(mention, found)
            or _is_absorbed(mention, found)
            or _is_of_music(mention)
            or _is_attribute(mention, found)
            or _is_played(mention)
            or _is_struck(mention)
            or _is_busy(mention)
            or _is_sung_by_nobody(mention)
            or is_channel(passage, mention)
        )
    ]
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


def _is_measure(mention: Mention, found: list[Mention]) -> bool:
    """Whether a word only measures out the sound behind it: "a roar of laughter", "the crack of a gunshot"."""
    words = mention.passage.words
    if (
        mention.source
        or mention.entry.group not in _MEASURES
        or words[mention.end : mention.end + 1] != ["of"]
    ):
        return False
    return any(
        0 < other.start - mention.end <= _MEASURE
        and other.entry.group in _MEASURED
        and "and" not in words[mention.end : other.start]
        for other in found
    )


def _is_absorbed(mention: Mention, found: list[Mention]) -> bool:
    """Whether an action only says that a machine named before it runs: "a lawn mower buzzes"."""
    if mention.source or _GENERIC.isdisjoint(mention.entry.classes):
        return False
    for other in found:
        between = mention.passage.words[other.end : mention.start]
        if other.entry.group in _MACHINES and other.end <= mention.start and len(between) <= 2:
            beside = BESIDES.isdisjoint(between) and BARRIERS.isdisjoint(between)
            return beside and other.rank == mention.rank
    return False


def _is_of_music(mention: Mention) -> bool:
    """Whether a participle only describes music: "a sighing countermelody", "a grinding bass guitar"."""
    passage, end = mention.passage, mention.end
    if passage.words[end - 1] == "pop":
        kinds = [hit for kind in (MusicWord, Genre) for hit in passage.hits(kind)]
        return any(hit.start <= end < hit.end for hit in kinds) or passage.words[end : end + 1] == ["hit"]
    if mention.source or end - mention.start > 1 or not passage.words[mention.start].endswith(("ing", "ed")):
        return False
    if not _MADE_OF.isdisjoint(mention.entry.classes):
        return False
    lines = (hit.start for hit in passage.hits(MusicWord) if hit.found.columns[0] in {"head", "beside"})
    players = (hit.start for hit in passage.hits(Instrument) if hit.found.columns[2] == "0")
    following = passage.words[end : end + 1]
    if not _SIDES.isdisjoint(following):
        return True
    return _NO_HEADS.isdisjoint(following) and any(end <= place <= end + 1 for place in (*lines, *players))


def _is_attribute(mention: Mention, found: list[Mention]) -> bool:
    """Whether a word only describes the noun behind it: "a tearing roar", "a drip pump"."""
    passage, place = mention.passage, mention.start
    words = passage.words
    if "-" in words[max(0, place - 1) : mention.end + 1] and _is_compound(mention):
        return True
    if mention.source or mention.end - place > 1 or mention.end >= len(words):
        return False
    if words[place].endswith("ing") and mention.entry.group not in _UTTERED:
        following = [other.end for other in found if other.start == mention.end]
        return any(last == mention.end + 1 or mention.entry.group == "animal" for last in following)
    determined = not _ARTICLES.isdisjoint(words[max(0, place - 2) : place])
    things = (hit for hit in passage.hits(Source) if hit.start == mention.end and hit.found.name in _DEVICES)
    return determined and words[place] == passage.keys[place] and any(things)


def _is_compound(mention: Mention) -> bool:
    """Whether the words are an adjective of two: "a bacon-frying crackle", "heart-pounding", "rain-soaked"."""
    words, keys, place, end = mention.passage.words, mention.passage.keys, mention.start, mention.end
    if words[end : end + 1] == ["-"]:
        return words[end + 1 : end + 2] != [] and words[end + 1].endswith(("ed", "swept"))
    return (
        words[place - 1] == "-"
        and words[place].endswith("ing")
        and bool(mention.source)
        and keys[end : end + 1] != []
        and words[end][0].isalpha()
        and keys[end] not in _NOISE
    )


def _is_played(mention: Mention) -> bool:
    """Whether a verb only says how music sounds: "the bass growls", "the mix breathes", "a cymbal ticks along"."""
    passage, place = mention.passage, mention.start
    if mention.source or mention.end - place > 1 or mention.entry.group not in _LIVELY:
        return False
    word = passage.words[place]
    if not word.endswith(("s", "ed", "ing")) or not _MADE_OF.isdisjoint(mention.entry.classes):
        return False
    words = passage.words
    played = [hit.end for hit in passage.hits(Instrument) if hit.end <= place and not is_drumming(words, hit)]
    played.extend(hit.end for hit in passage.hits(MusicWord) if hit.end <= place and _is_piece(hit))
    work = max((index + 1 for index in range(place) if words[index] in _WORKS), default=0)
    if not played and not work:
        return False
    last = max((*played, work))
    between = words[last:place]
    if any(last <= hit.start < place for hit in passage.hits(Person)) or BARRIERS.intersection(between):
        return False
    if last == work and words[place - 1] == "and":
        return True  # "the mix is warm, with a wide image, and breathes gently"
    return len(between) <= _PLAYED and _APART.isdisjoint(between)


def _is_sung_by_nobody(mention: Mention) -> bool:
    """Whether "sings" tells of something that is no person: "a white-eye sings", "the wire sings"."""
    passage = mention.passage
    if mention.source or passage.words[mention.start : mention.end] != ["sings"]:
        return False
    return not passage.hits(Person) and not passage.hits(Instrument)


def _is_busy(mention: Mention) -> bool:
    """Whether a verb only says that a place is busy: "the room hums with cheerful activity"."""
    following = mention.passage.words[mention.end : mention.end + _BUSY]
    return following[:1] == ["with"] and not _ACTIVITY.isdisjoint(following)


def _is_struck(mention: Mention) -> bool:
    """Whether an instrument right before it is what sounds: "the snares crack dryly", "cymbals splash"."""
    if mention.source or mention.end - mention.start > 1 or mention.entry.group == "music":
        return False
    passage, place = mention.passage, mention.start
    if place and passage.words[place - 1].endswith("ly"):
        place -= 1
    if passage.words[place - 1].endswith(_PLAYERS):
        return False  # "the drummers shout"
    if any(hit.end == place for hit in passage.hits(Instrument)):
        return True
    return passage.words[place].endswith("s") and any(
        hit.end == place and _is_piece(hit) for hit in passage.hits(MusicWord)
    )


def _is_piece(hit: Hit) -> bool:
    return bool(hit.found.columns[0] in {"head", "beside"})


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
    by_end = {hit.end: hit for hit in passage.hits(Modifier)}
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
