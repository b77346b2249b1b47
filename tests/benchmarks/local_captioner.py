"""What the local captioner costs, against its speech recogniser alone on the same sound.

``python tests/benchmarks/local_captioner.py SOUND [SOUND...] [--minutes 10]``: the sounds are joined and repeated
to that length. Prints processor seconds of both and their ratio (to be at most 1.35), times real time (at least
12 on two quiet cores), peak memory at that length and at twice it (at most 900 MB, and flat), and the time from a
cold start to the first description. Processor seconds are the figure to compare on a machine with other work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

THREADS = 2


def joined(paths: list[Path], minutes: float) -> np.ndarray:
    """Return the sounds as one of the wanted length, 16 kHz mono."""
    from tests.quality.corpus import RATE, decode

    return np.resize(np.concatenate([decode(path) for path in paths]), int(minutes * 60 * RATE))


def captioner(pcm: np.ndarray) -> dict[str, float]:
    """Describe the sound window by window, as the pipeline does."""
    from media_captioner.captioners.local import LocalCaptioner
    from media_captioner.protocols import Context
    from tests.quality.corpus import clips

    local = LocalCaptioner(threads=THREADS)

    async def run() -> int:
        words, previous = 0, None
        for _, clip in clips(pcm):
            previous = await local.describe(clip, Context(languages={"en": 10.0}, previous=previous))
            words += len(previous.prose.split())
        return words

    return {"words": asyncio.run(run())}


def recogniser(pcm: np.ndarray) -> dict[str, float]:
    """Transcribe the sound with faster-whisper as it comes: its defaults, word times on, no temperature."""
    from faster_whisper import WhisperModel

    from media_captioner.captioners.local import models

    whisper = WhisperModel(str(models.ensure()), device="cpu", compute_type="int8", cpu_threads=THREADS)
    segments, _ = whisper.transcribe(pcm.astype(np.float32) / 32768, word_timestamps=True, temperature=[0.0])
    return {"words": sum(len(segment.text.split()) for segment in segments)}


def start(_: np.ndarray) -> dict[str, float]:
    """Describe one second of noise in a fresh process."""
    return captioner(np.random.default_rng(0).normal(0, 1000, 16_000).astype(np.int16))


PARTS = {"captioner": captioner, "recogniser": recogniser, "start": start}


def measured(part: str, paths: list[Path], minutes: float) -> dict[str, float]:
    """Run one part in a process of its own and return what it cost."""
    command = [sys.executable, __file__, *map(str, paths), "--minutes", str(minutes), "--part", part]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout.splitlines()[-1]) | {"process": time.perf_counter() - began}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--twice", action="store_true", help="also measure memory at twice the length")
    options = parser.parse_args()
    if options.part:
        pcm = joined(options.sounds, options.minutes) if options.part != "start" else np.zeros(0, np.int16)
        processor, wall = time.process_time(), time.perf_counter()
        found = PARTS[options.part](pcm)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        costs = {"cpu": time.process_time() - processor, "wall": time.perf_counter() - wall, "peak": peak}
        print(json.dumps(found | costs))
        return
    seconds = options.minutes * 60
    ours = measured("captioner", options.sounds, options.minutes)
    theirs = measured("recogniser", options.sounds, options.minutes)
    print(f"{'':22}{'CPU s':>8}{'wall s':>8}{'x real':>8}{'peak MB':>9}")
    for name, cost in (("local captioner", ours), ("faster-whisper alone", theirs)):
        print(
            f"{name:22}{cost['cpu']:8.1f}{cost['wall']:8.1f}{seconds / cost['wall']:8.1f}{cost['peak']:9.0f}"
        )
    print(f"ratio of CPU: {ours['cpu'] / theirs['cpu']:.2f} (at most 1.35)")
    print(f"real time if two cores were ours: {2 * seconds / ours['cpu']:.1f} x (at least 12)")
    if options.twice:
        double = measured("captioner", options.sounds, 2 * options.minutes)
        print(f"peak memory at twice the length: {double['peak']:.0f} MB (flat: {ours['peak']:.0f} MB)")
    first = measured("start", options.sounds, 0)
    print(f"cold start to the first description: {first['process']:.1f} s")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
