"""Words, spoken and sung, and voices whose words are not known."""

from __future__ import annotations

from typing import Final

from media_captioner.captioners.local.languages import UNSPACED, name_of
from media_captioner.captioners.local.phrasing import at, capital, covers, during
from media_captioner.captioners.local.record import Record, SpeechRecord, Transcription
from media_captioner.captioners.local.telling.groups import Told
from media_captioner.captioners.local.telling.text import Text, span
from media_captioner.model import Evidence, Speech, Word

SURE_LANGUAGE: Final = 0.6
"""Probability from which a language is named without a hedge."""

_WHO: Final = {"man": "a man", "woman": "a woman", "child": "a child", None: "somebody"}
_PRONOUN: Final = {"man": "he", "woman": "she", "child": "the child", None: "the speaker"}
_MANNER: Final = {
    "slow": "slowly",
    "brisk": "at a brisk pace",
    "flat": "in an even tone",
    "lively": "with lively intonation",
    "whispering": "in a whisper",
    "shouting": "in a raised voice",
    "crying": "while crying",
}
_STOPS: Final = ".?!…。？！"
_UNKNOWN: Final[dict[Transcription, str]] = {
    "off": "the words were not transcribed",
    "unavailable": "the words could not be transcribed, because no speech model is on this machine",
    "withheld": "the words cannot be made out",
    "none": "the words cannot be made out",
    "done": "the words cannot be made out",
}


def told(item: Told, record: Record, text: Text, *, first: bool) -> list[Speech]:
    """Tell what one voice says: who, when and how, then the words."""
    heard_by = record["heard_by"].get("speech", record["heard_by"]["voice"])
    lead = item.speech[0]
    if lead["text"] is None:
        sentence = _unknown(item, record, first=first)
        evidence = text.sentence(sentence, record["heard_by"]["voice"])
        return [_fact(utterance, evidence) for utterance in item.speech]
    text.sentence(_introduction(item, record, first=first), record["heard_by"]["voice"])
    evidence = text.sentence(_words(item), heard_by)
    return [_fact(utterance, evidence) for utterance in item.speech]


def voice(utterance: SpeechRecord) -> str:
    """Return who speaks or sings, as a noun phrase."""
    return _WHO.get(utterance["speaker"], "somebody")


def language(utterance: SpeechRecord) -> str:
    """Return the language with its hedge: ``in Spanish``, ``probably in Spanish``, or nothing."""
    tag = utterance["language"]
    if tag is None:
        return ""
    hedge = "" if utterance["language_probability"] >= SURE_LANGUAGE else "probably "
    return f"{hedge}in {name_of(tag)}"


def _introduction(item: Told, record: Record, *, first: bool) -> str:
    lead = item.speech[0]
    verb = "sing" if lead["sung"] else "speak"
    who, tongue, how = voice(lead), language(lead), _manner(item)
    details = " ".join(part for part in (tongue, how) if part)
    when = during(item.start, item.end, record["seconds"])
    if first and covers(item.start, item.end, record["seconds"]):
        return f"The audio clip consists of {who} {verb}ing {details}.".replace(" .", ".")
    if first and item.start < 1.2:
        return f"The audio clip begins with {who} {verb}ing {details}.".replace(" .", ".")
    if first:
        return f"The audio clip begins quietly; {at(item.start)}, {who} starts {verb}ing {details}.".replace(
            " .", "."
        )
    return f"{capital(when)}, {who} {verb}s {details}.".replace(" .", ".")


def _manner(item: Told) -> str:
    """Return the manner that most of the utterances share."""
    counts: dict[str, int] = {}
    for utterance in item.speech:
        for word in utterance["manner"]:
            counts[word] = counts.get(word, 0) + 1
    shared = [word for word, count in counts.items() if 2 * count > len(item.speech)]
    return " and ".join(_MANNER[word] for word in shared)


def _words(item: Told) -> str:
    lead = item.speech[0]
    gap = "" if lead["language"] in UNSPACED else " "
    said = gap.join(utterance["text"] or "" for utterance in item.speech)
    meant = " ".join(u["translation"] for u in item.speech if u["translation"])
    quoted = f"“{_quotable(said)}”"
    if meant:
        quoted += f" (“{_quotable(meant)}”)"
    stop = "" if said.rstrip()[-1:] in _STOPS and not meant else "."
    if lead["sung"]:
        return f"The lyrics seem to be: {quoted}{stop}"
    return f"{capital(_PRONOUN.get(lead['speaker'], 'the speaker'))} says: {quoted}{stop}"


def _quotable(words: str) -> str:
    """Turn the quotation marks inside a quotation into single ones."""
    return words.strip().replace("“", "‘").replace("”", "’").replace('"', "’")


def _unknown(item: Told, record: Record, *, first: bool) -> str:
    lead = item.speech[0]
    verb = "singing" if lead["sung"] else "speaking"
    when = during(item.start, item.end, record["seconds"])
    why = _UNKNOWN[record["transcription"]]
    if first and item.start < 1.2:
        return f"The audio clip begins with {voice(lead)} {verb}, {when}; {why}."
    return f"{capital(when)}, {voice(lead)} can be heard {verb}; {why}."


def _fact(utterance: SpeechRecord, evidence: Evidence) -> Speech:
    return Speech(
        text=utterance["text"],
        translation=utterance["translation"],
        language=utterance["language"],
        language_sure=utterance["language_probability"] >= SURE_LANGUAGE,
        speaker=utterance["speaker"],
        manner=", ".join(utterance["manner"]) or None,
        sung=utterance["sung"],
        polarity="asserted",
        span=span(utterance["start"], utterance["end"]),
        words=tuple(_word(w["text"], w["start"], w["end"], w["probability"]) for w in utterance["words"]),
        confidence=utterance["confidence"],
        evidence=evidence,
    )


def _word(text: str, start: float, end: float, probability: float) -> Word:
    where = span(start, end)
    return Word(text, where.start, where.end, probability)
