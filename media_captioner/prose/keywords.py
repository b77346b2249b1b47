"""Words to find a description by: AudioSet names of what it asserts, and the emotions of its voices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from media_captioner.model import Facts, Music, Speech
from media_captioner.model.soundtable import by_name
from media_captioner.prose.tables import table

_SPEAKERS: Final = {
    "man": "Male speech, man speaking",
    "woman": "Female speech, woman speaking",
    "child": "Child speech, kid speaking",
    "robot": "Speech synthesizer",
}


_SINGERS: Final = {"man": "Male singing", "woman": "Female singing", "child": "Child singing"}
_OTHER_SONG: Final = frozenset({"Rapping", "Chant", "Yodeling"})
"""Classes of voices whose lines are quoted like sung ones."""


def tags(facts: Facts) -> tuple[str, ...]:
    """Return the AudioSet names of everything the facts assert, each once, speech and sounds before music.

    Nothing that was denied, guessed or only compared is among them.
    """
    names = [*_speech(facts.speech)]
    for sound in facts.sounds:
        if sound.polarity == "asserted":
            names.extend(sound.audioset)
    if not _OTHER_SONG.intersection(names):
        names.extend(_sung(facts.speech))
    for music in facts.music:
        if music.polarity == "asserted":
            names.extend(_music(music))
    return tuple(dict.fromkeys(names))


def emotions(facts: Facts) -> tuple[str, ...]:
    """Return canonical names of the emotions heard: of the voices, or of the music where nobody speaks."""
    found = [name for speech in facts.speech if speech.polarity == "asserted" for name in speech.emotions]
    if not any(not speech.sung for speech in facts.speech):
        moods = _moods()
        for music in facts.music:
            if music.polarity == "asserted":
                found.extend(moods[word] for word in music.mood if word in moods)
    return tuple(dict.fromkeys(found))


def identifier(name: str) -> str | None:
    """Return the id of the AudioSet class ``name`` (``/m/05tny_`` of ``Bark``), or None where there is none."""
    known = by_name().get(name)
    return known.mid if known is not None else _rest().get(name)


@cache
def _rest() -> dict[str, str]:
    """Return the ids of the classes that the sound table lacks."""
    return {row[1]: row[0] for row in table("audioset")}


def _speech(speeches: tuple[Speech, ...]) -> Iterator[str]:
    sure = [speech for speech in speeches if speech.polarity == "asserted" and not speech.sung]
    for speech in sure:
        if speech.speaker in _SPEAKERS:
            yield _SPEAKERS[speech.speaker]
    if any(speech.role and speech.role.endswith("narrator") for speech in sure):
        yield "Narration, monologue"
    voices = {speech.voice for speech in sure if speech.voice}
    if len(voices) > 1 and all(speech.text is None for speech in sure):
        yield "Conversation"
    elif sure and not any(speech.speaker for speech in sure):
        yield "Speech"


def _sung(speeches: tuple[Speech, ...]) -> Iterator[str]:
    """Yield the classes of lines that are quoted as sung."""
    for speech in speeches:
        if speech.sung and speech.text and speech.polarity == "asserted":
            yield "Singing"
            if speech.speaker in _SINGERS:
                yield _SINGERS[speech.speaker]


def _music(music: Music) -> Iterator[str]:
    yield "Music"
    for genre in music.genres or (music.genre,):
        yield from _classes("genres").get(genre or "", ())
    for name in music.instruments:
        yield from _classes("instruments").get(name, ())


@cache
def _classes(name: str) -> dict[str, tuple[str, ...]]:
    """Return the AudioSet names of the rows of a table, by the row's own name."""
    return {row[0]: () if row[1] == "-" else tuple(row[1].split("|")) for row in table(name)}


@cache
def _moods() -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, words in table("music"):
        if kind == "mood":
            for pair in words.split(";"):
                word, _, emotion = pair.strip().partition(":")
                if emotion != "-":
                    found[word] = emotion
    return found
