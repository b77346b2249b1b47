"""One sound, one name, across segments: what lasts is one run, what happens twice happened twice.

Segments are how sound travels to a captioner; a viewer must not notice them. Rain that is heard in four
segments is one rain, words in a stretch that two segments share are said once, and a door that slams in two
segments slams twice. What belongs together is decided by the sound's label and group, never by how alike two
texts are (measured: sentence similarity cannot tell two sound effects from two answers to one clip).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from media_captioner.model import CaptionedSegment, Evidence, Music, Sound, Span, Speech
from media_captioner.model.soundtable import ancestors, by_name

_SUSTAINED_HOLE = Fraction(4)  # seconds of absence that do not end a sound that lasts: rain under a shout
_MUSIC_HOLE = Fraction(3)
_SAME_EVENT = Fraction(7, 10)  # seconds between two onsets that are one event heard in two segments
_REPEAT_HOLE = Fraction(2)  # a dog that barks again within this time is still barking


@dataclass(frozen=True, slots=True)
class Run:
    """A sound from when it is first heard until it is gone.

    Attributes:
        sound: The clearest statement of it.
        span: From first to last, seconds.
        times: How many statements it joins.
        evidence: All of them.

    """

    sound: Sound
    span: Span
    times: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class MusicRun:
    """Music from when it sets in until it stops, described by what most of it is.

    Attributes:
        music: The description.
        span: From first to last, seconds.
        evidence: All statements of it.

    """

    music: Music
    span: Span
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Soundtrack:
    """What is heard in an asset, each thing once, in however many segments it was heard.

    Attributes:
        sounds: Every sound that may be captioned, ascending by start.
        music: The stretches of music, ascending.
        said: What is said, ascending by start.

    """

    sounds: tuple[Run, ...]
    music: tuple[MusicRun, ...]
    said: tuple[Speech, ...]

    @classmethod
    def of(cls, segments: Sequence[CaptionedSegment]) -> Soundtrack:
        """Join what was heard in ``segments``, ascending, their facts on the presentation timeline."""
        return cls(tuple(sound_runs(segments)), tuple(music_runs(segments)), tuple(utterances(segments)))


def is_shown(sound: Sound) -> bool:
    """Return whether a sound may be captioned: asserted, or hedged by a listener that measured how sure it is.

    Hedges in a description's prose are not shown: of 13 such sounds in real answers none was clearly audible.
    """
    if sound.span is None:
        return False
    measured = sound.evidence is not None and sound.evidence.heard_by != "description"
    return sound.polarity == "asserted" or (sound.polarity == "hedged" and measured)


def sound_runs(segments: Sequence[CaptionedSegment]) -> list[Run]:
    """Return every sound that may be captioned, ascending by start, each once."""
    runs: list[Run] = []
    last: list[int] = []  # the segment that each run was heard in last
    until: list[Fraction] = []  # when each run is over, should it be one that lasts
    latest: dict[str, int] = {}
    lasting: list[int] = []
    heard = [(index, sound) for index, segment in enumerate(segments) for sound in segment.facts.sounds]
    for index, sound in sorted((each for each in heard if is_shown(each[1])), key=_start):
        span, evidence = sound.span, (sound.evidence,) if sound.evidence else ()
        assert span is not None  # noqa: S101 - is_shown saw to it
        places = [latest[sound.label]] if sound.label in latest else []
        if sound.sustained:
            lasting = [place for place in lasting if span.start <= until[place]]
            places += [place for place in lasting if _is_same(runs[place].sound, sound)]
        place = next(
            (p for p in places if _continues(runs[p], sound, span, until[p], last[p] == index)), None
        )
        if place is not None:
            runs[place] = _joined(runs[place], sound, span, evidence)
            last[place], until[place] = index, runs[place].span.end + _SUSTAINED_HOLE
            continue
        latest[sound.label] = len(runs)
        lasting += [len(runs)] if sound.sustained else []
        runs.append(Run(sound, span, 1, evidence))
        last.append(index)
        until.append(span.end + _SUSTAINED_HOLE)
    return runs


def _start(heard: tuple[int, Sound]) -> Fraction:
    return heard[1].span.start if heard[1].span else Fraction(0)


def _is_same(known: Sound, sound: Sound) -> bool:
    """Whether two sounds that last are one under two names: rain, heavy rain, rain on a surface."""
    if not known.sustained or known.group != sound.group or not (known.audioset and sound.audioset):
        return False
    one, other = known.audioset[0], sound.audioset[0]
    return one == other or one in _kinds(other) or other in _kinds(one) or other in known.audioset


def _kinds(name: str) -> tuple[str, ...]:
    return ancestors(name) if name in by_name() else ()


def _continues(run: Run, sound: Sound, span: Span, until: Fraction, same_segment: bool) -> bool:
    if sound.sustained and run.sound.sustained:
        return span.start <= until
    again = same_segment and span.start - run.span.end <= _REPEAT_HOLE
    return again or span.start - run.span.start <= _SAME_EVENT


def _joined(run: Run, sound: Sound, span: Span, evidence: tuple[Evidence, ...]) -> Run:
    clearer = (sound.confidence or 0) > (run.sound.confidence or 0)
    return Run(
        sound if clearer else run.sound,
        Span(run.span.start, max(run.span.end, span.end)),
        run.times + 1,
        run.evidence + evidence,
    )


def music_runs(segments: Sequence[CaptionedSegment]) -> list[MusicRun]:
    """Return the stretches of music, ascending; what it is is decided by most of its time."""
    heard = sorted(
        (
            (music.span, music)
            for segment in segments
            for music in segment.facts.music
            if music.span is not None and music.polarity in {"asserted", "hedged"}
        ),
        key=lambda pair: pair[0].start,
    )
    groups: list[list[tuple[Span, Music]]] = []
    until = Fraction(0)
    for span, music in heard:
        if groups and span.start - until <= _MUSIC_HOLE:
            groups[-1].append((span, music))
            until = max(until, span.end)
        else:
            groups.append([(span, music)])
            until = span.end
    return [_music_run(group) for group in groups]


def _music_run(group: Sequence[tuple[Span, Music]]) -> MusicRun:
    total = sum((span.duration for span, _ in group), Fraction(0)) or Fraction(1)
    genres: Counter[str | None] = Counter()
    vocals: Counter[str | None] = Counter()
    instruments: Counter[str] = Counter()
    moods: Counter[str] = Counter()
    tempos: Counter[float | None] = Counter()
    for span, music in group:
        seconds = float(span.duration)
        genres[music.genre] += seconds  # type: ignore[assignment]
        vocals[music.vocals] += seconds  # type: ignore[assignment]
        tempos[music.tempo] += seconds  # type: ignore[assignment]
        for place, instrument in enumerate(music.instruments):
            instruments[instrument] += seconds / (1 + place)  # type: ignore[assignment]
        for mood in music.mood:
            moods[mood] += seconds  # type: ignore[assignment]
    first = max(group, key=lambda pair: pair[0].duration)[1]
    return MusicRun(
        replace(
            first,
            genre=genres.most_common(1)[0][0],
            vocals=vocals.most_common(1)[0][0],
            tempo=tempos.most_common(1)[0][0],
            instruments=tuple(name for name, weight in instruments.most_common(3) if weight * 4 >= total),
            mood=tuple(name for name, _ in moods.most_common(2)),
        ),
        Span(group[0][0].start, max(span.end for span, _ in group)),
        tuple(music.evidence for _, music in group if music.evidence),
    )


def utterances(segments: Sequence[CaptionedSegment]) -> list[Speech]:
    """Return what is said, ascending by start, each word once.

    Where two segments share a stretch of sound, its first half is taken from the first of them and its
    second half from the second, so that each is trusted where it has context on both sides.
    """
    spoken: list[Speech] = []
    for place, segment in enumerate(segments):
        start, end = segment.start, segment.end
        if place and segments[place - 1].end > start:
            start = (start + segments[place - 1].end) / 2
        if place + 1 < len(segments) and segments[place + 1].start < end:
            end = (end + segments[place + 1].start) / 2
        for speech in _numbered(segment.facts.speech):
            if speech.span is None or speech.polarity not in {"asserted", "hedged"}:
                continue
            kept = _within(speech, speech.span, start, end)
            if kept is not None:
                spoken.append(kept)
    return sorted(spoken, key=lambda speech: speech.span.start if speech.span else Fraction(0))


def _numbered(said: Sequence[Speech]) -> list[Speech]:
    """Tell people of one kind apart, where a description knows several voices: ``man 1``, ``man 2``."""
    voices: dict[str, list[int]] = {}
    for speech in said:
        if speech.speaker and speech.voice and not speech.sung:
            known = voices.setdefault(speech.speaker, [])
            if speech.voice not in known:
                known.append(speech.voice)
    return [
        replace(speech, speaker=f"{speech.speaker} {voices[speech.speaker].index(speech.voice) + 1}")
        if speech.speaker
        and speech.voice in voices.get(speech.speaker, ())
        and len(voices[speech.speaker]) > 1
        else speech
        for speech in said
    ]


def _within(speech: Speech, span: Span, start: Fraction, end: Fraction) -> Speech | None:
    if span.start >= start and span.end <= end:
        return speech
    if not speech.words or speech.translation is not None:
        return speech if start <= (span.start + span.end) / 2 < end else None
    words = tuple(word for word in speech.words if start <= (word.start + word.end) / 2 < end)
    if not words:
        return None
    if len(words) == len(speech.words):
        return speech
    return replace(
        speech,
        text=" ".join(word.text for word in words),
        words=words,
        span=Span(words[0].start, words[-1].end),
    )
