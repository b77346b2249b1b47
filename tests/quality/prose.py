"""How well prose becomes facts: the confusion by field over labelled descriptions.

    python tests/quality/prose.py LABELLED.jsonl [LABELLED.jsonl ...] [--details]

Each line of a file is ``{"id", "text", "labels": {...}}``. ``must`` are the AudioSet names a listener of the prose
would list, ``may`` those that are right or wrong by taste and count as neither; the same goes for ``emo`` and
``emo_may``, ``flags`` and ``flags_may``, ``quality`` and ``quality_may``, ``music`` and ``music_may``. ``quotes``
are pairs of the words as quoted and their translation. Without a file, the three files beside this script are
measured: ``prose-tuning`` was looked at while the rules were written, ``prose-untouched`` was not, and
``prose-various`` was labelled before it was first measured and looked at since. In twelve parts (``v1`` ... ``v12``)
it went by precision and recall of tags at first sight: .81 .83, .90 .89, .88 .89, .94 .94, .90 .86, .89 .87, .92
.89, .93 .93, .96 .90, .98 .96, 1.0 .95, .98 .99; each part was measured with the rules that the ones before it had led to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from media_captioner.model import Facts
from media_captioner.prose import emotions, places, tags, understand

HERE = Path(__file__).parent / "data"
SPEAKERS = {"man": "male", "woman": "female", "child": "child", "robot": "robot"}
WEIGHED = {"asserted", "hedged"}


@dataclass
class Score:
    """Right, wrong and missed, with examples."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, found: Counter[Any], must: Counter[Any], may: Counter[Any]) -> None:
        """Compare what was found with what had to be and what might be."""
        right = found & must
        wrong = found - must - may
        missed = must - found
        self.right += right.total()
        self.wrong += wrong.total()
        self.missed += missed.total()
        if wrong or missed:
            told = [f"+{item}" for item in wrong.elements()] + [f"-{item}" for item in missed.elements()]
            self.examples.append(f"{name}: " + "  ".join(map(str, told)))

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def spoken(text: str) -> str:
    """Quotations compare by their characters; marks and ends of words do not matter."""
    return " ".join(text.replace("’", "'").replace("‘", "'").split()).rstrip(" ,")


def fields(facts: Facts, labels: dict[str, Any]) -> dict[str, tuple[Any, Any, Any]]:
    """Return found, must and may of every field."""
    sure = [speech for speech in facts.speech if speech.polarity == "asserted"]
    talking = [speech for speech in sure if not speech.sung]
    voices = {(speech.voice, speech.speaker) for speech in talking if speech.speaker}
    quotes = [(spoken(s.text), spoken(s.translation or "")) for s in facts.speech if s.text]
    wanted = [(spoken(original), spoken(english or "")) for original, english in labels["quotes"]]
    music = any(piece.polarity == "asserted" for piece in facts.music)
    setting = places.of(facts.places)
    flags = [flag.name for flag in facts.flags]
    return {
        "tags": (tags(facts), labels["must"], labels["may"]),
        "speech": ([bool(talking)] if talking else [], [True] if labels["speech"] else [], []),
        "language": ({s.language for s in sure if s.language}, labels["lang"], []),
        "speakers": ([SPEAKERS[speaker] for _, speaker in voices], labels["speakers"], []),
        "emotion": (emotions(facts), labels["emo"], labels["emo_may"]),
        "quotes": (quotes, wanted, []),
        "music": (
            [True] if music else [],
            [True] if labels["music"] else [],
            [True] if labels["music_may"] else [],
        ),
        "quality": (
            {q.term for q in facts.qualities if q.polarity == "asserted"},
            labels["quality"],
            labels["quality_may"],
        ),
        "setting": ([setting] if setting else [], [labels["env"]] if labels["env"] else [], []),
        "flags": (flags, labels["flags"], labels["flags_may"]),
        "sdh": ([], [], []),
    }


def denied(facts: Facts, labels: dict[str, Any]) -> list[str]:
    """Return wrong tags of classes that the description denies."""
    names = {name for sound in facts.sounds if sound.polarity == "negated" for name in sound.audioset}
    return [tag for tag in tags(facts) if tag not in {*labels["must"], *labels["may"]} and tag in names]


def scored(lines: list[dict[str, Any]]) -> tuple[dict[str, Score], list[str]]:
    """Return the score of each field, and the tags that their description denies."""
    scores: dict[str, Score] = {}
    negated: list[str] = []
    for line in lines:
        facts, labels = understand(line["text"]), line["labels"]
        for name, (found, must, may) in fields(facts, labels).items():
            scores.setdefault(name, Score()).add(line["id"], Counter(found), Counter(must), Counter(may))
        heard = " | ".join(sound.label for sound in facts.sounds if sound.polarity == "asserted")
        has = [label for label in labels["sdh"] if all(_stem(word) in heard for word in label.split())]
        scores["sdh"].add(line["id"], Counter(has), Counter(labels["sdh"]), Counter())
        negated.extend(f"{line['id']}: {tag}" for tag in denied(facts, labels))
    return scores, negated


def measure(path: Path, *, details: bool) -> None:
    """Print the confusion of one file."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    scores, negated = scored(lines)
    print(f"\n{path}: {len(lines)} descriptions")
    print(f"{'field':10} {'precision':>9} {'recall':>9} {'right':>6} {'wrong':>6} {'missed':>6}")
    for name, score in scores.items():
        print(
            f"{name:10} {score.precision:9.3f} {score.recall:9.3f} {score.right:6} {score.wrong:6} {score.missed:6}"
        )
    print(f"tags that the description denies: {len(negated)} {negated or ''}")
    if details:
        for name, score in scores.items():
            for example in score.examples:
                print(f"  {name}: {example}")


def _stem(word: str) -> str:
    for ending in ("ing", "s", "e"):
        word = word.removesuffix(ending)
    return word


def main(arguments: list[str]) -> None:
    """Measure every file named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--details", action="store_true", help="list what is wrong (+) and missed (-)")
    chosen = parser.parse_args(arguments)
    for path in chosen.files or sorted(HERE.glob("prose-*.jsonl")):
        measure(path, details=chosen.details)


if __name__ == "__main__":
    main(sys.argv[1:])
