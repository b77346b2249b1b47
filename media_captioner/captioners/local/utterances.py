"""From words to utterances: who says what, when, how, and what it means in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from media_captioner.captioners.local import speaker
from media_captioner.captioners.local.languages import UNSPACED
from media_captioner.captioners.local.music import MusicTagger
from media_captioner.captioners.local.recogniser import TimedWord, Transcript
from media_captioner.captioners.local.record import SpeechRecord, WordRecord
from media_captioner.captioners.local.spans import Voice
from media_captioner.captioners.local.spectrum import RATE, Signal
from media_captioner.captioners.local.tagger import HOP, Scores
from media_captioner.model.soundtable import by_name

_PAUSE: Final = 1.0  # seconds between two words that part two utterances
_ENDS: Final = ".?!。？！…"
_LEAST_VOICE: Final = 0.8  # seconds of voice needed to say whose it is
_JUDGED: Final = 4  # utterances of a window whose voice is looked at; the longest ones
_SENTENCE: Final = re.compile(r"(?<=[.?!…])\s+")
_ABBREVIATED: Final = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "prof.", "vs.", "no.", "jr.", "sr."})
_MARKED: Final = 0.35  # tagger's score from which a manner of the voice is told
_MANNERS: Final = {
    "Whispering": "whispering",
    "Shout": "shouting",
    "Yell": "shouting",
    "Crying, sobbing": "crying",
}


def parted(words: Sequence[TimedWord]) -> list[list[TimedWord]]:
    """Part words into utterances: at the end of a sentence, and at long pauses."""
    groups: list[list[TimedWord]] = []
    for word in words:
        before = groups[-1][-1] if groups else None
        ends = before is not None and before.text[-1] in _ENDS and before.text.lower() not in _ABBREVIATED
        if before is None or ends or word.start - before.end >= _PAUSE:
            groups.append([word])
        else:
            groups[-1].append(word)
    return groups


def spoken(
    transcript: Transcript,
    words: Sequence[TimedWord],
    voices: Sequence[Voice],
    signal: Signal,
    scores: Scores,
    tagger: MusicTagger,
) -> list[SpeechRecord]:
    """Return the utterances of one window."""
    groups = parted(words)
    texts = [_text(group, transcript.language) for group in groups]
    translations = shared_out(transcript.translation, [len(text) for text in texts])
    records = []
    for group, text, translation in zip(groups, texts, translations, strict=True):
        start, end = _within(group[0].start, group[-1].end, voices)
        sure = float(np.mean([word.probability for word in group]))
        records.append(
            SpeechRecord(
                start=start,
                end=end,
                text=text,
                translation=translation,
                language=transcript.language,
                language_probability=transcript.language_probability,
                speaker=None,
                manner=[],
                sung=_is_sung(start, end, voices),
                words=[
                    WordRecord(
                        text=w.text,
                        start=round(min(max(w.start, start), end), 2),
                        end=round(min(max(w.end, start), end), 2),
                        probability=w.probability,
                    )
                    for w in group
                ],
                confidence=round(sure, 3),
            )
        )
    _with_speakers(records, signal, scores, tagger)
    return records


def unheard(
    voices: Sequence[Voice], signal: Signal, scores: Scores, tagger: MusicTagger
) -> list[SpeechRecord]:
    """Return stretches of speech whose words are not known, those close together as one."""
    records: list[SpeechRecord] = []
    for voice in voices:
        if records and voice.start - records[-1]["end"] < _PAUSE and records[-1]["sung"] == voice.sung:
            records[-1]["end"] = round(voice.end, 2)
            continue
        records.append(
            SpeechRecord(
                start=round(voice.start, 2), end=round(voice.end, 2), text=None, translation=None, language=None,
                language_probability=0.0, speaker=None, manner=[], sung=voice.sung, words=[],
                confidence=round(max(voice.speech, 0.3), 3),
            )
        )  # fmt: skip
    _with_speakers(records, signal, scores, tagger)
    return records


def _text(words: Sequence[TimedWord], language: str) -> str:
    return ("" if language in UNSPACED else " ").join(word.text for word in words)


def _within(start: float, end: float, voices: Sequence[Voice]) -> tuple[float, float]:
    """Pull an utterance's edges to the voice: the recogniser stretches first and last words over silence."""
    touched = [v for v in voices if v.start < end + 0.3 and v.end > start - 0.3]
    if touched:
        first, last = touched[0], touched[-1]
        if start < first.start or start - first.start < 0.4:
            start = first.start
        if end > last.end or last.end - end < 0.4:
            end = last.end
    return round(start, 2), round(max(end, start + 0.1), 2)


def _is_sung(start: float, end: float, voices: Sequence[Voice]) -> bool:
    touched = [v for v in voices if v.start < end and v.end > start]
    return bool(touched) and sum(v.sung for v in touched) > len(touched) / 2


def shared_out(translation: str | None, lengths: Sequence[int]) -> list[str | None]:
    """Give each utterance its part of the translation, sentence by sentence, in order.

    One sentence each where the counts agree; otherwise each sentence goes to the utterance in which its middle
    lies when both texts are laid along each other. No sentence is lost and none is told twice.
    """
    if not translation or not lengths:
        return [None] * len(lengths)
    sentences = _SENTENCE.split(translation.strip())
    if len(sentences) == len(lengths):
        return list(sentences)
    edges = np.cumsum(lengths) / max(1, sum(lengths))
    total, at = sum(map(len, sentences)), 0
    parts: list[list[str]] = [[] for _ in lengths]
    for sentence in sentences:
        middle = (at + len(sentence) / 2) / total
        parts[min(len(lengths) - 1, int(np.searchsorted(edges, middle)))].append(sentence)
        at += len(sentence)
    return [" ".join(part) or None for part in parts]


def _with_speakers(records: list[SpeechRecord], signal: Signal, scores: Scores, tagger: MusicTagger) -> None:
    """Fill in who seems to speak, and the manner. One voice that is sure stands for the unsure ones around it."""
    table = by_name()
    longest = sorted(records, key=lambda record: record["start"] - record["end"])[:_JUDGED]
    for record in records:
        heard = signal[int(record["start"] * RATE) : int(record["end"] * RATE)]
        moments = scores.p[int(record["start"] / HOP) : int(record["end"] / HOP) + 2]
        marked = {
            manner
            for name, manner in _MANNERS.items()
            if float(moments[:, table[name].index].max(initial=0.0)) >= _MARKED
        }
        seconds = record["end"] - record["start"]
        pitches = speaker.pitch(heard)
        spaced = record["language"] not in UNSPACED
        record["manner"] = sorted(marked) + list(
            speaker.manner(pitches, len(record["words"]), seconds, spaced=spaced)
            if not record["sung"]
            else ()
        )
        if record in longest and seconds >= _LEAST_VOICE:
            child = float(moments[:, table["Child speech, kid speaking"].index].mean())
            record["speaker"] = speaker.perceived(pitches, *tagger.voices(heard), child)
    known = {record["speaker"] for record in records if record["speaker"]}
    if len(known) == 1:
        for record in records:
            record["speaker"] = next(iter(known))
