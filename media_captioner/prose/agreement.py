"""Agreement: what several descriptions of one clip have in common.

Asked twice, a captioner names another leaf of the tree of sounds more often than not (mean overlap of the names
0.06 over four answers for one clip) but the same branch (0.75), the same speaker and the same words. So sounds are
compared by coarse kind, utterances by their words, everything else by name; what recurs is kept with its votes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final, TypeVar

from media_captioner.model import Facts, Flag, Music, Place, Polarity, Quality, Sound, Speech
from media_captioner.prose.polarity import NAMES
from media_captioner.prose.words import tokens

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_KINDS: Final = {
    "impact": "contact",
    "tool": "contact",
    "household": "contact",
    "friction": "contact",
    "movement": "contact",
    "voice": "voice",
    "body": "voice",
    "weather": "weather",
    "water": "weather",
    "nature": "weather",
    "scene": "background",
    "recording": "background",
}
"""Groups that one and the same sound falls into in different answers: hammer, typewriter, metal on metal."""

_STATED: Final = frozenset({"asserted", "hedged"})
_SAME_WORDS: Final = 0.4  # share of the words two renderings of one utterance have in common


def needed(count: int) -> int:
    """Return how many of ``count`` descriptions must state something for it to be kept: half, and at least two."""
    return min(count, max(2, ceil(count / 2)))


def agree(samples: Sequence[Facts]) -> Facts:
    """Return what several descriptions of the same clip agree on, each fact with its votes.

    A sound that recurs by name is kept as it is. Where only its kind recurs, the commonest name is kept as a
    guess, with the other names as alternatives. Flags are kept even if one description alone raises them: they ask
    a person to look, and missing one is worse than raising one too many.

    Args:
        samples: Facts of the descriptions, untimed.

    Returns:
        The facts that recur; for one sample itself, for none empty facts.

    """
    if len(samples) < 2:
        return samples[0] if samples else Facts()
    return Facts(
        sounds=_sounds(samples),
        speech=_speech(samples),
        music=_music(samples),
        places=_named(
            samples, lambda facts: facts.places, lambda place: place.text, least=needed(len(samples))
        ),
        qualities=_named(
            samples, lambda facts: facts.qualities, lambda q: q.term, least=needed(len(samples))
        ),
        flags=_named(samples, lambda facts: facts.flags, lambda flag: flag.name, least=1),
        summary=_summary(samples),
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """A fact and the sample that states it."""

    sample: int
    sound: Sound


def _sounds(samples: Sequence[Facts]) -> tuple[Sound, ...]:
    total, least = len(samples), needed(len(samples))
    claims = [
        _Claim(index, sound)
        for index, facts in enumerate(samples)
        for sound in facts.sounds
        if sound.polarity in _STATED
    ]
    kept: list[Sound] = []
    for cluster in _grouped(claims, lambda claim: _KINDS.get(claim.sound.group, claim.sound.group)).values():
        votes = len({claim.sample for claim in cluster})
        if votes < least:
            continue
        leaves = _grouped(cluster, lambda claim: claim.sound.audioset or (claim.sound.label,))
        counted = {key: len({claim.sample for claim in leaf}) for key, leaf in leaves.items()}
        recurring = [key for key, count in counted.items() if count >= least]
        for key in recurring:
            best = _surest(claim.sound for claim in leaves[key])
            kept.append(replace(best, votes=(counted[key], total)))
        if not recurring:
            kept.append(_branch(cluster, counted, votes, total))
    return tuple(kept)


def _branch(cluster: list[_Claim], counted: dict[tuple[str, ...], int], votes: int, total: int) -> Sound:
    """Return one guess for a kind of sound that recurs under different names."""
    common = max(counted.values())
    best = _surest(
        claim.sound for claim in cluster if counted[claim.sound.audioset or (claim.sound.label,)] == common
    )
    others = dict.fromkeys(claim.sound.label for claim in cluster if claim.sound.label != best.label)
    return replace(best, polarity="hedged", alternatives=tuple(others), votes=(votes, total))


def _surest(sounds: Iterable[Sound]) -> Sound:
    return min(sounds, key=lambda sound: (NAMES.index(sound.polarity), -sound.mentions))


def _speech(samples: Sequence[Facts]) -> tuple[Speech, ...]:
    total, least = len(samples), needed(len(samples))
    clusters: list[list[tuple[int, Speech]]] = []
    for index, facts in enumerate(samples):
        for speech in facts.speech:
            home = next(
                (c for c in clusters if c[-1][0] != index and any(_alike(speech, other) for _, other in c)),
                None,
            )
            if home is None:
                clusters.append([(index, speech)])
            else:
                home.append((index, speech))
    kept = []
    for cluster in clusters:
        votes = len({index for index, _ in cluster})
        if votes >= least:
            kept.append(_utterance([speech for _, speech in cluster], (votes, total), least))
    return tuple(kept)


def _alike(one: Speech, other: Speech) -> bool:
    """Whether two descriptions quote the same words, by the original or by the English."""
    if one.sung != other.sung:
        return False
    if one.text is None and other.text is None:
        return one.speaker == other.speaker
    if one.text is not None and one.text == other.text:
        return True
    return any(
        _overlap(mine, theirs) >= _SAME_WORDS
        for mine in (one.text, one.translation)
        for theirs in (other.text, other.translation)
        if mine and theirs
    )


def _overlap(one: str, other: str) -> float:
    mine = {word for word in tokens(one) if word[0].isalnum()}
    theirs = {word for word in tokens(other) if word[0].isalnum()}
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def _utterance(cluster: list[Speech], votes: tuple[int, int], least: int) -> Speech:
    """Return the fullest version of an utterance with what most versions say of it."""
    best = max(cluster, key=lambda speech: (speech.translation is not None, speech.text is not None))
    emotions = Counter(name for speech in cluster for name in speech.emotions)
    return replace(
        best,
        speaker=_commonest(speech.speaker for speech in cluster),
        language=_commonest(speech.language for speech in cluster),
        manner=_commonest(speech.manner for speech in cluster),
        emotions=tuple(name for name, count in emotions.most_common() if count >= least),
        votes=votes,
    )


def _commonest(values: Iterable[K | None]) -> K | None:
    counted = Counter(value for value in values if value is not None)
    return counted.most_common(1)[0][0] if counted else None


def _music(samples: Sequence[Facts]) -> tuple[Music, ...]:
    total, least = len(samples), needed(len(samples))
    playing = [[m for m in facts.music if m.polarity in _STATED] for facts in samples]
    votes = sum(bool(pieces) for pieces in playing)
    if votes < least:
        return ()
    pieces = [piece for each in playing for piece in each]
    sure = min(pieces, key=lambda piece: NAMES.index(piece.polarity))

    def recurring(names: Callable[[Music], tuple[str, ...]]) -> tuple[str, ...]:
        counted = Counter(name for each in playing for name in {n for piece in each for n in names(piece)})
        return tuple(name for name, count in counted.most_common() if count >= least)

    merged = replace(
        sure,
        genre=_commonest(piece.genre for piece in pieces),
        genres=recurring(lambda piece: piece.genres),
        instruments=recurring(lambda piece: piece.instruments),
        vocals=_commonest(piece.vocals for piece in pieces),
        mood=recurring(lambda piece: piece.mood),
        pace=_commonest(piece.pace for piece in pieces),
        votes=(votes, total),
    )
    return (merged,)


Named = TypeVar("Named", Place, Quality, Flag)


def _named(
    samples: Sequence[Facts],
    facts_of: Callable[[Facts], tuple[Named, ...]],
    name_of: Callable[[Named], str],
    *,
    least: int,
) -> tuple[Named, ...]:
    """Return what recurs under the same name, as surely as its surest statement."""
    found: dict[str, list[Named]] = {}
    for facts in samples:
        once = {name_of(fact): fact for fact in facts_of(facts) if fact.polarity in _STATED}
        for name, fact in once.items():
            found.setdefault(name, []).append(fact)
    kept: list[Named] = []
    for group in found.values():
        if len(group) >= least:
            polarity: Polarity = min((fact.polarity for fact in group), key=NAMES.index)
            kept.append(replace(group[0], polarity=polarity, votes=(len(group), len(samples))))
    return tuple(kept)


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def _summary(samples: Sequence[Facts]) -> str | None:
    """Return the summary of the description whose sounds most of the others name too."""
    counted = Counter(
        name for facts in samples for name in {name for sound in facts.sounds for name in sound.audioset}
    )
    told = [facts for facts in samples if facts.summary]
    if not told:
        return None
    return max(
        told, key=lambda facts: sum(counted[name] for sound in facts.sounds for name in sound.audioset)
    ).summary
