"""Scenes with known times, to measure how well captions are placed from prose alone.

Each scene is 15 to 30 seconds of spoken sentences (espeak-ng) and synthesised sounds at known times, a third of
them overlapping, over a bed of noise, and a description in the manner of a captioner that tells them in order.
The description goes through the same doors as a real one: prose to facts, landmarks from the sound, facts to
their places. Run it with ``python -m tests.quality.scenes``; even seeds are for tuning, odd ones are held out.
``--times`` lets half of what is told carry a time, up to a second off or rounded, and shows what placing gains by it.
"""

from __future__ import annotations

import argparse
import io
import random
import shutil
import subprocess
import wave
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

RATE = 16_000

SENTENCES = (
    "Where did you put the keys?", "I think the train leaves at nine.", "Please close the door behind you.",
    "Nobody told me about the meeting.", "That was the best meal I have had in years.", "Look out!",
    "We should have turned left at the bridge.", "Can you hear that?", "It will be over in a minute.",
    "My grandmother used to live in this house.", "Stop it right now.", "I am not so sure about that.",
    "The report is due on Thursday morning.", "Hello? Is anybody there?", "You never listen to a word I say.",
)  # fmt: skip
VOICES = (
    ("en-us", "male", 140),
    ("en-gb", "male", 165),
    ("en-us+f3", "female", 150),
    ("en-gb+f2", "female", 175),
)


def _envelope(count, attack, release):
    ramp = np.minimum(np.arange(count) / max(1, attack * RATE), 1)
    return ramp * np.minimum(np.arange(count)[::-1] / max(1, release * RATE), 1)


def _noise(rng, seconds, low, high):
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0
    sound = np.fft.irfft(spectrum, count)
    return sound / (np.abs(sound).max() + 1e-9)


def _bark(rng):
    time = np.arange(int(0.25 * RATE)) / RATE
    one = np.sin(2 * np.pi * np.cumsum(500 + 400 * np.exp(-time * 12)) / RATE) * _envelope(
        len(time), 0.01, 0.15
    )
    one += 0.4 * _noise(rng, 0.25, 300, 3000) * _envelope(len(time), 0.01, 0.2)
    return np.concatenate([one, np.zeros(int(rng.uniform(0.15, 0.4) * RATE)), one])


def _knock(rng):
    parts = []
    for _ in range(int(rng.integers(2, 5))):
        count = int(0.09 * RATE)
        parts += [
            _noise(rng, 0.09, 80, 900) * np.exp(-np.arange(count) / (0.02 * RATE)),
            np.zeros(int(0.16 * RATE)),
        ]
    return np.concatenate(parts)


def _horn(rng):
    time = np.arange(int(rng.uniform(0.6, 1.4) * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * base * n * time) / n for base in (392, 494) for n in range(1, 6))
    return tone / np.abs(tone).max() * _envelope(len(time), 0.02, 0.06)


def _glass(rng):
    time = np.arange(int(0.9 * RATE)) / RATE
    rings = sum(
        np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) * np.exp(-time * rng.uniform(4, 14))
        for f in rng.uniform(2200, 7200, 14)
    )
    burst = _noise(rng, 0.9, 1500, 7900) * np.exp(-time * 18)
    both = rings / 6 + burst
    return both / np.abs(both).max()


def _thunder(rng):
    count = int(rng.uniform(2.0, 3.5) * RATE)
    return _noise(rng, count / RATE, 25, 260)[:count] * _envelope(count, 0.08, 1.6)


def _rain(rng):
    count = int(rng.uniform(4, 7) * RATE)
    return 0.5 * _noise(rng, count / RATE, 900, 7800)[:count] * _envelope(count, 0.3, 0.5)


def _siren(rng):
    time = np.arange(int(rng.uniform(2, 4) * RATE)) / RATE
    pitch = 800 + 300 * np.sin(2 * np.pi * 0.5 * time)
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * _envelope(len(time), 0.2, 0.3)


def _bell(rng):
    time = np.arange(int(1.8 * RATE)) / RATE
    return sum(np.sin(2 * np.pi * 660 * n * time) * np.exp(-time * n) for n in (1, 2.4, 3.9)) / 2


def _applause(rng):
    count = int(rng.uniform(2.5, 4) * RATE)
    sound = np.zeros(count)
    for at in rng.integers(0, count - 400, 260):
        sound[at : at + 400] += rng.standard_normal(400) * np.exp(-np.arange(400) / 60)
    return sound / np.abs(sound).max() * _envelope(count, 0.4, 0.8)


SOUNDS = {
    "dog": (_bark, ("A dog barks twice, sharp and close", "The bark of a dog rings out"), "dog"),
    "knock": (_knock, ("Someone knocks on a wooden door", "A series of firm knocks on a door is heard"), "knock"),
    "horn": (_horn, ("A car horn honks", "A short blast of a car horn cuts in"), "horn"),
    "glass": (_glass, ("A glass shatters on a hard floor", "There is the bright crash of breaking glass"), "glass"),
    "thunder": (_thunder, ("Thunder rumbles in the distance", "A low roll of thunder follows"), "thunder"),
    "rain": (_rain, ("Rain begins to fall, a dense hiss on the ground", "A shower of rain sets in"), "rain"),
    "siren": (_siren, ("A siren wails past", "The siren of an emergency vehicle rises and falls"), "siren"),
    "bell": (_bell, ("A bell rings once and decays", "A single bell tone sounds"), "bell"),
    "applause": (_applause, ("Applause breaks out", "An audience applauds"), "appla"),
}  # fmt: skip
LINKS = ("", "Then, ", "Shortly after, ", "A moment later, ", "Next, ", "After a brief pause, ")


@dataclass
class Event:
    kind: str
    start: float
    end: float
    text: str
    told: str


@dataclass
class Scene:
    pcm: np.ndarray
    prose: str
    events: list[Event] = field(default_factory=list)


def speak(text, voice, speed):
    said = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text],
        capture_output=True,
        check=True,
        timeout=30,
    ).stdout
    with wave.open(io.BytesIO(said)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64) / 32768
    at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
    sound = np.interp(at, np.arange(len(sound)), sound)
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[loud[0] : loud[-1] + 1]


def make_scene(seed):
    """Return scene number ``seed``, always the same."""
    dice, rng = random.Random(seed), np.random.default_rng(seed)
    length = dice.uniform(15, 30)
    pcm = _noise(rng, length, 60, 5000) * 10 ** (dice.uniform(-58, -42) / 20)
    overlapping, at, events = seed % 3 == 0, dice.uniform(0.2, 1.5), []
    kinds = dice.sample(sorted(SOUNDS), 3) + ["speech"] * dice.randint(1, 3)
    dice.shuffle(kinds)
    for kind in kinds:
        if kind == "speech":
            voice, sex, speed = dice.choice(VOICES)
            text = dice.choice(SENTENCES)
            sound = speak(text, voice, speed) * 0.35
            who = "A man" if sex == "male" else "A woman"
            told = f"{who} says, in a {dice.choice(('calm', 'weary', 'cheerful'))} voice: “{text}”"
        else:
            make, phrases, word = SOUNDS[kind]
            sound = make(rng) * dice.uniform(0.12, 0.5)
            text, told = word, dice.choice(phrases)
        first = int(at * RATE)
        if first + len(sound) > len(pcm):
            break
        pcm[first : first + len(sound)] += sound
        link = "The audio clip begins quietly. " if not events else dice.choice(LINKS)
        told = link + (told[0].lower() + told[1:] if link and not link.endswith(". ") else told)
        events.append(
            Event(kind, at, at + len(sound) / RATE, text, told if told.endswith("”") else told + ".")
        )
        step = len(sound) / RATE
        at += (
            step * dice.uniform(0.3, 0.8)
            if overlapping and dice.random() < 0.5
            else step + dice.uniform(0.2, 3)
        )
    prose = " ".join(event.told for event in events)
    prose += "\n\nThe recording is clean, with a faint hiss. No music is present.\n\nIn summary, a short domestic scene."
    return Scene((np.clip(pcm, -1, 1) * 32767).astype(np.int16), prose, events)


def with_times(scene, seed):
    """Return a scene whose prose says of about half of the events when they are heard, up to a second off."""
    dice = random.Random(seed + 1_000_000)
    told = [event.told for event in scene.events]
    rest = scene.prose.removeprefix(" ".join(told))
    for place, event in enumerate(scene.events):
        if dice.random() < 0.5:
            continue
        at = max(0.0, event.start + dice.uniform(-1, 1))
        when = dice.choice(
            (
                f"At {at:.1f} seconds, ",
                f"Around the {round(at)}-second mark, ",
                f"About {round(at)} seconds in, ",
                f"From {at:.1f} to {at + event.end - event.start:.1f} seconds, ",
            )
        )
        plain = event.told
        for link in ("The audio clip begins quietly. ", *LINKS[1:]):
            plain = plain.removeprefix(link)
        told[place] = f"{when}{plain[0].lower()}{plain[1:]}"
    return Scene(scene.pcm, " ".join(told) + rest, scene.events)


def landmarks_of(pcm, detector):
    """Return what the pipeline would measure of a segment."""
    from media_captioner.placing import landmarks

    return landmarks(pcm, RATE, detector)


def cues_of(scene, detector, *, hinted=True):
    """Return the cues of a scene, made as the pipeline makes them, at 25 frames a second."""
    from media_captioner.cues.compose import compose
    from media_captioner.cues.continuity import Soundtrack
    from media_captioner.cues.place import place
    from media_captioner.cues.profiles import PROFILES
    from media_captioner.model import CaptionedSegment, Description
    from media_captioner.prose import clean, reading, times, understood

    end = Fraction(len(scene.pcm), RATE)
    read = reading.read(clean(scene.prose))
    hints = times.find(read, end) if hinted else ()
    facts = place(understood(read), landmarks_of(scene.pcm, detector), Fraction(0), end, hints)
    told = Description(scene.prose, "scenes", "scenes")
    segment = CaptionedSegment(0, Fraction(0), end, "end", False, description=told, facts=facts)
    rate = Fraction(25)
    return compose(
        Soundtrack.of([segment]), PROFILES["netflix-en"], language="en", frame_rate=rate, end=end
    ).cues


def errors_of(scene, detector, *, hinted=True):
    """Return for each event its kind and by how many seconds its cue is early or late; None where it has none."""
    cues = cues_of(scene, detector, hinted=hinted)
    found = []
    for event in scene.events:
        told = event.text.strip("?!.") if event.kind == "speech" else event.text
        spoken = event.kind == "speech"
        starts = [
            cue.start
            for cue in cues
            if any(told.lower() in e.sentence.lower() for e in cue.evidence)
            and (spoken or "[" in cue.text)
            and (not spoken or cue.category == "speech")
        ]
        found.append((event.kind, min((abs(float(at) - event.start) for at in starts), default=None)))
    return found


def measure(seeds, *, timed=False, hinted=True):
    """Return for speech and sounds: how many there are, and the shares that are off by at most 1 s and 2 s."""
    from media_captioner.captioners.local.voice import SileroVoice

    detector = SileroVoice()
    made = ((seed, make_scene(seed)) for seed in seeds)
    scenes = (with_times(scene, seed) if timed else scene for seed, scene in made)
    rows = [row for scene in scenes for row in errors_of(scene, detector, hinted=hinted)]
    result = {}
    for name, chosen in (
        ("speech", [off for kind, off in rows if kind == "speech"]),
        ("sounds", [off for kind, off in rows if kind != "speech"]),
    ):
        known = [off for off in chosen if off is not None]
        result[name] = {
            "count": len(chosen),
            "found": len(known),
            "within_1s": sum(off <= 1 for off in known) / max(1, len(chosen)),
            "within_2s": sum(off <= 2 for off in known) / max(1, len(chosen)),
            "median": float(np.median(known)) if known else float("nan"),
        }
    return result


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--scenes", type=int, default=160)
    options.add_argument(
        "--times", action="store_true", help="prose that carries times, read and then ignored"
    )
    given = options.parse_args()
    if not shutil.which("espeak-ng"):
        raise SystemExit("espeak-ng is not installed")
    ways = (("", True), (", stated times ignored", False)) if given.times else (("", True),)
    for name, first in (("tuning (even seeds)", 0), ("held out (odd seeds)", 1)):
        for way, hinted in ways:
            print(name + way)
            found = measure(range(first, given.scenes, 2), timed=given.times, hinted=hinted)
            for kind, figures in found.items():
                print(
                    f"  {kind:<7} {figures['count']:4d} events, found {figures['found']:4d},"
                    f" <= 1 s {figures['within_1s']:6.1%}, <= 2 s {figures['within_2s']:6.1%},"
                    f" median {figures['median']:.2f} s"
                )


if __name__ == "__main__":
    main()
