"""``python -m tests.quality FOLDER [FOLDER...] [--json] [--prose] [--kinds sound,music]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from media_captioner.captioners.local import LocalCaptioner
from tests.quality.corpus import items
from tests.quality.evaluate import Tally, evaluate


def main() -> None:
    """Evaluate folders and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object a folder")
    parser.add_argument("--prose", action="store_true", help="show what is said of each file")
    parser.add_argument("--kinds", default="", help="only these kinds, parted by commas")
    parser.add_argument("--whisper-model", default="base")
    options = parser.parse_args()
    captioner = LocalCaptioner(options.whisper_model)
    kinds = set(filter(None, options.kinds.split(",")))
    for folder in options.folders:
        chosen = [item for item in items(folder) if not kinds or item.kind in kinds]
        show = (lambda line: print(line, file=sys.stderr)) if options.prose else (lambda _: None)
        tally = evaluate(captioner, chosen, show)
        if options.json:
            print(
                json.dumps(
                    {"folder": folder.name, "model": captioner.model, **tally.summary()}, ensure_ascii=False
                )
            )
        else:
            _print(folder, tally)


def _print(folder: Path, tally: Tally) -> None:
    print(f"== {folder}")
    for remark in tally.remarks:
        print(f"   {remark}")
    rows = [
        ("right sound word", tally.sound_said, tally.sound_clips, f"first {tally.sound_first}"),
        ("wrong sounds beside", tally.sounds_wrong, tally.sounds_told, "in clips of one sound"),
        ("language", tally.language_right, tally.language_clips, ""),
        ("voice", tally.gender_right, tally.gender_clips, f"wrong {tally.gender_wrong}"),
        ("music recognised", tally.music_found, tally.music_clips, ""),
        ("genre or instrument", tally.music_described, tally.music_clips, ""),
        (
            "planted events located",
            tally.located,
            tally.planted,
            f"onset median {tally.summary()['onset_median']} s",
        ),
        (
            "clips with an invented sound",
            tally.invented_clips,
            tally.quiet_clips,
            f"{tally.summary()['invented_per_minute']} a minute",
        ),
    ]
    for name, count, total, note in rows:
        if total:
            print(f"{name:30} {count:4} of {total:<4} {note}")
    if tally.errors.words:
        print(
            f"{'word error rate':30} {100 * tally.errors.rate:.1f} %   ({tally.errors.wrong} of {tally.errors.words})"
        )
    print(f"{'invented words':30} {tally.invented_words:4}")
    if tally.cpu:
        print(f"{'real time by CPU':30} {tally.seconds / tally.cpu:.1f} x   ({tally.seconds:.0f} s of sound)")


if __name__ == "__main__":
    main()
