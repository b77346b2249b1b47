"""Translations: which quotation gives the English of which, and which only spells how it sounds.

Captioners write “中文” (“English”), “中文” (“pinyin”) which translates to “English”, “Español” – “English”,
“Deutsch” (English), and now and then the English first.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from media_captioner.prose.lexicon import lexicon
from media_captioner.prose.words import tokens

Kind = Literal["translation", "gloss", "original"]

_LETTER: Final = re.compile(r"[^\W\d_]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_TONED: Final = re.compile(r"[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]")
_MACRON: Final = re.compile(r"[āǎēěīǐōǒūǔǖǘǚǜ]")
_NUMBERED: Final = re.compile(r"\b[a-z]{1,6}[1-6]\b")
_MEANING: Final = re.compile(
    r"(?:which |that |this )?(?:mean(?:s|ing)|translat(?:es|ing|ed)|roughly|literally|i\.e\.|that is|in english|"
    r"english(?: translation)?:|translation:)",
    re.IGNORECASE,
)
_GAP: Final = 60  # characters between a quotation and its translation ("which translates roughly to")
_SHORT: Final = 3  # words from which a text that is English holds one of its commonest words
_READ: Final = 400  # characters of a quotation that are looked at
_ENGLISH: Final = frozenset(
    "the i you he she it we they is are am was of and for with that this yes my your us our don't what why how who when "
    "where have has can will would please come go here there but or if at by just let let's know now get good hello hi "
    "right okay oh thank thanks one all from it's i'm you're isn't hey move forward back look listen wait stop out down off over "
    "again more time very too love miss old new man woman brother sister friend need want think believe never always today "
    "tomorrow everybody everyone nobody nothing something hurry quick quickly watch careful help open close leave take give "
    "keep hold turn run walk stay sit stand first last next morning evening night day week year long little big great".split()
)
"""Common words of English that no other language spells so."""
_TELLING: Final = 5  # letters of a word of the tables that no syllable of Chinese is spelled like
_SHARED: Final = frozenset("a an to in on not no me do be so".split())
_OTHERS: Final = (
    frozenset(
        "el la los las de del que en y un una es está por con para mi tu su lo muy sí le les des du et je il elle nous vous "
        "ne pas est sont au aux ce ça qui mon ton ma ta der die das und ich nicht ist sie wir ein eine zu mit von auf dem "
        "den il lo che di non è per sono mi ti um uma não os e é você meu minha het een van ik je niet en och att det som "
        "jag inte är se na nie jest to co jak się w z ja tak ne su da bir bu ve mi ben için nu și este ce nem egy és az on "
        "ja ei se että på av til ikke og jeg".split()
    )
    - _SHARED
)
_BRACKET: Final = re.compile(r"\s?[(\[]([^()\[\]\n]{1,300})[)\]]")
_PREFACE: Final = re.compile(
    r"^(?:[^,;:—]{1,80}[,;:—] ?)?(?:which )?(?:meaning|means|translat\w+(?: roughly)?(?: as| to)?|translation|literally|"
    r"lit\.|i\.e\.,?|english):? ?",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"^(?:in|with|at|spoken|said|sung|approximately|about|possibly|likely|perhaps|repeated|laughs|laughing|a |an )\b",
    re.IGNORECASE,
)


def kind(between: str, original: str, text: str, behind: str | None) -> Kind | None:
    """Say what ``text`` is to the quotation before it.

    Args:
        between: The prose between the two.
        original: The quotation before.
        text: The quotation in question.
        behind: The prose between ``text`` and the next quotation, or None where none follows.

    Returns:
        ``translation`` or ``gloss`` (how it sounds) of the one before, ``original`` where the one before is the
        translation, or None where the two are not about each other.

    """
    if len(between) > _GAP or "\n" in between:
        return None
    bare = between.strip(" ,.;:)")
    opened = between.strip(" ,—")
    bracketed = opened[:1] in {"(", "["} and not any(mark in opened for mark in ")]")
    explained = explains(between)
    dashed = bare in {"—", "–", "-", "/", "="} and not is_english(original) and not is_foreign(text)
    if not (bracketed or explained or dashed or _is_attributed(opened, original, text)):
        return None
    if bracketed and is_foreign(text) and not is_foreign(original):
        return "original"
    more = behind is not None and len(behind) <= _GAP // 2 and ")" not in behind
    if bracketed and more and is_foreign(original):
        return "gloss"  # two in one bracket: how it sounds, then what it means
    if not explained and not is_english(text) and not _may_be_english(original, text, last=behind is None):
        told = behind is not None and explains(behind)
        return "translation" if _is_sentence(text) and not told else "gloss"
    return "translation"


def _is_sentence(text: str) -> bool:
    """Whether a bracketed quotation has the shape of a sentence, which a transcription seldom has."""
    return text.isascii() and text[:1].isupper() and text[-1:] in ".!?" and len(text.split()) >= _SHORT


def _is_attributed(between: str, original: str, text: str) -> bool:
    """Whether only the speaker stands between the words and the bracket: “Voi ei,” the boy groans (“Oh no”)."""
    clause, bracket = between[:-1], between[-1:]
    if bracket not in {"(", "["} or any(mark in clause for mark in ".!?;:()[]—"):
        return False
    alike = (
        text[:1].isupper() or not original[:1].isupper()
    )  # a noise in brackets is no name, and no sentence
    return alike and not has_english(original) and is_english(text)


def explains(between: str) -> bool:
    """Whether the prose between two quotations says that the second gives the meaning of the first."""
    return bool(_MEANING.search(between))


def bracketed(text: str, end: int, original: str) -> str | None:
    """Return the translation in the brackets that open at ``end``, without quotation marks of its own; or None."""
    if has_english(original):
        return None
    match = _BRACKET.match(text, end)
    if match is None:
        return None
    inner = _PREFACE.sub("", match.group(1)).strip()
    if not inner or "“" in inner or _NOTE.match(inner) or not is_english(inner):
        return None
    return inner.strip("'‘’ ")


def is_foreign(text: str) -> bool:
    """Whether most letters of ``text`` are of another script than the Latin one."""
    letters = _LETTER.findall(text[:_READ])
    return bool(letters) and len(_LATIN.findall(text[:_READ])) * 2 < len(letters)


def is_english(text: str) -> bool:
    """Whether ``text`` may be English: Latin letters and, from three words on, more of its words than of others."""
    if is_foreign(text) or _MACRON.search(text) or _NUMBERED.search(text):
        return False
    words = tokens(text[:_READ])
    return len(words) < _SHORT or _balance(words) > 0


def has_english(text: str) -> bool:
    """Whether ``text`` surely is English: Latin letters and more words of English than of other languages."""
    return not is_foreign(text) and _balance(tokens(text[:_READ])) > 0


def _balance(words: list[str]) -> int:
    """Return how many more words are English than of another language; words that both have count if no other does."""
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHERS or not word.isascii() for word in words if word[0].isalpha())
    if not english and not other:
        return sum(word in _SHARED for word in words)
    return english - other


def _may_be_english(original: str, text: str, *, last: bool) -> bool:
    """Whether a bracketed quotation without common English words is a translation all the same."""
    knows = lexicon().knows
    if any(len(word) >= _TELLING and knows(word) for word in tokens(text[:_READ])) and not _TONED.search(
        text
    ):
        return True
    if _NUMBERED.search(text) or (_TONED.search(text) and is_foreign(original)):
        return False
    return not is_foreign(original) or (last and len(text.split()) < _SHORT)
