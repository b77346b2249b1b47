"""The recording itself, and what is not in it."""

from __future__ import annotations

from typing import Final

from media_captioner.captioners.local.phrasing import capital, during, listed, moment
from media_captioner.captioners.local.record import Record
from media_captioner.captioners.local.telling.text import Text
from media_captioner.model import Polarity, Quality

_CLEAR: Final = 3.0  # DNSMOS overall, 1 to 5
_POOR: Final = 1.9
_LOUDNESS: Final = {"quiet": "low", "moderate": "moderate", "loud": "high"}


def silence(record: Record, text: Text) -> list[Quality]:
    """Tell that nothing can be heard."""
    sentence = f"The audio clip is silent: in its {moment(record['seconds'])} nothing can be heard."
    return [Quality("silence", evidence=text.sentence(sentence, "measured"))]


def nothing_named(record: Record, text: Text) -> None:
    """Tell that something can be heard, and that nobody knows what; steady noise is told of the recording."""
    heard_by = record["heard_by"].get("sounds", "measured")
    if record["levels"]["noisy"]:
        text.sentence("The audio clip holds nothing but steady noise.", heard_by)
        return
    volume = {"quiet": "faint", "moderate": "indistinct", "loud": "loud but indistinct"}[
        record["levels"]["volume"]
    ]
    text.sentence(f"The audio clip holds only {volume} sound that cannot be named.", heard_by)


def told(record: Record, text: Text) -> list[Quality]:
    """Tell what was measured of the recording."""
    levels = record["levels"]
    marks: list[tuple[str, str, Polarity]] = []
    if levels["clipped"]:
        marks.append(("clipping", "clips in its loudest moments", "asserted"))
    if levels["narrow"] and record["speech"]:  # a crow has no more bandwidth than that either
        marks.append(("narrow bandwidth", "has no more bandwidth than a telephone line", "asserted"))
    facts: list[Quality] = []
    sentence = f"The recording is at a {_LOUDNESS[levels['volume']]} level"
    if marks:
        sentence += f", and {listed([phrase for _, phrase, _ in marks])}"
    evidence = text.sentence(f"{sentence}.", "measured")
    facts += [Quality(term, polarity, evidence=evidence) for term, _, polarity in marks]
    if levels["noisy"]:
        noise = text.sentence("Steady noise runs through it.", record["heard_by"]["sounds"])
        facts.append(Quality("noise", evidence=noise))
    facts += _speech_quality(record, text)
    _pauses(record, text)
    return facts


def _speech_quality(record: Record, text: Text) -> list[Quality]:
    rating = record["quality"]
    if rating is None:
        return []
    if rating["overall"] >= _CLEAR:
        evidence = text.sentence("The speech is clear.", "dnsmos")
        return [Quality("clear speech", evidence=evidence)]
    if rating["overall"] < _POOR:
        because = " against the background" if rating["background"] < rating["signal"] else ""
        evidence = text.sentence(f"The speech is hard to follow{because}.", "dnsmos")
        return [Quality("poor speech quality", evidence=evidence)]
    return []


def _pauses(record: Record, text: Text) -> None:
    pauses = [pause for pause in record["levels"]["silences"] if pause[1] - pause[0] >= 2]
    if len(pauses) == 1:
        when = during(pauses[0][0], pauses[0][1], record["seconds"])
        text.sentence(f"{capital(when)}, there is complete silence.", "measured")
    elif pauses:
        text.sentence("Between the sounds there are stretches of complete silence.", "measured")


def absences(record: Record, text: Text) -> None:
    """Tell what both detectors agree is not there."""
    absent = record["absent"]
    if absent:
        heard_by = "silero and yamnet" if "speech" in absent else "yamnet"
        text.sentence(f"No {listed(absent, word='or')} is present.", heard_by)
