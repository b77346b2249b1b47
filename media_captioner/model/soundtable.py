"""Caption wording for the sounds of the AudioSet ontology, as a table.

The table is language data (``audioset.tsv`` beside this module, one class a line): how a caption names the
sound, which coarse group it belongs to, whether it usually lasts, and which sounds it is easily taken for.
It covers the 521 classes of YAMNet in the order of that model's outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

Article = Literal["a", "an", "the", "-", "p"]
"""``a``, ``an`` or ``the`` stands before the label; ``-`` is a mass noun or a gerund; ``p`` is a plural."""

ANCESTRY_LIMIT: Final = 12  # the ontology is six levels deep; a longer chain is a loop in the table


@dataclass(frozen=True, slots=True)
class SoundClass:
    """One AudioSet class.

    Attributes:
        index: Its place among YAMNet's 521 outputs.
        mid: Its id in the ontology (``/m/05tny_``).
        name: Its name in the ontology (``Bark``).
        label: Caption wording, lower case, without article (``dog barking``). Classes that no listener
            tells apart share one label.
        article: What stands before the label in a sentence.
        group: Coarse group that survives re-captioning (``animal``, ``impact``, ``weather``).
        sustained: Whether it usually lasts (ambience) rather than happens (an effect).
        family: Sounds that are easily taken for one another share this word; empty where nothing is.
        parent: Name of the class it is a kind of, or empty.

    """

    index: int
    mid: str
    name: str
    label: str
    article: Article
    group: str
    sustained: bool
    family: str
    parent: str

    @property
    def phrase(self) -> str:
        """The label as a noun phrase of a sentence: ``a dog barking``, ``rain``, ``footsteps``."""
        return self.label if self.article in {"-", "p"} else f"{self.article} {self.label}"

    @property
    def plural(self) -> bool:
        """Whether a verb after the phrase stands in the plural."""
        return self.article == "p"


@cache
def classes() -> tuple[SoundClass, ...]:
    """Return every class, by its index. The file is read once per process."""
    text = resources.files("media_captioner.model").joinpath("audioset.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(_parse(line) for line in lines[1:])


def _parse(line: str) -> SoundClass:
    index, mid, name, label, article, group, sustained, family, parent = line.split("\t")
    for known in get_args(Article):
        if article == known:
            return SoundClass(int(index), mid, name, label, known, group, sustained == "1", family, parent)
    raise ValueError(f"audioset.tsv: {article!r} is not an article ({name})")


@cache
def by_name() -> dict[str, SoundClass]:
    """Return every class by its name in the ontology."""
    return {entry.name: entry for entry in classes()}


@cache
def by_label() -> dict[str, tuple[SoundClass, ...]]:
    """Return the classes behind each caption label."""
    found: dict[str, list[SoundClass]] = {}
    for entry in classes():
        found.setdefault(entry.label, []).append(entry)
    return {label: tuple(entries) for label, entries in found.items()}


def ancestors(name: str) -> tuple[str, ...]:
    """Return what the class ``name`` is a kind of, nearest first.

    >>> ancestors("Bark")
    ('Dog', 'Domestic animals, pets', 'Animal')

    Raises:
        KeyError: no such class.

    """
    chain: list[str] = []
    parent = by_name()[name].parent
    while parent and len(chain) < ANCESTRY_LIMIT:
        chain.append(parent)
        parent = by_name()[parent].parent
    return tuple(chain)
