"""How long the files of a long asset take to write, and how much memory: python tests/benchmarks/export.py [HOURS].

An asset of ten hours is made up: a caption every four seconds, a described segment every thirty with twelve facts. The
reference is the standard library writing the same captions as JSON, in the same run.
"""

import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from media_captioner.export import save
from media_captioner.export.finding import known_at
from media_captioner.export.registry import exporter_named, names
from media_captioner.export.verifying import verify
from media_captioner.model import CaptionedSegment, Cue, Description, Evidence, Facts, Sound, Span, Usage
from media_captioner.model.codec import to_json
from media_captioner.testing.exporters import CONTEXT, sample_captions

LAYERS = ("speech", "music", "ambience", "effects")


def asset(hours, folder):
    """Return captions of an asset of ``hours``."""
    seconds = hours * 3600
    told = sample_captions("x", rate=Fraction(30000, 1001), timecode="01:00:00;00")
    evidence = Evidence(
        "A man says that the train to the coast is late again, and rain falls on a roof.", 0, 79, "test"
    )
    cues = tuple(
        Cue(
            Fraction(at),
            Fraction(at + 3),
            f"MAN {at}: The train to the coast\nis late again, they say.",
            LAYERS[at // 4 % 4],
            "heard",
            confidence=0.8,
            evidence=(replace(evidence, start=at),),
        )
        for at in range(0, seconds, 4)
    )
    segments = tuple(
        CaptionedSegment(
            number,
            Fraction(30 * number),
            Fraction(30 * number + 30),
            "pause",
            silent=False,
            clip_sha256="0" * 64,
            description=Description(
                "Rain falls. " * 40, "test", "test-1", Usage(Fraction(30), 750, 750, 300)
            ),
            facts=Facts(
                sounds=tuple(
                    Sound(
                        "rain",
                        "weather",
                        "asserted",
                        span=Span(Fraction(30 * number), Fraction(30 * number + 2)),
                        confidence=0.7,
                        evidence=evidence,
                    )
                    for _ in range(12)
                )
            ),
        )
        for number in range(seconds // 30)
    )
    media = replace(told.media, path=folder / "clip.mp4", duration=Fraction(seconds))
    return replace(told, media=media, cues=cues, segments=segments)


def timed(work):
    """Return the seconds of processor time that ``work`` takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main():
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = asset(hours, folder)
        save(sample_captions("x"), folder, formats=["vtt", "xmp"])  # imports are not what is measured
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reference = timed(lambda: json.dumps([to_json(cue) for cue in told.cues]))
        spent = timed(lambda: save(told, folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        again = timed(lambda: save(told, folder))
        print(f"{hours} h, {len(told.cues)} cues, {len(told.segments)} segments")
        print(f"reference (the cues as JSON): {reference:.2f} s")
        print(f"the three default files:      {spent:.2f} s, {spent / reference:.1f} x the reference")
        print(f"a second time, merging XMP:   {again:.2f} s, {again / reference:.1f} x")
        print(
            f"peak memory {peak / 1024:.0f} MiB, {(peak - before) / 1024:.0f} MiB above the captions themselves"
        )
        sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir() if path.is_file()}
        print("sizes, MB: " + ", ".join(f"{name} {size:.1f}" for name, size in sorted(sizes.items())))
        print("by format, s: ", end="")
        spent_on = {n: timed(lambda n=n: exporter_named(n).write(told, CONTEXT)) for n in names()}
        print(", ".join(f"{n} {spent:.2f}" for n, spent in spent_on.items()))
        known = known_at(folder / "clip.media_captioner.json")
        print(f"verify: {timed(lambda: verify(known)):.2f} s")


if __name__ == "__main__":
    main()
