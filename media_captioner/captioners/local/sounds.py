"""From scores to sounds: what is heard, when, under one name each.

A tagger scores 521 classes, many of which are words for the same sound, kinds of one another, or what music
and speech look like to it. The rules here turn that into few events:

* classes that no caption would use are left out, and classes with one caption wording are one label;
* a general label gives way to a special one that is heard too ("animal" to "dog barking");
* a label starts and ends by hysteresis, at thresholds that rise under music, since that is where taggers invent;
* of labels at one time the strongest is kept, and explains the weaker ones of its family away: rivals become
  alternatives ("thunder or an explosion");
* two sounds at one time need a reason: an effect above an ambience, or two that are each sure.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from media_captioner.captioners.local.candidates import Candidate, Curve, found, labels_in, overlap, sureness
from media_captioner.captioners.local.naming import Event, alternatives, consistent
from media_captioner.captioners.local.tagger import HOP, Scores
from media_captioner.captioners.local.vocabulary import GENERAL, kin
from media_captioner.model.soundtable import SoundClass, by_name

_BRIEF: Final = 1.0  # seconds; a sound as short as that
_BRIEF_SCORE: Final = 0.30  # needs this: at the edges of other sounds taggers see many things for a moment
_RELATIVE: Final = 0.40  # and every sound this part of the score of the surest one near it,
_NEAR: Final = 2.0  # seconds: what is further away neither causes nor masks it
_BESIDE: Final = (
    0.75  # and so is what lasts beyond that, but for this part: birds sing on before and after a bell
)
_NOISE: Final = 0.75  # steady noise explains a sound that has no more than a third again its score
_WAY: Final = 0.40  # a label that says little gives way to a special one with this part of its score,
_WAY_OF_GOOD: Final = (
    0.85  # and one that says enough ("coughing") only to one about as sure ("throat clearing")
)
_WEAK: Final = 0.6  # another label at the same time needs this part of the stronger one's score
_SURE: Final = 0.45  # and at least this, unless it is an effect above an ambience
_ABOVE: Final = 0.30  # which needs this
_GUESS: Final = 0.04  # score of a guess where nothing was heard
_RIVAL: Final = 0.30  # and the part of it that makes another label an alternative
_BABBLE: Final = 0.5  # score of speech that is nobody's
_BRIEF_PART: Final = 0.6  # of a lasting sound's length
_LOCAL: Final = 1.5  # times the score of a sound that is surer elsewhere: another for this moment
_OVERLAP: Final = 0.4  # part of the shorter one's length that makes two sounds simultaneous
_MOST: Final = 8  # sounds told of one window; nobody reads more

_EDGE: Final = 3  # moments at an end of the window, whose patches are partly padding,
_REACH: Final = 4  # show what nobody hears where something else is heard this near

_BABBLES: Final = ("Hubbub, speech noise, speech babble", "Chatter", "Crowd")
_NOISES: Final = ("White noise", "Pink noise", "Static", "Noise")
_WORDLESS: Final = (
    0.05  # 80 clips of speech in eight languages have at most 0.02 of anything like a voice, but for laughs
)
_LIKE_VOICES: Final = frozenset({"voice", "body", "animal", "crowd"})


def events(scores: Scores, *, music: Curve) -> list[Event]:
    """Return the sounds that are heard, in the order of their starts.

    Args:
        scores: What the tagger says.
        music: How likely music plays at each moment, 0 to 1.

    """
    labels = labels_in(scores.p)
    noise = noise_curve(scores)
    clear = [c for c in found(labels, music) if _noise_at(c, noise) < _NOISE * c.score]
    kept = _inner(_told(_special(clear)), scores.moments)
    told = [
        Event(
            candidate.lead.name,
            candidate.first * HOP,
            candidate.last * HOP,
            round(candidate.score, 3),
            alternatives(candidate, labels, kept),
        )
        for candidate in kept
    ]
    return sorted(consistent(told), key=lambda event: (event.start, event.end))


def _noise_at(candidate: Candidate, noise: Curve) -> float:
    """Return how surely steady noise is heard while ``candidate`` is, or beside one at an edge of the window."""
    first, last = candidate.first, candidate.last
    if last > len(noise) - _EDGE:
        first -= _EDGE
    if first < _EDGE:
        last += _EDGE
    return sureness(noise[max(0, first) : last])


def noise_curve(scores: Scores) -> Curve:
    """Return how surely steady noise is heard at each moment."""
    table = by_name()
    curve: Curve = scores.p[:, [table[name].index for name in _NOISES]].max(axis=1)
    return curve


def best_guess(scores: Scores) -> Event | None:
    """Return the sound that fits the window best, however little; None where nothing is heard at all."""
    spoken = scores.p[:, by_name()["Speech"].index]
    if sureness(spoken) >= _BABBLE:
        # Speech in which the voice detector finds no voice: too many of them, or too far away.
        return _guess(_BABBLES[0], spoken, _BABBLES[1:])
    labels = [label for label in labels_in(scores.p) if label.lead.name not in GENERAL]
    ranked = sorted(((sureness(label.curve), label) for label in labels), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < _GUESS:
        return None
    (best, label), *rest = ranked
    rivals = tuple(other.lead.name for score, other in rest[:2] if score >= _RIVAL * best)
    return _guess(label.lead.name, label.curve, rivals)


def _guess(name: str, curve: Curve, rivals: tuple[str, ...]) -> Event:
    """Return an event that lasts while ``curve`` is above half of its height."""
    top = float(curve.max())
    heard = np.flatnonzero(curve >= top / 2)
    return Event(name, int(heard[0]) * HOP, (int(heard[-1]) + 1) * HOP, round(top, 3), rivals)


def wordless(scores: Scores, start: float, end: float) -> Event | None:
    """Return what a voice may be that says no words: laughing, crying, an animal; None where it may speak."""
    first, last = int(start / HOP), int(end / HOP) + 2
    heard = [
        (float(label.curve[first:last].max(initial=0.0)), label.lead.name)
        for label in labels_in(scores.p)
        if label.lead.group in _LIKE_VOICES and label.lead.name not in GENERAL
    ]
    (top, name), *rest = sorted(heard, reverse=True)
    rivals = tuple(rival for score, rival in rest[:2] if score >= _RIVAL * top)
    return Event(name, start, end, round(top, 3), rivals) if top >= _WORDLESS else None


def _special(found: list[Candidate]) -> list[Candidate]:
    """Leave out what is only a more general word for something else that is heard at the time."""
    return [
        general
        for general in found
        if not any(
            general.lead.label in kin(special.lead.name)
            and special.score >= _way(general.lead) * general.score
            and overlap(general, special) > _OVERLAP
            for special in found
        )
    ]


def _way(general: SoundClass) -> float:
    return _WAY if general.name in GENERAL else _WAY_OF_GOOD


def _weight(candidate: Candidate) -> float:
    """Rank: sure sounds first, and of equally sure ones the longer."""
    general = 0.6 if candidate.lead.name in GENERAL else 1.0
    return general * candidate.score * float(np.log2(2 + candidate.last - candidate.first))


def _needed(candidate: Candidate) -> float:
    return _BRIEF_SCORE if (candidate.last - candidate.first) * HOP < _BRIEF else 0.0


def _told(found: list[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    worth = [c for c in found if c.score >= max(_needed(c), _RELATIVE * _surest_near(c, found))]
    for candidate in sorted(worth, key=_weight, reverse=True):
        rivals = [other for other in kept if overlap(candidate, other) > _OVERLAP]
        if all(_apart(candidate, other) for other in rivals):
            kept.append(candidate)
        if len(kept) == _MOST:
            break
    return kept


def _inner(kept: list[Candidate], moments: int) -> list[Candidate]:
    """Leave out what is heard at the very edge of the window only, where something else is heard beside it."""

    def at_edge(candidate: Candidate) -> bool:
        return candidate.last <= _EDGE or candidate.first >= moments - _EDGE

    inner = [candidate for candidate in kept if not at_edge(candidate)]
    return [
        candidate
        for candidate in kept
        if not at_edge(candidate)
        or not any(
            other.first <= candidate.last + _REACH and other.last >= candidate.first - _REACH
            for other in inner
        )
    ]


def _surest_near(candidate: Candidate, found: list[Candidate]) -> float:
    """Return the score of the surest sound beside which all, or nearly all, of ``candidate`` is heard."""
    reach = round(_NEAR / HOP)
    least = _BESIDE * (candidate.last - candidate.first)
    return max(
        c.score
        for c in found
        if min(candidate.last, c.last + reach) - max(candidate.first, c.first - reach) >= least
    )


def _apart(weaker: Candidate, stronger: Candidate) -> bool:
    """Return whether two simultaneous candidates are two sounds, and not two names for one."""
    one, other = weaker.lead, stronger.lead
    if one.label == other.label or (one.family and one.family == other.family):
        return False
    if other.label in kin(one.name) or one.label in kin(other.name) or one.name in GENERAL:
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
    return weaker.score >= max(_SURE, _WEAK * sureness(curve))
