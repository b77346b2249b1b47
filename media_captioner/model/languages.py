"""English names of languages, by BCP 47 tag."""

from __future__ import annotations

from typing import Final

# ISO 639-1 where it has a code. These are the languages that speech recognisers and captioners commonly name.
_NAMES: Final = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani", "ba": "Bashkir",
    "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "bo": "Tibetan", "br": "Breton", "bs": "Bosnian",
    "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fo": "Faroese", "fr": "French", "ga": "Irish", "gd": "Scottish Gaelic", "gl": "Galician", "gu": "Gujarati",
    "ha": "Hausa", "haw": "Hawaiian", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "ht": "Haitian Creole",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "ig": "Igbo", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "jv": "Javanese", "jw": "Javanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer",
    "kn": "Kannada", "ko": "Korean", "ku": "Kurdish", "ky": "Kyrgyz", "la": "Latin", "lb": "Luxembourgish",
    "ln": "Lingala", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "mi": "Maori",
    "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese",
    "my": "Burmese", "nb": "Norwegian", "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian Nynorsk",
    "no": "Norwegian", "oc": "Occitan", "or": "Odia", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto",
    "pt": "Portuguese", "qu": "Quechua", "ro": "Romanian", "ru": "Russian", "sa": "Sanskrit", "sd": "Sindhi",
    "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sn": "Shona", "so": "Somali", "sq": "Albanian",
    "sr": "Serbian", "st": "Sotho", "su": "Sundanese", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "tg": "Tajik", "th": "Thai", "ti": "Tigrinya", "tk": "Turkmen", "tl": "Tagalog",
    "tr": "Turkish", "tt": "Tatar", "ug": "Uyghur", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese", "wo": "Wolof", "xh": "Xhosa", "yi": "Yiddish", "yo": "Yoruba", "yue": "Cantonese",
    "zh": "Chinese", "zh-CN": "Mandarin Chinese", "zu": "Zulu", "cmn": "Mandarin Chinese", "wuu": "Shanghainese",
    "nan": "Hokkien", "hak": "Hakka", "gsw": "Swiss German",
}  # fmt: skip

# ISO 639-2 codes with their ISO 639-1 equivalents, "terminologic:two-letter" or
# "terminologic/bibliographic:two-letter" (registration authority: Library of Congress).
ISO_639_2: Final = """
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
"""Every pair of codes, parted by blanks."""


def language_name(tag: str) -> str:
    """Return the English name of the language ``tag`` names, or ``tag`` itself where it is not known.

    >>> language_name("pt-BR")
    'Portuguese'
    """
    return _NAMES.get(tag) or _NAMES.get(tag.split("-", maxsplit=1)[0].lower(), tag)


def language_tag(name: str) -> str | None:
    """Return the tag of the language that is called ``name`` in English, or None."""
    wanted = name.strip().casefold()
    return next((tag for tag, known in _NAMES.items() if known.casefold() == wanted), None)


def three_letters(tag: str) -> str | None:
    """Return the terminologic ISO 639-2 code of the language that a BCP 47 tag names, or None.

    >>> three_letters("de-AT"), three_letters("yue"), three_letters("x-odd")
    ('deu', 'yue', None)
    """
    first = tag.split("-", maxsplit=1)[0].lower()
    for entry in ISO_639_2.split():
        codes, short = entry.split(":")
        if first == short or first in codes.split("/"):
            return codes.split("/")[0]
    return first if len(first) == 3 and first.isalpha() else None
