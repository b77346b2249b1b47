"""Quotation marks in a description, and what each pair of them is there for.

Of the quotation marks in real descriptions about one pair in five holds speech. The others hold imitations of
sounds, words held at arm's length, single words that are talked about, names, translations and transcriptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from media_captioner.prose.lexicon import Lexicon, Saying, lexicon
from media_captioner.prose.sentences import Sentence
from media_captioner.prose.words import tokens

Role = Literal["speech", "translation", "gloss", "word"]
"""``speech``: words heard. ``translation``: of the quotation before. ``gloss``: its transcription.
``word``: anything else; such words stay part of the prose."""

_MARKS: Final = re.compile(
    r"“([^“”\n]{1,900})”|«([^«»\n]{1,900})»|„([^„“”\n]{1,900})[“”]|「([^「」\n]{1,900})」|『([^『』\n]{1,900})』"
    r"|(?<![\w’])‘([^‘’\n]{1,400}(?:’\w[^‘’\n]{0,200}){0,12})’(?!\w)|(?<!\w)'([^'\n]{2,300}(?:\w'\w[^'\n]{0,200}){0,12})'(?!\w)"
)
_UNCLOSED: Final = re.compile(r"[“«「]([^“”«»「」\n]{3,600})\Z")
_FINAL: Final = re.compile(r"[.!?…。！？~♪]$")
_LETTER: Final = re.compile(r"[^\W\d_]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_TONED: Final = re.compile(r"[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]")
_NUMBERED: Final = re.compile(r"\b[a-z]{1,6}[1-6]\b")
_MEANING: Final = re.compile(
    r"(?:which |that )?(?:mean(?:s|ing)|translat(?:es|ing|ed)|roughly|literally|i\.e\.|that is|in english|or rather|"
    r"english(?: translation)?:|translation:|=)",
    re.IGNORECASE,
)
_GAP: Final = 60  # characters between a quotation and its translation ("which translates roughly to")
_CONTEXT: Final = 220  # characters before a quotation that are read for a verb of speech
_ENGLISH: Final = frozenset(
    "the a an i you he she it we they is are am was to of and in on for with that this not no yes my your me us our "
    "do don't what why how who when where be have has can will would please come go here there so but or if at by "
    "just let let's know now get good hello hi right okay oh thank thanks one all from".split()
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation.

    Attributes:
        text: What stands between the marks, without white space around it.
        start: Offset of the opening mark in the text.
        end: Offset after the closing mark.
        sentence: Index of the sentence that holds its beginning.
        role: What it is there for.
        translation: The words in English, where the prose gives them.
        sung: Whether the verb before it is one of singing.

    """

    text: str
    start: int
    end: int
    sentence: int
    role: Role = "word"
    translation: str | None = None
    sung: bool = False


def find(text: str, sentences: list[Sentence]) -> list[Quote]:
    """Return every quotation of a clean text, in order, with its role.

    Args:
        text: Clean text.
        sentences: Its sentences (``sentences.split``).

    """
    raw = _raw(text, sentences)
    found: list[Quote] = []
    for index, quote in enumerate(raw):
        role, translated = _as_translation(text, quote, found, raw[index + 1 : index + 2])
        if translated is not None:
            found[-1] = translated
        if role is None:
            role = "speech" if _is_speech(text, quote, found, sentences, raw[index + 1 : index + 2]) else "word"
        sung = role == "speech" and _is_sung(text, quote, sentences)
        found.append(replace(quote, role=role, sung=sung))
    return _with_bracketed(text, found)


def _raw(text: str, sentences: list[Sentence]) -> list[Quote]:
    if not any(mark in text for mark in "“«„「『‘'"):
        return []
    spans = [(next(filter(None, m.groups()), ""), m.start(), m.end()) for m in _MARKS.finditer(text)]
    last = spans[-1][2] if spans else 0
    unclosed = _UNCLOSED.search(text, last)
    if unclosed:
        spans.append((unclosed.group(1), unclosed.start(), unclosed.end()))
    quotes: list[Quote] = []
    number = 0
    for inner, start, end in spans:
        while number + 1 < len(sentences) and sentences[number + 1].start <= start:
            number += 1
        if inner.strip():
            quotes.append(Quote(inner.strip(), start, end, number))
    return quotes


def is_foreign(text: str) -> bool:
    """Whether most letters of ``text`` are of another script than the Latin one."""
    letters = _LETTER.findall(text[:400])
    return bool(letters) and len(_LATIN.findall(text[:400])) * 2 < len(letters)


def is_english(text: str) -> bool:
    """Whether ``text`` reads as English: Latin letters and, from three words on, some of its commonest words."""
    if is_foreign(text) or _TONED.search(text) or _NUMBERED.search(text):
        return False
    words = [token.word for token in tokens(text[:400])]
    return len(words) < 3 or any(word in _ENGLISH for word in words)


def _as_translation(
    text: str, quote: Quote, found: list[Quote], following: list[Quote]
) -> tuple[Role | None, Quote | None]:
    """Say whether ``quote`` translates or transcribes the quotation before it, and what that one becomes."""
    head = next((index for index in range(len(found) - 1, -1, -1) if found[index].role != "gloss"), None)
    if head is None:
        return None, None
    before = found[head]
    if before.role == "translation":
        return None, None
    between = text[found[-1].end : quote.start]
    if len(between) > _GAP or "\n" in between:
        return None, None
    bare = between.strip(" ,.;:)")
    bracketed = bare in {"(", "[", "—(", "("}
    explained = bool(_MEANING.search(between))
    dashed = bare in {"—", "–", "-", "/", "="} and _pairs(before.text, quote.text)
    if not (bracketed or explained or dashed):
        return None, None
    if is_foreign(quote.text) and not is_foreign(before.text) and bracketed:
        # English first, the words spoken in brackets behind it.
        swapped = replace(before, text=quote.text, translation=before.text)
        return "translation", swapped if head == len(found) - 1 else None
    if not explained and not is_english(quote.text) and not _sure_translation(before.text, quote.text, following):
        return "gloss", None
    if head == len(found) - 1:
        return "translation", replace(before, translation=quote.text)
    found[head] = replace(before, translation=quote.text)
    return "translation", None


def _sure_translation(original: str, text: str, following: list[Quote]) -> bool:
    """Whether a bracketed quotation without common English words is a translation all the same."""
    if _TONED.search(text) and is_foreign(original):
        return False
    if _NUMBERED.search(text):
        return False
    return not is_foreign(original) or len(text.split()) < 3 and not following


def _pairs(original: str, text: str) -> bool:
    return not is_english(original) and not is_foreign(text)


def _is_speech(
    text: str, quote: Quote, found: list[Quote], sentences: list[Sentence], following: list[Quote]
) -> bool:
    words = [token.word for token in tokens(quote.text[:300])]
    letters = [word for word in words if word[0].isalpha()]
    if not letters:
        return False
    begin = max(sentences[quote.sentence].start, quote.start - _CONTEXT)
    context = text[begin : quote.start]
    kinds = _kinds(context)
    stop = bool(_FINAL.search(quote.text)) or quote.text[-1] in "—-,"
    mark = context.rstrip()[-1:]
    introduced = mark in {":", ","} or context.rstrip().endswith(("—",))
    if kinds.stressed and not (introduced and (len(letters) >= 3 or is_foreign(quote.text))):
        return False
    told = kinds.said and (
        introduced or len(letters) >= 3 or stop or kinds.said_last or is_foreign(quote.text) or _paired(text, quote, following)
    )
    if told:
        return not _imitates(letters, quote, kinds)
    if mark == ":" and (len(letters) >= 3 or is_foreign(quote.text)):
        return True
    after = text[quote.end : quote.end + 60]
    if (stop or quote.text.endswith(",") or after[:1] == ",") and _attributed(after):
        return True
    if is_foreign(quote.text) and _paired(text, quote, following) and len(quote.text) > 6 and not kinds.stressed:
        return True
    if not context.strip(" “”()[]—,and") and found and found[-1].role in {"speech", "translation"}:
        return len(letters) >= 2 and (stop or len(letters) >= 4)
    capital = quote.text[:1].isupper() or is_foreign(quote.text)
    return capital and len(letters) >= 4 and bool(_FINAL.search(quote.text))


@dataclass(frozen=True, slots=True)
class _Context:
    """Whether a verb or noun of speech, or a word that points at words, stands before a quotation."""

    said: bool
    said_last: bool
    stressed: bool


def _kinds(context: str) -> _Context:
    words = [token.word for token in tokens(context)]
    hits = lexicon().find(words).get(Saying, [])
    count = len(words)
    while count and words[count - 1] in {",", ":", "—", "(", "the", "an", "a", "like", "“", "”"}:
        count -= 1
    near = [hit for hit in hits if hit.end >= count - 4 and hit.found.columns[0] == "stress"]
    stressed = any(hit.end == count for hit in near) or any(
        hit.end >= count - 2 and words[hit.end - 1] in {"word", "term", "emphasis", "inflection", "of", "as"} for hit in near
    )
    said = [hit for hit in hits if hit.found.columns[0] in {"say", "sing", "tone"}]
    return _Context(bool(said), any(hit.end >= count - 1 and hit.found.columns[0] != "tone" for hit in said), stressed)


def _imitates(letters: list[str], quote: Quote, kinds: _Context) -> bool:
    """Whether a short quotation spells a noise ("ooh", "psst", "wah-wah") rather than words."""
    if len(letters) > 2 or _FINAL.search(quote.text) or is_foreign(quote.text):
        return False
    return not kinds.said_last and quote.text[:1].islower()


def _paired(text: str, quote: Quote, following: list[Quote]) -> bool:
    """Whether a bracket with a quotation in it stands right behind ``quote``."""
    return bool(following) and text[quote.end : following[0].start].strip(" ,") == "("


def _attributed(after: str) -> bool:
    """Whether somebody is said to speak right after the quotation ("…,” she replies")."""
    words = [token.word for token in tokens(after)][:9]
    hits = lexicon().find(words).get(Saying, [])
    return any(hit.found.columns[0] in {"say", "sing"} for hit in hits if hit.start <= 6) and (
        not words or words[0] not in {"and", "with", "as", "in", "which", "or", "."}
    )


def _is_sung(text: str, quote: Quote, sentences: list[Sentence]) -> bool:
    begin = sentences[quote.sentence].start
    context = text[max(begin, quote.start - _CONTEXT) : quote.start]
    words = [token.word for token in tokens(context)]
    hits = lexicon().find(words).get(Saying, [])
    sung = [hit for hit in hits if hit.found.columns[0] == "sing"]
    said = [hit for hit in hits if hit.found.columns[0] == "say" and lexicon().lemma(words[hit.start]) not in _ALSO_SUNG]
    if sung and (not said or said[-1].end <= sung[-1].end):
        return not _chanted(words, sung)
    return False


_ALSO_SUNG: Final = frozenset("repeat begin start continue open enter deliver intone answer end finish close call chant".split())


def _chanted(words: list[str], sung: list[object]) -> bool:
    """Whether the only word of singing is a crowd's chant, which is speech in unison."""
    return not any(word.startswith(("sing", "sung", "sang", "croon", "rap", "lyric", "belt", "hum", "hymn", "verse", "refrain", "hook", "chorus", "melod")) for word in words)


def _with_bracketed(text: str, found: list[Quote]) -> list[Quote]:
    """Give quotations the translations that stand in brackets without marks of their own: “Hola” (Hello)."""
    out: list[Quote] = []
    for quote in found:
        kept = quote
        if quote.role == "speech" and quote.translation is None and not is_english_like(quote.text):
            match = _BRACKET.match(text, quote.end)
            inner = _GLOSS_WORDS.sub("", match.group(1)).strip() if match else ""
            if inner and "“" not in inner and is_english(inner) and not _NOTE.match(inner):
                kept = replace(quote, translation=inner.strip("'‘’ "))
        out.append(kept)
    return out


_BRACKET: Final = re.compile(r"\s?[(\[]([^()\[\]\n]{1,300})[)\]]")
_GLOSS_WORDS: Final = re.compile(
    r"^(?:[^,;:—]{1,80}[,;:—] )?(?:which )?(?:meaning|means|translat\w+(?: roughly)?(?: as| to)?|translation|literally|lit\.|i\.e\.,?|english):? ?",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(r"^(?:in|with|at|spoken|said|sung|approximately|about|possibly|likely|perhaps|repeated|laughs|laughing|mandarin|a |an )\b", re.IGNORECASE)


def is_english_like(text: str) -> bool:
    """Whether ``text`` is surely English: Latin letters and a common English word."""
    if is_foreign(text):
        return False
    words = {token.word for token in tokens(text[:400])}
    return bool(words & _ENGLISH)
