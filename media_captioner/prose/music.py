"""Music: what is played, as the description names it.

Music is stated by a word for it ("song", "musical sting"), by a genre beside one ("country track"), by an
instrument beside one ("an oud melody"), or by several instruments that play. One instrument that sounds by itself
("a single note on a synthesizer") is a sound and no music.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from media_captioner.model import Evidence, Music, Sound
from media_captioner.prose.lexicon import Action, Genre, Hit, Instrument, Mask, MusicWord, Person, outermost
from media_captioner.prose.polarity import ASSERTED, HEDGED, NAMES, NEGATED
from media_captioner.prose.reading import Passage, Reading

_SEVERAL: Final = 2
_ON: Final = 6  # words from "performance" to the instrument it is on
_BESIDE: Final = 3  # words between a genre or an instrument and the word for music it belongs to
_ANOTHER: Final = frozenset({"another", "second", "different", "new"})
_DRUMMED: Final = frozenset({"on", "against", "upon", "his", "her", "their"})
_KICKED: Final = frozenset("over at a an the his her off open against something up down out aside in".split())
_HUMMED: Final = frozenset({"hum", "whistle"})
_HUM_REACH: Final = 6
_PLAYING: Final = frozenset(
    {"radio", "stereo", "jukebox", "gramophone", "loudspeaker", "speakers", "speaker"}
)
"""What plays music when it plays an instrument: "a radio plays classical guitar"."""
_LONE: Final = frozenset({"drum"})
"""Loose instruments that are sounds where nobody makes music."""


_VAGUE: Final = frozenset(
    {"traditional", "independent", "electronic", "background", "theme", "soundtrack", "dance"}
)
"""Genres that say least; another one that is named as well is the better name."""


@dataclass(slots=True)
class _Piece:
    """A stretch of music while the description is being read."""

    rank: int
    evidence: Evidence
    genres: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)
    moods: dict[str, None] = field(default_factory=dict)
    vocals: set[str] = field(default_factory=set)
    pace: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The music of a description, and the instruments that sound without being music."""

    music: tuple[Music, ...]
    sounds: tuple[Sound, ...]


def find(reading: Reading) -> Found:
    """Return the music of a description, in order, and instruments that sound by themselves."""
    pieces: list[_Piece] = []
    lone: dict[str, Sound] = {}
    loose: list[tuple[Passage, Hit]] = []
    for passage in reading.passages:
        words, genres, instruments = (
            _clear(passage, MusicWord),
            _clear(passage, Genre),
            _clear(passage, Instrument),
        )
        if not (words or genres or instruments):
            continue
        begun = _begun(passage, words, genres, instruments)
        if begun is not None:
            if not pieces or (_is_another(passage, begun) and not passage.summary):
                pieces.append(_Piece(begun[1], passage.evidence(begun[0].start, begun[0].end)))
            piece = pieces[-1]
            if begun[1] < piece.rank:
                piece.rank, piece.evidence = begun[1], passage.evidence(begun[0].start, begun[0].end)
        if pieces:
            _add(pieces[-1], passage, words, genres, instruments, playing=begun is not None)
        loose.extend((passage, hit) for hit in instruments)
    if not pieces:
        pieces.extend(_together(loose))
    playing = {name for piece in pieces if piece.rank == ASSERTED for name in piece.instruments}
    for passage, hit in loose:
        _lone(lone, passage, hit, playing)
    return Found(tuple(_music(piece) for piece in pieces), tuple(lone.values()))


def _together(loose: list[tuple[Passage, Hit]]) -> list[_Piece]:
    """Return the music that instruments of several sentences make, though nothing calls it so."""
    sure = [
        (passage, hit)
        for passage, hit in loose
        if hit.found.columns[2] == "0" and passage.rank(hit.start, hit.end) == ASSERTED
    ]
    if len({passage.index for passage, _ in sure}) < _SEVERAL or any(
        "or" in passage.words for passage, _ in sure
    ):
        return []
    names = {hit.found.columns[0]: ASSERTED for _, hit in sure}
    if len(names) < _SEVERAL:
        return []
    passage, hit = sure[0]
    return [_Piece(ASSERTED, passage.evidence(hit.start, hit.end), instruments=names)]


def _clear(passage: Passage, kind: type) -> list[Hit]:
    """Return the hits of a kind that are no part of a longer name of a sound ("bird song", "singing bowl")."""
    hits = passage.hits(kind)
    if kind is Instrument:
        hits = [hit for hit in hits if not is_drumming(passage.words, hit)]
    if not hits:
        return []
    if kind is not MusicWord:
        spans = {(hit.start, hit.end) for hit in outermost(hits)}
        hits = [hit for hit in hits if (hit.start, hit.end) in spans]
    hiding = [hit for other in (Action, Mask) for hit in passage.hits(other)]
    hiding = [hit for hit in hiding if "and" not in passage.words[hit.start : hit.end]]  # "claps and snares"
    return [
        hit
        for hit in hits
        if not any(
            other.start <= hit.start
            and hit.end <= other.end
            and other.end - other.start > hit.end - hit.start
            for other in hiding
        )
    ]


def is_drumming(words: list[str], hit: Hit) -> bool:
    """Whether "drums" is a verb: rain drums on a roof, somebody drums his fingers; or kicks something over."""
    following = words[hit.end] if hit.end < len(words) else ""
    if words[hit.start] == "trumpet":
        return words[hit.start - 1 : hit.start] in (["does"], ["do"], ["indeed"], ["to"], ["elephants"])
    if words[hit.start] == "drumming":
        return following in _DRUMMED
    if words[hit.start] == "kicks":
        return following in _KICKED
    return words[hit.start] == "drums" and (following.endswith("ly") or following in _DRUMMED)


def _kinds(hits: Iterable[Hit], *kinds: str) -> list[Hit]:
    return [hit for hit in hits if hit.found.columns[0] in kinds]


def _begun(
    passage: Passage, words: list[Hit], genres: list[Hit], instruments: list[Hit]
) -> tuple[Hit, int] | None:
    """Return what states music in a sentence most surely, and how surely; None where nothing does."""
    found = [
        (hit, passage.rank(hit.start, hit.end))
        for hit in _kinds(words, "head")
        if not _is_hummed(passage, hit)
    ]
    beside = _kinds(words, "beside", "head")
    for hit in genres:
        partner = _partner(hit, beside)
        if partner is not None:
            found.append((hit, passage.rank(hit.start, partner.end)))
        elif hit.found.columns[2] == "1" and passage.rank(hit.start, hit.end) <= HEDGED:
            found.append((hit, passage.rank(hit.start, hit.end)))
    for hit in instruments:
        partner = _partner(hit, beside)
        if partner is not None:
            found.append((hit, passage.rank(hit.start, partner.end)))
        elif any(_is_on(passage, other, hit) for other in beside):
            found.append((hit, passage.rank(hit.start, hit.end)))
    found.extend(_band(passage, words, instruments))
    found = [item for item in found if item[1] <= HEDGED]
    return min(found, key=lambda item: (item[1], item[0].start), default=None)


def _is_hummed(passage: Passage, hit: Hit) -> bool:
    """Whether somebody only hums or whistles it: "she hums a few bars of a waltz"."""
    return not _HUMMED.isdisjoint(passage.keys[max(0, hit.start - _HUM_REACH) : hit.start])


def _partner(hit: Hit, beside: list[Hit]) -> Hit | None:
    return next((other for other in beside if 0 <= other.start - hit.end <= _BESIDE), None)


def _is_on(passage: Passage, work: Hit, hit: Hit) -> bool:
    """Whether a word for music is followed by what plays it: "a performance on an end-blown flute"."""
    between = passage.words[work.end : hit.start]
    return work.end < hit.start and between[:1] in (["on"], ["for"]) and len(between) <= _ON


def _band(passage: Passage, words: list[Hit], instruments: list[Hit]) -> list[tuple[Hit, int]]:
    """Two instruments together, a singer beside one, or somebody who plays a piece on one, make music."""
    sure = [hit for hit in instruments if passage.rank(hit.start, hit.end) == ASSERTED]
    several = len({hit.found.columns[0] for hit in sure}) > 1
    if several and "or" not in passage.words[sure[0].end : sure[-1].start]:
        return [(sure[0], ASSERTED)]
    if sure and not _PLAYING.isdisjoint(passage.words) and "play" in passage.keys:
        return [(sure[0], ASSERTED)]
    singers = [hit for hit in passage.hits(Person) if hit.found.columns[1] == "sing"]
    if sure and any(passage.rank(hit.start, hit.end) == ASSERTED for hit in singers):
        return [(sure[0], ASSERTED)]
    if sure and _kinds(words, "player") and _kinds(words, "beside", "head"):
        return [(sure[0], ASSERTED)]
    return []


def _is_another(passage: Passage, begun: tuple[Hit, int]) -> bool:
    return bool(_ANOTHER.intersection(passage.words[max(0, begun[0].start - 3) : begun[0].start]))


def _add(
    piece: _Piece,
    passage: Passage,
    words: list[Hit],
    genres: list[Hit],
    instruments: list[Hit],
    *,
    playing: bool,
) -> None:
    beside = _kinds(words, "beside", "head")
    for hit in genres:
        name, _, alone = hit.found.columns
        partner = _partner(hit, beside)
        if partner is None and alone != "1":
            continue
        rank = passage.rank(hit.start, partner.end if partner else hit.end)
        piece.genres[name] = min(rank, piece.genres.get(name, NEGATED))
    for hit in instruments:
        rank = passage.rank(hit.start, hit.end)
        if rank <= HEDGED:
            piece.instruments[hit.found.columns[0]] = min(
                rank, piece.instruments.get(hit.found.columns[0], rank)
            )
    for hit in passage.hits(Person):
        speaker, role = hit.found.columns
        if role == "sing" and passage.rank(hit.start, hit.end) == ASSERTED:
            piece.vocals.add("choir" if hit.found.phrase in {"choir", "chorister"} else speaker)
    if not playing or passage.quotes:
        return
    for hit in words:
        if passage.rank(hit.start, hit.end) != ASSERTED:
            continue
        if hit.found.columns[0] == "mood":
            piece.moods.setdefault(hit.found.phrase)
        elif hit.found.columns[0] in {"fast", "slow"} and piece.pace is None:
            piece.pace = hit.found.phrase


_VOCALS: Final = {"man": "male", "woman": "female", "choir": "choir"}


def _music(piece: _Piece) -> Music:
    genres = sorted(
        (rank, name in _VAGUE, index, name) for index, (name, rank) in enumerate(piece.genres.items())
    )
    named = [name for rank, _, _, name in genres if rank <= HEDGED and rank <= piece.rank]
    sure = [name for name, rank in piece.instruments.items() if rank == ASSERTED]
    vocals = next((_VOCALS[who] for who in ("choir", "woman", "man") if who in piece.vocals), None)
    if {"man", "woman"} <= piece.vocals or (vocals is None and piece.vocals):
        vocals = "some"
    return Music(
        polarity=NAMES[piece.rank],
        genre=named[0] if named else None,
        instruments=tuple(sure),
        vocals=vocals,
        mood=tuple(piece.moods),
        pace=piece.pace,
        evidence=piece.evidence,
        genres=tuple(named),
    )


def _lone(lone: dict[str, Sound], passage: Passage, hit: Hit, playing: set[str]) -> None:
    name, classes, loose = hit.found.columns
    if name in playing or (loose == "1" and name not in _LONE):
        return
    rank = passage.rank(hit.start, hit.end)
    known = lone.get(name)
    if known is not None and NAMES.index(known.polarity) <= rank:
        return
    lone[name] = Sound(
        label=name,
        group="music",
        polarity=NAMES[rank],
        audioset=() if classes == "-" else tuple(classes.split("|")),
        evidence=passage.evidence(hit.start, hit.end),
    )
