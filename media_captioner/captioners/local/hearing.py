"""Hears one window and keeps the record: every model is asked only where its answer is needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from media_captioner.captioners.local import guards, spans, utterances
from media_captioner.captioners.local.levels import Levels, measure
from media_captioner.captioners.local.music import Heard, MusicTagger, listen
from media_captioner.captioners.local.naming import Event
from media_captioner.captioners.local.onsets import Flux, snapped
from media_captioner.captioners.local.quality import Listener
from media_captioner.captioners.local.recogniser import Recogniser, Transcript
from media_captioner.captioners.local.record import (
    RULES,
    LevelsRecord,
    MusicRecord,
    QualityRecord,
    Record,
    SoundRecord,
    SpeechRecord,
    Transcription,
)
from media_captioner.captioners.local.sounds import best_guess, events, noise_curve, wordless
from media_captioner.captioners.local.spectrum import RATE, Signal, as_float, envelope
from media_captioner.captioners.local.tagger import HOP, Scores, Tagger
from media_captioner.captioners.local.voice import SileroVoice
from media_captioner.model import Measurements, Pcm

_log = logging.getLogger(__name__)

_SHORTEST: Final = 0.2  # seconds; in less nobody hears anything but a click
_LEAST_VOICE: Final = 0.25  # seconds of voice before words are looked for
_AUDIBLE: Final = -52.0  # dBFS in 50 ms
_NOISY: Final = 0.25  # mean score of steady noise from which it is told of the recording
_ONE_LANGUAGE: Final = 0.90  # certainty below which passages of one window may be in different languages
_PASSAGES: Final = 4  # each costs as much as the window
_MARGIN: Final = 0.4  # seconds around a passage that are heard with it
_RATED: Final = 2.0  # seconds of speech before its quality is rated

SpeechWeights = Callable[[], Path | None]
"""Finds the recogniser's weights at the first speech; None where there are none."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of words.

    Attributes:
        transcribe: Whether words are transcribed at all.
        translate: Whether what is not English is translated.
        model: Name of the recogniser's weights, for ``heard_by``.
        threads: Threads of the recogniser.

    """

    transcribe: bool = True
    translate: bool = True
    model: str = "base"
    threads: int = 2


class Hearing:
    """All models, each loaded when it is first needed and kept.

    Args:
        wishes: What is wanted of words.
        weights: Finds the recogniser's weights; asked once, at the first speech.

    """

    def __init__(self, wishes: Wishes, weights: SpeechWeights) -> None:
        self._wishes = wishes
        self._weights = weights
        self._lock = threading.Lock()  # the models are not safe to be used from two threads at once

    @cached_property
    def _tagger(self) -> Tagger:
        return Tagger()

    @cached_property
    def _voice(self) -> SileroVoice:
        return SileroVoice()

    @cached_property
    def _music(self) -> MusicTagger:
        return MusicTagger()

    @cached_property
    def _listener(self) -> Listener:
        return Listener()

    @cached_property
    def _recogniser(self) -> Recogniser | None:
        folder = self._weights()
        return None if folder is None else Recogniser(folder, self._wishes.threads)

    def __call__(
        self, pcm: Pcm, measured: Measurements | None, expected: Mapping[str, float], *, rate: bool = True
    ) -> Record:
        """Hear one window.

        Args:
            pcm: ``int16``, shape ``(samples,)``, 16 kHz mono, at most 30 s for words.
            measured: What was measured of it already, or None.
            expected: How likely each language is, by BCP 47 tag.
            rate: Whether the quality of speech is rated; it costs as much as everything else but the words.

        """
        with self._lock:
            return self._hear(pcm, measured, expected, rate=rate)

    def _hear(
        self, pcm: Pcm, measured: Measurements | None, expected: Mapping[str, float], *, rate: bool
    ) -> Record:
        signal = as_float(pcm)
        seconds = len(signal) / RATE
        levels = measure(pcm, signal, measured)
        record = _empty(seconds, levels)
        if levels.silent or seconds < _SHORTEST:
            return record
        scores = self._tagger(signal)
        probabilities = self._voice.probabilities(pcm)
        record["heard_by"] |= {"sounds": "yamnet", "voice": "silero and yamnet"}
        record["levels"]["noisy"] = float(noise_curve(scores).mean()) >= _NOISY
        record["music"] = self._hear_music(signal, scores, probabilities)
        record["absent"] = spans.absent(scores, probabilities)
        voices = self._voices(record, scores, probabilities)
        guessed = self._hear_speech(record, signal, scores, voices, expected)
        alone = not (record["speech"] or record["music"] or guessed)
        record["sounds"] = _sounds(scores, signal, guessed, alone=alone)
        if rate and any(not utterance["sung"] for utterance in record["speech"]):
            record["quality"] = self._rate(record["speech"], signal)
        if record["quality"]:
            record["heard_by"]["quality"] = "dnsmos"
        return record

    def _hear_music(
        self, signal: Signal, scores: Scores, probabilities: spans.Probabilities
    ) -> list[MusicRecord]:
        found = []
        for start, end, score in spans.music_spans(scores, len(signal) / RATE):
            part = signal[int(start * RATE) : int(end * RATE)]
            yamnet = scores.p[int(start / HOP) : int(end / HOP) + 1].mean(axis=0)
            window = probabilities[int(start * RATE / 512) : int(end * RATE / 512) + 1]
            heard = listen(self._music, part, yamnet, float((window > 0.5).mean()))
            found.append(_music_record(start, end, score, heard))
        return found

    def _voices(
        self, record: Record, scores: Scores, probabilities: spans.Probabilities
    ) -> list[spans.Voice]:
        """Return the voices, without "singing" in music in which the music part hears none."""
        sung = [m for m in record["music"] if m["vocals"] not in {None, "none"}]
        return [
            voice
            for voice in spans.voices(scores, probabilities)
            if not voice.sung or any(m["start"] <= voice.end and m["end"] >= voice.start for m in sung)
        ]

    def _hear_speech(
        self,
        record: Record,
        signal: Signal,
        scores: Scores,
        voices: list[spans.Voice],
        expected: Mapping[str, float],
    ) -> list[Event]:
        """Fill in what is said, and return what the voices may be that say nothing."""
        if not voices:
            return []
        found: list[SpeechRecord] = []
        state: Transcription = "off" if not self._wishes.transcribe else "none"
        if self._wishes.transcribe and sum(voice.end - voice.start for voice in voices) >= _LEAST_VOICE:
            if self._recogniser is None:
                state = "unavailable"
            else:
                reason = None
                for transcript, heard in self._transcripts(self._recogniser, signal, voices, expected):
                    regions = [(voice.start, voice.end) for voice in heard]
                    speech = max(voice.speech for voice in heard)
                    words, doubt = guards.supported(transcript, regions, speech)
                    reason = doubt or reason
                    if words:
                        found += utterances.spoken(transcript, words, heard, signal, scores, self._music)
                state = "done" if found else "withheld"
                record["withheld"] = None if found else reason
                record["heard_by"]["speech"] = f"faster-whisper {self._wishes.model}"
        record["transcription"] = state
        if not found:
            # A voice whose words are not believed must at least be heard as speech by the tagger.
            told = [v for v in voices if not v.sung and (state != "withheld" or v.speech >= 0.5)]
            laughs = {
                v: wordless(scores, v.start, v.end) for v in voices if state == "withheld" and not v.sung
            }
            found = utterances.unheard([v for v in told if not laughs.get(v)], signal, scores, self._music)
            record["speech"] = found
            return [event for event in laughs.values() if event]
        record["speech"] = found
        return []

    def _transcripts(
        self, recogniser: Recogniser, signal: Signal, voices: list[spans.Voice], expected: Mapping[str, float]
    ) -> list[tuple[Transcript, list[spans.Voice]]]:
        """Transcribe the window as a whole, or each passage alone where more than one language may be spoken."""
        translate = self._wishes.translate
        whole = recogniser(signal, expected=expected, translate=translate)
        passages = spans.passages(voices)
        if whole is None or whole.certainty >= _ONE_LANGUAGE or not 1 < len(passages) <= _PASSAGES:
            return [(whole, voices)] if whole else []
        found = []
        for passage in passages:
            first = max(0.0, passage[0].start - _MARGIN)
            part = signal[int(first * RATE) : int((passage[-1].end + _MARGIN) * RATE)]
            transcript = recogniser(part, expected=expected, translate=translate)
            if transcript:
                found.append((transcript.later(first), passage))
        return found

    def _rate(self, speech: list[SpeechRecord], signal: Signal) -> QualityRecord | None:
        spoken = [signal[int(u["start"] * RATE) : int(u["end"] * RATE)] for u in speech if not u["sung"]]
        joined = np.concatenate(spoken)
        if len(joined) < _RATED * RATE:
            return None
        rating = self._listener(joined)
        return QualityRecord(signal=rating.signal, background=rating.background, overall=rating.overall)


def _empty(seconds: float, levels: Levels) -> Record:
    return Record(
        rules=RULES,
        seconds=round(seconds, 3),
        levels=LevelsRecord(
            peak=levels.peak,
            loudness=levels.loudness,
            floor=levels.floor,
            volume=levels.volume,
            silent=levels.silent,
            clipped=levels.clipped,
            noisy=False,
            narrow=levels.narrow,
            silences=[[start, end] for start, end in levels.silences],
        ),
        sounds=[],
        speech=[],
        music=[],
        quality=None,
        absent=["speech", "music"] if levels.silent else [],
        transcription="none",
        withheld=None,
        heard_by={"levels": "measured"},
    )


def _sounds(scores: Scores, signal: Signal, guessed: list[Event], *, alone: bool) -> list[SoundRecord]:
    found = events(scores, music=spans.music_curve(scores))
    noisy = float(noise_curve(scores).mean()) >= _NOISY
    guess = best_guess(scores) if alone and not found and not noisy else None
    guesses = [guess] if guess else [g for g in guessed if not any(_overlap(g, event) for event in found)]
    flux = Flux(signal)
    told = [(snapped(event, flux), event in guesses) for event in (*guesses, *found)]
    records = [_sound_record(event, guess=guess) for event, guess in told if _is_audible(event, signal)]
    return sorted(records, key=lambda sound: (sound["start"], sound["end"]))


def _overlap(one: Event, other: Event) -> bool:
    return one.start < other.end and other.start < one.end


def _is_audible(event: Event, signal: Signal) -> bool:
    """Return whether a listener would hear it: taggers, which are given everything at one loudness, always do."""
    levels = envelope(signal[int(event.start * RATE) : int(event.end * RATE) + 1], RATE // 20)
    return bool(len(levels)) and float(levels.max()) >= _AUDIBLE


def _sound_record(event: Event, *, guess: bool) -> SoundRecord:
    return SoundRecord(
        name=event.name,
        start=event.start,
        end=event.end,
        confidence=event.confidence,
        alternatives=list(event.alternatives),
        guess=guess,
    )


def _music_record(start: float, end: float, score: float, heard: Heard) -> MusicRecord:
    return MusicRecord(
        start=round(start, 2),
        end=round(end, 2),
        instruments=list(heard.instruments),
        genre=heard.genre,
        genre_sure=heard.genre_sure,
        vocals=heard.vocals,
        tempo=heard.tempo.bpm if heard.tempo else None,
        confidence=round(score, 3),
    )
