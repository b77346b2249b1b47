"""Language names of containers, as BCP 47 tags.

Containers name languages by ISO 639-2, which has two codes for twenty languages (bibliographic ``ger``,
terminologic ``deu``). BCP 47 (RFC 5646, 2.2.1) wants the shortest code there is: ``de``.
"""

from __future__ import annotations

import re
from typing import Final

from media_captioner.model.languages import ISO_639_2

_NOTHING: Final = frozenset({"und", "mis", "zxx", "mul", "root", "unknown", "undetermined", "none"})
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")

_NAMES: Final = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "la": "Latin",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nb": "Norwegian Bokmål",
    "nl": "Dutch",
    "nn": "Norwegian Nynorsk",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "ta": "Tamil",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yue": "Cantonese",
    "zh": "Chinese",
}


def _shortest() -> dict[str, str]:
    table = {}
    for entry in ISO_639_2.split():
        codes, short = entry.split(":")
        for code in codes.split("/"):
            table[code] = short
    return table


_SHORTEST: Final = _shortest()
_BY_NAME: Final = {name.casefold(): tag for tag, name in _NAMES.items()}


def bcp47(language: str | None) -> str | None:
    """Return the BCP 47 tag for a container's or a person's name of a language, or None where it names none.

    Takes ISO 639-1 and 639-2 codes, tags with script or region (``en_US``), and the English names of common
    languages. "Undetermined", "uncoded", "several" and "no linguistic content" name no language, nor do
    the codes for local use ``qaa`` to ``qtz`` (broadcasters write ``qaa`` for "the original").

    >>> bcp47("ger"), bcp47("deu"), bcp47("pt_BR"), bcp47("und")
    ('de', 'de', 'pt-BR', None)
    """
    if language is None:
        return None
    text = language.strip().casefold().replace("_", "-")
    if text in _BY_NAME:
        return _BY_NAME[text]
    if text in _NOTHING or _TAG.fullmatch(text) is None:
        return None
    first, *rest = text.split("-")
    if first in _NOTHING or "qaa" <= first <= "qtz":
        return None
    return "-".join([_SHORTEST.get(first, first), *map(_conventional, rest)])


def _conventional(subtag: str) -> str:
    """Write a subtag as RFC 5646, 2.1.1 recommends: ``Hant``, ``BR``, everything else in lower case."""
    if len(subtag) == 4 and subtag.isalpha():
        return subtag.title()
    return subtag.upper() if len(subtag) == 2 else subtag


def matches(wanted: str, tag: str | None) -> bool:
    """Return whether a track in ``tag`` serves whoever wants ``wanted`` (RFC 4647, 3.3.1: ``en`` takes ``en-US``)."""
    if tag is None:
        return False
    return tag.casefold() == wanted.casefold() or tag.casefold().startswith(wanted.casefold() + "-")


def name_of(tag: str) -> str:
    """Return the English name of a language, or its tag where that is all we have.

    >>> name_of("de"), name_of("pt-BR"), name_of("haw")
    ('German', 'Portuguese (pt-BR)', 'haw')
    """
    first = tag.split("-", maxsplit=1)[0]
    if first not in _NAMES:
        return tag
    return _NAMES[first] if first == tag else f"{_NAMES[first]} ({tag})"
