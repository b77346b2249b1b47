"""Sounds: what a description says can be heard besides words and music.

A phrase of the lexicon is a sound by itself ("applause"), or an action that needs a thing ("roars": an engine, a
crowd, a lion). The thing is looked for near the action, in its clause: "roar of the crowd", "the engine roars",
"a roaring fire". Sounds of the recording itself (tape hiss) are remarks about its quality and left to
``qualities``; instruments are left to ``music``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from media_captioner.model import Evidence, Sound
from media_captioner.prose import polarity
from media_captioner.prose.lexicon import Action, Entry, Hit, Mask, Modifier, Person, Source, lexicon
from media_captioner.prose.reading import QUOTED, Passage, Reading
from media_captioner.prose.words import gerund

_BEFORE: Final = (
    9  # words between a thing and what it does after it: "the dog, at the far end of the yard, barks"
)
_AFTER: Final = 7  # words between an action and its thing after it: "the creaking of an old wooden door"
_BARRIERS: Final = frozenset({";", ":", "—", ".", "(", ")", QUOTED})
_COMMA_COST: Final = 3
_TOO_FAR: Final = 99
_BESIDES: Final = frozenset({",", "and", "or", "in", "on", "with", "as", "while", "over", "at"})
_OF: Final = frozenset({"of", "from", "by", "against"})
_NOISE: Final = frozenset({"sound", "noise"})
_HEARD: Final = frozenset({"heard", "audible", "present", "perceptible", "discernible", "noticeable"})
_UTTERED: Final = frozenset(
    "cry bark snap roar croak boom thunder hiss growl crack purr crow hoot call chirp echo".split()
)
_MEASURED: Final = frozenset({"voice", "crowd", "body", "danger", "weather", "animal", "traffic", "fire"})
_MEASURES: Final = frozenset({"impact", "friction", "machine", "movement", "danger", "water"})
_NOTHING: Final = "none"
"""Label of what only looks like a sound: somebody snaps at somebody."""

_GENERIC: Final = frozenset(
    {"Whir", "Hum", "Buzz", "Beep, bleep", "Chime", "Whoosh, swoosh, swish", "Rumble"}
)
_MACHINES: Final = frozenset({"machine", "household", "tool", "alarm", "traffic"})
_CHANNEL: Final = frozenset(
    {"hissing", "humming noise", "buzzing", "static", "white noise", "crackling", "pop"}
)
_CHANNEL_BEFORE: Final = frozenset(
    "electronic background tape recording analog analogue digital static surface system line microphone mains ground "
    "noise preamp broadband".split()
)
_CHANNEL_AFTER: Final = frozenset(
    "recording recorder microphone equipment device tape preamp playback transfer mains".split()
)
_CHANNEL_REACH: Final = 12
_LASTING: Final = frozenset(
    "continuously constantly steadily rhythmically throughout persistently incessantly repeatedly continues persists "
    "continuous steady".split()
)
_SINGING: Final = {"man": "Male singing", "woman": "Female singing", "child": "Child singing"}
_SINGER: Final = 8  # words between a singer and the verb
_MODIFIERS: Final = 2
_RANKED: Final = {"material": 0, "loudness": 1, "manner": 2}


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

    """

    entry: Entry
    passage: Passage
    start: int
    end: int
    rank: int
    source: str | None = None

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


def find(reading: Reading) -> tuple[Sound, ...]:
    """Return the sounds of a description in the order of their first mention.

    What is named several times is one sound, as surely stated as its surest mention; what is only denied,
    guessed or compared is there too, with its polarity.
    """
    merged: dict[tuple[str, str | None], list[Mention]] = {}
    for passage in reading.passages:
        for mention in mentions(passage):
            merged.setdefault(mention.identity, []).append(mention)
    return tuple(_sound(group) for group in merged.values())


def mentions(passage: Passage) -> list[Mention]:
    """Return every mention of a sound in a sentence, by place."""
    actions, sources = _resolved(passage)
    if not actions and not sources:
        return []
    found: list[Mention] = []
    used: set[tuple[int, int]] = set()
    for hit in actions:
        found.extend(_acted(passage, hit, sources, used))
    found = [m for m in found if m.source or not any(m.start < end and start < m.end for start, end in used)]
    found.extend(_own(passage, sources, used, found))
    found = [m for m in found if not (_is_measure(passage, m, found) or _is_absorbed(passage, m, found))]
    found = [mention for mention in found if not is_channel(passage, mention)]
    once = {(mention.start, mention.label): mention for mention in found}
    return sorted(once.values(), key=lambda mention: mention.start)


def _resolved(passage: Passage) -> tuple[list[Hit], list[Hit]]:
    """Return the actions and things of a sentence; a longer phrase hides the shorter ones in it."""
    actions, sources, masks = passage.hits(Action), passage.hits(Source), passage.hits(Mask)
    if not actions:
        own = lexicon().own
        sources = [hit for hit in sources if hit.found.name in own]
        if not sources:
            return [], []
    longest: list[tuple[int, int]] = []
    taken: dict[int, tuple[int, int]] = {}
    spans = {(hit.start, hit.end) for hits in (actions, sources, masks) for hit in hits}
    for span in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if not any(place in taken for place in range(*span)):
            longest.append(span)
            taken.update(dict.fromkeys(range(*span), span))
    hidden = {(hit.start, hit.end) for hit in masks}
    masked = {hit.end for hit in masks}
    kept = set(longest) - hidden
    heads = {hit.end for hit in actions if (hit.start, hit.end) in kept and _is_vehicle(hit.found)}
    return (
        _joined(hit for hit in actions if (hit.start, hit.end) in kept),
        # The last word of a vehicle's longer name is still the thing that acts: "a diesel engine starts".
        [
            hit
            for hit in sources
            if (hit.start, hit.end) in kept or (hit.end in heads and hit.end not in masked)
        ],
    )


def _is_vehicle(action: Action) -> bool:
    return action.default is not None and action.default.group == "traffic"


def _joined(hits: Iterable[Hit]) -> list[Hit]:
    """Make one action of those found in the same words, by their spelling and by their lemma."""
    found: dict[tuple[int, int], Hit] = {}
    for hit in hits:
        known = found.get((hit.start, hit.end))
        if known is not None:
            one, other = known.found, hit.found
            both = Action(one.default or other.default, {**other.by_source, **one.by_source})
            found[hit.start, hit.end] = Hit(hit.start, hit.end, both)
        else:
            found[hit.start, hit.end] = hit
    return list(found.values())


def _acted(passage: Passage, hit: Hit, sources: list[Hit], used: set[tuple[int, int]]) -> Iterator[Mention]:
    action: Action = hit.found
    if _is_uttered(passage, hit):
        return
    rank = passage.rank(hit.start, hit.end)
    thing = _nearest(passage, hit, action, sources) if action.by_source else None
    if thing is None:
        if action.default is not None:
            yield Mention(action.default, passage, hit.start, hit.end, rank)
        return
    for each in _coordinated(passage, thing, action, sources):
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
        yield Mention(entry, passage, hit.start, hit.end, doubt, caption)


def _is_uttered(passage: Passage, hit: Hit) -> bool:
    """Whether the action only says how words were uttered ("Stop!" he barks)."""
    if hit.end - hit.start > 1 or passage.keys[hit.start] not in _UTTERED:
        return False
    following = [word for word in passage.words[hit.end : hit.end + 2] if word not in {",", ":"}]
    before = passage.words[max(0, hit.start - 2) : hit.start]
    return following[:1] == [QUOTED] or following[:1] == ["out"] or QUOTED in before


def _nearest(passage: Passage, hit: Hit, action: Action, sources: list[Hit]) -> Hit | None:
    size = lexicon().size
    best: Hit | None = None
    least = (_TOO_FAR, 0)
    for thing in sources:
        if thing.found.name not in action.by_source or (thing.start < hit.end and hit.start < thing.end):
            continue
        cost = (_distance(passage, hit, thing), size[thing.found.name])
        if cost < least:
            best, least = thing, cost
    return best


def _distance(passage: Passage, hit: Hit, thing: Hit) -> int:
    """Return how far a thing is from its action; ``_TOO_FAR`` where it cannot belong to it."""
    words = passage.words
    if thing.end <= hit.start:
        between = words[thing.end : hit.start]
        if len(between) > _BEFORE or _BARRIERS.intersection(between):
            return _TOO_FAR
        return len(between) + _COMMA_COST * between.count(",")
    between = words[hit.end : thing.start]
    if len(between) > _AFTER or _BARRIERS.intersection(between):
        return _TOO_FAR
    if not between:
        return 0
    if between[0] in _OF:
        return len(between) // 2
    if len(between) <= 2 and _BESIDES.isdisjoint(between):
        return len(between)
    return _TOO_FAR


def _coordinated(passage: Passage, thing: Hit, action: Action, sources: list[Hit]) -> list[Hit]:
    """Return ``thing`` and those joined to it: "cars, buses and motorcycles pass"."""
    found = [thing]
    first = thing
    for other in reversed(sources):
        if other.end > first.start or other.found.name not in action.by_source:
            continue
        between = passage.words[other.end : first.start]
        if len(between) <= 3 and ({",", "and"} & set(between[:1])):
            found.append(other)
            first = other
        elif len(between) > 3:
            break
    if len({each.found.name for each in found}) < len(found):
        return [thing]
    return found[::-1]


def _own(
    passage: Passage, sources: list[Hit], used: set[tuple[int, int]], found: list[Mention]
) -> Iterator[Mention]:
    """Yield things that are merely heard: "the sound of a train", "bird calls", "a dog can be heard"."""
    own = lexicon().own
    for thing in sources:
        if (thing.start, thing.end) in used or thing.found.name not in own:
            continue
        if any(m.start < thing.end and thing.start < m.end for m in found):
            continue
        if _is_heard(passage, thing):
            entry = own[thing.found.name]
            rank = passage.rank(thing.start, thing.end)
            yield Mention(entry, passage, thing.start, thing.end, rank, thing.found.caption)
            used.add((thing.start, thing.end))


def _is_heard(passage: Passage, thing: Hit) -> bool:
    keys = passage.keys
    if keys[thing.end : thing.end + 1] and keys[thing.end] in _NOISE:
        return True
    before = passage.words[max(0, thing.start - 5) : thing.start]
    if "of" in before:
        place = thing.start - len(before) + len(before) - 1 - before[::-1].index("of")
        if place > 0 and keys[place - 1] in _NOISE:
            return True
    after = passage.words[thing.end : thing.end + 6]
    return bool(_HEARD.intersection(after)) and not _BARRIERS.intersection(after) and "," not in after


def _is_measure(passage: Passage, mention: Mention, found: list[Mention]) -> bool:
    """Whether a word only measures out the sound after it: "a roar of laughter", "the crack of a gunshot"."""
    words = passage.words
    if mention.source or mention.end >= len(words) or words[mention.end] != "of":
        return False
    if mention.entry.group not in _MEASURES:
        return False
    return any(
        other is not mention and 0 < other.start - mention.end <= 4 and other.entry.group in _MEASURED
        for other in found
    )


def _is_absorbed(passage: Passage, mention: Mention, found: list[Mention]) -> bool:
    """Whether an action only says that a machine named before it runs: "a lawn mower buzzes", "the printer whirs"."""
    if mention.source or not _GENERIC.intersection(mention.entry.classes):
        return False
    for other in found:
        between = passage.words[other.end : mention.start]
        if other.entry.group in _MACHINES and other.end <= mention.start and len(between) <= 2:
            return (
                _BESIDES.isdisjoint(between) and _BARRIERS.isdisjoint(between) and other.rank == mention.rank
            )
    return False


def is_channel(passage: Passage, mention: Mention) -> bool:
    """Whether a hiss, hum or crackle is of the recording rather than in the scene."""
    if mention.entry.label not in _CHANNEL:
        return False
    words = passage.words
    before = set(words[max(0, mention.start - 4) : mention.start])
    if before & _CHANNEL_BEFORE and not (mention.entry.label == "humming noise" and before & {"electronic"}):
        return True
    after = words[mention.end : mention.end + _CHANNEL_REACH]
    near = _CHANNEL_AFTER.intersection(after)
    if near and _OF.intersection(after) and mention.entry.label != "humming noise":
        return True
    return words[:3] == ["the", "recording", "is"] or words[:3] == ["the", "recording", "has"]


def _sound(group: list[Mention]) -> Sound:
    best = min(group, key=lambda mention: mention.rank)
    first = next((mention for mention in group if mention.rank == best.rank), best)
    passage = first.passage
    words, kinds = _modifiers(passage, first)
    label = " ".join([*words, first.label])
    return Sound(
        label=label,
        group=first.entry.group,
        polarity=polarity.NAMES[first.rank],
        sustained=_lasts(group, kinds),
        audioset=(*_singers(group), *first.entry.classes),
        evidence=_evidence(passage, first),
        mentions=sum(mention.rank == best.rank for mention in group),
    )


def _singers(group: list[Mention]) -> list[str]:
    """Return the classes of singing by a man, a woman or a child, where a mention says who sings."""
    if group[0].entry.classes != ("Singing",):
        return []
    found: list[str] = []
    for mention in group:
        people = [
            hit.found.columns[0]
            for hit in mention.passage.hits(Person)
            if mention.start - _SINGER <= hit.start <= mention.end + 3 and hit.found.columns[0] in _SINGING
        ]
        if people and mention.rank == polarity.ASSERTED:
            found.append(_SINGING[people[-1]])
    return list(dict.fromkeys(found))


def _evidence(passage: Passage, mention: Mention) -> Evidence:
    return passage.evidence(mention.start, mention.end)


def _modifiers(passage: Passage, mention: Mention) -> tuple[list[str], list[str]]:
    """Return at most two words to stand before the label, and what the noun phrase says of lasting."""
    taken = set(mention.label.split())
    found: list[tuple[int, int, str]] = []
    lasting: list[str] = []
    by_end = {hit.end: hit for hit in passage.hits(Modifier)}
    place = mention.start
    steps = 0
    while place > 0 and steps < 9:
        hit = by_end.get(place)
        if hit is not None:
            kind, last = hit.found.columns
            lasting.append(last)
            if hit.found.phrase not in taken:
                found.append((_RANKED[kind], hit.start, hit.found.phrase))
            place = hit.start
        elif passage.words[place - 1] in {",", "-", "and", "“", "slightly", "very"}:
            place -= 1
        else:
            break
        steps += 1
    named = [item for item in sorted(found, key=lambda item: item[0]) if item[0] < 2][:_MODIFIERS]
    if not named:
        named = [item for item in found if item[2] in _TELLING][:1]
    order = sorted(named, key=lambda item: (-item[0], item[1]))
    return [phrase for _, _, phrase in order], lasting


_TELLING: Final = frozenset(
    {"rhythmic", "rapid", "enthusiastic", "polite", "scattered", "nervous", "hysterical", "labored"}
)


def _lasts(group: list[Mention], kinds: list[str]) -> bool:
    first = group[0]
    told = [kind for kind in kinds if kind in {"0", "1"}]
    if told:
        return told[0] == "1"
    for mention in group:
        words = mention.passage.words[max(0, mention.start - 3) : mention.end + 4]
        if _LASTING.intersection(words):
            return True
    return first.entry.lasts


def classes(sounds: tuple[Sound, ...]) -> tuple[str, ...]:
    """Return the AudioSet names of the asserted sounds, in order, each once."""
    names = [name for sound in sounds if sound.polarity == "asserted" for name in sound.audioset]
    return tuple(dict.fromkeys(names))
