"""The words of captions that are not spoken: names of sounds, music, speakers and languages, in English."""

from __future__ import annotations

from typing import Final

from media_captioner.model import Music, Sound, Speech
from media_captioner.model.languages import language_name

_MOODS: Final = {
    "tension": "tense",
    "suspense": "suspenseful",
    "dread": "ominous",
    "sadness": "sad",
    "sorrow": "sorrowful",
    "joy": "joyful",
}
"""Adjectives for moods that a description names by a noun."""

_SPEAKERS: Final = {"man": "MAN", "woman": "WOMAN", "child": "CHILD", "robot": "SYNTHETIC VOICE"}
_VOCALS: Final = {
    "male": "man singing",
    "female": "woman singing",
    "choir": "choir singing",
    "some": "singing",
}

_MOVING: Final = {
    "vehicle": "vehicle moving",
    "motor vehicle": "vehicle moving",
    "car": "car driving",
    "truck": "truck driving",
    "bus": "bus driving",
}
"""What is heard of things that are named alone. A caption tells the sound, not the thing (DCMP Captioning Key, "Sound
Effects": a description of the sound, with its source); that one of these is heard moving is all that is known."""


class Wording:
    """How captions word what is no speech. This one says it in English."""

    music_continues: str = "music continues"

    def sound(self, sound: Sound) -> str:
        """Return the words for a sound: with its likeliest alternative where it is not sure."""
        if sound.polarity == "hedged" and sound.alternatives:
            return either(sound.label, sound.alternatives[0])
        return _MOVING.get(sound.label, sound.label)

    def continues(self, words: str) -> str:
        """Return what is said of a sound that goes on."""
        return f"{words} continues"

    def music(self, music: Music) -> str:
        """Return the words for a stretch of music: mood, genre, then instruments, then who sings."""
        mood = plain_mood(music)
        sings = _VOCALS.get(music.vocals or "")
        instruments = " and ".join(named_instruments(music))
        if music.genre:
            played = f"{music.genre} {'song' if sings else 'music'}"
            played += f" with {instruments}" if instruments and instruments not in music.genre else ""
        else:
            played = f"{instruments} music" if instruments else "song" if sings else "music"
        words = f"{mood} {played}".strip()
        return f"{words}, {sings}" if sings else words

    def speaker(self, speaker: str | None) -> str | None:
        """Return the label of a perceived voice: ``man`` is MAN, ``woman 2`` is WOMAN 2."""
        if not speaker:
            return None
        kind, _, number = speaker.partition(" ")
        return f"{_SPEAKERS.get(kind, kind.upper())} {number}".strip()

    def voice(self) -> str:
        """Return the label of somebody of whom nothing is known."""
        return "VOICE"

    def manner(self, speech: Speech) -> str | None:
        """Return how something is said."""
        return speech.manner

    def spoken_in(self, language: str) -> str:
        """Return "in German"."""
        return f"in {language_name(language)}"

    def wordless(self, speech: Speech, language: str | None) -> str:
        """Return what is shown of somebody whose words are not known.

        Args:
            speech: The utterance.
            language: What is spoken, where it is worth naming.

        """
        kind = (speech.speaker or "voice").partition(" ")[0]
        verb = "singing" if speech.sung else "speaking"
        return f"{kind} {verb} {language_name(language)}" if language else f"{kind} {verb}"


def plain_mood(music: Music) -> str:
    """Return the first mood of a piece as an adjective, or nothing."""
    return _MOODS.get(music.mood[0], music.mood[0]) if music.mood else ""


def named_instruments(music: Music) -> list[str]:
    """Return the two foremost instruments. "Guitar" goes where "acoustic guitar" is named: it is the same one."""
    names = music.instruments
    return [name for name in names if not any(other.endswith(f" {name}") for other in names)][:2]


def either(one: str, other: str) -> str:
    """Return "one or other", saying what both have in common once.

    ``birds singing`` and ``birds chirping`` are ``birds singing or chirping``. Of ``church bell tolling`` and ``bell
    ringing`` only a bell is sure: ``bell tolling or ringing``.
    """
    *first, verb = one.split()
    *second, alternative = other.split()
    shorter, longer = sorted((first, second), key=len)
    if one == other:
        return one
    doings = verb.endswith("ing") and alternative.endswith("ing")
    if not doings or not shorter or longer[-len(shorter) :] != shorter:
        return f"{one} or {other}"
    return " ".join((*shorter, verb) if verb == alternative else (*shorter, verb, "or", alternative))
