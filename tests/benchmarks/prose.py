"""How fast a description becomes facts.

    python tests/benchmarks/prose.py [LABELLED.jsonl] [--count 1000]

Prints milliseconds per description (median, 95th percentile), how long a thousand take, and both as a ratio to
finding the words of the same texts with one regular expression in the same run, which is what travels between
machines. Then the cost per character of texts made to be slow: it must not grow with their length.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from pathlib import Path

from media_captioner.prose import understand

DATA = Path(__file__).parents[1] / "quality" / "data"
WORDS = re.compile(r"\w+|[^\w\s]")
HOSTILE = [
    "no ",
    "“a” ",
    "likely a dog, ",
    "dog barks ",
    "“中” (“a”) ",
    "He says, “x.” ",
    "crash of ",
    "(",
    "'a ",
]


def timed(work, texts: list[str]) -> list[float]:
    """Return seconds of each call."""
    found = []
    for text in texts:
        start = time.perf_counter()
        work(text)
        found.append(time.perf_counter() - start)
    return found


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=1_000)
    chosen = parser.parse_args(arguments)
    files = [chosen.file] if chosen.file else sorted(DATA.glob("prose-*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines()]
    many = [texts[index % len(texts)] for index in range(chosen.count)]
    first = timed(understand, texts[:1])[0]
    found, reference = timed(understand, many), timed(WORDS.findall, many)
    size = statistics.mean(len(text.split()) for text in texts)
    print(f"{len(many)} descriptions of {size:.0f} words")
    print(f"first (reads the tables)  {first * 1e3:8.1f} ms")
    print(f"median                    {statistics.median(found) * 1e3:8.2f} ms")
    print(f"95th percentile           {statistics.quantiles(found, n=20)[-1] * 1e3:8.2f} ms")
    print(
        f"all                       {sum(found):8.2f} s, {sum(found) / sum(reference):.0f} times finding the words"
    )
    print("\nmicroseconds per character  at 10,000  at 40,000")
    for piece in HOSTILE:
        short, long = (
            timed(understand, [piece * (size // len(piece))])[0] / size * 1e6 for size in (10_000, 40_000)
        )
        print(f"  {piece!r:24} {short:10.1f} {long:10.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
