"""The whole clip in one sentence."""

from __future__ import annotations

from media_captioner.captioners.local.phrasing import listed
from media_captioner.captioners.local.record import MusicRecord, Record, SpeechRecord
from media_captioner.captioners.local.telling import music as telling_music
from media_captioner.captioners.local.telling import sounds as telling_sounds
from media_captioner.captioners.local.telling import speech as telling_speech
from media_captioner.captioners.local.telling.groups import group_sounds, polarity

_MOST = 3  # sounds named in a summary


def summary(record: Record) -> str:
    """Return the clip in one clause, without a capital and a full stop."""
    if record["levels"]["silent"]:
        return "the clip holds nothing but silence"
    spoken = _speech([utterance for utterance in record["speech"] if not utterance["sung"]])
    played = _music(record["music"], [utterance for utterance in record["speech"] if utterance["sung"]])
    heard = _sounds(record)
    parts = [part for part in (spoken, played, heard) if part]
    if not parts:
        return (
            "the clip holds only noise"
            if record["levels"]["noisy"]
            else "the clip holds sound that cannot be named"
        )
    if spoken and played:
        together = f"{spoken} and {played}"
        return f"the clip holds {together}, along with {heard}" if heard else f"the clip holds {together}"
    if len(parts) == 2:
        return f"the clip holds {parts[0]}, along with {parts[1]}"
    return f"the clip holds {parts[0]}"


def _speech(utterances: list[SpeechRecord]) -> str:
    if not utterances:
        return ""
    voices = []
    for utterance in utterances:
        who = telling_speech.voice(utterance)
        if who not in voices and who != "somebody":
            voices.append(who)
    who = listed(voices) if voices else "somebody"
    tongues = {telling_speech.language(u) for u in utterances if u["language"]}
    tongue = f" {next(iter(tongues))}" if len(tongues) == 1 else ""
    return f"{who} speaking{tongue}"


def _music(stretches: list[MusicRecord], sung: list[SpeechRecord]) -> str:
    if not stretches:
        return f"{telling_speech.voice(sung[0])} singing" if sung else ""
    longest = max(stretches, key=lambda music: music["end"] - music["start"])
    what = telling_music.described(longest)
    if longest["vocals"] in {"male", "female", "choir", "some"}:
        what += " and singing"
    return what


def _sounds(record: Record) -> str:
    told = group_sounds(record)
    weight = {
        item.start: max(s["confidence"] for s in item.sounds) * (item.end - item.start) ** 0.3
        for item in told
    }
    chosen = sorted(told, key=lambda item: -weight[item.start])[:_MOST]
    chosen.sort(key=lambda item: item.start)
    best = [max(item.sounds, key=lambda sound: sound["confidence"]) for item in chosen]
    sure = [telling_sounds.bare(sound) for sound in best if polarity(sound) == "asserted"]
    unsure = [telling_sounds.bare(sound) for sound in best if polarity(sound) != "asserted"]
    sure, unsure = list(dict.fromkeys(sure)), [name for name in dict.fromkeys(unsure) if name not in sure]
    if unsure:
        unsure[0] = f"what sounds like {unsure[0]}"
    return listed([*sure, *unsure])
