"""Quotation marks in a description, and what each pair of them is there for.

Of the quotation marks in real descriptions about one pair in five holds speech. The others hold imitations of
sounds, words held at arm's length, single words that are talked about, names, translations and transcriptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from media_captioner.prose import translations
from media_captioner.prose.lexicon import Hit, Saying, lexicon
from media_captioner.prose.sentences import Sentence
from media_captioner.prose.words import tokens

Role = Literal["speech", "translation", "gloss", "name", "word"]
"""``speech``: words heard. ``translation``: of the quotation before. ``gloss``: its transcription.
``name``: a title, or more words than an imitation of a sound has. ``word``: anything else; such words stay part of
the prose."""

_MARKS: Final = re.compile(
    r"“([^“”\n]{1,900})”|«([^«»\n]{1,900})»|„([^„“”\n]{1,900})[“”]|「([^「」\n]{1,900})」|『([^『』\n]{1,900})』"
    r"|(?<![\w’])‘([^‘’\n]{1,400}(?:’\w[^‘’\n]{0,200}){0,12})’(?!\w)"
    r"|(?<!\w)'([^'\n]{2,300}(?:\w'\w[^'\n]{0,200}){0,12})'(?!\w)"
)
_UNCLOSED: Final = re.compile(r"[“«「]([^“”«»「」\n]{3,600})\Z")
_CALLED: Final = re.compile(r"[!?…。！？~♪]$")
_HEARD: Final = re.compile(
    r"^[,”]* ?(?:(?:is|are|was|were|can be|being) )?(?:\w+ly )?"
    r"(?:spoken|said|shouted|whispered|repeated|uttered|called out|sung|chanted)\b"
)
_AUDIBLE: Final = re.compile(
    r"^[,”]* ?(?:is|are|was|were|can be|being) (?:\w+ly )?(?:heard|audible|perceptible|discernible|intelligible)\b"
)
_MADE_OUT: Final = re.compile(
    r"^[,”]* ?(?:can|could) be (?:\w+ly )?(?:made out|heard|understood|discerned|distinguished)\b"
)
_EXCEPTED: Final = re.compile(
    r"\b(?:except(?: for)?|save(?: for)?|apart from|but for) the (?:\w+ )?(?:words?|phrase)$"
)
_TERMED: Final = re.compile(
    r"\b(?:call|calls|called|term|terms|dub|dubs|dubbed|label|labels) (?:\w+ )?(?:the|a|an)$"
)
_GOES: Final = re.compile(r"^[,”]* ?(?:goes|went) (?:one|a|an|the|another|his|her|he|she)\b")
_FROM: Final = re.compile(r"^,? (?:from|by) (?:a|an|the|one|some|another)\b")
_BRACKETED: Final = re.compile(r"^\s?[(\[][^()\[\]\n]{1,200}[)\]]")
_JOINED: Final = re.compile(r"^[\s,;]*(?:and|or|then|and then|followed by|as well as)?[\s,]*$")
_CONTEXT: Final = 220  # characters before a quotation that are read for a verb of speech
_REMEMBERED: Final = 3  # quotations after which the verb of speech before them is forgotten
_BEHIND: Final = 90  # characters after it
_ATTRIBUTION: Final = 9  # words behind a quotation before "she replies" must have begun
_READ: Final = 300  # characters of a quotation whose words are counted
_SENTENCE: Final = 4  # words of a quotation that is surely more than a word held at arm's length
_PHRASE: Final = 3
_LEADING: Final = frozenset({",", ":", "—", "(", "the", "an", "a", "like", "“", "”"})
_POINTING: Final = frozenset({"word", "term", "emphasis", "inflection", "of", "as"})
_PHRASES: Final = frozenset("phrase phrases word words name line lines mantra sentence slogan".split())
_PLAYED: Final = frozenset(
    "melody tune song hymn resemble resembles rendition performs perform plays play version cover theme title".split()
)
_SMALL: Final = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
)
_NOT_ATTRIBUTED: Final = frozenset({"and", "with", "as", "in", "which", "or", "."})
_EXCLAIMED: Final = frozenset(
    "hello hi hey yes no yeah okay ok goodbye bye thanks thank please sorry help stop wow welcome wait mama mom mommy "
    "dad daddy good great right sure well what why who".split()
)
"""Words that are uttered alone, and that no noise is spelled like."""
_DOUBLED: Final = re.compile(r"^(\w{2,6})(?:-\1)+[.!]?$")
_WAILED: Final = re.compile(r"^\W*(?=\w{4})[auoehwm]*?([auoehm])\1+[auoehwm]*\W*$", re.IGNORECASE)
"""A cry of a crowd: "Uuuh!", "Oooh"."""
_NOISES: Final = frozenset(
    "aww aw ooh oooh ahh aah ohh mmm mm hmm hm shh psst ugh eek haha hahaha brr grr tsk tut".split()
)
"""Noises of people that are spelled like words."""
_EITHER: Final = frozenset(
    "repeat begin start continue open enter deliver intone answer end finish close call chant".split()
)
"""Verbs of speech that singing goes with as well."""
_SONG: Final = (
    "sing", "sung", "sang", "croon", "rap", "lyric", "belt", "hum", "verse", "refrain", "hook", "chorus"
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class _Before:
    """What stands before a quotation in its sentence.

    Attributes:
        mark: The last character.
        last: The last word.
        article: Whether "a" or "an" stands right before it.
        termed: Whether it is what something is called ("technicians call the …").
        named: Whether "the", "this" or "these" does.
        empty: Whether nothing but marks stands before it.
        said: Whether a verb or noun of speech stands before it.
        said_last: Whether a verb of speech stands right before it.
        stressed: Whether it is a word that is talked about ("the word …", "known as …").
        phrased: Whether somebody utters "the phrase …".
        excepted: Whether it is all that can be understood ("… is lost, except for the word").
        played: Whether a melody is named, whose title this may be.
        sung: Whether the verb of speech nearest to it is one of singing.

    """

    mark: str
    last: str
    article: bool
    termed: bool
    named: bool
    empty: bool
    said: bool
    said_last: bool
    stressed: bool
    phrased: bool
    excepted: bool
    played: bool
    sung: bool

    @property
    def introduced(self) -> bool:
        """Whether punctuation announces the quotation."""
        return self.mark in {":", ",", "—"}


def find(text: str, sentences: list[Sentence]) -> list[Quote]:
    """Return every quotation of a clean text, in order, with its role.

    Args:
        text: Clean text.
        sentences: Its sentences (``sentences.split``).

    """
    raw = _raw(text, sentences)
    found: list[Quote] = []
    for index, quote in enumerate(raw):
        following = raw[index + 1] if index + 1 < len(raw) else None
        if not _is_translation(text, quote, found, following):
            floor = found[-_REMEMBERED].end if len(found) >= _REMEMBERED else 0
            before = _before(text, quote, max(floor, sentences[quote.sentence].start))
            spoken = _is_speech(text, quote, before, found, following)
            role = "speech" if spoken else _other_role(quote.text)
            found.append(replace(quote, role=role, sung=spoken and before.sung))
    return [_with_bracketed(text, quote) for quote in found]


def _raw(text: str, sentences: list[Sentence]) -> list[Quote]:
    if not any(mark in text for mark in "“«„「『‘'"):
        return []
    spans = [(next(filter(None, m.groups()), ""), m.start(), m.end()) for m in _MARKS.finditer(text)]
    unclosed = _UNCLOSED.search(text, spans[-1][2] if spans else 0)
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


def _is_translation(text: str, quote: Quote, found: list[Quote], following: Quote | None) -> bool:
    """Whether ``quote`` translates or transcribes the quotation before it; if so, note it in ``found``."""
    recent = range(len(found) - 1, max(-1, len(found) - 1 - _REMEMBERED), -1)
    head = next((index for index in recent if found[index].role not in {"gloss", "translation"}), None)
    if head is None:
        return False
    original = found[head]
    between = text[found[-1].end : quote.start]
    behind = text[quote.end : following.start] if following is not None else None
    kind = translations.kind(between, original.text, quote.text, behind)
    if kind is None and found[-1].role == "gloss" and between.strip() in {",", ";", "—", "/", "or"}:
        kind = "translation"  # the second of two in one bracket
    if kind is None or (found[-1].role == "translation" and not translations.explains(between)):
        return False
    if kind == "gloss":
        found.append(replace(quote, role="gloss"))
        return True
    if kind == "original":
        # English first, the words spoken in brackets behind it.
        found[head] = replace(original, text=quote.text, translation=original.text)
    else:
        found[head] = replace(original, translation=quote.text)
    found.append(replace(quote, role="translation"))
    return True


def _with_bracketed(text: str, quote: Quote) -> Quote:
    """Return ``quote`` with the translation that stands in brackets without marks behind it: “Hola” (Hello)."""
    if quote.role != "speech" or quote.translation is not None:
        return quote
    inner = translations.bracketed(text, quote.end, quote.text)
    return replace(quote, translation=inner) if inner else quote


def _before(text: str, quote: Quote, floor: int) -> _Before:
    context = text[max(floor, quote.start - _CONTEXT) : quote.start].rstrip()
    words = tokens(context)
    hits = lexicon().find(words).get(Saying, [])
    count = len(words)
    while count and words[count - 1] in _LEADING:
        count -= 1
    said = [hit for hit in hits if hit.found.columns[0] in {"say", "sing", "tone"}]
    uttered = [hit for hit in said if hit.found.columns[0] != "tone"]
    return _Before(
        mark=context[-1:],
        last=words[count - 1] if count else "",
        article=context.endswith((" a", " an")),
        termed=bool(_TERMED.search(context)),
        named=context.endswith((" the", " this", " these")),
        empty=not context.strip(" “”()[]—,and"),
        said=bool(said),
        said_last=any(hit.end >= count - 1 for hit in uttered),
        stressed=_is_stressed(words, hits, count),
        phrased=count > 0 and words[count - 1] in _PHRASES and any(hit.end >= count - 3 for hit in uttered),
        excepted=bool(_EXCEPTED.search(context)),
        played=not _PLAYED.isdisjoint(words),
        sung=_is_sung(words, hits),
    )


def _is_stressed(words: list[str], hits: list[Hit], count: int) -> bool:
    near = [hit for hit in hits if hit.end >= count - 4 and hit.found.columns[0] == "stress"]
    return any(hit.end == count or (hit.end >= count - 2 and words[hit.end - 1] in _POINTING) for hit in near)


def _is_sung(words: list[str], hits: list[Hit]) -> bool:
    lemma = lexicon().lemma
    sung = [hit for hit in hits if hit.found.columns[0] == "sing" and not _is_sing_song(words, hit)]
    if any(hit.found.columns[0] == "say" for hit in hits):
        sung = [hit for hit in sung if hit.found.phrase != "hum"]  # who hums has no words: they come after
    said = [hit for hit in hits if hit.found.columns[0] == "say" and lemma(words[hit.start]) not in _EITHER]
    if not sung or (said and said[-1].end > sung[-1].end):
        return False
    # A crowd's chant and a priest's intoning are speech unless something else speaks of a song.
    return any(word.startswith(_SONG) or word == "melody" for word in words)


def _is_sing_song(words: list[str], hit: Hit) -> bool:
    """Whether "sing" is half of "sing-song", which tells how somebody speaks, or "chorus" a crowd's: "a chorus of"."""
    if words[hit.start] == "chorus" and words[hit.end : hit.end + 1] == ["of"]:
        return True
    return any(word.startswith("song") for word in words[hit.end : hit.end + 2])


def _is_speech(text: str, quote: Quote, before: _Before, found: list[Quote], following: Quote | None) -> bool:
    count = sum(word[0].isalpha() for word in tokens(quote.text[:_READ]))
    if (
        not count
        or before.article
        or before.termed
        or (before.named and count < _PHRASE and quote.text.islower())
    ):
        return False  # nothing to say; or a noun: "what engineers call a “telephone effect”", "the “cuckoos”"
    foreign = translations.is_foreign(quote.text)
    whole = count >= _PHRASE or foreign
    joined = bool(found) and bool(_JOINED.match(text[found[-1].end : quote.start]))
    if joined and found[-1].role in {"speech", "word"} and not (whole and before.introduced):
        return found[-1].role == "speech"
    behind = _BRACKETED.sub("", text[quote.end : quote.end + _CONTEXT])[:_BEHIND]
    if _is_heard(quote.text, behind, before):
        return True
    if before.stressed and not before.phrased and not (before.introduced and whole):
        return False
    paired = following is not None and text[quote.end : following.start].strip(" ,") == "("
    if _is_told(quote.text, behind, before, whole=whole, paired=paired):
        return not _imitates(quote.text, count, before)
    return _stands_alone(quote.text, before, found, count, paired=paired)


def _is_heard(text: str, behind: str, before: _Before) -> bool:
    """Whether the prose goes on to say that the quotation is heard: "… is whispered", "… from a woman"."""
    if _GOES.match(behind) or (_CALLED.search(text) and text[:1].isupper() and _FROM.match(behind)):
        return True
    if before.excepted or (before.last == "only" and _MADE_OUT.match(behind)):
        return True
    pointed = before.stressed and before.last in _PHRASES
    return not before.played and bool(_HEARD.match(behind) or (pointed and _AUDIBLE.match(behind)))


def _is_told(text: str, behind: str, before: _Before, *, whole: bool, paired: bool) -> bool:
    """Whether the prose says that the quotation is uttered: a verb of speech before it or behind it, or a colon."""
    stop = _is_finished(text, _PHRASE if whole else 1) or text[-1] in "—-,"
    sure = before.introduced or before.said_last or before.phrased or paired or _is_exclaimed(text)
    if before.said and (whole or stop or sure):
        return True
    if before.mark == ":" and whole:
        return True
    return (stop or behind[:1] == ",") and _is_attributed(behind)


def _stands_alone(text: str, before: _Before, found: list[Quote], count: int, *, paired: bool) -> bool:
    """Whether a quotation that nobody is said to utter is speech by its own shape or place."""
    foreign = translations.is_foreign(text)
    if foreign and paired and not before.stressed:
        return True
    finished = _is_finished(text, count)
    if before.empty and found and found[-1].role in {"speech", "translation"}:
        return count > 1 and (finished or text[-1] in "—-," or count >= _SENTENCE)
    capital = text[:1].isupper() or foreign
    return capital and count >= _SENTENCE and finished and not before.played


def _is_finished(text: str, count: int) -> bool:
    """Whether a quotation ends as an utterance does; a full stop may belong to the sentence around it."""
    if _CALLED.search(text):
        return True
    return text.endswith(".") and (count >= _PHRASE or text[:1].isupper())


def _other_role(text: str) -> Role:
    words = text.split()
    named = [word for word in words if word.lower() not in _SMALL]
    if len(words) > _PHRASE or (len(words) > 1 and named and all(word[0].isupper() for word in named)):
        return "name"
    return "name" if translations.is_foreign(text) else "word"


def _imitates(text: str, count: int, before: _Before) -> bool:
    """Whether a short quotation spells a noise ("ooh", "psst", "wah-wah-wah.") rather than words."""
    if _WAILED.match(text) and not before.said_last:
        return True
    if translations.is_foreign(text) or (" " in text and (count >= _PHRASE or _is_finished(text, count))):
        return False
    if _CALLED.search(text) and count < _PHRASE:
        return False
    if text.lower() in _NOISES or (text[:1].islower() and _DOUBLED.search(text)):
        return True
    if before.said_last or before.phrased or before.mark == ":" or not text[:1].islower():
        return False
    return not _is_exclaimed(text)


def _is_exclaimed(text: str) -> bool:
    return not _EXCLAIMED.isdisjoint(tokens(text[:_BEHIND]))


def _is_attributed(behind: str) -> bool:
    """Whether somebody is said to speak right behind the quotation ("…,” she replies")."""
    words = tokens(behind)
    if words and words[0] in _NOT_ATTRIBUTED:
        return False
    hits = lexicon().find(words).get(Saying, [])
    return any(hit.found.columns[0] in {"say", "sing"} for hit in hits if hit.start <= _ATTRIBUTION)
