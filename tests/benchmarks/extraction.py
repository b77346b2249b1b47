"""What extraction costs: a film's sound decoded, cut and encoded, against decoding alone in the same run.

    python tests/benchmarks/extraction.py            # 10 minutes and 2 hours
    python tests/benchmarks/extraction.py --all      # and 10 hours
    python tests/benchmarks/extraction.py FILE       # a film of your own

The films are made once, by looping a short H.264 and AAC clip by stream copy, and kept in a temporary folder.
Every figure is CPU time of a process of its own (user and system), the best of several runs in turn; ratios
are against PyAV decoding the same track and doing nothing with it. What is aimed at: 1.9 times that for
decoding, cutting and encoding; the first clip within a second of starting the process; memory that does not grow
with the film (but for the index of an MP4, about 17 MB an hour).

The aim is measured on WAV: clips of up to 30 s, which is what segments are cut to, are sent as WAV by default.
MP3 is for longer ones, and cannot keep to it: decoding AAC and LAME alone, each in its own library and nothing
between them, already take about twice what decoding does. Both are printed. On a busy machine every ratio is higher:
decoding alone fits into the processor's caches, decoding and cutting do not, and others empty them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

CLIP_SECONDS = 64  # whole AAC frames and whole video frames, so that the loop has no seam
FILMS = {"10 min": 600, "2 h": 7200, "10 h": 36_000}
AIM = 1.9
FOLDER = Path(tempfile.gettempdir()) / "media-captioner-benchmark"

DECODE = """
import av
with av.open(FILE) as container:
    for frame in container.decode(container.streams.audio[0]):
        pass
"""

READ = """
from pathlib import Path
from media_captioner.media.encode import encode
from media_captioner.media.probe import probe
from media_captioner.media.segments import open_segments
media = probe(Path(FILE))
with open_segments(media, media.audio[0]) as reader:
    for segment in reader:
        WORK
"""

FIRST = READ.replace("WORK", 'encode(segment, "mp3"); break')

ENCODE = """
import lameenc, numpy
sound = (numpy.random.default_rng(1).standard_normal(480_000) * 3000).astype("int16").tobytes()
for _ in range(SECONDS // 30):
    encoder = lameenc.Encoder()
    encoder.silence(); encoder.set_in_sample_rate(16000); encoder.set_channels(1)
    encoder.set_bit_rate(32); encoder.set_quality(7)
    encoder.encode(sound); encoder.flush()
"""

REPORT = """
import json, resource
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "peak": peak / 1024}))
"""


def run(program: str, film: Path, seconds: int = 0) -> dict[str, float]:
    """Run a program in a process of its own; return CPU seconds, wall seconds and peak megabytes."""
    code = f"FILE = {str(film)!r}\nSECONDS = {seconds}\n{program}{REPORT}"
    # As an installed package has it: compiled once, whatever this shell says about bytecode.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(FOLDER / "bytecode")}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - started}


def ffmpeg(film: Path) -> dict[str, float] | None:
    """Let an installed ffmpeg decode the track to nothing."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    code = (
        "import resource, subprocess, json\n"
        f"subprocess.run([{program!r}, '-nostdin', '-v', 'error', '-i', {f'file:{film}'!r}, '-map', '0:a:0',"
        " '-f', 'null', '-'], check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps({'cpu': used.ru_utime + used.ru_stime, 'peak': used.ru_maxrss / 1024}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {**json.loads(done.stdout), "wall": 0.0}


def make_film(path: Path, seconds: int) -> None:
    """Write a film of about that length."""
    import av
    import numpy as np

    from media_captioner.testing.media import Picture, Sound, beeping, media_bytes
    from media_captioner.testing.nasty.contents import babble

    speech = babble(CLIP_SECONDS, 1)
    music = beeping(CLIP_SECONDS, *range(2, CLIP_SECONDS, 5), loudness=0.1, floor=0.004)
    sides = [speech * 3 + music[0] + babble(CLIP_SECONDS, seed) * np.float32(0.3) for seed in (2, 3)]
    sound = Sound(np.stack(sides).astype(np.float32), codec="aac", bit_rate=160_000)
    picture = Picture(Fraction(CLIP_SECONDS), "libx264", size=(640, 360), options={"preset": "ultrafast"})
    clip = path.with_name("clip.mp4")
    clip.write_bytes(media_bytes("mp4", [sound], picture))
    with av.open(str(clip)) as source, av.open(str(path), "w", format="mp4") as film:
        copies = {s.index: film.add_stream_from_template(s) for s in source.streams}
        for turn in range(-(-seconds // CLIP_SECONDS)):
            source.seek(0)
            for packet in (p for p in source.demux() if p.size):
                if packet.pts * packet.time_base < 0 and turn:
                    continue  # the encoder's priming, once
                index = packet.stream.index
                shift = round(turn * CLIP_SECONDS / packet.time_base)
                packet.pts += shift
                packet.dts += shift
                packet.stream = copies[index]
                film.mux(packet)


def film_of(name: str) -> Path:
    """Return the film of that length, made if it is not there yet."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{FILMS[name]}.mp4"
    if not path.exists():
        print(f"making a film of {name} ...", file=sys.stderr)
        part = path.with_suffix(".part.mp4")
        make_film(part, FILMS[name])
        part.rename(path)
    return path


def best(program: str, film: Path, runs: int, seconds: int = 0) -> dict[str, float]:
    """Return the run that took least CPU."""
    return min((run(program, film, seconds) for _ in range(runs)), key=lambda result: result["cpu"])


def measure(name: str, film: Path, seconds: int, runs: int) -> None:
    """Print a table for one film."""
    rows = {"PyAV decodes, nothing else (the reference)": best(DECODE, film, runs)}
    rows["decoded and cut"] = best(READ.replace("WORK", "pass"), film, runs)
    rows["decoded, cut, encoded as WAV"] = best(READ.replace("WORK", 'encode(segment, "wav")'), film, runs)
    rows["decoded, cut, encoded as MP3"] = best(READ.replace("WORK", 'encode(segment, "mp3")'), film, runs)
    rows["LAME alone on as much sound"] = best(ENCODE, film, runs, seconds)
    null = ffmpeg(film)
    if null is not None:
        rows["ffmpeg -f null"] = null
    first = min((run(FIRST, film) for _ in range(3)), key=lambda result: result["wall"])
    reference = rows["PyAV decodes, nothing else (the reference)"]["cpu"]
    print(f"\n{name}: {film} ({film.stat().st_size / 1e6:.0f} MB)")
    print(f"{'':44}{'CPU s':>8}{'ratio':>8}{'x real time':>13}{'peak MB':>9}")
    for row, result in rows.items():
        cpu = result["cpu"]
        print(f"{row:44}{cpu:8.2f}{cpu / reference:8.2f}{seconds / cpu:13.0f}{result['peak']:9.0f}")
    print(f"first clip: {first['wall']:.2f} s after the process starts (aim: below 1)")
    ratios = {row: result["cpu"] / reference for row, result in rows.items()}
    wav, mp3 = (ratios[f"decoded, cut, encoded as {name}"] for name in ("WAV", "MP3"))
    alone = 1 + ratios["LAME alone on as much sound"]
    print(f"encoded as WAV, as captioners get it by default: {wav:.2f} times decoding (aim: {AIM})")
    print(f"encoded as MP3: {mp3:.2f} times decoding (decoding and LAME alone: {alone:.2f})")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--all", action="store_true", help="measure the film of 10 hours too")
    parser.add_argument("--quick", action="store_true", help="measure the film of 10 minutes only")
    arguments = parser.parse_args()
    if arguments.film:
        from media_captioner.media.probe import probe

        seconds = round(probe(arguments.film).duration or 1)
        measure("your film", arguments.film, seconds, 3)
        return
    names = ["10 min"] if arguments.quick else ["10 min", "2 h", *(["10 h"] if arguments.all else [])]
    for name in names:
        measure(name, film_of(name), FILMS[name], 5 if name == "10 min" else 2 if name == "2 h" else 1)


if __name__ == "__main__":
    main()
