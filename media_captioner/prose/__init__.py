"""From a description's English prose to facts: what was heard, who said what, and how surely.

``understand`` is the door; the modules hold one subject each and can be asked alone with a ``reading.Reading``.
Everything is decided by rules about language and tables of words (``data/``): no model, no network, a few
milliseconds for a description.
"""

from __future__ import annotations

from media_captioner.model import Facts
from media_captioner.prose.keywords import emotions, tags
from media_captioner.prose.normalise import clean

__all__ = ["clean", "emotions", "tags", "understand"]


def understand(text: str) -> Facts:
    """Return what a description states.

    Times are unknown (``span`` is None). Evidence counts characters in ``clean(text)``. What is denied, guessed or
    only compared is in the facts with its polarity; flags hold no denials.

    Args:
        text: A captioner's prose. Any text will do; nothing is raised for a strange one.

    """
    from media_captioner.prose import flags, music, places, qualities, reading, sounds, speech, summary

    read = reading.read(clean(text))
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
