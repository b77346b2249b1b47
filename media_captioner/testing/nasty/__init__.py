"""A catalogue of files that go wrong, made in milliseconds each, with what is right to make of them."""

from __future__ import annotations

from typing import Final

from media_captioner.testing.nasty import clocks, containers, contents, damage, hostile
from media_captioner.testing.nasty.case import EXACT, PRIMED, Nasty

__all__ = ["CATALOGUE", "EXACT", "PRIMED", "Nasty"]

CATALOGUE: Final[tuple[Nasty, ...]] = (
    *containers.CASES,
    *clocks.CASES,
    *contents.CASES,
    *damage.CASES,
    *hostile.CASES,
)
"""Every case, in groups."""
