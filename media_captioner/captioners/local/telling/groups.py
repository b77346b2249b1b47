"""What is told together: the same sound heard again, the sentences of one voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from media_captioner.captioners.local.record import MusicRecord, Record, SoundRecord, SpeechRecord
from media_captioner.model import Polarity
from media_captioner.model.soundtable import SoundClass, by_name

SURE: Final = 0.45
"""Confidence from which a sound is stated without a hedge."""

_SURER: Final = 0.60  # from which it is stated although something else would sound alike
_BREATH: Final = 2.5  # seconds between two sentences of one voice that are quoted together


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell, with all that belongs to it."""

    kind: Literal["sound", "speech", "music"]
    start: float
    end: float
    sounds: tuple[SoundRecord, ...] = ()
    speech: tuple[SpeechRecord, ...] = ()
    music: MusicRecord | None = None


def group_sounds(record: Record) -> list[Told]:
    """Return the sounds of a record, those of one wording together."""
    table = by_name()
    groups: dict[tuple[str, Polarity], list[SoundRecord]] = {}
    for sound in record["sounds"]:
        groups.setdefault((table[sound["name"]].label, polarity(sound)), []).append(sound)
    return [
        Told("sound", group[0]["start"], group[-1]["end"], sounds=tuple(group))
        for group in (sorted(g, key=lambda s: s["start"]) for g in groups.values())
    ]


def group_speech(record: Record) -> list[Told]:
    """Return the utterances of a record, consecutive ones of one voice together."""
    groups: list[list[SpeechRecord]] = []
    for utterance in record["speech"]:
        before = groups[-1][-1] if groups else None
        if (
            before is not None
            and before["sung"] == utterance["sung"]
            and before["speaker"] == utterance["speaker"]
            and (before["text"] is None) == (utterance["text"] is None)
            and utterance["start"] - before["end"] < _BREATH
        ):
            groups[-1].append(utterance)
        else:
            groups.append([utterance])
    return [Told("speech", g[0]["start"], g[-1]["end"], speech=tuple(g)) for g in groups]


def polarity(sound: SoundRecord) -> Polarity:
    """Return how surely a sound is stated."""
    needed = _SURER if sound["alternatives"] else SURE
    return "hedged" if sound["guess"] or sound["confidence"] < needed else "asserted"


def named(sound: SoundRecord) -> tuple[SoundClass, ...]:
    """Return the classes that a sound may be, best first, each wording once."""
    table = by_name()
    found: list[SoundClass] = []
    for name in (sound["name"], *sound["alternatives"]):
        if all(entry.label != table[name].label for entry in found):
            found.append(table[name])
    return tuple(found)
