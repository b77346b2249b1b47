"""Figures in the text format that Prometheus reads (exposition formats, text, version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from media_captioner.errors import spelled_out

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure, with its values by label.

    Attributes:
        name: Its name after ``media_captioner_``.
        kind: ``gauge`` for what goes up and down, ``counter`` for what only grows.
        help: What it is, in a sentence.
        values: Each value with its labels.

    """

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    values: Sequence[tuple[Mapping[str, str], float]]

    @classmethod
    def single(cls, name: str, kind: Literal["gauge", "counter"], help_line: str, value: float) -> Metric:
        """Return a figure that has one value and no labels."""
        return cls(name, kind, help_line, [({}, value)])


def exposition(metrics: Iterable[Metric]) -> str:
    """Return figures as text, all values of each together, as the format wants them."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    name = f"media_captioner_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    for labels, value in metric.values:
        inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{inner}}} {value}" if inner else f"{name} {value}"


def _escaped(text: str) -> str:
    return spelled_out(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
