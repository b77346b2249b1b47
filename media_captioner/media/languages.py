"""Language names of containers, as BCP 47 tags.

Containers name languages by ISO 639-2, which has two codes for twenty languages (bibliographic ``ger``,
terminologic ``deu``). BCP 47 (RFC 5646, 2.2.1) wants the shortest code there is: ``de``.
"""

from __future__ import annotations

import re
from typing import Final

# ISO 639-2 codes with their ISO 639-1 equivalents, "terminologic:two-letter" or
# "terminologic/bibliographic:two-letter" (registration authority: Library of Congress).
_ISO_639: Final = """
aar:aa abk:ab afr:af aka:ak amh:am ara:ar arg:an asm:as ava:av ave:ae aym:ay aze:az bak:ba bam:bm bel:be ben:bn
bis:bi bod/tib:bo bos:bs bre:br bul:bg cat:ca ces/cze:cs cha:ch che:ce chu:cu chv:cv cor:kw cos:co cre:cr
cym/wel:cy dan:da deu/ger:de div:dv dzo:dz ell/gre:el eng:en epo:eo est:et eus/baq:eu ewe:ee fao:fo fas/per:fa
fij:fj fin:fi fra/fre:fr fry:fy ful:ff gla:gd gle:ga glg:gl glv:gv grn:gn guj:gu hat:ht hau:ha heb:he her:hz
hin:hi hmo:ho hrv/scr:hr hun:hu hye/arm:hy ibo:ig ido:io iii:ii iku:iu ile:ie ina:ia ind:id ipk:ik isl/ice:is
ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat/geo:ka kau:kr kaz:kk khm:km kik:ki kin:rw kir:ky kom:kv kon:kg
kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg mah:mh mal:ml mar:mr
mkd/mac:mk mlg:mg mlt:mt mon:mn mri/mao:mi msa/may:ms mya/bur:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne
nld/dut:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os pan:pa pli:pi pol:pl por:pt pus:ps
que:qu roh:rm ron/rum:ro run:rn rus:ru sag:sg san:sa sin:si slk/slo:sk slv:sl sme:se smo:sm sna:sn snd:sd
som:so sot:st spa:es sqi/alb:sq srd:sc srp/scc:sr ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt tel:te tgk:tg
tgl:tl tha:th tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz ven:ve vie:vi vol:vo
wln:wa wol:wo xho:xh yid:yi yor:yo zha:za zho/chi:zh zul:zu
"""

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
    for entry in _ISO_639.split():
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
