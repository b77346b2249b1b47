"""The tables of words in ``data/``: tab-separated rows, whose last column holds phrases parted by ``;``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from itertools import product


def table(name: str) -> Iterator[list[str]]:
    """Yield the rows of a table of this package, without comments and heading."""
    text = resources.files("media_captioner.prose").joinpath("data", f"{name}.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for line in lines[1:]:
        yield line.split("\t")


def phrases(words: str) -> Iterator[str]:
    """Yield the phrases of a cell of words: parted by ``;``, alternatives of one word by ``/``."""
    for phrase in words.split(";"):
        parts = [part.split("/") if part not in {"/", "="} else [part] for part in phrase.split()]
        for choice in product(*parts):
            if choice:
                yield " ".join(choice)
