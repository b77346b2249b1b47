"""Pairing: which words of a sentence name a sound, and which thing an action belongs to.

A phrase of the lexicon is a sound by itself ("applause"), or an action that needs a thing ("roars": an engine, a
crowd, a lion). The thing is looked for near the action, in its clause: "roar of the crowd", "the engine roars",
"a roaring fire".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from media_captioner.prose.lexicon import Action, Entry, Hit, Instrument, Mask, Person, Source, lexicon
from media_captioner.prose.reading import QUOTED, Passage
from media_captioner.prose.words import gerund

_BEFORE: Final = 9  # words between a thing and what it does: "the dog, at the far end of the yard, barks"
_AFTER: Final = 7  # words between an action and its thing behind it: "the creaking of an old wooden door"
_JOINED: Final = 3  # words between things that do something together: "cars, buses and motorcycles"
_COMMA_COST: Final = 3
_TOO_FAR: Final = 99
BARRIERS: Final = frozenset({";", ":", "—", ".", "(", ")", QUOTED})
BESIDES: Final = frozenset(
    ", and or in on with as while over at into onto to through under beneath behind near past towards toward beside "
    "between before after during until across along among above below for than".split()
)
_PHRASE: Final = 3  # words from a preposition to its noun: "into | the metal cup"
_PLACED: Final = frozenset("into onto in on against through over".split())
_WHERE: Final = frozenset({"on", "in", "at", "by", "near", "behind", "beside", "under", "inside", "with"})
_OBJECT: Final = frozenset({"a", "an", "the", "his", "her", "its", "their"})
_LISTED: Final = frozenset({"and", ",", "then"})
OF: Final = frozenset({"of", "from", "by", "against"})
_NOISE: Final = frozenset({"sound", "noise"})
_JOINING: Final = frozenset({"and", "while", "as", "but"})
_ANEW: Final = frozenset({"a", "an", "another", "the"})
_HEARD: Final = frozenset({"heard", "audible", "present", "perceptible", "discernible", "noticeable"})
_FILLED: Final = frozenset(
    "dominate punctuate accompany underpin fill interrupt surround underscore enliven".split()
)
_UTTERED: Final = frozenset(
    "cry bark snap roar croak boom thunder hiss growl crack purr crow hoot call chirp echo coo bleat squawk quack bray "
    "yap gush".split()
)
_BEASTLY: Final = frozenset("bark purr hiss croak crow coo chirp bleat squawk quack bray yap growl".split())
"""Verbs of animals that tell, of people, how they speak."""
_VOICES: Final = frozenset({"voice", "tone", "delivery", "vocal", "whisper", "baritone"})
_POSSESSIVE: Final = frozenset({"his", "her", "their"})
_REGISTER: Final = 5  # words between "voice" and what it is like: "the voice is buttery and purring"
_ACTING: Final = frozenset({"traffic", "water", "weather", "animal"})
_NOTHING: Final = "none"
"""Label of what only looks like a sound: somebody snaps at somebody."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a sound is named.

    Attributes:
        entry: What of the lexicon it is.
        passage: The sentence.
        start: Index of the first word that names it.
        end: Index after the last.
        rank: How surely (``polarity``).
        source: Caption of the thing that makes it, or None.
        noun: Index of the first word of what its adjectives stand before: "a loud | dog barks".

    """

    entry: Entry
    passage: Passage
    start: int
    end: int
    rank: int
    source: str | None = None
    noun: int = -1

    @property
    def label(self) -> str:
        """Caption wording without modifiers."""
        label, _, fallback = self.entry.label.partition("|")
        if label.startswith("*"):
            return f"{self.source} {label[1:]}" if self.source else label[1:]
        if "~" not in label:
            return label
        verb = next(filter(lexicon().is_verb, self.passage.keys[self.start : self.end]), None)
        return label.replace("~", gerund(verb)) if verb else fallback

    @property
    def identity(self) -> tuple[str, str | None]:
        """What tells this sound from the others: its entry, and its thing where the caption names it."""
        return self.entry.label, self.source if self.entry.label.startswith("*") else None


def mentions(passage: Passage) -> list[Mention]:
    """Return every mention of a sound in a sentence: actions of things first, then things merely heard."""
    actions, things = _visible(passage)
    if not actions and not things:
        return []
    found: list[Mention] = []
    used: set[tuple[int, int]] = set()
    for hit in actions:
        found.extend(_acted(passage, hit, things, used))
    found = [m for m in found if m.source or not any(m.start < end and start < m.end for start, end in used)]
    found.extend(_own(passage, things, used, found))
    return found


def _visible(passage: Passage) -> tuple[list[Hit], list[Hit]]:
    """Return the actions and things of a sentence; a longer phrase hides the shorter ones in it."""
    actions = passage.hits(Action)
    things = [hit for hit in passage.hits(Source) if not _is_verb(passage.words, hit)]
    if not actions:
        own = lexicon().own
        things = [hit for hit in things if hit.found.name in own]
        if not things:
            return [], []
    # "tapped against" is rain on a window; where there is no rain, somebody just taps.
    actions = [
        hit
        for hit in actions
        if hit.end - hit.start == 1
        or hit.found.default is not None
        or _nearest(passage, hit, things) is not None
    ]
    hidden = _merged([*passage.hits(Mask), *_instruments(passage, actions)])
    kept = _longest({(hit.start, hit.end) for hits in (actions, things) for hit in hits} | hidden) - hidden
    # The last word of a longer name is still the thing that acts: "a diesel engine starts", "ocean waves crash".
    heads = {hit.end for hit in actions if (hit.start, hit.end) in kept and _acts(hit.found)}
    heads -= {end for _, end in hidden}
    return (
        _joined(hit for hit in actions if (hit.start, hit.end) in kept),
        [hit for hit in things if (hit.start, hit.end) in kept or hit.end in heads],
    )


def _is_verb(words: list[str], hit: Hit) -> bool:
    """Whether a thing's name is a verb with an object: "she taps the spines", "it records a bird"."""
    following = words[hit.end] if hit.end < len(words) else ""
    return hit.end - hit.start == 1 and words[hit.start].endswith("s") and following in _OBJECT


def _merged(hits: list[Hit]) -> set[tuple[int, int]]:
    """Return the spans of some phrases, overlapping ones as one: none of them loses its words to another."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((hit.start, hit.end) for hit in hits):
        if spans and start < spans[-1][1]:
            start, end = spans[-1][0], max(spans.pop()[1], end)  # noqa: PLW2901 (grown over the one before)
        spans.append((start, end))
    return set(spans)


def _longest(spans: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the spans that no longer one overlaps; of equally long ones the first."""
    kept: set[tuple[int, int]] = set()
    taken: set[int] = set()
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        places = range(start, end)
        if taken.isdisjoint(places):
            kept.add((start, end))
            taken.update(places)
    return kept


def _instruments(passage: Passage, actions: list[Hit]) -> list[Hit]:
    """Return instruments of several words, whose words mean no other sound ("cymbal crash", "drum roll")."""
    named = {(hit.start, hit.end) for hit in actions}
    hits = passage.hits(Instrument)
    return [hit for hit in hits if hit.end - hit.start > 1 and (hit.start, hit.end) not in named]


def _acts(action: Action) -> bool:
    return action.default is not None and action.default.group in _ACTING


def _joined(hits: Iterable[Hit]) -> list[Hit]:
    """Make one action of those found in the same words, by their spelling and by their lemma."""
    found: dict[tuple[int, int], Hit] = {}
    for hit in hits:
        known = found.get((hit.start, hit.end))
        if known is None:
            found[hit.start, hit.end] = hit
            continue
        one, other = known.found, hit.found
        both = Action(one.default or other.default, {**other.by_source, **one.by_source})
        found[hit.start, hit.end] = Hit(hit.start, hit.end, both)
    return list(found.values())


def _acted(passage: Passage, hit: Hit, things: list[Hit], used: set[tuple[int, int]]) -> Iterator[Mention]:
    action: Action = hit.found
    if _is_uttered(passage, hit):
        return
    rank = passage.rank(hit.start, hit.end)
    thing = _nearest(passage, hit, things) or _subject(passage, hit, things)
    if thing is None:
        if action.default is not None and action.default.label != _NOTHING:
            yield Mention(action.default, passage, hit.start, hit.end, rank)
        return
    for each in _coordinated(passage, thing, action, things):
        entry = action.by_source[each.found.name]
        if entry.label == _NOTHING:
            return
        doubt = max(rank, passage.rank(each.start, each.end))
        if doubt > rank and action.default is not None:
            # The bark is sure, the dog a guess.
            yield Mention(action.default, passage, hit.start, hit.end, rank)
            continue
        used.add((each.start, each.end))
        caption = each.found.caption or " ".join(passage.words[each.start : each.end])
        noun = each.start if each.end <= hit.start else hit.start
        yield Mention(entry, passage, hit.start, hit.end, doubt, caption, noun)


def _is_uttered(passage: Passage, hit: Hit) -> bool:
    """Whether the action only says how words were uttered ("Stop!" he barks)."""
    if hit.end - hit.start > 1 or passage.keys[hit.start] not in _UTTERED:
        return False
    if passage.keys[hit.start] in _BEASTLY and _is_of_voice(passage, hit):
        return True
    behind = passage.words[hit.end : hit.end + 3]
    following = [word for word in behind if word not in {",", ":"} and not word.endswith("ly")][:1]
    return following in ([QUOTED], ["out"]) or QUOTED in passage.words[max(0, hit.start - 2) : hit.start]


def _is_of_voice(passage: Passage, hit: Hit) -> bool:
    """Whether an animal's verb tells how somebody speaks: "he purrs into the microphone", "a purring voice"."""
    people = {other.end for other in passage.hits(Person) if other.found.columns[1] != "many"}
    place = hit.start
    while place > 0 and passage.words[place - 1].endswith("ly"):
        place -= 1
    if place in people and passage.words[place - 1] not in _POSSESSIVE:
        return True
    before = passage.words[max(0, hit.start - _REGISTER) : hit.start]
    toned = not _VOICES.isdisjoint(before) and "is" in before
    return toned or not _VOICES.isdisjoint(passage.words[hit.end : hit.end + 2])


def _nearest(passage: Passage, hit: Hit, things: list[Hit]) -> Hit | None:
    """Return the thing that an action belongs to: the nearest, of equally near ones the most telling."""
    by_source = hit.found.by_source
    if not by_source:
        return None
    size = lexicon().size
    own = max((other.start for other in passage.hits(Source) if other.end == hit.start), default=0)
    best: Hit | None = None
    least = (_TOO_FAR, 0)
    for thing in things:
        if thing.found.name not in by_source or (thing.start < hit.end and hit.start < thing.end):
            continue
        aside = _is_aside(passage, thing, hit) or "," in passage.words[thing.end : own]
        far = _TOO_FAR if aside else _distance(passage.words, hit, thing)  # "the engine drones, windows buzz"
        cost = (far, size[thing.found.name])
        if cost < least:
            best, least = thing, cost
    return best


def _subject(passage: Passage, hit: Hit, things: list[Hit]) -> Hit | None:
    """Return who begins the sentence and does one thing more: "She stops, clears her throat, and hums"."""
    words = passage.words
    if not words[hit.start].endswith("s") or not _LISTED.issuperset(words[hit.start - 1 : hit.start]):
        return None
    first = (thing for thing in things if thing.found.name == "person" and thing.end <= _PHRASE)
    return next((thing for thing in first if "person" in hit.found.by_source), None)


def _is_aside(passage: Passage, thing: Hit, hit: Hit) -> bool:
    """Whether a thing before an action is not what acts: an owner, or a place that something goes to.

    "A child's music box plays"; "the ball drops into the cup with a rattle".
    """
    words = passage.words
    if thing.end > hit.start:
        return False
    alone = hit.found.default is not None or "person" in hit.found.by_source
    if alone and _is_of_somebody(passage, thing):
        return True
    if thing.end == hit.start:
        return False
    end = passage.ends[thing.end - 1] - passage.start
    if passage.text[end - 2 : end] in {"'s", "’s"}:
        between = {other.start for other in passage.hits(Source)}.intersection(range(thing.end, hit.start))
        return hit.start - thing.end > 1 or bool(between)  # "a potter's wheel hums"
    placed = not _PLACED.isdisjoint(words[max(0, thing.start - _PHRASE) : thing.start])
    return placed and "with" in words[thing.end : hit.start]


def _is_of_somebody(passage: Passage, thing: Hit) -> bool:
    """Whether a thing only says where somebody is: "the man on the floor groans"."""
    words = passage.words
    people = {other.end for other in passage.hits(Person)}
    for place in range(thing.start - 1, max(0, thing.start - _PHRASE - 1), -1):
        if words[place] in _WHERE:
            return place in people
    return False


def _distance(words: list[str], hit: Hit, thing: Hit) -> int:
    """Return how far a thing is from its action; ``_TOO_FAR`` where it cannot belong to it."""
    before = thing.end <= hit.start
    between = words[thing.end : hit.start] if before else words[hit.end : thing.start]
    if len(between) > (_BEFORE if before else _AFTER) or not BARRIERS.isdisjoint(between):
        return _TOO_FAR
    if before and (_is_other(between) or ("with" in between and between[-1] in _LISTED)):
        return _TOO_FAR  # "a train leaves, with a melody and a whistle"
    if before:
        return len(between) + _COMMA_COST * between.count(",")
    if between and between[0] in OF:
        return len(between) // 2
    return len(between) if len(between) <= 2 and BESIDES.isdisjoint(between) else _TOO_FAR


def _is_other(between: list[str]) -> bool:
    """Whether somebody or something else comes in between: "an engine surges and a siren | starts"."""
    return any(one in _JOINING and other in _ANEW for one, other in pairwise(between))


def _coordinated(passage: Passage, thing: Hit, action: Action, things: list[Hit]) -> list[Hit]:
    """Return ``thing`` and those joined to it: "cars, buses and motorcycles pass"."""
    found = [thing]
    for other in reversed(things):
        if other.end > found[-1].start or other.found.name not in action.by_source:
            continue
        between = passage.words[other.end : found[-1].start]
        if len(between) > _JOINED:
            break
        if between[:1] in ([","], ["and"]):
            found.append(other)
    if len({each.found.name for each in found}) < len(found):
        return [thing]
    return found[::-1]


def _own(
    passage: Passage, things: list[Hit], used: set[tuple[int, int]], found: list[Mention]
) -> Iterator[Mention]:
    """Yield things that are merely heard: "the sound of a train", "bird calls", "a dog can be heard"."""
    own = lexicon().own
    for thing in things:
        entry = own.get(thing.found.name)
        if entry is None or (thing.start, thing.end) in used or not _is_heard(passage, thing):
            continue
        if not any(m.start < thing.end and thing.start < m.end for m in found):
            used.add((thing.start, thing.end))
            rank = passage.rank(thing.start, thing.end)
            yield Mention(entry, passage, thing.start, thing.end, rank, thing.found.caption)


def _is_heard(passage: Passage, thing: Hit) -> bool:
    keys, words = passage.keys, passage.words
    if thing.end < len(keys) and keys[thing.end] in _NOISE:
        return True
    for place in range(thing.start - 1, max(0, thing.start - 5), -1):
        if words[place] == "of":
            return keys[place - 1] in _NOISE
        if words[place] in {"by", "with"} and keys[place - 1] in _FILLED:
            return True
    for word in words[thing.end : thing.end + 6]:
        if word in _HEARD:
            return True
        if word == "," or word in BARRIERS:
            break
    return False
