"""Make ``street-scene.mp4`` and ``truth.json`` again from the recordings in Debian packages.

    python samples/make_sample.py SOURCES [--out FOLDER] [--truth-only]

SOURCES holds each package of ``street_scene/sources.py``, unpacked with ``dpkg -x`` into a folder of its name.
Needs the project's extra ``preview`` (moviepy); takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from street_scene import picture, sound, truth
from street_scene.canvas import FPS
from street_scene.encoding import encode
from street_scene.sources import PACKAGES


def main() -> None:
    """Mix the sound, measure the truth from it, draw the picture to it, and encode both."""
    arguments = _arguments()
    stems = sound.stems(arguments.sources)
    mix = np.sum(np.stack(list(stems.values())), axis=0)
    entries = truth.measure(stems)
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries)
    (arguments.out / "truth.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    for entry in entries:
        print(f"{entry['start']:6.2f} {entry['end']:6.2f}  {entry['kind']:8}  {entry['label']}")
    print(f"silence: {truth.silences(mix)}")
    print(f"{sound.loudness(mix):.1f} LUFS, sample peak {20 * np.log10(np.abs(mix).max()):.1f} dBFS")
    if not arguments.truth_only:
        clip = picture.film(picture.Levels.of(stems))
        encode(
            clip.iter_frames(fps=FPS, dtype="uint8", logger="bar"), mix, arguments.out / "street-scene.mp4"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Make the sample film from recordings in Debian packages.",
        epilog="packages: " + ", ".join(f"{name} {version}" for name, version in PACKAGES.items()),
    )
    parser.add_argument("sources", type=Path, help="folder with one unpacked Debian package per folder")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="where to write (default: here)"
    )
    parser.add_argument(
        "--truth-only", action="store_true", help="mix and measure, but draw and encode nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
