"""Sounds that are neither words nor music."""

from __future__ import annotations

from media_captioner.captioners.local.phrasing import at, capital, counted, covers, during, listed, moments
from media_captioner.captioners.local.record import Record, SoundRecord
from media_captioner.captioners.local.telling.groups import Told, named, polarity
from media_captioner.captioners.local.telling.text import Text, span
from media_captioner.model import Evidence, Sound

_BRIEF = 1.0  # seconds; a shorter sound has a moment, a longer one a duration
_AT_ONCE = 0.35  # seconds from an end of the clip that nobody notices
_MANY = 5  # times from which "again and again" says more than a list of moments


def told(item: Told, record: Record, text: Text, *, first: bool) -> list[Sound]:
    """Tell one sound, all its times in one sentence."""
    best = max(item.sounds, key=lambda sound: sound["confidence"])
    sentence = _sentence(item, best, record["seconds"], first=first, turn=text.told)
    evidence = text.sentence(sentence, record["heard_by"]["sounds"])
    return [_fact(sound, evidence) for sound in item.sounds]


def phrase(sound: SoundRecord) -> str:
    """Return a sound as a noun phrase with its hedge: ``what sounds like thunder or an explosion``."""
    names = bare(sound)
    if polarity(sound) == "asserted":
        return f"{names}," if sound["alternatives"] else names
    return f"a sound that may be {names}" if sound["guess"] else f"what sounds like {names}"


def bare(sound: SoundRecord) -> str:
    """Return a sound and what else it may be, without the hedge of the whole."""
    entries = named(sound)
    names = [entry.phrase for entry in entries]
    if polarity(sound) == "asserted" and len(names) > 1:
        return f"{names[0]}, possibly {listed(names[1:], word='or')}"
    return listed(names, word="or")


def _plural(sound: SoundRecord) -> bool:
    return polarity(sound) == "asserted" and named(sound)[0].plural


def _sentence(item: Told, best: SoundRecord, length: float, *, first: bool, turn: int) -> str:
    name = phrase(best)
    if len(item.sounds) > 1:
        return _again(item, name.rstrip(","), first=first)
    if first:
        return _opening(item, best, name.rstrip(","), length)
    if covers(item.start, item.end, length):
        return f"{capital(name)} can be heard in the background throughout the clip."
    when = _when(item.start, item.end, length)
    are = "are" if _plural(best) else "is"
    ways = (
        f"{capital(when)}, {name} can be heard.",
        f"{capital(name)} {are} heard {when}.",
        f"{capital(when)} there {are} {name.rstrip(',')}.",
    )
    return ways[turn % len(ways)]


def _opening(item: Told, best: SoundRecord, name: str, length: float) -> str:
    if covers(item.start, item.end, length):
        return f"The audio clip consists of {name}, which can be heard from beginning to end."
    if item.start < _AT_ONCE:
        last = "last" if _plural(best) else "lasts"
        return f"The audio clip begins with {name}, which {last} until {_until(item.end, length)}."
    are = "are" if _plural(best) else "is"
    return f"The audio clip begins quietly, until {name} {are} heard {_when(item.start, item.end, length)}."


def _again(item: Told, name: str, *, first: bool) -> str:
    count = len(item.sounds)
    opening = "The audio clip begins with" if first and item.start < 1.2 else ""
    if count >= _MANY:
        last = item.sounds[-1]["start"]
        if opening:
            return f"{opening} {name}, heard again and again until {last:.1f} seconds."
        return f"Again and again, {name} can be heard, first {at(item.start)} and last {at(last)}."
    starts = [sound["start"] for sound in item.sounds]
    times = moments(starts)
    if starts[0] < _AT_ONCE:
        times = f"{at(starts[0])} and again {moments(starts[1:])}"
    if opening:
        return f"{opening} {name}, heard {counted(count)}, {times}."
    return f"{capital(name)} can be heard {counted(count)}, {times}."


def _until(end: float, length: float) -> str:
    return "the end" if end > length - _AT_ONCE else f"{end:.1f} seconds"


def _when(start: float, end: float, length: float) -> str:
    return at(start) if end - start < _BRIEF else during(start, end, length)


def _fact(sound: SoundRecord, evidence: Evidence) -> Sound:
    entries = named(sound)
    return Sound(
        label=entries[0].label,
        group=entries[0].group,
        polarity=polarity(sound),
        sustained=entries[0].sustained,
        span=span(sound["start"], sound["end"]),
        audioset=(entries[0].name,),
        alternatives=tuple(entry.label for entry in entries[1:]),
        confidence=sound["confidence"],
        evidence=evidence,
    )
