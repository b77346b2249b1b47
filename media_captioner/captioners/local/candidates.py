"""Where each sound name starts and ends in the scores, before it is decided which of them are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local.tagger import HOP
from media_captioner.captioners.local.vocabulary import TOGETHER, TUNEFUL, usable
from media_captioner.model.soundtable import SoundClass, by_name

Curve = npt.NDArray[np.float32]

# Measured on 27 minutes of instrumental music: 0.1 invented sounds a minute, and none in speech.
_ON: Final = 0.15
_ON_MUSIC: Final = 0.25
_ON_TUNEFUL: Final = 0.75  # under music, for what instruments sound like
_OFF: Final = 0.5  # of the threshold to start
GAP_EFFECT: Final = 0.8
"""Seconds between two barks of one dog."""
GAP_LASTING: Final = 2.0
"""Seconds for which rain may be unheard without having stopped."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """Classes that share one caption wording, as one curve of scores."""

    lead: SoundClass
    members: tuple[int, ...]
    curve: Curve


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A label that is heard for a while.

    Attributes:
        label: What is heard.
        first: Moment at which it starts.
        last: Moment after its end.
        score: How sure its clear moments are, 0 to 1.

    """

    label: Label
    first: int
    last: int
    score: float

    @property
    def lead(self) -> SoundClass:
        """The class that stands for the label."""
        return self.label.lead


def labels_in(p: npt.NDArray[np.float32]) -> list[Label]:
    """Return every label that a caption may use, with its scores in ``p`` (shape ``(moments, 521)``)."""
    grouped: dict[str, list[SoundClass]] = {}
    for entry in usable():
        grouped.setdefault(entry.label, []).append(entry)
    p = p.copy()
    for whole, parts in TOGETHER.items():
        parted = p[:, [by_name()[part].index for part in parts]].min(axis=1)
        p[:, by_name()[whole].index] = np.maximum(p[:, by_name()[whole].index], parted)
    labels = []
    for entries in grouped.values():
        members = tuple(entry.index for entry in entries)
        lead = max(entries, key=lambda entry: float(p[:, entry.index].sum()))
        labels.append(Label(lead, members, p[:, members].max(axis=1)))
    return labels


def found(labels: list[Label], music: Curve) -> list[Candidate]:
    """Return where each label is heard.

    Args:
        labels: As :func:`labels_in` returns them.
        music: How likely music plays at each moment, 0 to 1: under music more is needed.

    """
    return [heard for label in labels for heard in _runs(label, _threshold(label.lead, music))]


def _threshold(entry: SoundClass, music: Curve) -> Curve:
    under_music = _ON_TUNEFUL if entry.family in TUNEFUL else _ON_MUSIC
    on = np.full(len(music), _ON, np.float32)
    return np.maximum(on, np.where(music > 0.5, under_music, _ON)).astype(np.float32)


def _runs(label: Label, on: Curve) -> list[Candidate]:
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
    gap = (GAP_LASTING if label.lead.sustained else GAP_EFFECT) / HOP
    merged: list[list[int]] = []
    for span in spans:
        if merged and span[0] - merged[-1][1] <= gap:
            merged[-1][1] = span[1]
        else:
            merged.append(span)
    return [Candidate(label, first, last, sureness(curve[first:last])) for first, last in merged]


def sureness(curve: Curve) -> float:
    """Return the mean of the better half: a sound is as sure as its clear moments."""
    ordered = np.sort(curve)[::-1]
    return float(ordered[: max(1, (len(ordered) + 1) // 2)].mean())


def overlap(one: Candidate, other: Candidate) -> float:
    """Return the part of the shorter one's length that both share; negative where a gap parts them."""
    shared = min(one.last, other.last) - max(one.first, other.first)
    return shared / min(one.last - one.first, other.last - other.first)
