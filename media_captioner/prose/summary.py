"""One sentence that says what the clip is."""

from __future__ import annotations

import re
from typing import Final

from media_captioner.prose.polarity import NEGATED
from media_captioner.prose.reading import Passage, Reading

LIMIT: Final = 180
"""Characters of a summary: about what a person reads in one glance at a list of clips."""

_OPENING: Final = re.compile(
    r"^(?:in summary|overall|in short|to summari[sz]e|in conclusion|to sum up|in essence|summary)\s*[,:—]?\s*",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"^(?:(?:the|this) (?:entire |short |brief )?(?:audio(?: clip| recording| file)?|clip|recording|soundscape|scene|segment|piece)|it|what we hear)"
    r" (?:is|was|captures|depicts|presents|features|documents|conveys|consists (?:solely |only |entirely )?of|contains|offers|records|portrays|"
    r"evokes|describes|represents|showcases|provides|comprises|delivers|takes place in|begins with|opens with|opens in)\s+",
    re.IGNORECASE,
)
_CUT: Final = re.compile(
    r",\s+(?=(?:\w+ing|which|where|with|while|followed|set|recorded|captured|likely|possibly|and then|leaving|as|but|"
    r"characteri[sz]ed|accompanied|punctuated|marked|featuring)\b)|;\s+|—"
)


def find(reading: Reading) -> str | None:
    """Return the description's own summary, without its preamble and at most ``LIMIT`` characters; or None.

    The "In summary" sentence, else the first sentence of the last paragraph, else the opening sentence.
    """
    passage = _chosen(reading.passages)
    if passage is None:
        return None
    text = _OPENING.sub("", passage.text.replace("\n", " ")).strip()
    text = _SUBJECT.sub("", text).strip()
    text = _shortened(text).rstrip(" ,;:—")
    if not text:
        return None
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?…”" else text + "."


def _chosen(passages: list[Passage]) -> Passage | None:
    if not passages:
        return None
    for passage in passages:
        if passage.summary:
            return passage
    last = passages[-1].paragraph
    if last != passages[0].paragraph:
        closing = [
            passage for passage in passages if passage.paragraph == last and passage.text[-1:] in ".!?”)"
        ]
        told = next((passage for passage in closing if not _is_denial(passage)), None)
        if told is not None and told is closing[0]:
            return told
    return passages[0]


def _is_denial(passage: Passage) -> bool:
    """Whether a sentence mostly says what is not to be heard."""
    return sum(rank == NEGATED for rank in passage.ranks) * 3 > len(passage.ranks)


def _shortened(text: str) -> str:
    """Cut at the last place within the limit where the sentence may end; else at a word."""
    if len(text) <= LIMIT:
        return text
    places = [match.start() for match in _CUT.finditer(text, LIMIT // 4, LIMIT)]
    if places:
        return text[: places[-1]]
    commas = [place for place in (text.rfind(", ", LIMIT // 3, LIMIT),) if place > 0]
    if commas:
        return text[: commas[0]]
    return text[: text.rfind(" ", 0, LIMIT - 1)] + "…"
