"""Runs a captioner over labelled sounds and counts what is right, wrong, invented."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from media_captioner.model import Description, Facts, Sound
from media_captioner.protocols import Captioner, Context
from tests.quality.corpus import Item, clips, decode
from tests.quality.words import Errors, errors

_NEAR = 1.0  # seconds; a planted event is located where its sound starts this near


@dataclass
class Tally:
    """What was counted."""

    sound_clips: int = 0
    sound_said: int = 0
    sound_first: int = 0
    sounds_told: int = 0
    sounds_wrong: int = 0
    invented: int = 0
    invented_clips: int = 0
    quiet_clips: int = 0
    quiet_seconds: float = 0.0
    invented_words: int = 0
    language_clips: int = 0
    language_right: int = 0
    gender_clips: int = 0
    gender_right: int = 0
    gender_wrong: int = 0
    music_clips: int = 0
    music_found: int = 0
    music_described: int = 0
    planted: int = 0
    located: int = 0
    onset_errors: list[float] = field(default_factory=list)
    errors: Errors = field(default_factory=Errors)
    seconds: float = 0.0
    cpu: float = 0.0
    remarks: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the figures, JSON-ready."""
        plain = asdict(self) | {"wer": round(self.errors.rate, 4), "words": self.errors.words}
        plain["onset_median"] = round(statistics.median(self.onset_errors), 3) if self.onset_errors else None
        plain["invented_per_minute"] = (
            round(60 * self.invented / self.quiet_seconds, 3) if self.quiet_seconds else None
        )
        for name in ("onset_errors", "errors"):
            del plain[name]
        return plain


@dataclass(frozen=True)
class _Heard:
    """All descriptions of one file, times from its start."""

    descriptions: tuple[tuple[float, Description], ...]

    @property
    def facts(self) -> list[tuple[float, Facts]]:
        return [(at, d.facts or Facts()) for at, d in self.descriptions]

    @property
    def prose(self) -> str:
        return " ".join(d.prose for _, d in self.descriptions).lower()

    @property
    def sounds(self) -> list[tuple[float, Sound]]:
        return [(at, sound) for at, facts in self.facts for sound in facts.sounds]

    @property
    def words(self) -> str:
        return " ".join(u.text for _, facts in self.facts for u in facts.speech if u.text)


def evaluate(captioner: Captioner, items: Sequence[Item], told: Callable[[str], None]) -> Tally:
    """Describe every item and count."""
    tally = Tally()
    for item in items:
        start = time.process_time()
        heard = asyncio.run(_describe(captioner, item.path, tally))
        tally.cpu += time.process_time() - start
        _KINDS.get(item.kind, _ignored)(item, heard, tally)
        told(f"{item.path.name}: {heard.prose[:160]}")
    return tally


async def _describe(captioner: Captioner, path: Path, tally: Tally) -> _Heard:
    pcm = decode(path)
    tally.seconds += len(pcm) / 16_000
    languages: dict[str, float] = {}
    found = []
    for at, clip in clips(pcm):
        description = await captioner.describe(clip, Context(languages=dict(languages)))
        for utterance in (description.facts or Facts()).speech:
            if utterance.language and utterance.span:
                languages[utterance.language] = languages.get(utterance.language, 0.0) + float(
                    utterance.span.duration
                )
        found.append((at, description))
    return _Heard(tuple(found))


def _wordings(sound: Sound) -> str:
    return " ".join((sound.label, *sound.alternatives)).lower()


def _fits(sound: Sound, truth: str) -> bool:
    return any(word.strip().lower() in _wordings(sound) for word in truth.split("|"))


def _sound(item: Item, heard: _Heard, tally: Tally) -> None:
    sounds = [sound for _, sound in heard.sounds]
    tally.sound_clips += 1
    said = any(_fits(sound, item.truth) for sound in sounds)
    tally.sound_said += said
    best = max(
        sounds,
        key=lambda s: (s.confidence or 0) * float(s.span.duration if s.span else 0) ** 0.5,
        default=None,
    )
    tally.sound_first += best is not None and _fits(best, item.truth)
    tally.sounds_told += len(sounds)
    wrong = [sound.label for sound in sounds if not _fits(sound, item.truth)]
    tally.sounds_wrong += len(wrong)
    if not said or wrong:
        tally.remarks.append(
            f"{item.path.name}: wanted {item.truth}; {'said' if said else 'MISSED'}; also {wrong}"
        )


def _transcript(item: Item, heard: _Heard, tally: Tally) -> None:
    count = errors(item.truth, heard.words)
    tally.errors += count
    if count.wrong:
        tally.remarks.append(f"{item.path.name}: {item.truth} | {heard.words}")
    _language("en", item, heard, tally)
    _quiet(item, heard, tally)


def _attributes(item: Item, heard: _Heard, tally: Tally) -> None:
    truth = json.loads(item.truth)
    _language(truth["language"], item, heard, tally)
    if "gender" in truth:
        _gender_of(truth["gender"], item, heard, tally)
    _quiet(item, heard, tally)


def _language(tag: str, item: Item, heard: _Heard, tally: Tally) -> None:
    tally.language_clips += 1
    found = [u.language for _, facts in heard.facts for u in facts.speech if u.language]
    right = bool(found) and max(set(found), key=found.count) == tag
    tally.language_right += right
    if not right:
        tally.remarks.append(f"{item.path.name}: language {tag}, heard {found[:3]} {heard.words[:60]!r}")


def _gender(item: Item, heard: _Heard, tally: Tally) -> None:
    _gender_of(item.truth, item, heard, tally)
    _quiet(item, heard, tally)


def _gender_of(truth: str, item: Item, heard: _Heard, tally: Tally) -> None:
    found = {u.speaker for _, facts in heard.facts for u in facts.speech if u.speaker}
    tally.gender_clips += 1
    tally.gender_right += found == {truth}
    tally.gender_wrong += bool(found - {truth})
    if found - {truth}:
        tally.remarks.append(f"{item.path.name}: {truth}, heard {found}")


def _music(item: Item, heard: _Heard, tally: Tally) -> None:
    tally.music_clips += 1
    music = [m for _, facts in heard.facts for m in facts.music]
    tally.music_found += bool(music)
    wanted = [w.strip().lower() for w in re.split(r"[|,;]", item.truth) if len(w.strip()) > 3]
    described = any(
        word in part for m in music for part in (*m.instruments, m.genre or "") for word in wanted
    ) or any(re.search(rf"\b{re.escape(word)}", heard.prose) for word in wanted)
    tally.music_described += bool(music) and described
    if not described or not music:
        tally.remarks.append(f"{item.path.name}: {item.truth} | {heard.prose[:120]}")
    if "instrumental" in item.truth:
        _quiet(item, heard, tally)


def _timeline(item: Item, heard: _Heard, tally: Tally) -> None:
    for words, start, end in json.loads(item.truth):
        tally.planted += 1
        near = [
            abs(at + float(s.span.start) - start)
            for at, s in heard.sounds
            if s.span and _fits(s, words) and at + float(s.span.start) < end + _NEAR
        ]
        if near and min(near) <= _NEAR:
            tally.located += 1
            tally.onset_errors.append(min(near))
        else:
            tally.remarks.append(f"{item.path.name}: {words} at {start} not located")


def _nothing(item: Item, heard: _Heard, tally: Tally) -> None:
    tally.invented_words += len(heard.words.split())
    if heard.words:
        tally.remarks.append(f"{item.path.name}: INVENTED WORDS {heard.words!r}")
    _quiet(item, heard, tally)


def _quiet(item: Item, heard: _Heard, tally: Tally) -> None:
    """Count sounds told of a clip in which there is nothing but speech or music."""
    tally.quiet_clips += 1
    tally.quiet_seconds += sum(float(u.usage.audio_seconds) for _, u in heard.descriptions)
    told = [sound.label for _, sound in heard.sounds]
    tally.invented += len(told)
    tally.invented_clips += bool(told)
    if told:
        tally.remarks.append(f"{item.path.name}: INVENTED {told}")
    if item.kind == "music" and "instrumental" in item.truth and heard.words:
        tally.invented_words += len(heard.words.split())
        tally.remarks.append(f"{item.path.name}: INVENTED WORDS {heard.words!r}")


def _ignored(item: Item, heard: _Heard, tally: Tally) -> None:
    del item, heard, tally


_KINDS: dict[str, Callable[[Item, _Heard, Tally], None]] = {
    "sound": _sound,
    "transcript": _transcript,
    "speech_attributes": _attributes,
    "gender": _gender,
    "music": _music,
    "timeline": _timeline,
    "nothing": _nothing,
}
