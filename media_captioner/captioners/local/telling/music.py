"""Music: what kind, which instruments, who sings, how fast, as far as it is sure."""

from __future__ import annotations

from typing import Final

from media_captioner.captioners.local.phrasing import article, capital, covers, during, listed
from media_captioner.captioners.local.record import MusicRecord, Record
from media_captioner.captioners.local.telling.groups import Told
from media_captioner.captioners.local.telling.text import Text, span
from media_captioner.model import Music

_MASS: Final = frozenset({"drums", "percussion", "strings", "brass", "woodwind", "timpani", "bagpipes", "tubular bells", "plucked strings"})  # fmt: skip
_VOCALS: Final = {"male": "a male voice", "female": "a female voice", "choir": "a choir", "some": "a voice"}
_STING: Final = 2.5  # seconds; a shorter stretch is a burst of music


def told(item: Told, record: Record, text: Text, *, first: bool) -> list[Music]:
    """Tell one stretch of music, and its pulse where it is sure."""
    music = item.music
    if music is None:
        return []
    by = "yamnet and musicnn" if music["instruments"] or music["genre"] or music["vocals"] else "yamnet"
    evidence = text.sentence(_sentence(music, record["seconds"], first=first), by)
    if music["tempo"]:
        text.sentence(f"The tempo is about {round(music['tempo'])} beats per minute.", "measured")
    return [
        Music(
            polarity="asserted",
            genre=music["genre"] if music["genre_sure"] else None,
            instruments=tuple(music["instruments"]),
            vocals=music["vocals"],
            tempo=float(round(music["tempo"])) if music["tempo"] else None,
            span=span(music["start"], music["end"]),
            confidence=music["confidence"],
            evidence=evidence,
        )
    ]


def described(music: MusicRecord) -> str:
    """Return the music as a noun phrase: ``instrumental classical music led by piano``."""
    genre = music["genre"] if music["genre_sure"] else None
    kind = f"{genre} music" if genre and genre not in {"opera", "techno"} else genre or "music"
    if music["vocals"] == "none":
        kind = f"instrumental {kind}"
    players = listed([instrument(name) for name in music["instruments"]])
    if not players:
        return kind
    return f"{kind} led by {players}" if len(music["instruments"]) == 1 else f"{kind} with {players}"


def instrument(name: str) -> str:
    """Return an instrument with its article: ``a piano``, ``an organ``, ``drums``."""
    return name if name in _MASS else article(name)


def _sentence(music: MusicRecord, length: float, *, first: bool) -> str:
    what = described(music)
    sung = _VOCALS.get(music["vocals"] or "", "")
    singing = f", with {sung} singing" if sung else ""
    guess = f", perhaps {music['genre']}" if music["genre"] and not music["genre_sure"] else ""
    start, end = music["start"], music["end"]
    if first and covers(start, end, length):
        return f"The audio clip consists of {what}{guess}{singing}."
    if end - start < _STING:
        what = f"a short burst of {what}"
    if first and start < 1.2:
        return f"The audio clip begins with {what}{guess}{singing}, heard {during(start, end, length)}."
    if covers(start, end, length):
        return f"{capital(what)}{guess}{singing}{',' if guess or singing else ''} plays throughout the clip."
    return f"{capital(during(start, end, length))}, {what} can be heard{guess}{singing}."
