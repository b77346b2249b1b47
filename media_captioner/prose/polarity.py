"""How surely each word of a sentence is stated: asserted, hedged, compared or negated.

Descriptions deny and guess more than they state (about six denials, five guesses and three comparisons in each),
so a word for a sound counts only where none of these reaches it. Cues are data (``polarity.tsv``); how far a cue
reaches is decided here, by punctuation, connectives and lists: "no speech, music, or footsteps are heard, but a
dog barks" denies three things and states one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from media_captioner.model import Polarity
from media_captioner.prose.lexicon import Hit

ASSERTED: Final = 0
HEDGED: Final = 1
COMPARED: Final = 2
NEGATED: Final = 3

NAMES: Final[tuple[Polarity, ...]] = ("asserted", "hedged", "compared", "negated")
"""Names of the ranks above; where several cues reach a word, the highest rank wins."""

_RANK: Final = {"no": NEGATED, "maybe": HEDGED, "like": COMPARED, "unreal": COMPARED}
_STOPS: Final = frozenset({";", ":", "—", ".", "!", "?", "…", "–"})
_SUFFIXES: Final = frozenset(
    {"like", "style", "styled", "esque", "type", "sounding", "inspired", "influenced", "ish"}
)
_FINITE: Final = frozenset(
    "is are was were has have had can will does did begins begin begun starts continues continue remains remain "
    "dominates dominate follows follow enters enter emerges emerge plays play rings ring resumes occurs persists "
    "accompanies appears ends concludes joins repeats builds gives makes creates adds provides speaks says replies "
    "barks sounds fades comes goes stops rises falls fills grows swells passes runs reveals underscores reinforces "
    "suggests indicates implies ensures contributes allows marks becomes cuts interrupts breaks returns "
    "reacts responds laughs claps cheers shouts sings whispers blends reinforce suggest indicate".split()
)
_TELLING: Final = frozenset({"like", "unreal"})
"""Kinds of cue that reach into relative clauses: "reminiscent of a film in which the orchestra falls away"."""
_PRESENCE: Final = frozenset(
    "heard present audible detected detectable discernible discerned noticeable evident perceptible apparent "
    "distinguishable identifiable found included used captured involved".split()
)
_BE: Final = frozenset("is are was were be been can could".split())
_GONE: Final = frozenset(
    "absent missing lacking unheard inaudible nonexistent imperceptible undetectable".split()
)
_CAUGHT: Final = _PRESENCE | frozenset(
    "picked recorded piped played featured employed offered added sounded".split()
)
_ENDED: Final = frozenset({",", *_STOPS})
_HAVE: Final = frozenset({"has", "have", "had"})
_IS: Final = frozenset({"is", "are", "was", "were"})
_THESE: Final = frozenset({"these", "them", "those", "which"})
_BRINGS: Final = frozenset({"bring", "brings", "bringing", "call", "calls", "calling"})
_INVERTED: Final = 8  # words from "absent" to the verb of what is, and from "brings" to "to mind"
_REMOVED: Final = frozenset({"removed", "excised", "eliminated", "edited", "stripped", "scrubbed", "ruled"})
_TELLTALE: Final = frozenset({"off", *_GONE, *_CAUGHT, *_REMOVED})
_SEEMS: Final = frozenset({"seems", "seem", "appears", "appear", "seemed", "appeared"})
_SWITCHED: Final = frozenset({"switched", "turned", "shut"})
_BETWEEN: Final = frozenset("all also both again not otherwise altogether quite been be".split())
"""Words that may stand, like adverbs, between "is" and what is said of the subject: "are all absent"."""
_NEW_CLAUSE: Final = frozenset(
    "the this these that its his her their it he she they there another one what somebody someone everybody everyone nobody".split()
)
_NEW_PHRASE: Final = _NEW_CLAUSE | {"a", "an", "outside", "inside", "elsewhere", "somewhere", "then", "later"}
_DETERMINERS: Final = frozenset("a an the its his her their every each".split())
_PARTICIPLES: Final = frozenset(
    "recorded captured followed accompanied combined made played performed delivered set marked given taken coupled "
    "leaving giving making creating adding lending allowing ensuring contributing reinforcing emphasizing".split()
)
_NUMBERS: Final = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy "
    "eighty ninety several".split()
)
_RELATIVE: Final = frozenset({"that", "which", "who", "whose", "when", "where", "as"})
_CONJUNCTIONS: Final = frozenset({"and", "or", "nor"})
_ALTERNATIVES: Final = frozenset({"or", "nor"})
_LIST_WINDOW: Final = 9  # words within which a list element or its verb must show itself
_REMARK: Final = frozenset({"it", "would", "one", "i", "may", "might", "we", "to"})
_WAYS: Final = frozenset("out in over across back to from at on off up down that softly loudly “”".split())
_ASIDE: Final = 9  # words of a remark put between a cue and what it denies
_NOUN_WINDOW: Final = 6
_GRADED: Final = frozenset(
    "wide deep loud soft quiet clear sharp hard light smooth dry cold fast still thin bright dark heavy warm sweet "
    "gentle steady regular solid big strong slow".split()
)
_NOT_COMPARED: Final = frozenset({"well", "soon", "long", "far", "much", "many", "late", "early"})
_NOUN_ENDS: Final = frozenset("in on at from with by to for as that is are was were and , ( ) “ ”".split())


def ranks(words: Sequence[str], cues: Sequence[Hit], keys: Sequence[str]) -> list[int]:
    """Return the rank of each word.

    Args:
        words: The words of one sentence.
        cues: What of ``polarity.tsv`` is found in them.
        keys: The lemma of each word.

    """
    found = [ASSERTED] * len(words)
    chosen = [hit for hit in _longest(cues) if not _is_no_cue(words, hit)]
    ends = {hit.start for hit in chosen if hit.found.columns[0] == "end"}
    for hit in chosen:
        kind, reach = hit.found.columns
        rank = _RANK.get(kind)
        if rank is None or (kind == "maybe" and _is_parenthesis(words, hit)):
            continue
        first, last = _reach(words, hit, reach, kind, ends)
        for place in range(first, last):
            found[place] = max(found[place], rank)
    _absences(words, found, ends)
    _guesses(words, found, ends)
    _inverted(words, found)
    _as_as(words, found)
    _affixes(words, keys, found)
    return found


def _is_no_cue(words: Sequence[str], hit: Hit) -> bool:
    """Whether a cue belongs to a compound ("bell-like") or guesses only at a number ("perhaps eight years")."""
    if hit.start and words[hit.start - 1] == "-":
        return True
    return (
        hit.found.columns[0] == "maybe" and words[hit.end : hit.end + 1] != [] and _is_number(words[hit.end])
    )


def _is_parenthesis(words: Sequence[str], hit: Hit) -> bool:
    """Whether a guess stands between commas as a remark on the whole: "standing, it would appear, on a rim"."""
    place = hit.start - 1
    while place > 0 and words[place] in _REMARK:
        place -= 1
    return place < hit.start - 1 and words[place] == "," and words[hit.end : hit.end + 1] == [","]


def _is_number(word: str) -> bool:
    return word in _NUMBERS or word[0].isdigit()


def of(found: Sequence[int], start: int, end: int) -> int:
    """Return the rank of a phrase: the highest of its words."""
    return max(found[start:end], default=ASSERTED)


def _longest(cues: Sequence[Hit]) -> list[Hit]:
    """Keep the longest of overlapping cues; of equally long ones the first kind of the table."""
    kept: list[Hit] = []
    taken: set[int] = set()
    for hit in sorted(cues, key=lambda hit: (hit.start - hit.end, hit.start)):
        places = set(range(hit.start, hit.end))
        if not places & taken:
            taken |= places
            kept.append(hit)
    return sorted(kept)  # by place: no two of them start at the same word


def _reach(words: Sequence[str], hit: Hit, reach: str, kind: str, ends: set[int]) -> tuple[int, int]:
    if reach == "back":
        return _subject(words, hit.start, ends), hit.end
    if reach == "rest":
        return hit.start, next((k for k in range(hit.end, len(words)) if words[k] == ";"), len(words))
    if reach == "noun":
        stop = min(len(words), hit.end + _NOUN_WINDOW)
        for place in range(hit.end, stop):
            if words[place] in _NOUN_ENDS or words[place] in _STOPS:
                return hit.end, place
        return hit.end, stop
    return hit.end, _clause_end(words, hit, kind, ends)


def _clause_end(words: Sequence[str], hit: Hit, kind: str, ends: set[int]) -> int:
    """Return the index after the last word that a cue reaches to the right."""
    opened = 0
    start = hit.end
    if words[start : start + 1] == [","] and "," in words[start + 1 : start + _ASIDE]:
        start = words.index(",", start + 1) + 1  # "nor, so far as one can tell, rain"
    for place in range(start, len(words)):
        word = words[place]
        opened += (word == "(") - (word == ")")
        ended = place in ends and place > hit.end and not (kind in _TELLING and word in _RELATIVE)
        if word in _STOPS or opened < 0 or ended:
            return place
        if word == "," and (_comma_ends(words, place, kind) or (kind == "maybe" and _acts(words, place + 1))):
            return place
        if kind == "no":
            if word == "and" and _starts_clause(words, place + 1):
                return place
            if word in _PRESENCE and _is_predicate(words, place) and not _lists(words, place + 1):
                return place + 1
    return len(words)


def _is_predicate(words: Sequence[str], place: int) -> bool:
    """Whether "present", "audible" … ends a clause ("are present") rather than stands before a noun."""
    return not _BE.isdisjoint(words[max(0, place - 3) : place])


def _lists(words: Sequence[str], place: int) -> bool:
    """Whether what follows spells out what was just denied ("…are present, such as birds")."""
    following = [word for word in words[place : place + 3] if word != ","]
    return bool(following) and (following[0] in {"such", "including", "or", "nor"})


def _starts_clause(words: Sequence[str], place: int) -> bool:
    """Whether a clause with a verb of its own begins at ``place`` ("and the dog barks")."""
    if place >= len(words):
        return False
    piece = _piece(words, place)
    return words[place] in _NEW_CLAUSE and any(word in _FINITE for word in piece[1:])


def _piece(words: Sequence[str], place: int) -> Sequence[str]:
    """Return the words from ``place`` to the next comma or stop, a few at most."""
    stop = min(len(words), place + _LIST_WINDOW)
    for end in range(place, stop):
        if words[end] == "," or words[end] in _STOPS:
            return words[place:end]
    return words[place:stop]


def _comma_ends(words: Sequence[str], comma: int, kind: str) -> bool:
    """Whether the comma closes what a cue reaches; the commas of a list do not."""
    place = comma + 1
    if place >= len(words):
        return True
    word = words[place]
    if word in {"or", "nor", "such", "including"}:
        return False
    piece = _piece(words, place)
    finite = not _FINITE.isdisjoint(piece)
    if word == "and":
        anew = words[place + 1 : place + 2] != [] and words[place + 1] in _NEW_PHRASE
        return anew or (kind == "no" and finite)
    participle = word in _PARTICIPLES or (word.endswith("ing") and not _is_element(words, place))
    if participle or word in _NEW_CLAUSE or word == "with" or _is_verb(words, place):
        return True
    if finite:
        # "no voices, birds, or insects are present": the verb belongs to the list as a whole.
        return _ALTERNATIVES.isdisjoint(piece)
    return not _closes(words, place)


def _is_verb(words: Sequence[str], place: int) -> bool:
    """Whether the word behind a comma is the verb of the main clause: ", underlies a series of beeps"."""
    following = words[place + 1 : place + 2]
    return words[place].endswith("s") and bool(following) and following[0] in _DETERMINERS


def _acts(words: Sequence[str], place: int) -> bool:
    """Whether the main verb follows a guess between commas: ", as though from a car, calls | out"."""
    following = [word for word in words[place + 1 : place + 3] if word not in {",", ":"}][:1]
    return place < len(words) and words[place].endswith("s") and bool(following) and following[0] in _WAYS


def _is_element(words: Sequence[str], place: int) -> bool:
    """Whether the word at ``place`` is by itself an element of a list."""
    return place + 1 < len(words) and words[place + 1] in {",", "or", "nor", "and"}


def _closes(words: Sequence[str], place: int) -> bool:
    """Whether a list goes on from ``place`` to an "and" or "or", or stops at once."""
    stop = min(len(words), place + 3 * _LIST_WINDOW)
    since = 0
    for index in range(place, stop):
        word = words[index]
        if word in _CONJUNCTIONS:
            return True
        if word in _STOPS:
            return since <= 4
        since = 0 if word == "," else since + 1
        if since > _LIST_WINDOW:
            return False
    return since <= 4


def _subject(words: Sequence[str], cue: int, ends: set[int]) -> int:
    """Return where the subject of a predicate begins ("footsteps and voices | are absent")."""
    place = cue - 1
    if words[place] == ",":
        # A parenthesis stands between the two: "music, if there is any, cannot be heard".
        place = max((k for k in range(place) if words[k] == ","), default=place) - 1
    last = place + 1
    comma = last
    while place >= 0:
        word = words[place]
        relative = not _RELATIVE.isdisjoint(words[max(0, place - 3) : place])
        if word in _STOPS or (place in ends and word not in _RELATIVE):
            return place + 1
        if word in _FINITE and not relative:
            return comma + 1 if comma < last else place + 1
        if word == ",":
            comma = place
        place -= 1
    return 0


def _absences(words: Sequence[str], found: list[int], ends: set[int]) -> None:
    """Apply "music is conspicuously missing", "birds are not picked up", "the engine is apparently switched off"."""
    if _TELLTALE.isdisjoint(words):
        return
    for place, word in enumerate(words):
        off = word == "off" and place > 0 and words[place - 1] in _SWITCHED
        gone = "been" in words[max(0, place - 3) : place] or words[place - 1].endswith("ly")
        removed = word in _REMOVED and (gone or words[place + 1 : place + 2] == ["out"])
        if not off and not removed and word not in _GONE and word not in _CAUGHT:
            continue
        verb = place - 1 - off
        while verb > 0 and (words[verb] in _BETWEEN or words[verb].endswith("ly")):
            verb -= 1
        denied = "not" in words[max(0, verb) : place]
        if (
            verb > 0
            and (words[verb] in _BE or (removed and words[verb] in _HAVE))
            and denied == (word in _CAUGHT)
        ):
            last = place
            if words[place + 1 : place + 3] == [",", "as"] and words[place + 3 : place + 4] in (
                ["is"],
                ["are"],
            ):
                last = next((k for k in range(place + 3, len(words)) if words[k] in _ENDED), len(words) - 1)
            for index in range(_subject(words, verb, ends), last + 1):
                found[index] = NEGATED


def _guesses(words: Sequence[str], found: list[int], ends: set[int]) -> None:
    """Apply "a band seems to be playing": the band is a guess too."""
    for place in range(1, len(words) - 3):
        told = words[place] in _SEEMS and words[place + 1 : place + 3] == ["to", "be"]
        if told and words[place + 3].endswith("ing"):
            for index in range(_subject(words, place, ends), place):
                found[index] = max(found[index], HEDGED)


def _inverted(words: Sequence[str], found: list[int]) -> None:
    """Apply "Absent, too, is the wind", "dogs, birds: none of these is heard", "too regular to be rain"."""
    first = next((k for k, word in enumerate(words[:3]) if word in _GONE or word == "gone"), None)
    if first is not None and not _IS.isdisjoint(words[first + 1 : first + _INVERTED]):
        for index in range(first, _stop(words, first)):
            found[index] = NEGATED
    for place in range(1, len(words) - 1):
        if words[place : place + 2] == ["none", "of"] and _THESE.issuperset(words[place + 2 : place + 3]):
            found[:place] = [NEGATED] * place
        elif words[place] == "too" and ["to", "be"] in (
            words[place + 2 : place + 4],
            words[place + 3 : place + 5],
        ):
            for index in range(place + 3, _stop(words, place + 3)):
                found[index] = NEGATED
        elif words[place : place + 2] == ["to", "mind"]:
            verb = next(
                (k for k in range(place - 1, max(-1, place - _INVERTED), -1) if words[k] in _BRINGS), place
            )
            for index in range(verb, place):
                found[index] = max(found[index], COMPARED)  # "brings crickets to mind"


def _stop(words: Sequence[str], place: int) -> int:
    """Return the index of the next stop at or behind ``place``."""
    return next((k for k in range(place, len(words)) if words[k] in _STOPS), len(words))


def _as_as(words: Sequence[str], found: list[int]) -> None:
    """Apply "as smooth as running water"."""
    if "as" not in words:
        return
    for place in range(1, len(words) - 2):
        if words[place] == "as" and words[place + 1] in {"a", "an"} and words[place - 1] in _GRADED:
            for index in range(place + 2, min(len(words), place + 4)):
                found[index] = max(found[index], COMPARED)  # "wide as an ocean"
    for place, word in enumerate(words[:-3]):
        if word == "as" and words[place + 2] == "as" and words[place + 1] not in _NOT_COMPARED:
            for index in range(place + 3, min(len(words), place + 3 + _NOUN_WINDOW)):
                if words[index] == "," or words[index] in _STOPS:
                    break
                found[index] = max(found[index], COMPARED)


def _affixes(words: Sequence[str], keys: Sequence[str], found: list[int]) -> None:
    """Apply "bell-like", "noise-free", "non-speech": marks inside a compound."""
    for place, word in enumerate(words):
        if word != "-" or place == 0 or place + 1 >= len(words):
            continue
        before, after = place - 1, place + 1
        if words[after] in _SUFFIXES or keys[after] in _SUFFIXES:
            found[before] = max(found[before], COMPARED)
        elif words[after] in {"free", "less"}:
            found[before] = NEGATED
        elif words[before] == "non":
            found[after] = NEGATED
