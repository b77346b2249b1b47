"""What music it is: instruments, voices, genre, from two taggers that must not contradict each other.

musicnn knows genres and the common instruments but hears jazz in every solo; YAMNet knows the rarer
instruments surely and says little of mixtures. A named instrument needs one of them sure or both in favour.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from media_captioner.captioners.local import weights
from media_captioner.captioners.local.runtime import Network
from media_captioner.captioners.local.spectrum import MUSICNN_FRAMES, Signal, musicnn_mel
from media_captioner.captioners.local.tempo import Tempo, tempo
from media_captioner.model.soundtable import by_name

Tags = dict[str, float]

_WINDOWS: Final = 3  # of three seconds, spread over the stretch
_BATCH: Final = 2  # larger batches cost memory and win nothing

_LEAF: Final = 0.22  # YAMNet's mean score from which an instrument is named
_LEAF_SURE: Final = 0.40  # from which it outvotes musicnn
_MOST: Final = 3  # instruments named
_VOCALS: Final = 0.12  # musicnn's vocal tags from which somebody may sing
_VOICED: Final = 0.02  # part of the time in which the voice detector must agree

# YAMNet class -> instrument, as prose names it. Families stand behind their members.
_YAMNET: Final = {
    "Piano": "piano", "Electric piano": "piano", "Guitar": "guitar", "Acoustic guitar": "acoustic guitar",
    "Electric guitar": "electric guitar", "Bass guitar": "bass guitar", "Steel guitar, slide guitar": "slide guitar",
    "Banjo": "banjo", "Sitar": "sitar", "Mandolin": "mandolin", "Ukulele": "ukulele", "Zither": "zither",
    "Organ": "organ", "Hammond organ": "organ", "Electronic organ": "organ", "Synthesizer": "synthesizer",
    "Harpsichord": "harpsichord", "Drum kit": "drums", "Drum": "drums", "Snare drum": "drums", "Cymbal": "drums",
    "Hi-hat": "drums", "Drum machine": "drum machine", "Percussion": "percussion", "Tabla": "tabla", "Timpani": "timpani",
    "Marimba, xylophone": "marimba or xylophone", "Glockenspiel": "glockenspiel", "Vibraphone": "vibraphone",
    "Steelpan": "steelpan", "Orchestra": "orchestra", "French horn": "French horn", "Trumpet": "trumpet",
    "Trombone": "trombone", "Brass instrument": "brass", "String section": "strings", "Violin, fiddle": "violin",
    "Cello": "cello", "Double bass": "double bass", "Bowed string instrument": "strings", "Pizzicato": "plucked strings",
    "Flute": "flute", "Saxophone": "saxophone", "Clarinet": "clarinet", "Harp": "harp", "Harmonica": "harmonica",
    "Accordion": "accordion", "Bagpipes": "bagpipes", "Didgeridoo": "didgeridoo", "Theremin": "theremin",
    "Gong": "gong", "Tubular bells": "tubular bells", "Wind instrument, woodwind instrument": "woodwind",
}  # fmt: skip
_FAMILIES: Final = {
    "brass": {"trumpet", "trombone", "French horn"}, "woodwind": {"flute", "saxophone", "clarinet"},
    "strings": {"violin", "cello", "double bass"}, "percussion": {"drums", "tabla", "timpani", "marimba or xylophone", "drum machine"},
    "guitar": {"acoustic guitar", "electric guitar", "slide guitar", "bass guitar"}, "drums": {"drum machine"},
}  # fmt: skip
_WINDS: Final = frozenset(
    {"trumpet", "trombone", "brass", "saxophone", "clarinet", "harmonica", "woodwind", "flute"}
)

# musicnn tag -> instrument and the score from which it is named alone.
_MUSICNN: Final = {
    "piano": ("piano", 0.35), "guitar": ("guitar", 0.45), "drums": ("drums", 0.35), "violin": ("strings", 0.38),
    "strings": ("strings", 0.38), "cello": ("cello", 0.50), "flute": ("flute", 0.55), "harp": ("harp", 0.40),
    "harpsichord": ("harpsichord", 0.35), "sitar": ("sitar", 0.40), "synth": ("synthesizer", 0.30),
}  # fmt: skip

# Genre -> the tags that must all reach their score.
_GENRES: Final[tuple[tuple[str, tuple[tuple[str, float], ...]], ...]] = (
    ("opera", (("mtt:opera", 0.45),)),
    ("techno", (("mtt:techno", 0.45), ("msd:electronic", 0.25))),
    ("metal", (("mtt:metal", 0.35), ("msd:metal", 0.25))),
    ("hip hop", (("msd:Hip-Hop", 0.40),)),
    ("classical", (("mtt:classical", 0.36),)),
    ("rock", (("mtt:rock", 0.40), ("msd:rock", 0.20))),
    ("country", (("mtt:country", 0.25), ("msd:country", 0.20))),
    ("folk", (("mtt:guitar", 0.30), ("msd:folk", 0.27))),
    ("folk", (("msd:folk", 0.40),)),
    ("electronic", (("msd:electronic", 0.38), ("mtt:electronic", 0.15))),
    ("ambient", (("mtt:ambient", 0.25), ("msd:ambient", 0.25))),
    ("pop", (("mtt:pop", 0.30), ("msd:pop", 0.25))),
    ("blues", (("msd:blues", 0.30),)),
    ("jazz", (("msd:jazz", 0.33),)),
)
_UNSURE: Final = frozenset(
    {"jazz", "blues", "folk", "pop", "country"}
)  # said with "perhaps": measured to be often wrong


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard in a stretch of music.

    Attributes:
        instruments: Most prominent first.
        genre: Or None.
        genre_sure: False where it is a guess.
        vocals: ``male``, ``female``, ``choir``, ``some``, ``none`` or None where the detectors disagree.
        tempo: Or None where no pulse is sure.

    """

    instruments: tuple[str, ...]
    genre: str | None
    genre_sure: bool
    vocals: str | None
    tempo: Tempo | None


class MusicTagger:
    """Both musicnn networks, loaded once."""

    def __init__(self) -> None:
        self._labels: dict[str, list[str]] = json.loads(
            weights.shipped("musicnn_labels.json").read_text("utf-8")
        )
        self._mtt = Network(weights.shipped("mtt_musicnn_f16.onnx"), batch=_BATCH)
        self._msd = Network(weights.shipped("msd_musicnn_f16.onnx"), batch=_BATCH)

    def voices(self, signal: Signal) -> tuple[float, float]:
        """Return how male and how female the voice in ``signal`` (16 kHz mono) sounds, 0 to 1 each."""
        values = self._mtt(_windows(signal, most=1)).mean(axis=0).tolist()
        tags = dict(zip(self._labels["mtt_musicnn"], values, strict=True))
        male = max(tags["male"], tags["man"], tags["male voice"])
        female = max(tags["female"], tags["woman"], tags["female voice"])
        return male, female

    def tags(self, signal: Signal) -> Tags:
        """Return all 100 tags of a stretch, named ``mtt:piano`` or ``msd:jazz``, 0 to 1 each."""
        windows = _windows(signal)
        tags: Tags = {}
        for prefix, network in (("mtt", self._mtt), ("msd", self._msd)):
            values = network(windows).mean(axis=0).tolist()
            tags |= {
                f"{prefix}:{label}": float(value)
                for label, value in zip(self._labels[f"{prefix}_musicnn"], values, strict=True)
            }
        return tags


def _windows(signal: Signal, most: int = _WINDOWS) -> npt.NDArray[np.float32]:
    mel = musicnn_mel(signal)
    if len(mel) < MUSICNN_FRAMES:
        mel = np.resize(mel, (MUSICNN_FRAMES, mel.shape[1]))
    count = min(most, max(1, len(mel) // MUSICNN_FRAMES))
    # Not at the very ends: music fades in and out there.
    starts = np.linspace(0, len(mel) - MUSICNN_FRAMES, count + 2).astype(int)[1:-1]
    return np.stack([mel[start : start + MUSICNN_FRAMES] for start in starts]).astype(np.float32)


def listen(tagger: MusicTagger, signal: Signal, yamnet: npt.NDArray[np.float32], voiced: float) -> Heard:
    """Say what is heard in a stretch of music.

    Args:
        tagger: The networks.
        signal: The stretch, 16 kHz mono.
        yamnet: YAMNet's mean scores over it, shape ``(521,)``.
        voiced: Part of the stretch in which the voice detector hears somebody, 0 to 1.

    """
    tags = tagger.tags(signal)
    instruments = _instruments(tags, yamnet)
    genre = _genre(tags, instruments)
    pulse = tempo(signal)
    return Heard(
        instruments=instruments,
        genre=genre,
        genre_sure=genre is not None and genre not in _UNSURE,
        vocals=_vocals(tags, yamnet, voiced, instruments),
        tempo=pulse if pulse is not None and pulse.sure else None,
    )


def _instruments(tags: Tags, yamnet: npt.NDArray[np.float32]) -> tuple[str, ...]:
    table = by_name()
    leaves: dict[str, float] = {}
    for name, instrument in _YAMNET.items():
        score = float(yamnet[table[name].index])
        leaves[instrument] = max(leaves.get(instrument, 0.0), score)
    outvoted = any(score >= _LEAF_SURE for score in leaves.values())
    found = {instrument: score / _LEAF for instrument, score in leaves.items() if score >= _LEAF}
    for tag, (instrument, least) in _MUSICNN.items():
        score = tags[f"mtt:{tag}"] + leaves.get(instrument, 0.0)
        if score >= least * (1.5 if outvoted and leaves.get(instrument, 0.0) < _LEAF else 1.0):
            found[instrument] = max(found.get(instrument, 0.0), score / least)
    special = [
        i for i in found if not any(found.get(kind, 0) > 0.5 * found[i] for kind in _FAMILIES.get(i, ()))
    ]
    return tuple(sorted(special, key=lambda i: -found[i])[:_MOST])


def _genre(tags: Tags, instruments: tuple[str, ...]) -> str | None:
    for genre, needed in _GENRES:
        if all(tags[tag] >= score for tag, score in needed):
            if genre == "jazz" and len(instruments) == 1 and instruments[0] != "guitar":
                continue  # it hears jazz in every solo
            return genre
    return None


def _vocals(
    tags: Tags, yamnet: npt.NDArray[np.float32], voiced: float, instruments: tuple[str, ...]
) -> str | None:
    table = by_name()
    vocal = max(
        tags[f"mtt:{tag}"] for tag in ("vocal", "singing", "vocals", "male vocal", "female vocal", "voice")
    )
    choir = max(tags["mtt:choir"], tags["mtt:choral"], float(yamnet[table["Choir"].index]))
    sung = float(
        max(yamnet[table[name].index] for name in ("Singing", "Choir", "Rapping", "Chant", "Vocal music"))
    )
    if choir >= 0.35:
        return "choir"
    wind = bool(_WINDS & set(instruments))
    if (vocal >= _VOCALS and voiced >= _VOICED and not wind) or sung >= 0.3:
        male, female = tags["mtt:male"], tags["mtt:female"]
        if max(male, female) >= 0.1 and max(male, female) >= 2 * min(male, female):
            return "male" if male > female else "female"
        return "some"
    if vocal < _VOCALS and sung < 0.1 and (voiced < _VOICED or wind):
        return "none"
    return None
