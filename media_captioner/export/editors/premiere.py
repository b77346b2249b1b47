"""Transcript of Premiere Pro as JSON (Adobe's transcript schema, version 1.0.0): speech only, word by word.

The schema is closed: a member more makes the file invalid, and languages and tags come from fixed lists.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from media_captioner.export.base import ExportContext
from media_captioner.export.text import one_line
from media_captioner.model import Captions, Cue, Word

UNKNOWN: Final = "??-??"
LANGUAGES: Final = (
    "en-us", "en-gb", "zh-hk", "cmn-hans", "cmn-hant", "es-es", "de-de", "fr-fr", "ja-jp", "pt-pt", "pt-br", "ko-kr",
    "it-it", "ru-ru", "hi-in", "nb-no", "sv-se", "nl-nl", "da-dk", "id-id", "th-th", "vi-vn", "ms-my", "tr-tr",
    "pl-pl", "fil-ph", "te-in", "ml-in", "pa-in", UNKNOWN,
)  # fmt: skip
"""Every language that the schema allows; ``??-??`` is its own word for one that it does not."""

_SPECIAL: Final = {"zh": "cmn-hans", "zh-cn": "cmn-hans", "zh-tw": "cmn-hant", "yue": "zh-hk", "no": "nb-no"}
_NOBODY: Final = "Unknown speaker"
_SPEAKERS: Final = uuid.UUID("0d2c7b0a-5f27-4c55-8a5e-6d6564696163")


def language_code(tag: str | None) -> str:
    """Return Adobe's code for a BCP 47 tag: never a language that it is not."""
    if tag is None:
        return UNKNOWN
    low = tag.lower()
    if low in LANGUAGES:
        return low
    found = _SPECIAL.get(low) or _SPECIAL.get(low.split("-", maxsplit=1)[0])
    if found is not None:
        return found
    start = low.split("-", maxsplit=1)[0] + "-"
    return next((code for code in LANGUAGES if code.startswith(start)), UNKNOWN)


class PremiereTranscript:
    """What is said, for text-based editing."""

    name = "premiere"
    suffix = ".transcript.json"
    readers = "Premiere Pro 25 (Text panel, import a transcript)"
    loss = "speech only (… where there is none); words of a caption that no recogniser timed share its time evenly; no seal"

    def write(self, captions: Captions, context: ExportContext) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Return the whole transcript."""
        spoken = captions.spoken[0] if captions.spoken else captions.language
        speech = [cue for cue in captions.cues if cue.category == "speech"]
        timed = _timed_words(captions)
        names = dict.fromkeys([_speaker(cue) for cue in speech] or [_NOBODY])
        segments = [
            {
                "start": _seconds(cue.start),
                "duration": _seconds(max(cue.end - cue.start, Fraction(1, 1000))),
                "language": language_code(cue.language or captions.language),
                "speaker": _identity(_speaker(cue)),
                "words": list(_words(cue, timed)),
            }
            for cue in speech
        ]
        document = {
            "language": language_code(spoken),
            "segments": segments or [_silence(captions)],
            "speakers": [{"id": _identity(name), "name": name} for name in names],
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    def is_ours(self, data: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return False: the schema allows no member of ours."""
        return False


def _speaker(cue: Cue) -> str:
    return one_line(cue.speaker or "", 80) or _NOBODY


def _silence(captions: Captions) -> dict[str, Any]:
    """Return what stands where nobody speaks: the schema wants a segment and a word, and this one says nothing."""
    mark = {"text": "…", "confidence": 0.0, "eos": True, "tags": [], "type": "punctuation"}
    where = {"start": 0.0, "duration": 0.0}
    language = language_code(captions.language)
    return {**where, "language": language, "speaker": _identity(_NOBODY), "words": [{**mark, **where}]}


def _identity(name: str) -> str:
    """Return a stable identity of a speaker in the shape of a random UUID, which the schema demands."""
    made = bytearray(uuid.uuid5(_SPEAKERS, name).bytes)
    made[6] = (made[6] & 0x0F) | 0x40  # version 4 (RFC 9562, 5.4)
    return str(uuid.UUID(bytes=bytes(made)))


def _timed_words(captions: Captions) -> list[Word]:
    return [word for segment in captions.segments for speech in segment.facts.speech for word in speech.words]


def _words(cue: Cue, timed: list[Word]) -> Iterator[dict[str, Any]]:
    """Yield the words of a caption, each with its own time where a recogniser timed just these words."""
    texts = one_line(cue.text).split() or ["…"]
    within = [word for word in timed if cue.start <= word.start < cue.end]
    exact = [one_line(word.text) for word in within] == texts
    step = max(cue.end - cue.start, Fraction(1, 1000)) / len(texts)
    for number, text in enumerate(texts):
        start, length = cue.start + number * step, step
        confidence = 1.0 if cue.locked else (cue.confidence or 0.0)
        if exact:
            word = within[number]
            start, length = word.start, max(word.end - word.start, Fraction(1, 1000))
            confidence = word.probability
        yield {
            "text": text,
            "start": _seconds(start),
            "duration": _seconds(length),
            "confidence": round(min(1.0, max(0.0, confidence)), 3),
            "eos": number == len(texts) - 1 or text.endswith((".", "!", "?", "…")),
            "tags": [],
            "type": "word",
        }


def _seconds(seconds: Fraction) -> float:
    return round(float(max(Fraction(0), seconds)), 3)
