"""The lexicon: tables of words, read once, compiled into one tree that finds every known phrase in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

from media_captioner.model.soundtable import by_name
from media_captioner.prose.tables import phrases, table
from media_captioner.prose.words import REMEMBERED, SKIPPED, lemmatiser, tokens

_NAMELESS: Final = frozenset({"sound", "begin", "come", "move", "stop", "set"})
"""Actions that name no sound: a train begins to move."""

OWN: Final = "=sound"
"""In ``sounds.tsv``, the action of a thing that is merely heard."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sound of the lexicon: its caption, coarse group, whether it lasts, and the AudioSet names it stands for.

    In the caption ``*`` is the name of the thing that sounds; ``~`` the action as the description words it, and then
    what to say where it words none stands behind a ``|``.
    """

    label: str
    group: str
    lasts: bool
    classes: tuple[str, ...]


@dataclass(slots=True)
class Action:
    """A phrase for a sound: what it means by itself, and what it means of a thing of some set."""

    default: Entry | None = None
    by_source: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A phrase for a thing: the set it belongs to, and what a caption calls it (None: the word itself)."""

    name: str
    caption: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A phrase of a simple table: the table, the row's columns before the words, and the phrase."""

    table: str
    columns: tuple[str, ...]
    phrase: str


class Mask(Row):
    """A phrase that contains a word for a sound and means none."""


class Cue(Row):
    """A phrase of ``polarity.tsv``: (kind, reach)."""


class Instrument(Row):
    """A phrase of ``instruments.tsv``: (name, classes, loose)."""


class Genre(Row):
    """A phrase of ``genres.tsv``: (name, classes, alone)."""


class MusicWord(Row):
    """A phrase of ``music.tsv``: (kind,)."""


class Person(Row):
    """A phrase of ``people.tsv``: (speaker, role)."""


class Saying(Row):
    """A phrase of ``saying.tsv``: (kind,)."""


class Emotion(Row):
    """A phrase of ``emotions.tsv``: (name, strength)."""


class Language(Row):
    """A phrase of ``languages.tsv``: (tag, kind)."""


class Locale(Row):
    """A phrase of ``places.tsv``: (setting, weight)."""


class Remark(Row):
    """A phrase of ``qualities.tsv``: (term, need)."""


class FlagWord(Row):
    """A phrase of ``flags.tsv``: (name, where)."""


class Modifier(Row):
    """A word of ``modifiers.tsv``: (kind, lasting)."""


_TABLES: Final[dict[str, type[Row]]] = {
    "masks": Mask,
    "polarity": Cue,
    "instruments": Instrument,
    "genres": Genre,
    "music": MusicWord,
    "people": Person,
    "saying": Saying,
    "emotions": Emotion,
    "languages": Language,
    "places": Locale,
    "qualities": Remark,
    "flags": FlagWord,
    "modifiers": Modifier,
}


_NOUNS: Final = frozenset({Genre, MusicWord, Locale, Instrument})
"""Tables whose single words are nouns and adjectives: their other forms mean other things."""


class Hit(NamedTuple):
    """A phrase found in a sentence: index of its first word, index after its last, and what it is."""

    start: int
    end: int
    found: Any


class _Node:
    __slots__ = ("found", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.found: dict[type, list[Any]] = {}


class _Known(NamedTuple):
    """A word: its lemma, and itself where a table wants that spelling; what it means alone; what may follow it."""

    keys: tuple[str, ...]
    found: dict[type, list[Any]]
    nexts: list[dict[str, _Node]]


def _add(found: dict[type, list[Hit]], kind: type, start: int, end: int, things: list[Any]) -> None:
    hits = found.get(kind)
    if hits is None:
        hits = found[kind] = []
    for thing in things:
        hits.append(Hit(start, end, thing))


def _needs_thing(actions: list[Any]) -> bool:
    """Whether none of several actions is a sound by itself: "tapped against" needs the rain, "tapped" nothing."""
    return all(action.default is None for action in actions)


class Lexicon:
    """Every table, compiled.

    Attributes:
        own: What a thing of a set is called when it is merely heard.
        size: How many phrases a set of things has; of two sets the smaller one says more.

    """

    def __init__(self) -> None:
        self.own: dict[str, Entry] = {}
        self.size: dict[str, int] = defaultdict(int)
        self._root = _Node()
        self._known: dict[str, _Known] = {}
        self._pending: list[tuple[list[str], Any]] = []
        self._actions: dict[str, Action] = {}
        self._things: set[tuple[str, ...]] = set()
        self._gather()
        vocabulary = {word.lstrip("=") for spelled, _ in self._pending for word in spelled}
        self._exact = {word for spelled, _ in self._pending for word in spelled if word.startswith("=")}
        irregular = dict(row for row in table("irregular"))
        self.lemma = lemmatiser(vocabulary, irregular)
        self._vocabulary = frozenset(vocabulary)
        for spelled, found in self._pending:
            self._plant([word if word.startswith("=") else self.lemma(word) for word in spelled], found)
        self._pending = []

    def find(self, words: Sequence[str]) -> dict[type, list[Hit]]:
        """Return every known phrase in ``words``, the longest at each word, by kind.

        Args:
            words: The words of one sentence, as ``words.tokens`` makes them.

        """
        return self.look_up(words)[1]

    def look_up(self, words: Sequence[str]) -> tuple[list[str], dict[type, list[Hit]]]:
        """Return the lemma of each word, and what ``find`` returns."""
        found: dict[type, list[Hit]] = {}
        remembered = self._known.get
        known = [remembered(word) or self._known_of(word) for word in words]
        for start, word in enumerate(known):
            if not word.nexts and not word.found:
                continue
            longer = self._longer(words, known, start) if word.nexts else None
            for kind, things in word.found.items():
                if longer is None or kind not in longer or (kind is Action and _needs_thing(longer[kind][1])):
                    _add(found, kind, start, start + 1, things)
            if longer is not None:
                for kind, (end, things) in longer.items():
                    _add(found, kind, start, end, things)
        return [word.keys[0] for word in known], found

    @staticmethod
    def _longer(
        words: Sequence[str], known: Sequence[_Known], start: int
    ) -> dict[type, tuple[int, list[Any]]] | None:
        """Return the longest phrase of several words of each kind that begins at ``start``; None without any."""
        best: dict[type, tuple[int, list[Any]]] | None = None
        nexts = known[start].nexts
        end = start + 1
        count = len(words)
        while True:
            while end < count and words[end] in SKIPPED:
                end += 1
            if end >= count:
                return best
            keys = known[end].keys
            nodes = [following[key] for following in nexts for key in keys if key in following]
            if not nodes:
                return best
            end += 1
            for node in nodes:
                for kind, things in node.found.items():
                    best = best if best is not None else {}
                    last = best.get(kind)
                    best[kind] = (end, [*last[1], *things] if last and last[0] == end else things)
            nexts = [node.next for node in nodes]

    def _known_of(self, word: str) -> _Known:
        """Return what is known of a word by itself; it is worked out once."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) > REMEMBERED:
                self._known.clear()
            lemma, exact = self.lemma(word), "=" + word
            keys = (lemma, exact) if exact in self._exact else (lemma,)
            nodes = [self._root.next[key] for key in keys if key in self._root.next]
            found: dict[type, list[Any]] = {}
            for node in nodes:
                for kind, things in node.found.items():
                    found[kind] = [*found.get(kind, ()), *things]
            known = self._known[word] = _Known(keys, found, [node.next for node in nodes if node.next])
        return known

    def knows(self, word: str) -> bool:
        """Whether a word, or its lemma, is in the tables: it is English then."""
        return self.lemma(word) in self._vocabulary

    def is_verb(self, lemma: str) -> bool:
        """Whether a lemma is an action of some thing ("clank", "toll") rather than the name of a sound."""
        action = self._actions.get(lemma)
        if action is None or not action.by_source or lemma in _NAMELESS:
            return False
        return (lemma,) not in self._things

    def _gather(self) -> None:
        for name, caption, words in table("sources"):
            source = Source(name, None if caption == "*" else caption)
            for phrase in phrases(words):
                self.size[name] += 1
                self._things.add(tuple(phrase.split()))
                self._want(phrase, source)
        for columns in table("sounds"):
            self._sound(columns)
        for name, kind in _TABLES.items():
            for *head, words in table(name):
                for phrase in phrases(words):
                    self._row(kind, name, tuple(head), phrase)

    def _row(self, kind: type[Row], name: str, head: tuple[str, ...], phrase: str) -> None:
        if kind is FlagWord and phrase.startswith("class:"):
            return
        columns = head
        if kind is Mask and " " not in phrase:
            phrase = "=" + phrase.lstrip("=")  # "training" hides no train
        if kind is MusicWord and ":" in phrase:
            phrase, _, emotion = phrase.partition(":")
            columns = (*head, emotion)
        found = kind(name, columns, phrase)
        if " " not in phrase and not phrase.startswith("="):
            if kind in _NOUNS and columns[0] != "player":
                # "parking" is no park, "jingling" no jingle, "rocking" no rock.
                self._want(f"={phrase}s", found)
                phrase = f"={phrase}"
            elif kind is FlagWord and phrase.endswith(("ing", "ed")):
                phrase = f"={phrase}"  # "boxing" is no box
            elif kind is Emotion and phrase.endswith("ed") and columns[1] != "0":
                phrase = f"={phrase}"  # who is alarmed is no alarm
        self._want(phrase, found)

    def _sound(self, columns: list[str]) -> None:
        label, group, lasts, classes, words = columns
        names = () if classes == "-" else tuple(classes.split("|"))
        known = by_name().get(names[0]) if names else None
        if known is not None:
            label = known.label if label == "-" else label
            group = known.group if group == "-" else group
        entry = Entry(label, group, lasts == "1", names)
        for phrase in phrases(words):
            thing, _, action = phrase.rpartition(" ~ ")
            if not thing:
                self._action(phrase).default = entry
            elif action == OWN:
                self.own[thing.removeprefix("@")] = entry
            else:
                name = thing.removeprefix("@")
                if not thing.startswith("@"):
                    self._want(thing, Source(name, thing.lstrip("=")))
                self._action(action).by_source.setdefault(name, entry)

    def _action(self, phrase: str) -> Action:
        action = self._actions.get(phrase)
        if action is None:
            action = self._actions[phrase] = Action()
            self._want(phrase, action)
        return action

    def _want(self, phrase: str, found: Any) -> None:
        self._pending.append((_spelled(phrase), found))

    def _plant(self, spelled: list[str], found: Any) -> None:
        node = self._root
        for word in spelled:
            node = node.next.setdefault(word, _Node())
        things = node.found.setdefault(type(found), [])
        for thing in things:
            if isinstance(thing, Action):
                # Two spellings of one lemma ("knock", "knocking"): one action.
                thing.default = thing.default or found.default
                for name, entry in found.by_source.items():
                    thing.by_source.setdefault(name, entry)
                return
        if found not in things:
            things.append(found)


def outermost(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that no other hit overlaps from further left, or covers from the same word.

    Of several things found in the same words, the first is kept.
    """
    kept: list[Hit] = []
    end = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= end:
            kept.append(hit)
            end = hit.end
    return kept


def _spelled(phrase: str) -> list[str]:
    """Cut a phrase of a table as a text is cut; ``=`` stays at the word it marks."""
    spelled: list[str] = []
    for part in phrase.split():
        exact = part.startswith("=")
        cut = [word for word in tokens(part.lstrip("=")) if word not in SKIPPED]
        spelled.extend("=" + word if exact else word for word in cut)
    return spelled


@cache
def lexicon() -> Lexicon:
    """Return the lexicon; its tables are read at the first call."""
    return Lexicon()
