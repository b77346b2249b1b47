"""How long the cues of a long asset take.

    python tests/benchmarks/cues.py [HOURS]

Makes an asset of 30-second segments out of the labelled descriptions and prints the processor time of placing their
facts, composing, checking and rolling up, each as a ratio to finding the words of the same descriptions with one
regular expression in the same run, which is what travels between machines.
"""

from __future__ import annotations

import json
import re
import sys
import time
from fractions import Fraction
from pathlib import Path

from media_captioner.cues import rollup
from media_captioner.cues.compose import compose
from media_captioner.cues.continuity import Soundtrack
from media_captioner.cues.lint import lint
from media_captioner.cues.place import place
from media_captioner.cues.profiles import PROFILES
from media_captioner.model import CaptionedSegment, Description, Landmarks
from media_captioner.prose import understand

DATA = Path(__file__).parents[1] / "quality" / "data"
WORDS = re.compile(r"\w+|[^\w\s]")
LENGTH = Fraction(30)
RATE = Fraction(25)
PROFILE = PROFILES["netflix-en"]


def timed(work):
    """Return what ``work`` returns and the seconds of processor time it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main(arguments: list[str]) -> None:
    """Measure and print."""
    hours = int(arguments[0]) if arguments else 10
    files = sorted(DATA.glob("prose-*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]
    count = hours * 3600 // int(LENGTH)
    texts = [texts[index % len(texts)] for index in range(count)]
    facts = {text: understand(text) for text in dict.fromkeys(texts)}
    end = LENGTH * count

    def placed():
        return [
            CaptionedSegment(
                index,
                LENGTH * index,
                LENGTH * (index + 1),
                "pause",
                False,
                description=Description(text, "benchmark", "1"),
                facts=place(facts[text], Landmarks(), LENGTH * index, LENGTH * (index + 1)),
            )
            for index, text in enumerate(texts)
        ]

    _, reference = timed(lambda: [WORDS.findall(text) for text in texts])
    segments, placing = timed(placed)
    soundtrack, joining = timed(lambda: Soundtrack.of(segments))
    arranged, composing = timed(lambda: compose(soundtrack, PROFILE, language="en", frame_rate=RATE, end=end))
    broken, checking = timed(lambda: lint(arranged.cues, PROFILE, frame_rate=RATE, end=end))
    _, rolling = timed(
        lambda: (
            rollup.spoken_languages(soundtrack),
            rollup.summary(segments, soundtrack),
            rollup.keywords(soundtrack),
            rollup.chapters(segments),
        )
    )
    print(f"{hours} h, {count} segments, {len(arranged.cues)} cues, {len(broken)} violations")
    for name, seconds in (
        ("place", placing),
        ("join", joining),
        ("compose", composing),
        ("check", checking),
        ("roll up", rolling),
    ):
        print(f"{name:8} {seconds:6.2f} s, {seconds / reference:6.1f} times finding the words")


if __name__ == "__main__":
    main(sys.argv[1:])
