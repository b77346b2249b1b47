"""From a description's English prose to facts: what was heard, who said what, and how surely.

``understand`` is the door; each module holds one subject and can be asked alone with a ``reading.Reading``.
Everything is decided by rules about language and tables of words (``data/``): no model, no network, a few
milliseconds for a description. The tables are read when the first description is.
"""

from __future__ import annotations

from media_captioner.model import Facts
from media_captioner.prose import (
    agreement,
    flags,
    music,
    places,
    polarity,
    qualities,
    quotes,
    reading,
    sentences,
    sounds,
    speech,
    summary,
    times,
)
from media_captioner.prose.keywords import emotions, tags
from media_captioner.prose.normalise import clean

__all__ = [
    "agreement",
    "clean",
    "emotions",
    "flags",
    "music",
    "places",
    "polarity",
    "qualities",
    "quotes",
    "reading",
    "sentences",
    "sounds",
    "speech",
    "summary",
    "tags",
    "times",
    "understand",
    "understood",
]


def understand(text: str) -> Facts:
    """Return what a description states.

    Times are unknown (``span`` is None). Evidence counts characters in ``clean(text)``. What is denied, guessed or
    only compared is in the facts with its polarity; flags hold no denials.

    Args:
        text: A captioner's prose. Any text will do; nothing is raised for a strange one.

    """
    return understood(reading.read(clean(text)))


def understood(read: reading.Reading) -> Facts:
    """Return what a description states that has been read (``reading.read(clean(text))``)."""
    played = music.find(read)
    heard = (*sounds.find(read), *played.sounds)
    heard = tuple(sorted(heard, key=lambda sound: sound.evidence.start if sound.evidence else 0))
    said = speech.find(read)
    return Facts(
        sounds=heard,
        speech=said,
        music=played.music,
        places=places.find(read),
        qualities=qualities.find(read),
        flags=flags.find(read, heard, said),
        summary=summary.find(read),
    )
