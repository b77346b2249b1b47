"""Which recordings there are, and what their names say is heard in them."""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from media_captioner.captioners.local.vocabulary import usable
from media_captioner.model.soundtable import ancestors, by_name
from tests.quality.corpus import RATE
from tests.quality.lessons.unpack import SOUNDS, sounds_in

HERE = Path(__file__).parent
JUDGES = frozenset({"tuxpaint-stamps-default", "sound-theme-freedesktop", "wesnoth-1.16-data"})

# The sample film is made of these.
_FILM = re.compile(
    r"supertuxkart.*/(thunder|horn|car_accel|gp_end)\.|minetest.*default_break_glass\.[13]\.|scratch.*/(BellToll|Dog1)\."
    r"|megaglest.*(dark_forest/sounds/|autumn/sounds/rain|desert2/sounds/rain)"
)
_MUSIC = re.compile(r"/(music|musics|bgm|soundtrack|moh)/|/music|bgm\d", re.IGNORECASE)
_NO_MUSIC = re.compile(r"ambien|nature|wind|rain|forest|underwater|city|freeway|jungle|beach", re.IGNORECASE)
_SPOKEN = re.compile(
    r"/(voices?|speech|words|alphabet|lang|narration|taunts?|songs?|l10n|locale|advices|phrases)(/|-|_)"
    r"|(_ack|_select|_sel|attack)\d|(mage|princess|initiate|summoner|valkyrie|swordman|spearman|archer|horseman|genie|thief)_",
    re.IGNORECASE,
)
_BEAST = re.compile(r"cow|chicken|pig|sheep|wolf|bull|eagle|dragon|elephant|horse_")
_NO_NAME = re.compile(
    r"\b(music|theme|songs?|bgm|speech|voice|menu|title|intro|credits|gameover|win|lose|won|lost|victory|select|ok|word|letter)\b"
)
_MOST_OF_NAME, _MOST_OF_KIND = 3, 10  # of one package
_LEAST_PART = 0.28  # of the name that the pattern must explain
_MUSIC_EACH, _SPEECH_EACH = 4, 8
MUSIC, SPEECH, NOISE = "music", "speech", "noise"


@dataclass(frozen=True)
class Name:
    """One line of ``names.tsv``."""

    key: str
    taught: tuple[str, ...]
    kind: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Recording:
    """A file and what is heard in it: a key of ``names.tsv``, or one of the three in which nothing is to be named."""

    package: str
    path: Path
    key: str
    words: tuple[str, ...]  # that a caption may use

    @property
    def quiet(self) -> bool:
        """Whether no sound is to be told of."""
        return self.key in {MUSIC, SPEECH, NOISE}


def _table(file: str) -> list[dict[str, str]]:
    lines = [
        line for line in (HERE / file).read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def names() -> dict[str, Name]:
    """Return ``names.tsv``."""
    return {
        row["name"]: Name(
            row["name"],
            tuple(filter(None, row["taught"].split("; "))),
            row["kind"],
            tuple(row["words"].split("|")),
            re.compile(rf"(?<![a-z])(?:{row['pattern']})(?![a-z])"),
        )
        for row in _table("names.tsv")
    }


@cache
def _exceptions() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for row in _table("packages.tsv"):
        found.setdefault(row["package"], []).append((re.compile(row["pattern"]), row["name"]))
    return found


def plain(stem: str) -> str:
    """Return a file's name as lower-case words without numbers and fillers."""
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", stem)
    text = re.sub(r"[^A-Za-z]+", " ", text).lower()
    text = re.sub(r"\b(wav|ogg|mp|cut|la|sfx|snd|sounds?|default|homedecor|mobs|xdecor|nether|oxygen|sys|im|lr|ds)\b", "", text)  # fmt: skip
    return text.strip()


def named(package: str, stem: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the key that a file's name stands for, and the words a caption may use; None where it says nothing."""
    name = plain(stem)
    hits = sorted(
        (
            (match.end() - match.start(), key)
            for key, entry in names().items()
            for match in entry.pattern.finditer(name)
        ),
        key=lambda hit: -hit[0],
    )
    if not hits or hits[0][0] / len(name) < (0.99 if _NO_NAME.search(name) else _LEAST_PART):
        return None
    keys = list(dict.fromkeys(key for _, key in hits))
    for pattern, instead in _exceptions().get(package, []):
        if pattern.search(name):
            if instead == "-":
                return None
            keys = [instead, *(key for key in keys if key != instead)]
    return keys[0], tuple(dict.fromkeys(word for key in keys for word in names()[key].words))


def recordings(sources: Path, keep: Path) -> list[Recording]:
    """Return the recordings of all packages under ``sources``; what lies in archives is unpacked to ``keep``."""
    chosen = random.Random(1)
    found: list[Recording] = []
    for folder in sorted(path for path in sources.iterdir() if path.is_dir()):
        package, kinds, music, spoken = folder.name, Counter[tuple[str, str]](), [], []
        for path in _files(folder, keep / "unpacked" / package):
            whole = path.as_posix()
            if _FILM.search(whole) or (package in JUDGES and _translated(path.stem)):
                continue
            if _MUSIC.search(whole):
                if not _NO_MUSIC.search(path.stem):
                    music.append(path)
            elif _SPOKEN.search(whole) and not _BEAST.search(whole):
                spoken.append(path)
            elif (said := named(package, path.stem)) is not None:
                key, words = said
                name = plain(path.stem)
                if kinds[name, ""] < _MOST_OF_NAME and kinds["", key] < _MOST_OF_KIND:
                    kinds[name, ""] += 1
                    kinds["", key] += 1
                    found.append(Recording(package, path, key, words))
        if package not in JUDGES:
            for key, paths, most in ((MUSIC, music, _MUSIC_EACH), (SPEECH, spoken, _SPEECH_EACH)):
                few = chosen.sample(paths, min(most, len(paths)))
                found += [Recording(package, path, key, ()) for path in few]
    return found + [Recording("noise", path, NOISE, ()) for path in noises(keep / "noise")]


def _files(folder: Path, unpacked: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in SOUNDS:
            yield path
        elif path.is_file():
            for name, data in sounds_in(path):
                out = unpacked / path.stem / re.sub(r"[^\w./ -]|\.\.", "_", name)[-120:]
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_bytes(data)
                yield out


def noises(folder: Path) -> list[Path]:
    """Make white, pink and brown noise of eight seconds, at four levels, and as it is on a telephone."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(1)
    made = []
    for colour, level, top in itertools.product((0.0, 0.5, 1.0), (-50, -38, -26, -14), (3400, 8000)):
        spectrum = np.fft.rfft(chance.normal(size=8 * RATE))
        hertz = np.linspace(0, RATE / 2, len(spectrum))
        signal = np.fft.irfft(spectrum / np.maximum(hertz, 30) ** colour * (hertz <= top))
        path = folder / f"{colour}{level}_{top}.wav"
        soundfile.write(path, signal / signal.std() * 10 ** (level / 20), RATE, subtype="PCM_16")
        made.append(path)
    return made


def _translated(stem: str) -> bool:
    """Return whether a stamp's sound is its spoken description, in any language."""
    return "desc" in stem or bool(re.search(r"_[a-z]{2,3}([_@][A-Za-z]+)?$", stem))


def truth(recording: Recording) -> npt.NDArray[np.int8]:
    """Return what is heard, class by class of :func:`usable`: 1 yes, 0 no, -1 would not be wrong."""
    marks = np.zeros(len(usable()), np.int8)
    if recording.quiet:
        allowed = {"voice", "crowd", "body"} if recording.key == SPEECH else set()
        for at, entry in enumerate(usable()):
            if entry.group in allowed or (recording.key == MUSIC and entry.family == "clap"):
                marks[at] = -1
        return marks
    name = names()[recording.key]
    wider = {up for kind in (*name.taught, name.kind) if kind in by_name() for up in ancestors(kind)}
    wider = wider or {"Animal"}
    for at, entry in enumerate(usable()):
        if entry.name in name.taught:
            marks[at] = 1
        elif entry.name in wider or any(word in entry.label for word in recording.words):
            marks[at] = -1
    return marks
