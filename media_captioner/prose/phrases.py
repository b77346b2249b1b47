"""Phrases for people: where one begins, its determiner, how many it counts, and what only looks like one."""

from __future__ import annotations

from typing import Final

from media_captioner.prose.lexicon import Hit, Person, Saying, Source, lexicon
from media_captioner.prose.reading import QUOTED, Passage

NEW: Final = frozenset({"another", "second", "third", "fourth", "fifth", "different", "additional"})
INDEFINITE: Final = frozenset({"a", "an", "one", "single", "some", "several", "two", "three", "four", "lone"})
DEFINITE: Final = frozenset({"the", "this", "that", "same", "his", "her", "their", "its", "first"})
_NUMBERS: Final = {"two": 2, "three": 3, "both": 2}
_DETERMINER_WINDOW: Final = 6
_OWNED: Final = (
    4  # words behind "the driver's" within which a noun for a voice would make it the driver who is heard
)
_ORDINALS: Final = frozenset({"first", "second", "third", "other", "former", "latter"})
_VERBS: Final = frozenset(
    "say ask reply answer respond laugh whisper speak add shout begin continue agree interrupt sound be sigh exclaim "
    "yell call mutter murmur groan giggle complain scream cry insist remark squeal shriek squeak declare protest joke "
    "burst manage pause hesitate gasp seem chuckle snort".split()
)
_CLOSING: Final = frozenset({",", "."})
_GENDER_REACH: Final = 2
_LOUD: Final = frozenset(
    "ceiling loud bluetooth phone car portable smart laptop stereo pa overhead tinny cheap wall".split()
)
"""Words before "speaker" where it is a loudspeaker."""
_BEASTS: Final = frozenset(
    "dog cat cow horse pig sheep goat bird bear elephant whale duck goose chicken monkey lion wolf".split()
)
_PATIENT: Final = frozenset(
    {",", "and", "but", "tone", "voice", "manner", "delivery", "way", "baritone", "tenor", "bass", "smile"}
)
"""What follows "patient" where it is how somebody is, not who."""


def count(passage: Passage, hit: Hit) -> int:
    """Return how many people a phrase counts ("two women": 2), or 1."""
    for word in passage.words[max(0, hit.start - 3) : hit.start][::-1]:
        if word in _NUMBERS:
            return _NUMBERS[word]
        if not word[0].isalpha():
            break
    return 1


def names(passage: Passage) -> list[Hit]:
    """Return the proper names of a sentence beside a verb of speech: "Gerald, presumably, says"."""
    words, found = passage.words, []
    for hit in passage.hits(Saying):
        if hit.found.columns[0] != "say":
            continue
        before = hit.start - 1
        while before > 0 and (words[before] == "," or words[before].endswith("ly")):
            before -= 1
        place = hit.end if words[hit.start - 1 : hit.start] == [QUOTED] else before
        if 0 <= place < len(words) and _is_name(passage, place):
            found.append(Hit(place, place + 1, None))
    return list(dict.fromkeys(found))


def _is_name(passage: Passage, place: int) -> bool:
    start, end = (offset - passage.start for offset in (passage.starts[place], passage.ends[place]))
    raw = passage.text[start:end]
    return (
        raw[:1].isupper()
        and raw.isalpha()
        and raw[1:].islower()
        and not lexicon().knows(passage.words[place])
    )


def is_plural(passage: Passage, hit: Hit) -> bool:
    """Whether a word for somebody stands in the plural, so that nobody in particular is meant: "the guests"."""
    word = passage.words[hit.end - 1]
    if word == passage.keys[hit.end - 1]:
        return False
    if word.endswith("s") and hit.found.columns[1] == "person":
        return True
    return hit.end - hit.start == 1 and any(
        other.start == hit.start and other.found.columns[1] == "many" for other in passage.hits(Person)
    )


def is_owner(passage: Passage, hit: Hit) -> bool:
    """Whether a phrase only says whose thing something is: "in the driver's seat"; a voice is no thing."""
    end = passage.ends[hit.end - 1] - passage.start
    if passage.text[end - 2 : end] not in {"'s", "’s"}:
        return False
    nouns = {other.start for kind in (Saying, Person) for other in passage.hits(kind)}
    for place in range(hit.end, min(len(passage.words), hit.end + _OWNED)):
        if passage.words[place] == "," or place in nouns:
            return passage.words[place] == ","
    return True


def with_members(passage: Passage, people: list[Hit]) -> list[Hit]:
    """Add "the first", "the other" and the like, where no noun follows, to the people of a sentence."""
    words, keys = passage.words, passage.keys
    found = list(people)
    if words[:1] == ["one"] and keys[1:2] and keys[1] in _VERBS:
        found.append(Hit(0, 1, None))
    if QUOTED in words and "one" in words[2:-1]:  # "“A monster!” squeals one."
        place = words.index("one", 2)
        if keys[place - 1] in _VERBS and words[place + 1] in _CLOSING:
            found.append(Hit(place, place + 1, None))
    if "the" not in words or _ORDINALS.isdisjoint(words):
        return found
    said = {hit.start for hit in passage.hits(Saying) if hit.found.columns[0] == "say"}
    for place in range(1, len(words) - 1):
        if words[place] in _ORDINALS and words[place - 1] == "the":
            verbal = words[place + 1] in _CLOSING or keys[place + 1] in _VERBS or place + 1 in said
            if verbal:
                found.append(Hit(place, place + 1, None))
    return sorted(found, key=lambda hit: hit.start) if len(found) > len(people) else people


def head(passage: Passage, hit: Hit, people: list[Hit]) -> Hit | None:
    """Return the person that "male" or "female" describes: "a female umpire"."""
    for other in people:
        between = passage.words[hit.end : other.start]
        if (
            other.start >= hit.end
            and len(between) <= _GENDER_REACH
            and "," not in between
            and "and" not in between
        ):
            return other if other.found.columns[1] in {"person", "voice"} else None
    return None


def is_adjective(passage: Passage, hit: Hit) -> bool:
    """Whether the word only describes the noun behind it: "crowd noise", "speaker cone", "children's toy"."""
    person = hit.found.columns[1] in {"person", "many"} or hit.found.phrase in {"=anchor", "speaker"}
    last = passage.words[hit.end - 1]
    if not person or last in {"male", "female"}:
        return False
    following = passage.keys[hit.end : hit.end + 1]
    if hit.found.phrase == "=anchor":
        return determiner(passage, hit) is None  # "tubas anchor the harmony"
    if passage.words[hit.start] == "patient" and following and following[0] in _PATIENT:
        return True
    return following in (["noise"], ["ambience"], ["chatter"]) or _is_nobody(passage, hit, last)


def _is_nobody(passage: Passage, hit: Hit, last: str) -> bool:
    """Whether a word for somebody means a deed, a thing or an animal: "nursing", "a ceiling speaker", "mother dog"."""
    if last.endswith(("ing", "ed")):
        return True
    if last == "another":
        ahead = range(hit.end, hit.end + 3)
        return (
            any(other.start in ahead for other in passage.hits(Person))
            and passage.words[hit.end][0].isalpha()
        )
    if passage.keys[hit.end - 1] == "speaker" and passage.words[hit.start - 1] in _LOUD:
        return True
    return any(other.start == hit.end and other.found.name in _BEASTS for other in passage.hits(Source))


def begin(passage: Passage, hit: Hit) -> int:
    """Return the index of the determiner of the noun phrase that ends with ``hit``, or of its first word."""
    for place in range(hit.start - 1, max(-1, hit.start - 1 - _DETERMINER_WINDOW), -1):
        word = passage.words[place]
        if word in NEW or word in INDEFINITE or word in DEFINITE:
            if place and passage.words[place - 1] in {"a", "an", "the"}:
                return place - 1
            return place
        if not word[0].isalpha() and word not in {",", "-"}:
            break
    return hit.start


def determiner(passage: Passage, hit: Hit) -> str | None:
    """Return the word that says whether somebody is new or known ("another", "a", "the"), or None."""
    indefinite: str | None = None
    for place in range(hit.start - 1, max(-1, hit.start - 1 - _DETERMINER_WINDOW), -1):
        word = passage.words[place]
        if word in NEW:
            return word
        if word in DEFINITE:
            return indefinite or word
        if word in INDEFINITE:
            indefinite = indefinite or word
            continue
        if (not word[0].isalpha() and word not in {",", "-"}) or word in {"and", "with", "by", "as", "of"}:
            break
    return indefinite
