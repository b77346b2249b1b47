"""What a sound is called, and what else it may be: taggers are often right about the kind, not about the name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from media_captioner.captioners.local.candidates import (
    GAP_EFFECT,
    GAP_LASTING,
    Candidate,
    Label,
    overlap,
    sureness,
)
from media_captioner.captioners.local.vocabulary import GENERAL, VAGUE, kin
from media_captioner.model.soundtable import SoundClass, by_name

# The part of its score that makes another label an alternative. Measured on 210 clips of one sound each, of eleven
# packages: with these the right word is said in 65 of 100, with one name alone in 60.
_OF_FAMILY: Final = 0.30  # a label that is easily taken for it ("thunder or an explosion")
_OF_DOUBTFUL: Final = 0.30  # any label, where the sound scores below ...
_DOUBTFUL: Final = 0.80  # ... this
_OF_GROUP: Final = 0.80  # of another family, but of its group
_KIND: Final = 0.15  # a kind of what is told by a general label ("a vehicle or a helicopter")
_OF_VAGUE: Final = 1.0  # "animal" beside a doubtful "whistle" must be as sure; named after what says more
_MOST: Final = 2
_WORD: Final = 3  # letters; "on" and "a" are no words to share

_OWN_NAME: Final = 0.5  # an event this sure keeps its own name beside a surer one of its family
_UNSURE: Final = 0.45  # below this an event may be what is surely heard elsewhere


@dataclass(frozen=True, slots=True)
class Event:
    """One sound.

    Attributes:
        name: AudioSet class that stands for it.
        start: Seconds from the first sample.
        end: Seconds.
        confidence: 0 to 1: mean score of the moments at which it is heard best.
        alternatives: Names of classes that it may be as well, best first.

    """

    name: str
    start: float
    end: float
    confidence: float
    alternatives: tuple[str, ...] = ()


def consistent(told: list[Event]) -> list[Event]:
    """Give unsure sounds of one family the name of the surest: one storm is not thunder first and fireworks then."""
    table = by_name()
    named = []
    for event in told:
        family = table[event.name].family
        kin = [o for o in told if (family and table[o.name].family == family) or _names(event, o)]
        lead = max(kin, key=lambda other: other.confidence, default=event)
        if lead.name == event.name or event.confidence >= _OWN_NAME:
            named.append(event)
            continue
        others = (event.name, *(name for name in event.alternatives if name != lead.name))
        named.append(replace(event, name=lead.name, alternatives=others[:2]))
    return _joined(named)


def _names(unsure: Event, sure: Event) -> bool:
    """Return whether an unsure event may as well be what is heard surely in the same window."""
    return unsure.confidence < _UNSURE and sure.confidence >= _OWN_NAME and sure.name in unsure.alternatives


def _joined(told: list[Event]) -> list[Event]:
    """Join events of one name that follow each other closely."""
    table = by_name()
    joined: list[Event] = []
    for event in sorted(told, key=lambda event: (table[event.name].label, event.start)):
        before = joined[-1] if joined else None
        entry = table[event.name]
        gap = GAP_LASTING if entry.sustained else GAP_EFFECT
        if before and table[before.name].label == entry.label and event.start - before.end <= gap:
            surer = before if before.confidence >= event.confidence else event
            joined[-1] = replace(surer, start=before.start, end=max(before.end, event.end))
        else:
            joined.append(event)
    return joined


def alternatives(candidate: Candidate, labels: list[Label], told: list[Candidate]) -> tuple[str, ...]:
    """Return the classes that the sound may be as well, at most two, the likelier first; not what is told beside it."""
    others = [other.lead for other in told if other is not candidate and overlap(candidate, other) > 0]
    beside = {label for lead in others for label in (lead.label, *kin(lead.name))}
    rivals: list[tuple[float, SoundClass]] = []
    for label in labels:
        entry = label.lead
        if entry.label in beside:
            continue
        score = sureness(label.curve[candidate.first : candidate.last])
        if score >= _rivalry(candidate, entry) * candidate.score:
            rivals.append((score / 2 if entry.name in VAGUE else score, entry))
    chosen: list[SoundClass] = []
    for _, entry in sorted(rivals, key=lambda rival: -rival[0]):
        if not any(_one_name(entry, other) for other in chosen):
            chosen.append(entry)
    return tuple(entry.name for entry in chosen[:_MOST])


def _one_name(one: SoundClass, other: SoundClass) -> bool:
    """Return whether one of two names only says the other less exactly."""
    wider = (one.name in GENERAL and one.label in kin(other.name)) or (
        other.name in GENERAL and other.label in kin(one.name)
    )
    return wider or one.label == other.label


def _rivalry(candidate: Candidate, entry: SoundClass) -> float:
    """Return the part of the candidate's score that makes ``entry`` another name for it; infinite for none."""
    lead = candidate.lead
    if entry.label == lead.label or _says_twice(lead, entry):
        return float("inf")
    if lead.name in GENERAL and lead.label in kin(entry.name):
        return _KIND
    if entry.name in GENERAL:
        return (
            float("inf")
            if candidate.score >= _DOUBTFUL
            else _OF_VAGUE
            if entry.name in VAGUE
            else _OF_DOUBTFUL
        )
    if lead.family and entry.family == lead.family:
        return _OF_FAMILY
    if candidate.score < _DOUBTFUL:
        return _OF_DOUBTFUL
    return _OF_GROUP if entry.group == lead.group else float("inf")


def _says_twice(lead: SoundClass, entry: SoundClass) -> bool:
    """Return whether to name both says one thing twice, as "birds singing or birds chirping" does."""
    shared = _shares_word(lead.label, entry.label)
    if entry.label in kin(lead.name):
        return shared or entry.name in GENERAL or not lead.family or entry.family != lead.family
    if lead.label in kin(entry.name):
        return shared and lead.name not in GENERAL
    return shared and lead.parent == entry.parent and lead.parent in GENERAL  # "dog barking or dog yipping"


def _shares_word(one: str, other: str) -> bool:
    """Return whether a word of one label begins a word of the other: ``rain`` and ``raindrops``."""
    pairs = ((first, second) for first in one.split() for second in other.split())
    return any(
        min(len(first), len(second)) >= _WORD and (first.startswith(second) or second.startswith(first))
        for first, second in pairs
    )
