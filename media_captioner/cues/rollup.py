"""The whole asset at a glance: languages, keywords, a summary in one sentence, chapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from media_captioner.cues.continuity import Soundtrack, music_runs, sound_runs
from media_captioner.cues.wording import Wording
from media_captioner.model import CaptionedSegment, Chapter
from media_captioner.model.languages import language_name

_MOST_KEYWORDS: Final = 40
_SHORTEST_CHAPTER: Final = Fraction(45)  # seconds; shorter scenes join their neighbour
_SILENCE = "Silence"
_ENGLISH: Final = Wording()  # summaries, keywords and chapters are for search, in one language


def spoken_languages(soundtrack: Soundtrack) -> tuple[str, ...]:
    """Return the languages that are surely heard, as BCP 47 tags, most spoken first."""
    seconds: Counter[str] = Counter()
    for speech in soundtrack.said:
        if speech.language and speech.language_sure and speech.span:
            seconds[speech.language] += float(speech.span.duration)  # type: ignore[assignment]
    return tuple(tag for tag, _ in seconds.most_common())


def keywords(soundtrack: Soundtrack) -> tuple[str, ...]:
    """Return what the asset can be found by, most heard first. Only what is asserted: a guess is no keyword."""
    weights: Counter[str] = Counter()
    for run in soundtrack.sounds:
        if run.sound.polarity == "asserted":
            weights[run.sound.label] += 2 + min(float(run.span.duration), 30.0)  # type: ignore[assignment]
    for stretch in soundtrack.music:
        seconds = 2 + min(float(stretch.span.duration), 30.0)
        if stretch.music.polarity != "asserted":
            continue
        names = ["music", *([stretch.music.genre] if stretch.music.genre else []), *stretch.music.instruments]
        for name in names:
            weights[name] += seconds  # type: ignore[assignment]
    if any(not speech.sung for speech in soundtrack.said):
        weights["speech"] += sum(float(s.span.duration) for s in soundtrack.said if s.span)  # type: ignore[assignment]
    if any(speech.sung for speech in soundtrack.said):
        weights["singing"] += 5
    found = [word for word, _ in weights.most_common(_MOST_KEYWORDS)]
    return (*found, *(language_name(tag) for tag in spoken_languages(soundtrack)))


def summary(segments: Sequence[CaptionedSegment], soundtrack: Soundtrack) -> str | None:
    """Return the asset in one sentence, or None where nothing was heard.

    A single description is summarised by its own words; several are summarised by what most of their time
    is, so that the sentence stays a sentence however long the asset is.

    Args:
        segments: The segments, ascending.
        soundtrack: What was heard in them.

    """
    told = [segment.facts.summary for segment in segments if segment.facts.summary]
    if len([segment for segment in segments if segment.description]) == 1 and told:
        return told[0]
    parts = [*_speech_part(soundtrack), *_music_part(soundtrack), *_sound_part(soundtrack)]
    if not parts:
        return told[0] if told else None
    sentence = _listed(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _speech_part(soundtrack: Soundtrack) -> list[str]:
    if all(speech.sung for speech in soundtrack.said):
        return []
    names = [language_name(tag) for tag in spoken_languages(soundtrack)[:3]]
    return [f"speech in {_listed(names)}" if names else "speech"]


def _music_part(soundtrack: Soundtrack) -> list[str]:
    runs = sorted(soundtrack.music, key=lambda run: run.span.duration, reverse=True)
    words = list(dict.fromkeys(_ENGLISH.music(run.music) for run in runs))
    return [word.replace(", ", " with ") for word in words[:2]]


def _sound_part(soundtrack: Soundtrack) -> list[str]:
    weights: Counter[str] = Counter()
    for run in soundtrack.sounds:
        if run.sound.polarity == "asserted" and run.sound.group != "recording":
            weights[run.sound.label] += 2 + min(float(run.span.duration), 20.0)  # type: ignore[assignment]
    return [label for label, _ in weights.most_common(5)]


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def chapters(segments: Sequence[CaptionedSegment]) -> tuple[Chapter, ...]:
    """Return the scenes of sound: neighbouring segments with the same leading sounds are one chapter."""
    scenes: list[Chapter] = []
    for segment in segments:
        title = _SILENCE if segment.silent else _scene(segment)
        if scenes and (scenes[-1].title == title or segment.end - segment.start < _SHORTEST_CHAPTER / 10):
            scenes[-1] = Chapter(scenes[-1].start, segment.end, scenes[-1].title)
        else:
            scenes.append(Chapter(segment.start, segment.end, title))
    return tuple(_long_enough(scenes))


def _long_enough(scenes: Sequence[Chapter]) -> list[Chapter]:
    kept: list[Chapter] = []
    for scene in scenes:
        short = scene.end - scene.start < _SHORTEST_CHAPTER
        if kept and (short or kept[-1].title == scene.title):
            kept[-1] = Chapter(kept[-1].start, scene.end, kept[-1].title)
        elif kept and kept[-1].end - kept[-1].start < _SHORTEST_CHAPTER:
            kept[-1] = Chapter(kept[-1].start, scene.end, scene.title)
        else:
            kept.append(scene)
    return kept


def _scene(segment: CaptionedSegment) -> str:
    length = max(segment.end - segment.start, Fraction(1, 10))
    talk = sum((s.span.duration for s in segment.facts.speech if s.span and not s.sung), Fraction(0))
    music = max(music_runs([segment]), key=lambda run: run.span.duration, default=None)
    runs = sound_runs([segment])
    ambience = [run for run in runs if run.sound.sustained and run.span.duration * 3 > length]
    under = min(ambience, key=lambda run: -run.span.duration).sound.label if ambience else None
    if talk * 4 >= length:
        beside = "music" if music and music.span.duration * 3 > length else under
        return f"Speech over {beside}" if beside else "Speech"
    if music and music.span.duration * 3 > length:
        words = _ENGLISH.music(music.music)
        return words[0].upper() + words[1:]
    if under:
        return under[0].upper() + under[1:]
    if runs:
        label = max(runs, key=lambda run: (run.sound.confidence or 0, run.span.duration)).sound.label
        return label[0].upper() + label[1:]
    return "Speech" if talk else "Quiet"
