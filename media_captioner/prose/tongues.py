"""Languages: which one is spoken, as the prose says or the script shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from media_captioner.prose.lexicon import Hit, Language, outermost
from media_captioner.prose.polarity import ASSERTED, HEDGED
from media_captioner.prose.reading import Passage

_SPEAKING: Final = frozenset(
    "speak speaking speaks spoke spoken say says said sing sings singing sung uses using switches switching switch conversing chatting mutters "
    "whispers announces answers replies".split()
)
_BESIDE: Final = frozenset(
    "language speak dialogue speech lyric word phrase conversation commentary speaker voice announcement narration "
    "commentator interview quote vocal sentence phrasing pronunciation intonation native utterance monologue talk "
    "broadcast text line song hymn".split()
)
_NATIVE: Final = frozenset({"accent", "voice", "narrator", "drawl", "twang", "burr", "brogue", "lilt"})
"""What the name of a country describes where somebody is heard to come from there: "a measured British voice"."""
_OF_COUNTRY: Final = frozenset(
    "restaurant city cinema drama film movie music culture style tradition accent market neighborhood neighbourhood "
    "town village folk opera food society context history literature pop instrument setting household home context "
    "television cuisine animation anime game scale mode countryside café cafe kitchen".split()
)
"""What a language's name describes where it means a country: "in Chinese cinema"."""
_TALKING: Final = frozenset(
    "murmur babble chatter stream torrent mix mixture burst snatches fragments".split()
)
"""Nouns of talk whose language is told: "a murmur of Argentine Spanish"."""
_MEANS: Final = frozenset({"means", "translates", "translated", "translation", "meaning", "equivalent"})
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("fa", re.compile(r"[پچژگ]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("pa", re.compile(r"[\u0a00-\u0a7f]")),
    ("gu", re.compile(r"[\u0a80-\u0aff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("kn", re.compile(r"[\u0c80-\u0cff]")),
    ("ml", re.compile(r"[\u0d00-\u0d7f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ka", re.compile(r"[\u10a0-\u10ff]")),
    ("am", re.compile(r"[\u1200-\u137f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("my", re.compile(r"[\u1000-\u109f]")),
    ("km", re.compile(r"[\u1780-\u17ff]")),
    ("lo", re.compile(r"[\u0e80-\u0eff]")),
    ("si", re.compile(r"[\u0d80-\u0dff]")),
)
_SHARED: Final = {
    "zh": {"zh", "yue", "nan", "wuu", "hak", "ja"},
    "ja": {"ja"},
    "ru": {"ru", "uk", "be", "bg", "sr", "mk", "kk", "mn", "uz"},
    "ar": {"ar", "fa", "ur", "ps", "ku", "ug"},
    "fa": {"fa", "ur", "ps", "ku", "ug"},
    "hi": {"hi", "mr", "ne", "sa"},
    "he": {"he", "yi"},
}
"""Languages that a script's commonest language may be mistaken for."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language that a sentence says is spoken: where, its tag, whether it is sure."""

    place: int
    tag: str
    sure: bool


def named(passage: Passage) -> list[Spoken]:
    """Return the languages a sentence says are spoken or sung, by place."""
    found: list[Spoken] = []
    accents: list[Spoken] = []
    for hit in outermost(passage.hits(Language)):
        tag, kind = hit.found.columns
        rank = passage.rank(hit.start, hit.end)
        if rank > HEDGED:
            continue
        spoken = Spoken(hit.start, tag, rank == ASSERTED)
        if kind == "accent" and not hit.found.phrase.endswith("english"):
            if not _NATIVE.isdisjoint(passage.keys[hit.end : hit.end + 2]):
                accents.append(Spoken(hit.start, tag, sure=False))
        elif _is_spoken(passage, hit):
            found.append(spoken)
        elif tag == "en" and "accent" in passage.keys[hit.end : hit.end + 2]:
            # Other accents are those of whoever learned English; an English accent is a native one.
            accents.append(Spoken(hit.start, tag, sure=False))
    return found or accents


def of_script(text: str) -> str | None:
    """Return the tag of the language a text is most likely in by its script; None for Latin letters."""
    return next((tag for tag, script in _SCRIPTS if script.search(text)), None)


def fits(tag: str, text: str) -> bool:
    """Whether ``text`` can be in the language ``tag``, by its script."""
    script = of_script(text)
    return script is None or tag == script or tag in _SHARED.get(script, ())


def _is_spoken(passage: Passage, hit: Hit) -> bool:
    words, keys = passage.words, passage.keys
    before = words[max(0, hit.start - 3) : hit.start]
    place = hit.end + (words[hit.end : hit.end + 1] == ["-"])
    after = keys[place : place + 1]
    if after and (after[0] in _BESIDE or words[place] == "speaking"):
        return "accent" not in words[hit.end : hit.end + 3]
    if after in (["accent"], ["accented"]):
        return False
    talked = before[-1:] == ["of"] and not _TALKING.isdisjoint(words[max(0, hit.start - 4) : hit.start])
    if talked or before[-1:] == ["accented"]:
        return True  # "a murmur of Spanish", "in Polish-accented English"
    if _explains(words, hit):
        return False
    free = not after or after[0] not in _OF_COUNTRY
    if "in" in before[-2:] or "into" in before[-1:]:
        return free
    return (bool(_SPEAKING.intersection(before)) or before[-1:] == ["native"]) and free


def _explains(words: list[str], hit: Hit) -> bool:
    """Whether the language is the one of an explanation: "In English, this means …"."""
    return not _MEANS.isdisjoint(words[max(0, hit.start - 4) : hit.end + 4])
