"""Speech: who says or sings what, in which language, and how.

Every quotation of speech is an utterance; a voice that speaks without being quoted is one without words. The
speaker is the subject of the verb of speech nearest to the quotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from media_captioner.model import Evidence, Speech
from media_captioner.prose import manner, speaking, tongues, translations
from media_captioner.prose.lexicon import Action, Hit, Saying
from media_captioner.prose.manner import Feeling
from media_captioner.prose.polarity import ASSERTED, HEDGED, NAMES
from media_captioner.prose.quotes import Quote
from media_captioner.prose.reading import Passage, Reading
from media_captioner.prose.voices import Cast, Mention, Voice

_ROLES: Final = frozenset(
    "narrator announcer commentator host presenter interviewer interviewee reporter journalist newsreader anchor "
    "dispatcher caller broadcaster lecturer instructor officer teacher comedian auctioneer preacher guide attendant "
    "conductor referee umpire operator doctor nurse coach pilot captain vendor trainer croupier robot".split()
)
_POINTING: Final = frozenset({"the", "this", "every", "each", "all"})
_ADJECTIVES: Final = 4  # words from an adjective to whom it describes: "a cheerful Northern English man"
_OF_SOUND: Final = frozenset(
    "sound recording audio mix room acoustic acoustics microphone music clip".split()
)
_LATER: Final = 2  # sentences behind words within which "His tone is …" is of them
_SELF: Final = frozenset({"his", "her", "the", "its", "their", "this", "delivery", "speech", "voice"})


@dataclass(slots=True)
class _Utterance:
    """An utterance while the description is being read."""

    passage: Passage
    place: int
    quote: Quote | None
    voice: Voice | None
    rank: int
    sung: bool = False
    language: str | None = None
    language_sure: bool = True
    feelings: list[Feeling] = field(default_factory=list)


def find(reading: Reading) -> tuple[Speech, ...]:
    """Return the utterances of a description, in order.

    The same words quoted twice are one utterance. Words given only in English are the ``text`` even where another
    language was spoken: they are what the description has.
    """
    scribe = _Scribe()
    for passage in reading.passages:
        scribe.read(passage)
    return scribe.finish()


class _Scribe:
    """Reads sentences in order and keeps who said what."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.said: list[_Utterance] = []
        self.silent: list[_Utterance] = []
        self.talk: list[tuple[int, Evidence]] = []
        self.languages: list[tuple[str, bool]] = []
        self.accents: list[str] = []

    def read(self, passage: Passage) -> None:
        """Take in the next sentence."""
        before = self.cast.recent[-1] if self.cast.recent else None
        mentions = self.cast.meet(passage)
        spoken = tongues.named(passage)
        feelings = manner.feelings(passage)
        self.languages.extend((item.tag, item.sure) for item in spoken)
        utterances = self._quoted(passage, mentions, before)
        self._spread(passage, utterances, feelings, mentions)
        for utterance in utterances:
            self._language(utterance, spoken)
        self._unquoted(passage, mentions, utterances, spoken, feelings)
        self._talk(passage)
        self.said.extend(utterances)

    def _quoted(self, passage: Passage, mentions: list[Mention], before: Voice | None) -> list[_Utterance]:
        found: list[_Utterance] = []
        for place, quote in passage.quotes:
            floor = found[-1].place if found else -1
            voice = speaking.speaker(passage, place, mentions, floor) or (
                found[-1].voice if found else before
            )
            rank = passage.ranks[place] if passage.ranks else ASSERTED
            rank = rank if rank in {ASSERTED, HEDGED} else ASSERTED
            sung = quote.sung or (
                voice is not None and voice.sings and not speaking.is_spoken(passage, place)
            )
            found.append(_Utterance(passage, place, quote, voice, rank, sung))
            self.cast.last = voice
        return found

    @staticmethod
    def _spread(
        passage: Passage, utterances: list[_Utterance], feelings: list[Feeling], mentions: list[Mention]
    ) -> None:
        """Give each utterance the feelings told of it: before it, or right behind it."""
        for feeling in feelings:
            later = [u for u in utterances if u.place > feeling.place]
            later = [u for u in later if ";" not in passage.words[feeling.place : u.place]]
            earlier = [u for u in utterances if u.place < feeling.place]
            if earlier and (not later or _belongs(passage, earlier[-1], feeling.place, mentions)):
                earlier[-1].feelings.append(feeling)
            elif later and not _is_of_other(passage, feeling, later[0], mentions):
                later[0].feelings.append(feeling)

    def _language(self, utterance: _Utterance, spoken: Sequence[tongues.Spoken]) -> None:
        before = [item for item in spoken if item.place < utterance.place]
        chosen = before[-1] if before else (spoken[0] if spoken else None)
        if chosen is not None:
            utterance.language, utterance.language_sure = chosen.tag, chosen.sure
            if utterance.voice is not None:
                utterance.voice.language, utterance.voice.language_sure = chosen.tag, chosen.sure

    def _unquoted(
        self,
        passage: Passage,
        mentions: list[Mention],
        utterances: list[_Utterance],
        spoken: Sequence[tongues.Spoken],
        feelings: list[Feeling],
    ) -> None:
        talking = [
            m
            for m in mentions
            if not m.object and (not m.voice.many or m.voice.count > 1) and speaking.speaks(passage, m)
        ]
        self._sung(passage, mentions, utterances, spoken)
        for mention in talking:
            if any(u.voice is mention.voice for u in utterances):
                continue
            self.silent.append(_Utterance(passage, mention.start, None, mention.voice, mention.rank))
        if passage.summary:
            self._summarised(passage, mentions, feelings)
        if not utterances and not mentions and feelings:
            self._described(passage, feelings)
        if utterances or not mentions:
            return
        voices = [m.voice for m in (talking or mentions) if not m.voice.many]
        if not voices:
            return
        voice = voices[-1]
        if spoken:
            voice.language, voice.language_sure = spoken[-1].tag, spoken[-1].sure
        told = [f for f in feelings if not passage.summary]
        if not told:
            return
        last = next((u for u in reversed(self.said) if u.voice is voice), None)
        since = passage.index - last.passage.index if last is not None else 0
        if last is not None and (since <= 1 or (passage.words[0] in _SELF and since <= _LATER)):
            last.feelings.extend(told)
        else:
            voice.feelings.extend(told)

    def _described(self, passage: Passage, feelings: list[Feeling]) -> None:
        """Take what is said of the words just quoted: "The tone is …", "Every word is spoken with fear"."""
        last = self.said[-1] if self.said else None
        if last is None or passage.summary or passage.index - last.passage.index > 1:
            return
        if not _OF_SOUND.isdisjoint(passage.words[1:3]):
            return
        tones = (hit for hit in passage.hits(Saying) if hit.found.columns[0] in {"tone", "say", "talk"})
        first = {hit.start for hit in tones} | {feeling.place for feeling in feelings}
        if passage.words[0] in _POINTING and not first.isdisjoint(range(1, 4)):
            last.feelings.extend(feelings)

    def _summarised(self, passage: Passage, mentions: list[Mention], feelings: list[Feeling]) -> None:
        """Take what a summary calls somebody of whom no emotion is known: "a tearful mother", "a cheerful old man"."""
        for feeling in feelings:
            behind = next((m for m in mentions if m.start > feeling.place), None)
            if behind is None or self._is_coloured(behind.voice):
                continue
            between = passage.words[feeling.place : behind.start]
            if len(between) <= _ADJECTIVES and all(word[0].isalpha() for word in between):
                behind.voice.feelings.append(feeling)

    def _is_coloured(self, voice: Voice) -> bool:
        """Whether an emotion of a voice, not just a colour, is known already."""
        of_words = (feeling for u in self.said if u.voice is voice for feeling in u.feelings)
        return any(feeling.strength >= manner.STRONG for feeling in (*voice.feelings, *of_words))

    def _sung(
        self,
        passage: Passage,
        mentions: list[Mention],
        utterances: list[_Utterance],
        spoken: Sequence[tongues.Spoken],
    ) -> None:
        """Note singing in a language that is named, though no line of it is quoted."""
        if utterances or not spoken or self.said:
            return
        singers = [m for m in mentions if m.voice.sings]
        if singers and not any(u.voice is singers[-1].voice for u in self.silent):
            last = singers[-1]
            line = _Utterance(passage, last.start, None, last.voice, last.rank, sung=True)
            line.language, line.language_sure = spoken[-1].tag, spoken[-1].sure
            self.silent.append(line)

    def _talk(self, passage: Passage) -> None:
        for hit in passage.hits(Saying):
            if hit.found.columns[0] == "talk" and not _is_part(passage, hit):
                rank = passage.rank(hit.start, hit.end)
                self.talk.append((rank, passage.evidence(hit.start, hit.end)))

    def finish(self) -> tuple[Speech, ...]:
        """Return what was said, each utterance once."""
        found: list[Speech] = []
        seen: set[str] = set()
        heard = {id(u.voice) for u in self.said if u.voice is not None}
        for utterance in self.said:
            words = utterance.quote.text if utterance.quote else ""
            key = "".join(words.lower().split()).strip(".,!?…。！？")
            if key in seen:
                continue
            seen.add(key)
            found.append(self._speech(utterance))
        for utterance in self.silent:
            voice = utterance.voice
            if voice is None or id(voice) in heard:
                continue
            heard.add(id(voice))
            if utterance.rank == ASSERTED or not found:
                found.extend(self._all(utterance, voice) if _are_more(voice, found) else [])
                found.extend([] if voice.many else [self._speech(utterance)])
        if not [speech for speech in found if not speech.sung]:
            found.extend(self._only_talk())
        return tuple(found)

    def _all(self, utterance: _Utterance, voice: Voice) -> list[Speech]:
        """Return one utterance without words for each of several people: "two women talk"."""
        one = self._speech(utterance)
        total = len(self.cast.voices)
        return [one, *(replace(one, voice=total + number) for number in range(1, voice.count))]

    def _only_talk(self) -> list[Speech]:
        sure = [evidence for rank, evidence in self.talk if rank == ASSERTED]
        language, certain = self._common()
        return [Speech(None, language=language, language_sure=certain, evidence=each) for each in sure[:1]]

    def _common(self) -> tuple[str | None, bool]:
        """Return the one language the description names, or None."""
        tags = {tag for tag, _ in self.languages}
        if len(tags) != 1:
            return None, True
        return self.languages[0][0], any(sure for _, sure in self.languages)

    def _speech(self, utterance: _Utterance) -> Speech:
        voice, quote = utterance.voice, utterance.quote
        feelings = [*utterance.feelings, *(voice.feelings if voice else ())]
        strongest = manner.strongest(feelings)
        language, sure = self._tongue(utterance)
        return Speech(
            text=quote.text.rstrip(" ,") if quote else None,
            translation=quote.translation.rstrip(" ,") if quote and quote.translation else None,
            language=language,
            language_sure=sure,
            speaker=None if voice is None or voice.speaker == "any" else voice.speaker,
            manner=manner.adjective(strongest) if strongest else None,
            sung=utterance.sung,
            polarity=NAMES[utterance.rank],
            evidence=_evidence(utterance),
            emotions=manner.emotions(sorted(feelings, key=lambda f: -f.strength)),
            voice=0 if voice is None else voice.number,
            role=voice.noun if voice is not None and voice.noun.rsplit(" ", 1)[-1] in _ROLES else None,
        )

    def _tongue(self, utterance: _Utterance) -> tuple[str | None, bool]:
        """Return the language of an utterance: said of it, of its voice, shown by its script, or the only one."""
        quote, voice = utterance.quote, utterance.voice
        text = quote.text if quote else ""
        language, sure = utterance.language, utterance.language_sure
        if language is None and voice is not None:
            language, sure = voice.language, voice.language_sure
        if language is None:
            common, certain = self._common()
            english = bool(text) and translations.has_english(text)
            if common is not None and (not english or len(self.cast.voices) <= 1 or common == "en"):
                language, sure = common, certain
        if text and (language is None or not tongues.fits(language, text)):
            script = tongues.of_script(text)
            if script is not None:
                return script, False
        return language, sure


def _are_more(voice: Voice, found: Sequence[Speech]) -> bool:
    """Whether several people counted are others than those who are heard one by one."""
    return voice.many and not voice.members and (voice.speaker != "any" or not found)


def _evidence(utterance: _Utterance) -> Evidence:
    passage, place = utterance.passage, utterance.place
    if utterance.quote is not None:
        return Evidence(passage.text, utterance.quote.start, utterance.quote.end)
    return passage.evidence(place, place + 1)


def _is_part(passage: Passage, hit: Hit) -> bool:
    """Whether a word for talk is part of a compound or of the name of a sound ("murmur of conversation")."""
    if passage.words[hit.end : hit.end + 1] == ["-"]:
        return True
    return any(
        other.start <= hit.start and hit.end <= other.end and other.end - other.start > hit.end - hit.start
        for other in passage.hits(Action)
    )


def _is_of_other(passage: Passage, feeling: Feeling, later: _Utterance, mentions: list[Mention]) -> bool:
    """Whether a word before a quotation tells of somebody else: "the man sobs, and the officer says, “…”"."""
    nominal = [m for m in mentions if m.role != "pronoun" and not m.voice.many]
    before = [m for m in mentions if m.role != "pronoun" and m.start < feeling.place]
    speaker = [m for m in nominal if m.voice is later.voice and feeling.place < m.start < later.place]
    if not before or not speaker or before[-1].voice is later.voice:
        return False
    return "and" in passage.words[feeling.place : speaker[-1].start]


def _belongs(passage: Passage, utterance: _Utterance, place: int, mentions: list[Mention]) -> bool:
    """Whether a word behind a quotation still belongs to it: “…,” she says softly, and he answers “…”."""
    between = [m for m in mentions if utterance.place < m.start <= place + 3]
    same = all(m.voice is utterance.voice for m in between)
    return not between or (same and "and" not in passage.words[utterance.place : place])
