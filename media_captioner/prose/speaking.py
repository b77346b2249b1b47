"""Who speaks, by the verbs and nouns of speech in a sentence."""

from __future__ import annotations

from typing import Final

from media_captioner.prose.lexicon import Hit, Saying
from media_captioner.prose.polarity import NEGATED
from media_captioner.prose.reading import Passage
from media_captioner.prose.voices import Mention, Voice

_SPEAKS: Final = frozenset(
    "speak talk announce narrate say ask reply answer respond whisper shout tell explain describe comment "
    "mutter murmur mumble converse chat recite read deliver address instruct lecture plead argue command order greet "
    "warn exclaim continue state remark quarrel bicker debate discuss negotiate gossip grumble complain protest scold "
    "curse pray preach yell declaim orate recount confess confide haggle bargain banter ramble rant dictate swear "
    "apologize apologise reassure boast joke tease beg urge coax insist proclaim repeat list recount spell".split()
)
_WORDLESS: Final = frozenset(
    "wordless hum sing croon vocalise vocalize laugh sob moan scream whistle ethereal double harmonize harmonise".split()
)
_SUNG: Final = frozenset({"refrain", "chorus", "verse", "melody", "hymn", "harmony", "psalm", "anthem"})
"""What somebody answers or repeats who sings."""
_NOT_SPEAKERS: Final = frozenset({"voice", "voices", "speech", "guide"})
_FROM: Final = (["from"], ["by"])
_JOINS: Final = frozenset({"and", ","})
_NEXT_ONE: Final = (["a"], ["an"], ["the"], ["another"])
_NO_SUBJECTS: Final = frozenset({"him", "them", "himself", "herself", "themselves"})
_QUIET: Final = frozenset({"silent", "quiet", "absent", "inaudible"})
_SAID: Final = frozenset({"say", "sing"})
_SPOKEN: Final = frozenset(
    "say shout speak ask announce scream yell tell call reply answer respond exclaim whisper mutter".split()
)
"""Verbs with which even a singer speaks."""
_AFTER: Final = 8  # words after a quotation within which "she replies" may stand
_VERB_REACH: Final = 10  # words behind somebody within which a verb says that they speak
_SUBJECT: Final = 12  # words between a speaker and the verb of speech


def _said(passage: Passage) -> list[Hit]:
    return [hit for hit in passage.hits(Saying) if hit.found.columns[0] in _SAID]


def speaker(passage: Passage, place: int, mentions: list[Mention], floor: int) -> Voice | None:
    """Return whose words the quotation at ``place`` holds, by the sentence it stands in."""
    verbs = _said(passage)
    after = [hit for hit in verbs if place < hit.start <= place + _AFTER]
    before = [m for m in mentions if floor < m.start < place and not m.object]
    told = [hit for hit in verbs if floor < hit.start < place]
    if told and before:
        subjects = [m for m in before if m.start < told[-1].start and told[-1].start - m.end <= _SUBJECT]
        nominal = [
            m for m in subjects if m.role != "pronoun" or passage.words[m.start] in {"he", "she", "they"}
        ]
        if nominal or subjects:
            return (nominal or subjects)[-1].voice
        return before[-1].voice
    behind = [m for m in mentions if place < m.start <= place + _AFTER]
    if behind and (after or passage.words[place + 1 : place + 2] in _FROM):
        return behind[0].voice
    return before[-1].voice if before else None


def is_spoken(passage: Passage, place: int) -> bool:
    """Whether a verb of speaking, not of singing, stands before the quotation of a singer."""
    before = [hit for hit in passage.hits(Saying) if hit.start < place and hit.found.columns[0] in _SAID]
    said = [hit for hit in before if hit.found.columns[0] == "say"]
    sung = [hit for hit in before if hit.found.columns[0] == "sing"]
    if not said or (sung and sung[-1].start >= said[-1].start):
        return False
    return said[-1].found.phrase in _SPOKEN


def speaks(passage: Passage, mention: Mention) -> bool:
    """Whether a mention by itself, or with the verb behind it, says that somebody speaks."""
    if (
        mention.voice.sings
        or mention.role in {"sing", "many"}
        or passage.words[mention.start] in _NO_SUBJECTS
    ):
        return False
    behind = passage.words[mention.end : mention.end + _AFTER]
    if not _QUIET.isdisjoint(behind[:3]) or not _SUNG.isdisjoint(behind):
        return False
    if not _WORDLESS.isdisjoint(passage.keys[max(0, mention.start - 3) : mention.end + 2]):
        return False
    if _is_possessive(passage, mention):
        return _has_verb(passage, mention) and mention.role != "voice"
    if mention.role == "voice":
        gendered = mention.voice.speaker != "any" and mention.end - mention.start > 1
        if gendered or passage.words[mention.end - 1] not in _NOT_SPEAKERS:
            return True
    return _has_verb(passage, mention)


def _is_possessive(passage: Passage, mention: Mention) -> bool:
    """Whether a phrase only says whose something is: "the caller's reaction"."""
    end = passage.ends[mention.end - 1] - passage.start
    return passage.text[end - 2 : end] in {"'s", "’s"}


def _has_verb(passage: Passage, mention: Mention) -> bool:
    """Whether a verb of speech stands right behind somebody."""
    following = passage.keys[mention.end : mention.end + _VERB_REACH]
    for place, key in enumerate(following):
        if key in {";", ":", "—", "."} or (key in _JOINS and following[place + 1 : place + 2] in _NEXT_ONE):
            break
        if key == "whose" and "voice" in following[place:]:
            return True
        if key in _SPEAKS and following[place - 1 : place] != ["in"]:
            spot = mention.end + place
            noisy = following[place + 1 : place + 3] in (["with", "a"], ["with", "an"])
            if noisy or passage.rank(spot, spot + 1) == NEGATED:
                return False  # "the monster answers with a roar", "the listener never speaks"
            return following[place + 1 : place + 2] not in (["nothing"], ["no"])
    return False
