"""Labels in other languages, from a table: what the rules and the local captioner can say is in it as a whole.

A label that is not in the table (one that a plugin hands over) is said by its AudioSet class, else by its group.
Adjectives without a translation are left out: a caption in two languages serves nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from media_captioner.cues.wording import Wording, named_instruments, plain_mood
from media_captioner.model import Music, Sound, Speech
from media_captioner.model.soundtable import by_name

LANGUAGES: Final = ("de", "fr", "es")
"""Tags of the languages in the table, besides English."""

_NOTHING: Final = "-"


class Translated(Wording):
    """Labels in one of ``LANGUAGES``."""

    def __init__(self, language: str) -> None:
        """Take the column of ``language``, one of ``LANGUAGES``."""
        self._words = _columns()[language]
        self.music_continues = self._frame("music continues")

    def sound(self, sound: Sound) -> str:
        """Return the words for a sound, what its adjectives say behind it."""
        words = self._label(sound.label, sound)
        if sound.polarity == "hedged" and sound.alternatives:
            other = self._label(sound.alternatives[0], sound)
            return words if words == other else self._frame("or", words, other)
        return words

    def continues(self, words: str) -> str:
        """Return what is said of a sound that goes on."""
        return self._frame("continues", words)

    def music(self, music: Music) -> str:
        """Return the words for a stretch of music: genre, instruments, mood, then who sings."""
        sings = self._words.get(("vocals", music.vocals or ""))
        names = [self._words.get(("label", name), "") for name in named_instruments(music)]
        names = [name for name in names if name]
        instruments = self._frame("and", *names) if len(names) > 1 else "".join(names)
        played = self._words.get(("genre", music.genre or ""), "")
        if played and instruments:
            played = self._frame("with", played, instruments)
        elif instruments:
            played = self._frame("played", instruments)
        mood = self._words.get(("mood", plain_mood(music)), "")
        parts = (played or self._frame("song" if sings else "music"), mood, sings or "")
        return ", ".join(part for part in parts if part)

    def speaker(self, speaker: str | None) -> str | None:
        """Return the label of a perceived voice; a name stays."""
        if not speaker:
            return None
        kind, _, number = speaker.partition(" ")
        return f"{self._words.get(('speaker', kind), kind.upper())} {number}".strip()

    def voice(self) -> str:
        """Return the label of somebody of whom nothing is known."""
        return self._words["speaker", "voice"]

    def manner(self, speech: Speech) -> str | None:
        """Return how something is said, where the table has a word for it or for its emotion."""
        if not speech.manner:
            return None
        names = (speech.manner, *speech.emotions)
        return next((self._words["manner", name] for name in names if ("manner", name) in self._words), None)

    def spoken_in(self, language: str) -> str:
        """Return "in German"."""
        name = self._words.get(("language", language)) or self._words.get(
            ("language", language.partition("-")[0])
        )
        return self._frame("in", name or language)

    def wordless(self, speech: Speech, language: str | None) -> str:
        """Return what is shown of somebody whose words are not known."""
        kind = (speech.speaker or "voice").partition(" ")[0]
        verb = "singing" if speech.sung else "speaking"
        words = self._words.get((verb, kind)) or self._words[verb, "voice"]
        return f"{words} {self.spoken_in(language)}" if language else words

    def _frame(self, name: str, *words: str) -> str:
        return self._words["frame", name].format(*words)

    def _label(self, label: str, sound: Sound) -> str:
        rest, behind = label, []
        while ("label", rest) not in self._words:
            first = next((adjective for adjective in _adjectives() if rest.startswith(adjective + " ")), None)
            if first is None:
                break
            rest = rest.removeprefix(first + " ")
            told = self._words["modifier", first]
            behind += [told] if told != _NOTHING else []
        words = self._words.get(("label", rest)) or self._of_class(sound)
        return ", ".join((words, *dict.fromkeys(behind)))

    def _of_class(self, sound: Sound) -> str:
        known = (by_name().get(name) for name in sound.audioset)
        labels = (self._words.get(("label", each.label)) for each in known if each is not None)
        group = self._words.get(("group", sound.group)) or self._words["group", _NOTHING]
        return next((label for label in labels if label), group)


@cache
def wording(language: str) -> Wording:
    """Return the words of captions in ``language``; in English where the table lacks it."""
    return Translated(language) if language in LANGUAGES else Wording()


@cache
def _columns() -> dict[str, Mapping[tuple[str, str], str]]:
    """Return the words of each language by kind and English."""
    text = resources.files("media_captioner.cues").joinpath("data", "labels.tsv").read_text("utf-8")
    heading, *rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {
        language: {(row[0], row[1]): row[place] for row in rows}
        for place, language in enumerate(heading)
        if language in LANGUAGES
    }


@cache
def _adjectives() -> tuple[str, ...]:
    """Return the adjectives that may stand before a label, the longest first."""
    words = (english for kind, english in _columns()[LANGUAGES[0]] if kind == "modifier")
    return tuple(sorted(words, key=len, reverse=True))
