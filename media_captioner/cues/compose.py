"""From facts to captions.

Conventions, and where they come from: sounds in brackets, lower case, the source named, present participle for
what lasts and never the past tense, "[... continues]" for what goes on (DCMP Captioning Key, Sound Effects);
speaker label before the words when the speaker changes (FCC captioning quality rules, 47 CFR 79.1(j)(2)(i):
"identity of speakers"); music described by genre and mood between notes, sung words between notes (Netflix
Timed Text Style Guide, SDH); a foreign language named once, then only what is meant (BBC Subtitle Guidelines).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, get_args

from media_captioner.cues.arrange import Arrangement, arrange
from media_captioner.cues.block import Block
from media_captioner.cues.continuity import MusicRun, Run, Soundtrack
from media_captioner.cues.labels import wording
from media_captioner.cues.profiles import Profile
from media_captioner.cues.speech import speech_blocks
from media_captioner.cues.wording import Wording
from media_captioner.model import Category, Speech

_CONTINUES_AFTER = Fraction(60)  # seconds after which a sound that still lasts is named again
_EFFECT_PATIENCE = Fraction(1)
_AMBIENCE_PATIENCE = Fraction(4)
_TOPIC_PAUSE = Fraction(60)  # after so long without words a viewer may have forgotten who speaks

# What a viewer must not miss comes first: danger, then people, then what happens, then what is just there.
_WEIGHTS: Final = {
    "danger": 9.0, "alarm": 8.0, "voice": 7.0, "fire": 6.5, "impact": 6.0, "animal": 6.0, "crowd": 6.0,
    "body": 5.5, "tool": 5.0, "movement": 5.0, "weather": 4.5, "machine": 4.5, "traffic": 4.5, "household": 4.5,
    "water": 4.0, "friction": 4.0, "nature": 3.5, "music": 3.0, "scene": 1.0, "recording": 0.5,
}  # fmt: skip

_AUDIBLE: Final = frozenset(
    "whispering shouting screaming crying sobbing laughing giggling mumbling stammering singing chanting".split()
)

_UTTERED: Final = frozenset({"Whispering", "Shout", "Yell", "Bellow"})
_SUNG: Final = frozenset({"Singing", "Choir", "Male singing", "Female singing"})


@dataclass(slots=True)
class _Stage:
    """Who spoke last and in which language, as a viewer remembers it."""

    profile: Profile
    language: str
    wording: Wording
    several: bool
    speaker: str | None = None
    spoken: str = ""
    silent_since: Fraction = Fraction(-1000)

    def label(self, speech: Speech, start: Fraction) -> str:
        """Return what goes before an utterance: who speaks, how, and in which language, where that is news."""
        foreign = speech.language if speech.language not in {None, self.language} else None
        who = self.wording.speaker(speech.speaker)
        forgotten = start - self.silent_since > _TOPIC_PAUSE
        notes = []
        manner = self.wording.manner(speech) if _is_notable(speech) else None
        if manner:
            notes.append(manner)
        if foreign and (foreign != self.spoken or forgotten):
            notes.append(self.wording.spoken_in(foreign))
        changed = speech.speaker != self.speaker and (self.several or self.speaker is None)
        name = who if who and (changed or forgotten or notes) else None
        if notes and not name:
            name = who or self.wording.voice()
        self.speaker = speech.speaker or self.speaker
        self.spoken = foreign or self.language
        if name is None:
            return ""
        return self.profile.speaker.format(f"{name} ({', '.join(notes)})" if notes else name)


def compose(
    soundtrack: Soundtrack,
    profile: Profile,
    *,
    language: str,
    frame_rate: Fraction | None,
    end: Fraction,
    layers: Collection[Category] = get_args(Category),
) -> Arrangement:
    """Make captions of what was heard.

    Args:
        soundtrack: What was heard, on the presentation timeline.
        profile: The style guide to follow.
        language: BCP 47 tag of the caption text; speech in it is shown as spoken, other speech translated
            where there is a translation. Labels are in it too, where the table of labels has it.
        frame_rate: The video's rate, frames per second; None without a picture.
        end: End of the asset, seconds.
        layers: The categories to caption.

    """
    words, told = wording(language), _told(soundtrack)
    blocks = [
        *_spoken(soundtrack.said, profile, language, words),
        *(block for run in soundtrack.sounds if not told(run) for block in sound_blocks(run, profile, words)),
        *(block for run in soundtrack.music for block in _music(run, profile, words)),
    ]
    return arrange(
        [block for block in blocks if block.category in layers], profile, frame_rate=frame_rate, end=end
    )


def _told(soundtrack: Soundtrack) -> Callable[[Run], bool]:
    """Return what says whether shown words or music tell already that somebody whispers, shouts or sings."""
    sentences = {speech.evidence.sentence for speech in soundtrack.said if speech.text and speech.evidence}
    sung = [music.span for music in soundtrack.music if music.music.vocals]

    def told(run: Run) -> bool:
        names = set(run.sound.audioset)
        if not names.isdisjoint(_UTTERED):
            return any(evidence.sentence in sentences for evidence in run.evidence)
        if names.isdisjoint(_SUNG):
            return False
        return any(span.start <= run.span.start < span.end for span in sung)

    return told


def _is_notable(speech: Speech) -> bool:
    """Return whether how something is said belongs on the screen.

    A description says it where it matters. Measured pace and pitch are kept in the sidecar: a viewer sees
    from the words how fast they come.
    """
    told = speech.evidence is None or speech.evidence.heard_by == "description"
    return told or speech.manner in _AUDIBLE


def _spoken(spoken: Sequence[Speech], profile: Profile, language: str, words: Wording) -> list[Block]:
    several = len({speech.speaker for speech in spoken if speech.speaker}) > 1
    stage = _Stage(profile, language, words, several)
    blocks: list[Block] = []
    for speech in spoken:
        assert speech.span is not None  # noqa: S101 - utterances() gives none without
        text = speech.text if speech.language in {None, language} else speech.translation or speech.text
        if not text:
            blocks.append(_wordless(speech, profile, language, words))
            continue
        label = "" if speech.sung else stage.label(speech, speech.span.start)
        blocks.extend(speech_blocks(speech, text, profile, label=label, anchor=speech.anchor))
        stage.silent_since = speech.span.end
    return blocks


def _wordless(speech: Speech, profile: Profile, language: str, words: Wording) -> Block:
    """Say that somebody speaks where the words are not known."""
    assert speech.span is not None  # noqa: S101 - utterances() gives none without
    foreign = speech.language if speech.language != language and speech.language_sure else None
    return Block(
        start=speech.span.start,
        end=speech.span.end,
        text=profile.dress(words.wordless(speech, foreign), "sound"),
        category="music" if speech.sung else "speech",
        anchor=speech.anchor,
        weight=8.5,
        patience=_AMBIENCE_PATIENCE,
        speaker=speech.speaker,
        language=speech.language,
        confidence=speech.confidence,
        evidence=(speech.evidence,) if speech.evidence else (),
    )


def sound_blocks(run: Run, profile: Profile, said: Wording) -> list[Block]:
    """Return what to show of a sound: its name when it begins and, if it lasts, that it continues."""
    sound, span = run.sound, run.span
    category: Category = "ambience" if sound.sustained else "effects"
    words, likeliest = said.sound(sound), said.sound(replace(sound, alternatives=()))
    weight = _WEIGHTS.get(sound.group, 3.0) + (sound.confidence or 0.5) * 2 - (1.5 if sound.sustained else 0)
    lasts = sound.sustained and span.duration > 2
    blocks = [
        Block(
            start=span.start,
            end=span.end,
            text=profile.dress(words, "sound"),
            category=category,
            anchor=sound.anchor,
            weight=weight,
            patience=min(_AMBIENCE_PATIENCE, span.duration) if lasts else _EFFECT_PATIENCE,
            brief="" if words == likeliest else profile.dress(likeliest, "sound"),
            confidence=sound.confidence,
            evidence=run.evidence,
        )
    ]
    if sound.sustained:
        blocks.extend(_continued(blocks[0], profile.dress(said.continues(words), "sound")))
    return blocks


def _continued(block: Block, text: str) -> list[Block]:
    again, start = [], block.start + _CONTINUES_AFTER
    while start < block.end - 5:
        again.append(
            replace(
                block,
                start=start,
                text=text,
                brief="",
                weight=block.weight / 4,
                patience=_CONTINUES_AFTER / 2,
            )
        )
        start += _CONTINUES_AFTER
    return again


def _music(run: MusicRun, profile: Profile, words: Wording) -> list[Block]:
    block = Block(
        start=run.span.start,
        end=run.span.end,
        text=profile.dress(words.music(run.music), "music"),
        category="music",
        anchor=run.music.anchor,
        weight=5.0,
        patience=min(_AMBIENCE_PATIENCE, max(run.span.duration / 2, _EFFECT_PATIENCE)),
        confidence=run.music.confidence,
        evidence=run.evidence,
    )
    return [block, *_continued(block, profile.dress(words.music_continues, "music"))]
