"""Voices: who is heard speaking, told apart through the description by noun phrases and pronouns.

"A man asks …; a woman replies; he laughs" has two voices. Gender and age are what the captioner perceives in a
voice; nothing else is known of the person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from media_captioner.prose import phrases
from media_captioner.prose.lexicon import Hit, Person, Saying, outermost
from media_captioner.prose.manner import Feeling
from media_captioner.prose.polarity import ASSERTED, HEDGED
from media_captioner.prose.reading import QUOTED, Passage

_YOUNG: Final = {
    "man": frozenset({"boy", "schoolboy", "son", "brother"}),
    "woman": frozenset({"girl", "schoolgirl", "daughter", "sister"}),
}
_POSSESSIVE: Final = frozenset({"his", "her", "their"})
_RELATIONS: Final = frozenset(
    "friend mother father mom mum dad husband wife brother sister son daughter colleague companion partner boss "
    "neighbor neighbour boyfriend girlfriend uncle aunt grandmother grandfather teammate rival opponent".split()
)
_TWO: Final = frozenset({"two", "both", "couple", "pair"})
_OBJECTS: Final = frozenset({"to", "at", "toward", "towards", "about", "between", "like"})
_APPOSITION: Final = 6
_IS_A: Final = (["is", "a"], ["is", "an"], ["was", "a"], ["was", "an"])
_ROLES: Final = ("sing", "voice", "person", "many", "pronoun")
_ON_AIR: Final = frozenset(
    "broadcaster host presenter announcer narrator newsreader anchor commentator podcaster moderator".split()
)
_RECENT: Final = 12  # voices that a pronoun or a second mention may still mean
_REGISTERS: Final = frozenset({"voice", "baritone", "tenor", "soprano", "alto", "contralto", "bass"})
_PLAIN: Final = frozenset(
    "man woman male female gentleman lady guy person individual voice voices speaker child boy girl kid speech his her "
    "he she him himself herself one another someone somebody character adult caller other two three".split()
)
"""Words that may mean anybody of that kind."""
_SAME: Final = (
    frozenset({"father", "dad", "daddy", "husband", "papa", "grandfather"}),
    frozenset({"mother", "mom", "mum", "mommy", "wife", "mama", "grandmother", "grandma"}),
    frozenset({"priest", "preacher", "pastor", "clergyman", "vicar", "celebrant", "minister"}),
    frozenset({"actor", "hero", "protagonist", "narrator"}),
)
_NARRATION: Final = frozenset({"voiceover", "voice over", "speech"})
_GENDERS: Final = frozenset({"=male", "=female"})
_GENERIC: Final = frozenset(
    {"voice", "speaker", "speech", "person", "individual", "another", "someone", "character"}
)


@dataclass(slots=True)
class Voice:
    """A voice of the description.

    Attributes:
        number: 1 for the first mentioned.
        speaker: ``man``, ``woman``, ``child``, ``robot``, or ``any`` where nothing is said.
        noun: The word that introduced it (``narrator``).
        nouns: The last words of all phrases for it.
        sings: Whether it is introduced as a singer.
        many: Whether several people speak at once.
        count: How many, where the description counts them, else 1.
        members: Those of them that are told apart, by the word for each (``first``).
        language: What the voice speaks, as far as it was said.
        language_sure: False where that is a guess.
        feelings: What is said of its manner apart from single utterances.

    """

    number: int
    speaker: str
    noun: str
    nouns: set[str] = field(default_factory=set)
    sings: bool = False
    many: bool = False
    count: int = 1
    members: dict[str, Voice] = field(default_factory=dict)
    language: str | None = None
    language_sure: bool = True
    feelings: list[Feeling] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mention:
    """A noun phrase or pronoun that stands for a voice: index of its head, the voice, whether it is an object."""

    start: int
    end: int
    voice: Voice
    role: str
    rank: int
    object: bool


@dataclass(slots=True)
class Cast:
    """The voices met so far, in order; those mentioned lately, the latest at the end; who was quoted last."""

    voices: list[Voice] = field(default_factory=list)
    recent: list[Voice] = field(default_factory=list)
    last: Voice | None = None

    def meet(self, passage: Passage) -> list[Mention]:
        """Return who is mentioned in a sentence, and remember it.

        Args:
            passage: The next sentence of the description; sentences are met in order.

        """
        found: list[Mention] = []
        last: Hit | None = None
        gender: str | None = None
        people = outermost(sorted(passage.hits(Person), key=_order))
        names = phrases.names(passage)
        for hit in sorted([*phrases.with_members(passage, people), *names], key=lambda hit: hit.start):
            if hit.found is None:
                word = passage.words[hit.start]
                member = self._named(word) if hit in names else self._member(word)
                if member is not None:
                    self._remember(member)
                    found.append(Mention(hit.start, hit.end, member, "person", 0, object=False))
                continue
            speaker, role = hit.found.columns
            rank = passage.rank(hit.start, hit.end)
            if rank > HEDGED or phrases.is_adjective(passage, hit):
                continue
            if hit.found.phrase in _GENDERS and phrases.head(passage, hit, people) is not None:
                gender = speaker
                continue
            speaker, gender = (gender if gender and speaker == "any" else speaker), None
            owned = bool(found) and _is_owned(passage, hit, found[-1])
            same = owned or (
                last is not None and found and self._apposed(passage, last, hit, found[-1].voice, rank)
            )
            voice = found[-1].voice if same else self._voice(passage, hit, found, rank, speaker)
            if voice is None:
                continue
            if voice.speaker == "any" and speaker != "any":
                voice.speaker = speaker
            voice.nouns.add(passage.words[hit.end - 1])
            if role == "sing" and not owned:
                voice.sings = True
            self._remember(voice)
            before = passage.words[phrases.begin(passage, hit) - 1 : phrases.begin(passage, hit)]
            object_ = role != "pronoun" and (
                bool(_OBJECTS.intersection(before)) or phrases.is_owner(passage, hit)
            )
            found.append(Mention(hit.start, hit.end, voice, role, rank, object_))
            last = hit
        return found

    def _member(self, ordinal: str) -> Voice | None:
        """Return one of several people counted before: "two women talk; the first asks, the second …"."""
        for voice in reversed(self.recent):
            if voice.count > 1:
                member = voice.members.get(ordinal)
                if member is None:
                    member = voice.members[ordinal] = self._new(voice.speaker, voice.noun, many=False)
                return member
        return None

    def _named(self, name: str) -> Voice:
        """Return whoever bears a name; the first time somebody not met before."""
        known = next((voice for voice in self.voices if voice.noun == name), None)
        return known or self._new("any", name, many=False)

    def _remember(self, voice: Voice) -> None:
        if voice in self.recent:
            self.recent.remove(voice)
        self.recent.append(voice)
        del self.recent[:-_RECENT]

    @staticmethod
    def _apposed(passage: Passage, last: Hit, hit: Hit, voice: Voice, rank: int) -> bool:
        """Whether the second of two phrases explains the first: "the driver, a woman, mutters"."""
        between = passage.words[last.end : hit.start]
        role = last.found.columns[1] if last.found is not None else None
        if role == "pronoun" and between[:2] in _IS_A:
            return len(between) <= _APPOSITION  # "She is a woman with …"
        if role == "voice" and "belonging" in between:
            return (
                True  # "a female voice, close to the microphone and likely belonging to a middle-aged woman,"
            )
        if (
            len(between) > _APPOSITION
            or not between
            or between[0] != ","
            or hit.found.columns[1] == "pronoun"
        ):
            return False
        if between == [","] and hit.found.phrase in _GENDERS:
            return not voice.many  # "an announcer, female, speaks"
        return {"and", QUOTED, ";"}.isdisjoint(between) and _explains(last, hit, between, voice, rank)

    def _voice(
        self, passage: Passage, hit: Hit, found: list[Mention], rank: int, speaker: str
    ) -> Voice | None:
        role = hit.found.columns[1]
        noun = hit.found.phrase.lstrip("=")
        if role == "pronoun":
            return self._pronoun(passage, passage.words[hit.start], speaker)
        determiner = phrases.determiner(passage, hit)
        if rank > ASSERTED and role != "voice" and not passage.quotes:
            return self._known(speaker, noun, definite=True, many=role == "many")
        count = phrases.count(passage, hit)
        many = (
            role == "many"
            or phrases.is_plural(passage, hit)
            or count > 1
            or (determiner in _TWO and passage.words[hit.end - 1].endswith(("s", "men")))
        )
        if determiner in phrases.DEFINITE and count == 1:
            one = self._one_of_several(passage, hit, noun)
            if one is not None:
                return one
        if (determiner in phrases.NEW or noun == "another") and not passage.summary:
            alike = found[-1].voice if found else self._last_of_kind(passage, hit)
            alike_speaker = alike.speaker if noun == "another" and alike is not None else speaker
            return self._new(alike_speaker, noun, many=many, count=count)
        known = self._met(passage, hit, speaker, determiner, many=many)
        return known or self._new(speaker, noun, many=many, count=count)

    def _met(
        self, passage: Passage, hit: Hit, speaker: str, determiner: str | None, *, many: bool
    ) -> Voice | None:
        """Return whom a phrase means of those met before, or None where it brings in somebody new."""
        role, noun = hit.found.columns[1], hit.found.phrase.lstrip("=")
        if determiner in _POSSESSIVE and noun.rsplit(" ", 1)[-1] in _RELATIONS:
            # "her friend" is somebody else than she is.
            known = next((v for v in reversed(self.recent) if v.noun == noun and v.many == many), None)
        else:
            definite = determiner in phrases.DEFINITE or passage.summary
            known = self._known(speaker, noun, definite=definite, many=many)
        if known is None and role == "voice" and determiner in phrases.DEFINITE and not passage.quotes:
            return self.last  # "the soundtrack ducks under the announcer"
        return known if determiner not in phrases.INDEFINITE or passage.summary else None

    def _one_of_several(self, passage: Passage, hit: Hit, noun: str) -> Voice | None:
        """Return one of several counted before: "two broadcasters: the principal commentator …, the other one …"."""
        if passage.summary or phrases.is_plural(passage, hit):
            return None
        last = noun.rsplit(" ", 1)[-1]
        for group in reversed(self.recent):
            if group.count > 1 and _same_part(group.noun.rsplit(" ", 1)[-1], last):
                other = "other" in passage.words[max(0, hit.start - 3) : hit.start]
                key = "other" if other else last
                if key not in group.members and len(group.members) < group.count:
                    group.members[key] = self._new(group.speaker, last, many=False)
                return group.members.get(key)
        return None

    def _last_of_kind(self, passage: Passage, hit: Hit) -> Voice | None:
        """Return whom "another" is one more of, where a verb of speech follows: "A man asks. Another answers"."""
        said = any(other.start == hit.end for other in passage.hits(Saying))
        return self.recent[-1] if said and self.recent else None

    def _pronoun(self, passage: Passage, word: str, speaker: str) -> Voice | None:
        if speaker == "any":
            return next((voice for voice in reversed(self.recent) if voice.many), None)
        if self.last is not None and self.last.speaker == "any" and _is_of_last(passage, word):
            return self.last  # "A third party breaks in: “…” There is strain in the way he says it."
        for place, voice in reversed(list(enumerate(self.recent))):
            if voice.speaker == speaker and not voice.many:
                later = [
                    v for v in self.recent[place + 1 :] if v.speaker == "any" and not (v.many or v.sings)
                ]
                return later[-1] if later and voice.sings else voice  # the driver, not who sings on his radio
        for voice in reversed(self.recent):
            if not voice.nouns.isdisjoint(_YOUNG[speaker]):
                return voice
        for voice in reversed(self.recent):
            if voice.speaker in {"any", "child"} and not voice.many:
                return voice
        return self._new(speaker, word, many=False) if word in {"he", "she"} or passage.quotes else None

    def _known(self, speaker: str, noun: str, *, definite: bool, many: bool) -> Voice | None:
        last = noun.rsplit(" ", 1)[-1]
        same_noun = [
            v
            for v in self.recent
            if v.many == many
            and _same_part(v.noun.rsplit(" ", 1)[-1], last)
            and (speaker == "any" or v.speaker in {"any", speaker})
        ]
        if same_noun:
            return same_noun[-1]
        if many:
            return None
        if noun in _GENERIC or speaker != "any":
            alike = [
                v
                for v in self.recent
                if not v.many
                and (speaker in {"any", v.speaker} or v.speaker == "any")
                and not _are_two(v.nouns, last)
            ]
            if speaker == "child":
                # The midwife is not the child that is born.
                alike = [v for v in alike if v.speaker == "child" or v.noun in _GENERIC]
            exact = [v for v in alike if v.speaker == speaker]
            if exact:
                return exact[-1]
            return alike[-1] if alike and definite else None
        single = [v for v in self.recent if not v.many]
        return single[-1] if definite and len(single) == 1 and single[0].noun in _GENERIC else None

    def _new(self, speaker: str, noun: str, *, many: bool, count: int = 1) -> Voice:
        voice = Voice(len(self.voices) + 1, speaker, noun, many=many, count=count)
        self.voices.append(voice)
        return voice


def _explains(last: Hit, hit: Hit, between: list[str], voice: Voice, rank: int) -> bool:
    """Whether the words between two phrases make the second one an apposition."""
    speaker = hit.found.columns[0]
    if rank == HEDGED and (voice.speaker == "any" or speaker in {"any", "child", voice.speaker}):
        return True  # "a male voice, possibly a teenager,"
    plain = [word for word in between if word != "”" and not word.endswith("ly")]
    told = plain[1:2] in (["a"], ["an"], ["also"]) or plain[1:3] == ["that", "of"]
    sure = len(plain) < len(between) or (last.found is not None and last.found.columns[0] == "any")
    alike = {"any", speaker} if sure else {"any"}  # ", evidently an actor,", "the reporter, a man,"
    return told and not voice.many and speaker != "any" and voice.speaker in alike


def _is_of_last(passage: Passage, word: str) -> bool:
    """Whether a pronoun stands for who was quoted last: "Her voice is silky", "the way he says it"."""
    if passage.quotes:
        return False
    behind = passage.keys[passage.words.index(word) + 1 :][:3]
    return "voice" in behind or "tone" in behind or behind[:1] in (["say"], ["speak"], ["sound"], ["be"])


def _order(hit: Hit) -> int:
    return _ROLES.index(hit.found.columns[1])


def _are_two(nouns: set[str], noun: str) -> bool:
    """Whether a word for somebody and those for somebody met before tell of two people: a groom, an imam."""
    telling = nouns - _PLAIN
    if noun in _PLAIN or not telling:
        return False
    return all(other != noun and not any({other, noun} <= same for same in _SAME) for other in telling)


def _same_part(one: str, other: str) -> bool:
    """Whether two nouns may stand for one speaker: the same, or two words for who speaks on the air."""
    return one == other or {one, other} <= _ON_AIR


def _is_owned(passage: Passage, hit: Hit, last: Mention) -> bool:
    """Whether a voice belongs to somebody just named: "a woman with a soft voice", "her voice"."""
    noun = hit.found.phrase.lstrip("=")
    if noun.rsplit(" ", 1)[-1] not in _REGISTERS and noun not in _NARRATION:
        return False
    if "whose" in passage.words[max(last.end, hit.start - 3) : hit.start]:
        return True  # "a marshal, whose deep voice carries"
    if last.end == hit.start and last.role == "person":
        return True  # "an older woman's voice"
    start = phrases.begin(passage, hit)
    if last.start == start and last.role == "pronoun" and last.voice.speaker != "any":
        return True
    return (
        passage.words[start - 1 : start] in (["with"], ["in"], ["whose"], ["has"], ["have"], ["having"])
        or passage.words[start] == "whose"
    )
