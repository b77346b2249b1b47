"""Tells a record as prose, and hands out each fact with the sentence that states it.

A pure function of the record: no model, no clock, no chance. The manner is that of large captioning models, so
that readers and later rooms meet one kind of text: what the clip begins with, what follows when, the
recording, what is absent, and a summary. Unlike theirs, every statement was heard by something that is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from media_captioner.captioners.local.phrasing import capital
from media_captioner.captioners.local.record import Record
from media_captioner.captioners.local.telling import music, recording, sounds, speech
from media_captioner.captioners.local.telling.groups import Told, group_sounds, group_speech
from media_captioner.captioners.local.telling.summary import summary
from media_captioner.captioners.local.telling.text import Text
from media_captioner.model import Facts, Music, Quality, Sound, Speech

_START: Final = 1.2  # seconds; what starts before that is what the clip begins with


@dataclass(frozen=True, slots=True)
class Composed:
    """A record, told.

    Attributes:
        prose: English, paragraphs parted by a blank line.
        facts: What it states; times in seconds from the first sample of the clip.

    """

    prose: str
    facts: Facts


@dataclass(slots=True)
class _Gathered:
    sounds: list[Sound] = field(default_factory=list)
    speech: list[Speech] = field(default_factory=list)
    music: list[Music] = field(default_factory=list)
    qualities: list[Quality] = field(default_factory=list)


def compose(record: Record) -> Composed:
    """Tell ``record``."""
    text = Text()
    facts = _Gathered()
    if record["levels"]["silent"] or record["seconds"] < 0.05:
        facts.qualities += recording.silence(record, text)
    else:
        _events(record, text, facts)
        text.paragraph()
        facts.qualities += recording.told(record, text)
        recording.absences(record, text)
    text.paragraph()
    closing = summary(record)
    text.sentence(f"In summary, {closing}.")
    return Composed(
        text.prose,
        Facts(
            sounds=tuple(sorted(facts.sounds, key=lambda s: s.span.start if s.span else 0)),
            speech=tuple(facts.speech),
            music=tuple(facts.music),
            qualities=tuple(facts.qualities),
            summary=f"{capital(closing)}.",
        ),
    )


def _events(record: Record, text: Text, facts: _Gathered) -> None:
    """Tell what happens, in the order in which it starts."""
    told: list[Told] = [*group_sounds(record), *group_speech(record)]
    told += [Told("music", item["start"], item["end"], music=item) for item in record["music"]]
    told.sort(key=lambda item: (item.start > _START, item.start, item.kind != "music"))
    if not told:
        recording.nothing_named(record, text)
        return
    for index, item in enumerate(told):
        first = index == 0
        if item.kind == "sound":
            facts.sounds += sounds.told(item, record, text, first=first)
        elif item.kind == "music":
            facts.music += music.told(item, record, text, first=first)
        else:
            facts.speech += speech.told(item, record, text, first=first)
