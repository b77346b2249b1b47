"""``python -m tests.quality.lessons SOURCES --keep FOLDER [--cross] [--write FILE]``."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local import spans
from media_captioner.captioners.local.lesson import Lesson
from media_captioner.captioners.local.sounds import best_guess, events, noise_curve
from media_captioner.captioners.local.tagger import Scores, scored
from media_captioner.captioners.local.vocabulary import usable
from media_captioner.model.soundtable import by_name
from tests.quality.lessons.fit import Change, learn
from tests.quality.lessons.library import JUDGES, Recording, recordings, truth
from tests.quality.lessons.patches import Ear, Heard

_FOLDS = 4
_PATCHES = 12  # of one recording
_CLASSES = 200
_TOLD = -1.73  # logit of 0.15, from which a sound is told of
_QUIET = 6.0  # how much more music and speech count than a clip of sound
_TWIN = 0.985  # cosine of two recordings that may be one
_NOISY = 0.25


@dataclass(frozen=True)
class Pupil:
    """One recording with what is heard in it."""

    recording: Recording
    heard: Heard
    truth: npt.NDArray[np.int8]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.lessons", description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--keep", type=Path, required=True, help="folder for what was unpacked and heard")
    parser.add_argument("--judged", type=Path, help="folder of clips that judge elsewhere")
    parser.add_argument("--cross", action="store_true")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    ear = Ear(options.keep)
    pupils, seen = [], set()
    for recording in recordings(options.sources, options.keep):
        heard = ear(recording.path)
        if heard is not None and (whole := heard.inner.tobytes()) not in seen:
            seen.add(whole)
            pupils.append(Pupil(recording, heard, truth(recording)))
    kinds = Counter(pupil.recording.key for pupil in pupils)
    print(f"{len(pupils)} recordings of {len({p.recording.package for p in pupils})} packages")
    print(", ".join(f"{key} {count}" for key, count in kinds.most_common()))
    if options.cross:
        cross(pupils)
    if options.write:
        paths = sorted(options.judged.glob("*.flac")) if options.judged else []
        judged = [heard.print for heard in map(ear, paths) if heard is not None]
        judged += [p.heard.print for p in pupils if p.recording.package in JUDGES]
        kept = without(pupils, np.array(judged))
        print(f"learnt from {len(kept)} of {len({p.recording.package for p in kept})} packages:")
        print(" ".join(sorted({p.recording.package for p in kept})))
        write(taught(kept), options.write)


def without(pupils: list[Pupil], judged: npt.NDArray[np.float32]) -> list[Pupil]:
    """Leave out what judges, and what sounds the same."""
    left = [p for p in pupils if p.recording.package not in JUDGES]
    near = np.array([p.heard.print for p in left]) @ judged.T if len(judged) else np.zeros((len(left), 1))
    return [p for p, most in zip(left, near.max(axis=1), strict=True) if most < _TWIN]


def taught(pupils: list[Pupil]) -> tuple[npt.NDArray[np.int16], Change]:
    """Return the classes and the change that ``pupils`` teach."""
    places = _worth(pupils)
    kinds = Counter(p.recording.key for p in pupils)
    classes = np.array([usable()[place].index for place in places], np.int16)
    chance = np.random.default_rng(0)
    logits, inner, marks, counts = [], [], [], []
    for pupil in pupils:
        heard = pupil.heard
        clear = np.flatnonzero(heard.audible)
        few = clear[np.linspace(0, len(clear) - 1, min(6, len(clear))).astype(int)]
        both = [np.concatenate([heard.logits[0, few], heard.copied_logits]), np.concatenate([heard.inner[0, few], heard.copied_inner])]  # fmt: skip
        chosen = chance.permutation(len(both[0]))[:_PATCHES]
        if not len(chosen):
            continue
        logits.append(both[0][chosen][:, classes])
        inner.append(both[1][chosen])
        marks.append(np.repeat(pupil.truth[None, places], len(chosen), axis=0))
        weight = (_QUIET if pupil.recording.quiet else 1.0) / np.sqrt(kinds[pupil.recording.key])
        counts.append(np.full(len(chosen), weight / len(chosen), np.float32))
    return classes, learn(
        np.concatenate(logits), np.concatenate(inner), np.concatenate(marks), np.concatenate(counts)
    )


def _worth(pupils: list[Pupil]) -> npt.NDArray[np.intp]:
    """Return the places of the classes that the lesson is of: those taught, and those most often taken for them."""
    columns = np.array([entry.index for entry in usable()])
    taken = np.zeros(len(columns))
    for pupil in pupils:
        sure = pupil.heard.logits[0, pupil.heard.audible][:, columns] > _TOLD
        taken += (pupil.truth == 0) * sure.mean(axis=0) if len(sure) else 0
    taken[sum((pupil.truth == 1).astype(int) for pupil in pupils) > 0] = np.inf
    return np.sort(np.argsort(-taken, kind="stable")[:_CLASSES])


def lesson_of(classes: npt.NDArray[np.int16], change: Change) -> dict[str, npt.NDArray]:
    """Return the arrays of a :class:`Lesson`."""
    scale = np.maximum(np.abs(change.weights).max(axis=0), 1e-9).astype(np.float32) / 127
    whole = np.round(change.weights / scale).astype(np.int8)
    return {"classes": classes, "change": whole, "scale": scale, "offset": change.bias.astype(np.float32)}


def write(made: tuple[npt.NDArray[np.int16], Change], path: Path) -> None:
    """Write a lesson."""
    np.savez_compressed(path, **lesson_of(*made))
    print(f"{path}: {len(made[0])} classes, {path.stat().st_size} bytes")


def cross(pupils: list[Pupil]) -> None:
    """Judge every recording with a lesson from other packages, and without any."""
    sizes = Counter(p.recording.package for p in pupils)
    load, fold = [0] * _FOLDS, {}
    for package, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        if package not in JUDGES:
            fold[package] = int(np.argmin(load))
            load[fold[package]] += size
    results: dict[tuple[str, str], list[tuple[bool, int]]] = {}
    for number in range(_FOLDS + 1):
        judged = [p for p in pupils if fold.get(p.recording.package, _FOLDS) == number]
        rest = [p for p in pupils if fold.get(p.recording.package, _FOLDS) != number]
        lesson = Lesson(**lesson_of(*taught(without(rest, np.array([p.heard.print for p in judged])))))
        for pupil in judged:
            package, key = pupil.recording.package, pupil.recording.key
            group = package if package in JUDGES else key if pupil.recording.quiet else "other packages"
            for state, used in (("without", None), ("with", lesson)):
                results.setdefault((group, state), []).append(judge(pupil, used))
    for (group, state), found in results.items():
        right, wrong = sum(said for said, _ in found), sum(count for _, count in found)
        print(
            f"{group:28} {state:8} right {right:4} of {len(found):4} ({right / len(found):.1%}), wrong names {wrong}"
        )


def judge(pupil: Pupil, lesson: Lesson | None) -> tuple[bool, int]:
    """Return whether a right word is said (or nothing, in music and speech), and how many sounds are wrong."""
    heard, words = pupil.heard, pupil.recording.words
    takes = [lesson(*take) if lesson else take[0] for take in zip(heard.logits, heard.inner, strict=True)]
    scores = Scores(scored(takes, heard.audible))
    told = events(scores, music=spans.music_curve(scores))
    if not told and words and float(noise_curve(scores).mean()) < _NOISY:
        told = [guess] if (guess := best_guess(scores)) else []
    said = [
        any(
            word in by_name()[name].label.lower()
            for word in words
            for name in (event.name, *event.alternatives)
        )
        for event in told
    ]
    return (any(said) if words else not told), said.count(False)


if __name__ == "__main__":
    main()
