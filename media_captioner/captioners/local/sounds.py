"""From scores to sounds: what is heard, when, under one name each.

A tagger scores 521 classes, many of which are words for the same sound, kinds of one another, or what music
and speech look like to it. The rules here turn that into few events:

* classes that no caption would use are left out, and classes with one caption wording are one label;
* a general label gives way to a special one that is heard too ("animal" to "dog barking");
* a label starts and ends by hysteresis, at thresholds that rise under music, since that is where taggers invent;
* of labels at one time the strongest is kept, and explains the weaker ones of its family away; a rival in the
  same family becomes an alternative ("thunder or an explosion");
* two sounds at one time need a reason: an effect above an ambience, or two that are each sure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.tagger import HOP, Scores
from media_captioner.model.soundtable import SoundClass, ancestors, by_name, classes

Curve = npt.NDArray[np.float32]

# Measured on 27 minutes of instrumental music: 0.1 invented sounds a minute, and none in speech.
_ON: Final = 0.15
_ON_MUSIC: Final = 0.25
_ON_TUNEFUL: Final = 0.75  # under music, for what instruments sound like
_BRIEF: Final = 1.0  # seconds; a sound as short as that
_BRIEF_SCORE: Final = 0.30  # needs this: at the edges of other sounds taggers see many things for a moment
_RELATIVE: Final = 0.40  # and every sound this part of the score of the surest one near it,
_NEAR: Final = 2.0  # seconds: what is further away neither causes nor masks it
_OFF: Final = 0.5  # of the threshold to start
_NOISE: Final = 0.65  # steady noise explains a sound that has no more than half again its score
_GAP_EFFECT: Final = 0.8  # seconds between two barks of one dog
_GAP_LASTING: Final = 2.0
_WAY: Final = 0.40  # a label that says little gives way to a special one with this part of its score,
_WAY_OF_GOOD: Final = (
    0.85  # and one that says enough ("coughing") only to one about as sure ("throat clearing")
)
_RIVAL: Final = 0.45  # a label of the same family with this part of the winner's score is an alternative
_RIVAL_OF_GROUP: Final = 0.8  # of another family, but of its group
_DOUBTFUL: Final = 0.65  # below this score, whatever has ...
_RIVAL_OF_DOUBTFUL: Final = 0.45  # ... this part of it is an alternative
_OWN_NAME: Final = 0.6  # an event this sure keeps its own name beside a surer one of its family
_WEAK: Final = 0.7  # another label at the same time needs this part of the stronger one's score
_SURE: Final = 0.45  # and at least this, unless it is an effect above an ambience
_ABOVE: Final = 0.30  # which needs this
_GUESS: Final = 0.04  # mean score over the window of a guess where nothing was heard
_BRIEF_PART: Final = 0.6  # of a lasting sound's length
_LOCAL: Final = 1.5  # times the score of a sound that is surer elsewhere: another for this moment
_OVERLAP: Final = 0.4  # part of the shorter one's length that makes two sounds simultaneous
_MOST: Final = 8  # sounds told of one window; nobody reads more

# Classes that are no wording for a caption: what every recording has, what only a machine would say, and what
# measured as noise of the model (each scores on nothing in particular).
_UNUSED: Final = frozenset({
    "Arrow", "Hands", "Heart murmur", "Wood", "Liquid", "Silence", "Sound effect", "Zing", "Light engine (high frequency)",
    "Mechanisms", "Tools", "Outside, rural or natural", "Outside, urban or manmade", "Cacophony", "Throbbing",
    "Vibration", "Pulse", "Harmonic", "Chirp tone", "Sidetone", "Clickety-clack", "Squish", "Fill (with liquid)",
    "Electronic tuner", "Ding-dong", "Mantra", "Whip", "Patter", "Bird flight, flapping wings", "Power windows, electric windows",
})  # fmt: skip
_UNUSED_GROUPS: Final = frozenset({"music", "scene", "recording"})

# Voices that are words, or singing: the recogniser and the music part tell of them.
_WORDS: Final = frozenset({
    "Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Babbling", "Speech synthesizer",
    "Whispering", "Singing", "Choir", "Yodeling", "Chant", "Child singing", "Synthetic singing", "Rapping", "Humming",
})  # fmt: skip

# Labels that say little: told only where nothing more special was heard at the time.
_GENERAL: Final = frozenset({
    "Animal", "Domestic animals, pets", "Livestock, farm animals, working animals", "Wild animals", "Vehicle",
    "Motor vehicle (road)", "Water", "Alarm", "Fowl", "Rodents, rats, mice", "Canidae, dogs, wolves", "Insect", "Boat, Water vehicle",
    "Emergency vehicle", "Aircraft", "Rail transport", "Engine", "Door", "Glass", "Telephone", "Horse", "Cat", "Dog", "Pig", "Bird",
})  # fmt: skip

_TOGETHER: Final = {"Shatter": ("Glass", "Breaking")}  # what two classes mean together
_TUNEFUL: Final = frozenset(
    {"bell", "jingle", "tone", "horn", "whistle", "beep", "tick", "alarm", "telephone", "siren"}
)
_NOISES: Final = ("White noise", "Pink noise", "Static", "Noise")
_WORDLESS: Final = (
    0.05  # 80 clips of speech in eight languages have at most 0.02 of anything like a voice, but for laughs
)
_LIKE_VOICES: Final = frozenset({"voice", "body", "animal", "crowd"})


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


@dataclass(frozen=True, slots=True, eq=False)
class _Label:
    """Classes that share one caption wording, as one curve of scores."""

    lead: SoundClass
    members: tuple[int, ...]
    curve: Curve


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    label: _Label
    first: int
    last: int  # moment after the end
    score: float

    @property
    def lead(self) -> SoundClass:
        return self.label.lead


@cache
def usable() -> tuple[SoundClass, ...]:
    """Return the classes that a caption may tell of as sounds."""
    return tuple(
        entry
        for entry in classes()
        if entry.name not in _UNUSED and entry.name not in _WORDS and entry.group not in _UNUSED_GROUPS
    )


@cache
def _kin(name: str) -> frozenset[str]:
    """Return the labels of what ``name`` is a kind of, or made of."""
    table = {entry.name: entry.label for entry in classes()}
    return frozenset(table[wider] for wider in (*ancestors(name), *_TOGETHER.get(name, ())))


def events(scores: Scores, *, music: Curve) -> list[Event]:
    """Return the sounds that are heard, in the order of their starts.

    Args:
        scores: What the tagger says.
        music: How likely music plays at each moment, 0 to 1.

    """
    labels = _labels(scores.p)
    found = [c for label in labels for c in _runs(label, _threshold(label.lead, music))]
    noise = noise_curve(scores)
    kept = _told(_special([c for c in found if _score(noise[c.first : c.last]) < _NOISE * c.score]))
    told = [
        Event(
            candidate.lead.name,
            candidate.first * HOP,
            candidate.last * HOP,
            round(candidate.score, 3),
            _alternatives(candidate, labels, kept),
        )
        for candidate in kept
    ]
    return sorted(_consistent(told), key=lambda event: (event.start, event.end))


def _consistent(told: list[Event]) -> list[Event]:
    """Give unsure sounds of one family the name of the surest: one storm is not thunder first and fireworks then."""
    table = by_name()
    named = []
    for event in told:
        family = table[event.name].family
        kin = [o for o in told if (family and table[o.name].family == family) or _names(event, o)]
        lead = max(kin, key=lambda other: other.confidence, default=event)
        if lead.name == event.name or event.confidence >= max(_OWN_NAME, _RIVAL * lead.confidence):
            named.append(event)
            continue
        others = (event.name, *(name for name in event.alternatives if name != lead.name))
        named.append(replace(event, name=lead.name, alternatives=others[:2]))
    return _joined(named)


def _names(unsure: Event, sure: Event) -> bool:
    """Return whether an unsure event may as well be what is heard surely in the same window."""
    return unsure.confidence < _SURE and sure.confidence >= _OWN_NAME and sure.name in unsure.alternatives


def _joined(told: list[Event]) -> list[Event]:
    """Join events of one name that follow each other closely."""
    table = by_name()
    joined: list[Event] = []
    for event in sorted(told, key=lambda event: (table[event.name].label, event.start)):
        before = joined[-1] if joined else None
        entry = table[event.name]
        gap = _GAP_LASTING if entry.sustained else _GAP_EFFECT
        if before and table[before.name].label == entry.label and event.start - before.end <= gap:
            surer = before if before.confidence >= event.confidence else event
            joined[-1] = replace(surer, start=before.start, end=max(before.end, event.end))
        else:
            joined.append(event)
    return joined


def noise_curve(scores: Scores) -> Curve:
    """Return how surely steady noise is heard at each moment."""
    table = by_name()
    curve: Curve = scores.p[:, [table[name].index for name in _NOISES]].max(axis=1)
    return curve


def best_guess(scores: Scores) -> Event | None:
    """Return the sound that fits the window best, however little; None where nothing is heard at all."""
    labels = [label for label in _labels(scores.p) if label.lead.name not in _GENERAL]
    ranked = sorted(labels, key=lambda label: -float(label.curve.mean()))
    if not ranked or float(ranked[0].curve.mean()) < _GUESS:
        return None
    best = ranked[0]
    top = float(best.curve.max())
    heard = np.flatnonzero(best.curve >= top / 2)
    second = ranked[1].lead.name if ranked[1].curve.mean() >= _RIVAL * best.curve.mean() else None
    start, end = int(heard[0]) * HOP, (int(heard[-1]) + 1) * HOP
    return Event(best.lead.name, start, end, round(top, 3), (second,) if second else ())


def wordless(scores: Scores, start: float, end: float) -> Event | None:
    """Return what a voice may be that says no words: laughing, crying, an animal; None where it may speak."""
    first, last = int(start / HOP), int(end / HOP) + 2
    heard = [
        (float(label.curve[first:last].max(initial=0.0)), label.lead.name)
        for label in _labels(scores.p)
        if label.lead.group in _LIKE_VOICES and label.lead.name not in _GENERAL
    ]
    (top, name), *rest = sorted(heard, reverse=True)
    rivals = tuple(rival for score, rival in rest[:2] if score >= _RIVAL_OF_DOUBTFUL * top)
    return Event(name, start, end, round(top, 3), rivals) if top >= _WORDLESS else None


def _labels(p: npt.NDArray[np.float32]) -> list[_Label]:
    grouped: dict[str, list[SoundClass]] = {}
    for entry in usable():
        grouped.setdefault(entry.label, []).append(entry)
    p = p.copy()
    for whole, parts in _TOGETHER.items():
        parted = p[:, [by_name()[part].index for part in parts]].min(axis=1)
        p[:, by_name()[whole].index] = np.maximum(p[:, by_name()[whole].index], parted)
    labels = []
    for entries in grouped.values():
        members = tuple(entry.index for entry in entries)
        lead = max(entries, key=lambda entry: float(p[:, entry.index].sum()))
        labels.append(_Label(lead, members, p[:, members].max(axis=1)))
    return labels


def _threshold(entry: SoundClass, music: Curve) -> Curve:
    under_music = _ON_TUNEFUL if entry.family in _TUNEFUL else _ON_MUSIC
    on = np.full(len(music), _ON, np.float32)
    return np.maximum(on, np.where(music > 0.5, under_music, _ON)).astype(np.float32)


def _runs(label: _Label, on: Curve) -> list[_Candidate]:
    """Find where ``label`` starts and ends: above the threshold to start, until below a part of it."""
    curve = label.curve
    if not (curve >= on).any():
        return []
    spans: list[list[int]] = []
    begun = -1
    sure = False
    for index in range(len(curve) + 1):
        alive = index < len(curve) and curve[index] >= _OFF * on[index]
        if alive and begun < 0:
            begun, sure = index, False
        if alive and curve[index] >= on[index]:
            sure = True
        if not alive and begun >= 0:
            if sure:
                spans.append([begun, index])
            begun = -1
    gap = (_GAP_LASTING if label.lead.sustained else _GAP_EFFECT) / HOP
    merged: list[list[int]] = []
    for span in spans:
        if merged and span[0] - merged[-1][1] <= gap:
            merged[-1][1] = span[1]
        else:
            merged.append(span)
    return [_Candidate(label, first, last, _score(curve[first:last])) for first, last in merged]


def _score(curve: Curve) -> float:
    """Return the mean of the better half: a sound is as sure as its clear moments."""
    ordered = np.sort(curve)[::-1]
    return float(ordered[: max(1, (len(ordered) + 1) // 2)].mean())


def _overlap(one: _Candidate, other: _Candidate) -> float:
    shared = min(one.last, other.last) - max(one.first, other.first)
    return shared / min(one.last - one.first, other.last - other.first)


def _special(found: list[_Candidate]) -> list[_Candidate]:
    """Leave out what is only a more general word for something else that is heard at the time."""
    return [
        general
        for general in found
        if not any(
            general.lead.label in _kin(special.lead.name)
            and special.score >= _way(general.lead) * general.score
            and _overlap(general, special) > _OVERLAP
            for special in found
        )
    ]


def _way(general: SoundClass) -> float:
    return _WAY if general.name in _GENERAL else _WAY_OF_GOOD


def _weight(candidate: _Candidate) -> float:
    """Rank: sure sounds first, and of equally sure ones the longer."""
    general = 0.6 if candidate.lead.name in _GENERAL else 1.0
    return general * candidate.score * float(np.log2(2 + candidate.last - candidate.first))


def _needed(candidate: _Candidate) -> float:
    return _BRIEF_SCORE if (candidate.last - candidate.first) * HOP < _BRIEF else 0.0


def _told(found: list[_Candidate]) -> list[_Candidate]:
    kept: list[_Candidate] = []
    worth = [c for c in found if c.score >= max(_needed(c), _RELATIVE * _surest_near(c, found))]
    for candidate in sorted(worth, key=_weight, reverse=True):
        rivals = [other for other in kept if _overlap(candidate, other) > _OVERLAP]
        if all(_apart(candidate, other) for other in rivals):
            kept.append(candidate)
        if len(kept) == _MOST:
            break
    return kept


def _surest_near(candidate: _Candidate, found: list[_Candidate]) -> float:
    reach = round(_NEAR / HOP)
    return max(
        c.score for c in found if c.first < candidate.last + reach and c.last > candidate.first - reach
    )


def _apart(weaker: _Candidate, stronger: _Candidate) -> bool:
    """Return whether two simultaneous candidates are two sounds, and not two names for one."""
    one, other = weaker.lead, stronger.lead
    if one.label == other.label or (one.family and one.family == other.family):
        return False
    if other.label in _kin(one.name) or one.label in _kin(other.name) or one.name in _GENERAL:
        return False
    curve = stronger.label.curve[weaker.first : weaker.last]
    part = (weaker.last - weaker.first) / (stronger.last - stronger.first)
    if one.sustained != other.sustained:
        brief = part < _BRIEF_PART if other.sustained else part > 1 / _BRIEF_PART
        if brief and weaker.score >= _ABOVE:
            return True
    elif one.group == other.group:
        return False
    if part < _BRIEF_PART and weaker.score > _LOCAL * float(curve.mean()):
        return weaker.score >= _ABOVE
    return weaker.score >= max(_SURE, _WEAK * _score(curve))


def _alternatives(candidate: _Candidate, labels: list[_Label], told: list[_Candidate]) -> tuple[str, ...]:
    """Return what else the sound may be, at most two: the nearer of kind, the sooner; not what is told beside it."""
    others = [other.lead for other in told if _overlap(candidate, other) > 0]
    beside = {label for lead in others for label in (lead.label, *_kin(lead.name))}
    rivals = []
    for label in labels:
        if label.lead.label in beside:
            continue
        score = _score(label.curve[candidate.first : candidate.last])
        if score >= _rivalry(candidate, label.lead) * candidate.score:
            rivals.append((score, label.lead.name))
    return tuple(name for _, name in sorted(rivals, reverse=True)[:2])


def _rivalry(candidate: _Candidate, entry: SoundClass) -> float:
    """Return the part of the candidate's score that makes ``entry`` another name for it; infinite for none."""
    lead = candidate.lead
    if entry.label == lead.label or entry.name in _GENERAL or entry.label in _kin(lead.name):
        return float("inf")
    if lead.label in _kin(entry.name) and set(lead.label.split()) & set(entry.label.split()):
        return float("inf")  # "birds singing or birds chirping" says one thing twice
    if lead.family and entry.family == lead.family:
        return _RIVAL
    if candidate.score < _DOUBTFUL:
        return _RIVAL_OF_DOUBTFUL
    return _RIVAL_OF_GROUP if entry.group == lead.group else float("inf")
