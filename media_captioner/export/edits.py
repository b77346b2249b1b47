"""What a person changed in captions stays as they left it, whatever later runs hear.

A cue that a person wrote or changed is ``locked``; one that they took away is kept in ``Captions.removed``. A later run
composes its cues as ever, and these win: a cue of the machine that would stand where a locked one stands gives way, and
one that a person took away does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from media_captioner.model import Captions, Cue

SHORTEST: Final = Fraction(1, 2)
"""Seconds that must be left of a cue that gives way; a shorter rest flickers and goes."""

_SAME_PLACE: Final = Fraction(
    1, 2
)  # share of the shorter of two cues that makes them the same place in the asset


def keep_edits(captions: Captions, previous: Captions) -> Captions:
    """Return ``captions`` with everything that a person changed in ``previous``.

    Args:
        captions: What a run made.
        previous: What the sidecar held before it.

    """
    locked = [cue for cue in previous.cues if cue.locked]
    if not (locked or previous.removed or previous.locked):
        return captions
    cues = [cue for cue in captions.cues if not cue.locked and not _was_removed(cue, previous.removed)]
    kept = {name: getattr(previous, name) for name in previous.locked}
    return replace(
        captions,
        cues=tuple(sorted([*_around(cues, locked), *locked], key=lambda cue: (cue.start, cue.end))),
        removed=previous.removed,
        locked=previous.locked,
        **kept,
    )


def overlap(one: Cue, other: Cue) -> Fraction:
    """Return the seconds that two cues share."""
    return max(Fraction(0), min(one.end, other.end) - max(one.start, other.start))


def _was_removed(cue: Cue, removed: Iterable[Cue]) -> bool:
    for gone in removed:
        shared = overlap(cue, gone)
        shorter = min(cue.end - cue.start, gone.end - gone.start)
        same_words = cue.text.split() == gone.text.split()
        # Of a cue that was taken out of the sidecar itself only the place is known: it has no text.
        same_kind = cue.category == gone.category or not gone.text
        if shared > 0 and (same_words or (same_kind and shared >= shorter * _SAME_PLACE)):
            return True
    return False


def _around(cues: Sequence[Cue], locked: Sequence[Cue]) -> list[Cue]:
    """Return ``cues`` less whatever of them stands where a locked one does."""
    room = []
    for cue in cues:
        given_way: Cue | None = cue
        for fixed in locked:
            given_way = _beside(given_way, fixed) if given_way is not None else None
        if given_way is not None:
            room.append(given_way)
    return room


def _beside(cue: Cue, fixed: Cue) -> Cue | None:
    shared = overlap(cue, fixed)
    if shared == 0:
        return cue
    if shared >= (cue.end - cue.start) * _SAME_PLACE:
        return None  # the person's cue is about the same moment
    before, after = fixed.start - cue.start, cue.end - fixed.end
    if before >= after:
        return replace(cue, end=fixed.start) if before >= SHORTEST else None
    return replace(cue, start=fixed.end) if after >= SHORTEST else None
