"""What is in the sound: every fact carries the words it comes from and who heard it.

Times of facts are seconds from the first sample of the clip until the pipeline places them on the
presentation timeline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

Polarity = Literal["asserted", "hedged", "compared", "negated"]
"""How a description commits itself: "a dog barks", "perhaps a dog", "like a dog", "no dog"."""

Anchor = Literal["heard", "voice", "change", "said", "order", "person"]
"""What a time rests on.

``heard``: the captioner timed it itself. ``voice``: a region where somebody speaks. ``change``: a point
where the sound changes. ``said``: a time in the description's prose, where nothing measured is near it, so the
time may be seconds off. ``order``: only the order of the description, so the time is a guess.
``person``: somebody set it by hand.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, seconds, ``start <= end``."""

    start: Fraction
    end: Fraction

    @property
    def duration(self) -> Fraction:
        """Seconds from start to end."""
        return self.end - self.start

    def moved(self, to: Callable[[Fraction], Fraction]) -> Span:
        """Return the span on another timeline; ``to`` must not let time run back."""
        start = to(self.start)
        return Span(start, max(start, to(self.end)))


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which the sound changes.

    Attributes:
        time: Seconds.
        strength: 0 (nothing) to 1 (nothing in common before and after).

    """

    time: Fraction
    strength: float


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What can be measured of when things happen in a stretch of sound, without knowing what they are.

    Attributes:
        voice: Where somebody speaks, ascending.
        changes: Where the scene of sound changes, ascending; not where something merely ends.
        onsets: Where the level rises suddenly, ascending.

    """

    voice: tuple[Span, ...] = ()
    changes: tuple[Change, ...] = ()
    onsets: tuple[Change, ...] = ()

    def moved(self, to: Callable[[Fraction], Fraction]) -> Landmarks:
        """Return the same landmarks with every time sent through ``to``."""
        return Landmarks(
            tuple(span.moved(to) for span in self.voice),
            tuple(replace(change, time=to(change.time)) for change in self.changes),
            tuple(replace(onset, time=to(onset.time)) for onset in self.onsets),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact comes from.

    Attributes:
        sentence: The sentence of the description that states it.
        start: Offset in the description of the first character that states it.
        end: Offset just after the last.
        heard_by: Which model or measurement heard it (``yamnet``, ``faster-whisper base``, ``measured``),
            or ``description`` where only the captioner's prose says so.

    """

    sentence: str
    start: int
    end: int
    heard_by: str = "description"


@dataclass(frozen=True, slots=True)
class Hint:
    """A time that a description's prose states, in seconds from the start of the clip it describes.

    Attributes:
        sentence: The sentence that states it.
        first: Offset in the description of the first character of what it is stated of.
        last: Offset just after the last.
        begin: When what is told begins: a moment, or a stretch in which it begins; None where only its end is stated.
        until: When it ends, or None.
        tolerance: Seconds that either may be off.

    """

    sentence: str
    first: int
    last: int
    begin: Span | None
    until: Fraction | None
    tolerance: Fraction


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that is neither words nor music.

    Attributes:
        label: Caption wording: source and action in lower case (``dog barking``, ``rain``).
        group: Coarse group that survives re-captioning (``animal``, ``weather``, ``impact`` ...).
        polarity: How surely it is stated.
        sustained: Whether it lasts (ambience) or happens (an effect).
        span: When, or None where only the order of the text is known.
        audioset: Names of AudioSet classes it stands for, most specific first.
        alternatives: What else it may be, as caption wording.
        confidence: 0 to 1, or None where the captioner gives none.
        evidence: Where it comes from.
        anchor: What ``span`` rests on.
        mentions: How often the description states it as surely as it does; a measure of its weight.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    label: str
    group: str
    polarity: Polarity
    sustained: bool = False
    span: Span | None = None
    audioset: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    confidence: float | None = None
    evidence: Evidence | None = None
    anchor: Anchor = "heard"
    mentions: int = 1
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word.

    Attributes:
        text: As spelled, punctuation attached, without spaces around it.
        start: When it starts, seconds.
        end: When it ends, seconds.
        probability: 0 to 1.

    """

    text: str
    start: Fraction
    end: Fraction
    probability: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Somebody speaks or sings words.

    Attributes:
        text: The words in the language spoken, or None where only their presence is known.
        translation: The words in English, where they are not English.
        language: BCP 47 tag of the language spoken, or None.
        language_sure: False where the language is a guess.
        speaker: Perceived voice: ``man``, ``woman``, ``child``, ``robot``, or None.
        manner: How it is said, as the speech's own sentence has it (``exasperated``, ``whispering``).
        sung: Whether the words are sung.
        polarity: How surely it is stated.
        span: When.
        words: Word by word, where a recogniser timed them.
        confidence: 0 to 1, or None.
        evidence: Where it comes from.
        anchor: What ``span`` rests on.
        emotions: Perceived emotions by their canonical names, strongest first (``frustrated``); only from what
            is said of this utterance.
        voice: Which of the description's voices speaks, 1 for the first mentioned; 0 where that is not known.
        role: The speaker's part as said (``narrator``, ``announcer``), or None.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    text: str | None
    translation: str | None = None
    language: str | None = None
    language_sure: bool = True
    speaker: str | None = None
    manner: str | None = None
    sung: bool = False
    polarity: Polarity = "asserted"
    span: Span | None = None
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    evidence: Evidence | None = None
    anchor: Anchor = "heard"
    emotions: tuple[str, ...] = ()
    voice: int = 0
    role: str | None = None
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Music:
    """A stretch of music.

    Attributes:
        polarity: How surely it is stated.
        genre: As said, or None.
        genres: Every genre that is said, ``genre`` first; empty where the captioner keeps to one.
        instruments: As said, most prominent first.
        vocals: ``male``, ``female``, ``choir``, ``some``, ``none``, or None where nothing is said.
        tempo: Beats per minute where measured surely, or None.
        mood: As said (``tense``); the local captioner names none.
        span: When.
        confidence: 0 to 1, or None.
        evidence: Where it comes from.
        anchor: What ``span`` rests on.
        pace: Tempo as said (``slow``), or None.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    polarity: Polarity = "asserted"
    genre: str | None = None
    instruments: tuple[str, ...] = ()
    vocals: str | None = None
    tempo: float | None = None
    mood: tuple[str, ...] = ()
    span: Span | None = None
    confidence: float | None = None
    evidence: Evidence | None = None
    anchor: Anchor = "heard"
    pace: str | None = None
    genres: tuple[str, ...] = ()
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the scene seems to be: said, never measured.

    Attributes:
        text: As said (``workshop``).
        setting: ``indoor``, ``outdoor`` or None.
        polarity: How surely it is stated.
        evidence: Where it comes from.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    text: str
    setting: Literal["indoor", "outdoor"] | None = None
    polarity: Polarity = "hedged"
    evidence: Evidence | None = None
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """A remark about the recording (``clipping``, ``hiss``, ``high fidelity``).

    Attributes:
        term: The remark's canonical name.
        polarity: How surely it is stated.
        contradicted: True where a measurement says otherwise.
        evidence: Where it comes from.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    term: str
    polarity: Polarity = "asserted"
    contradicted: bool = False
    evidence: Evidence | None = None
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person may want to review (``weapon``, ``scream``, ``profanity``).

    Attributes:
        name: The flag's canonical name.
        polarity: ``asserted`` or ``hedged``; what is denied raises no flag.
        span: When, if known.
        evidence: Where it comes from.
        votes: Of several descriptions of the same sound, how many state it and how many there are; None
            where there is only one.

    """

    name: str
    polarity: Polarity = "asserted"
    span: Span | None = None
    evidence: Evidence | None = None
    votes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one description states.

    Attributes:
        sounds: Sounds that are neither words nor music, in the order of the text.
        speech: Utterances, in order.
        music: Stretches of music, in order.
        places: Where it seems to be.
        qualities: Remarks about the recording.
        flags: What a person may want to review.
        summary: The whole in one sentence, or None.

    """

    sounds: tuple[Sound, ...] = ()
    speech: tuple[Speech, ...] = ()
    music: tuple[Music, ...] = ()
    places: tuple[Place, ...] = ()
    qualities: tuple[Quality, ...] = ()
    flags: tuple[Flag, ...] = ()
    summary: str | None = None

    def moved(self, to: Callable[[Fraction], Fraction]) -> Facts:
        """Return the same facts with every time sent through ``to``, which must not let time run back."""
        return replace(
            self,
            sounds=tuple(replace(s, span=s.span and s.span.moved(to)) for s in self.sounds),
            speech=tuple(
                replace(
                    s,
                    span=s.span and s.span.moved(to),
                    words=tuple(
                        replace(w, start=to(w.start), end=max(to(w.start), to(w.end))) for w in s.words
                    ),
                )
                for s in self.speech
            ),
            music=tuple(replace(m, span=m.span and m.span.moved(to)) for m in self.music),
            flags=tuple(replace(f, span=f.span and f.span.moved(to)) for f in self.flags),
        )
