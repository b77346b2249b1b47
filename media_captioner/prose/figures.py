"""Figures of speech: words for sounds that measure out, describe or liken something else.

"A roar of laughter" is no roar, "the snares crack" no crack, "the doors sigh" no sigh.
"""

from __future__ import annotations

from typing import Final

from media_captioner.prose.lexicon import Genre, Hit, Instrument, MusicWord, Person, Source
from media_captioner.prose.music import is_drumming
from media_captioner.prose.pairing import BARRIERS, BESIDES, Mention

_MEASURED: Final = frozenset({"voice", "crowd", "body", "danger", "weather", "animal", "traffic", "fire"})
_MEASURES: Final = frozenset(
    {"impact", "friction", "machine", "movement", "danger", "water", "animal", "household"}
)
_MEASURE: Final = 4  # words between a measure and the sound it measures out: "a roar of loud, happy laughter"
_GENERIC: Final = frozenset(
    {"Whir", "Hum", "Buzz", "Beep, bleep", "Chime", "Whoosh, swoosh, swish", "Rumble"}
)
_MACHINES: Final = frozenset({"machine", "household", "tool", "alarm", "traffic"})
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
_LIVELY: Final = frozenset(
    "voice body animal friction machine household weather danger crowd movement fire".split()
)
"""Groups of sounds that instruments are said to make when they only play."""
_UTTERED: Final = frozenset({"voice", "body"})
_ARTICLES: Final = frozenset({"a", "an", "the"})
_DEVICES: Final = frozenset({"machine", "engine", "phone", "clock", "keyboard", "camera", "drawer"})
_WORKS: Final = frozenset({"mix", "production", "arrangement", "vocals", "soloist"})
_THINGS: Final = frozenset(
    "door slidingdoor window car truck bus motorbike train subway tram plane boat ship engine machine fan fridge brake "
    "tire wheel wind water sea fire steam gas furniture floor thing kettle microphone cloth paper packaging leaf flag "
    "rope spring wood aircon bicycle tractor drawer cupboard".split()
)
_BREATHED: Final = frozenset({"whisper", "sigh", "murmur", "breath"})
"""Sounds of mouths that things are said to make: "the sigh of the doors"."""
_NO_THINGS: Final = frozenset({"can", "watch", "match", "swing", "steps", "robot"})
_PLACED: Final = frozenset(
    "in on at to of from behind near with into by past over under inside beside through".split()
)
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
_BLOWN: Final = frozenset(
    {"horn", "foghorn", "whistle", "siren", "trumpet", "trombone", "tuba", "bugle", "shofar"}
)
_REGISTERS: Final = frozenset({"tenor", "soprano", "contralto"})
_SUNG: Final = frozenset({"sing", "song", "aria", "hymn", "chorus", "choir", "melody", "lyric"})


def is_figure(mention: Mention, found: list[Mention]) -> bool:
    """Whether a word for a sound is a figure of speech.

    Args:
        mention: The word.
        found: Every mention of a sound in its sentence.

    """
    return (
        _is_measure(mention, found)
        or _is_absorbed(mention, found)
        or _is_of_music(mention)
        or _is_attribute(mention, found)
        or _is_played(mention)
        or _is_struck(mention)
        or _is_blown(mention)
        or _is_busy(mention)
        or _is_sung_by_nobody(mention)
        or _is_of_thing(mention)
    )


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
    groups = {"tool"} if "Chatter" in mention.entry.classes else _MACHINES
    if mention.source or (groups is _MACHINES and _GENERIC.isdisjoint(mention.entry.classes)):
        return False
    for other in found:
        between = mention.passage.words[other.end : mention.start]
        if other.entry.group in groups and other.end <= mention.start and len(between) <= 2:
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
        end = mention.end
        if words[end] == "," and words[end + 1 : end + 2] != [] and words[end + 1].endswith("ing"):
            end += 2  # "a ripping, crackling thunder"
        following = [other.end for other in found if other.start == end]
        return any(last == end + 1 or mention.entry.group == "animal" for last in following)
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
    listed = passage.words[place - 1] == "," and word.endswith("s")  # "an organ plays, fireworks pop"
    if listed or not word.endswith(("s", "ed", "ing")) or not _MADE_OF.isdisjoint(mention.entry.classes):
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


def _is_struck(mention: Mention) -> bool:
    """Whether an instrument right before it is what sounds: "the snares crack dryly", "cymbals splash"."""
    if mention.source or mention.end - mention.start > 1 or mention.entry.group == "music":
        return False
    passage, place = mention.passage, mention.start
    if place and passage.words[place - 1].endswith("ly"):
        place -= 1
    if passage.words[place - 1].endswith(_PLAYERS):
        return False  # "the drummers shout"
    plural = passage.words[place - 1] != passage.keys[place - 1]
    if not plural and not passage.words[mention.start].endswith(("s", "ed", "ing")):
        return False  # "a sub-bass boom"
    if any(hit.end == place for hit in passage.hits(Instrument)):
        return True
    return passage.words[place].endswith("s") and any(
        hit.end == place and _is_piece(hit) for hit in passage.hits(MusicWord)
    )


def _is_piece(hit: Hit) -> bool:
    return bool(hit.found.columns[0] in {"head", "beside"})


def _is_blown(mention: Mention) -> bool:
    """Whether a blast is that of a horn: "the ship's horn sounds, a single enormous blast"."""
    words = mention.passage.words[mention.start : mention.end]
    return (
        words[-1:] in (["blast"], ["blasts"])
        and not _BLOWN.isdisjoint(mention.passage.keys)
        and "bomb" not in words
    )


def _is_busy(mention: Mention) -> bool:
    """Whether a verb only says that a place is busy: "the room hums with cheerful activity"."""
    following = mention.passage.words[mention.end : mention.end + _BUSY]
    return following[:1] == ["with"] and not _ACTIVITY.isdisjoint(following)


def _is_sung_by_nobody(mention: Mention) -> bool:
    """Whether "sings" tells of something that is no person: "a white-eye sings", "the wire sings"."""
    passage = mention.passage
    if passage.words[mention.start] in _REGISTERS and not mention.source:
        before = passage.words[max(0, mention.start - 4) : mention.start]
        return bool({"in", "with"}.intersection(before)) and not _SUNG.intersection(passage.keys)
    if mention.source or passage.words[mention.start : mention.end] != ["sings"]:
        return False
    return not passage.hits(Person) and not passage.hits(Instrument)


def _is_of_thing(mention: Mention) -> bool:
    """Whether a word for a voice tells of a thing: "the doors sigh", "the whisper of silk"."""
    passage, start = mention.passage, mention.start
    if mention.source or mention.end - start > 1 or mention.entry.group not in _UTTERED:
        return False
    words = passage.words
    if start and words[start - 1].endswith("ly"):
        start -= 1
    behind = mention.end + 1
    if words[mention.end : behind] == ["of"] and passage.keys[mention.start] in _BREATHED:
        behind += words[behind : behind + 1] in (["a"], ["an"], ["the"], ["its"])
    else:
        behind = -1
    for hit in passage.hits(Source):
        if hit.found.name in _THINGS and hit.start == behind:
            return True
        if hit.found.name in _THINGS and hit.end == start and words[hit.start] not in _NO_THINGS:
            return _PLACED.isdisjoint(words[max(0, hit.start - 3) : hit.start])
    return False
