"""Which sounds a caption may tell of, which of their names say little, and which are names for one thing."""

from __future__ import annotations

from functools import cache
from typing import Final

from media_captioner.model.soundtable import SoundClass, ancestors, classes

# Classes that are no wording for a caption: what every recording has, what only a machine would say, and what
# measured as noise of the model (each scores on nothing in particular).
_UNUSED: Final = frozenset({
    "Arrow", "Hands", "Heart murmur", "Wood", "Liquid", "Silence", "Sound effect", "Zing", "Light engine (high frequency)",
    "Mechanisms", "Tools", "Outside, rural or natural", "Outside, urban or manmade", "Cacophony", "Throbbing",
    "Vibration", "Pulse", "Harmonic", "Chirp tone", "Sidetone", "Clickety-clack", "Squish", "Fill (with liquid)",
    "Electronic tuner", "Ding-dong", "Mantra", "Whip", "Patter", "Bird flight, flapping wings", "Power windows, electric windows",
})  # fmt: skip
_UNUSED_GROUPS: Final = frozenset({"music", "scene", "recording"})

# Voices that are words, or singing: the recogniser and the music part tell of them.
_WORDS: Final = frozenset({
    "Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Babbling", "Speech synthesizer",
    "Whispering", "Singing", "Choir", "Yodeling", "Chant", "Child singing", "Synthetic singing", "Rapping", "Humming",
})  # fmt: skip

# Labels that say little: told only where nothing more special was heard at the time.
GENERAL: Final = frozenset({
    "Animal", "Domestic animals, pets", "Livestock, farm animals, working animals", "Wild animals", "Vehicle",
    "Motor vehicle (road)", "Water", "Alarm", "Fowl", "Rodents, rats, mice", "Canidae, dogs, wolves", "Insect", "Boat, Water vehicle",
    "Emergency vehicle", "Aircraft", "Rail transport", "Engine", "Door", "Glass", "Telephone", "Horse", "Cat", "Dog", "Pig", "Bird",
})  # fmt: skip

# General labels that are no name of one kind of thing: as another name for a sound they say what it is at least.
VAGUE: Final = frozenset({
    "Animal", "Domestic animals, pets", "Livestock, farm animals, working animals", "Wild animals", "Fowl",
    "Rodents, rats, mice", "Canidae, dogs, wolves", "Vehicle", "Motor vehicle (road)", "Emergency vehicle", "Water", "Alarm",
})  # fmt: skip

TOGETHER: Final = {"Shatter": ("Glass", "Breaking")}  # what two classes mean together
TUNEFUL: Final = frozenset(
    {"bell", "jingle", "tone", "horn", "whistle", "beep", "tick", "alarm", "telephone", "siren"}
)


@cache
def usable() -> tuple[SoundClass, ...]:
    """Return the classes that a caption may tell of as sounds."""
    return tuple(
        entry
        for entry in classes()
        if entry.name not in _UNUSED and entry.name not in _WORDS and entry.group not in _UNUSED_GROUPS
    )


@cache
def kin(name: str) -> frozenset[str]:
    """Return the labels of what ``name`` is a kind of, or made of."""
    table = {entry.name: entry.label for entry in classes()}
    return frozenset(table[wider] for wider in (*ancestors(name), *TOGETHER.get(name, ())))
