"""Which audio track is captioned: never simply the first stream, and never a commentary unless somebody asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from media_captioner.errors import NoAudio, UnsupportedMedia
from media_captioner.media.languages import bcp47, matches, name_of
from media_captioner.media.policy import decodes
from media_captioner.model import AudioTrack, Media

_ASIDE: Final = {
    "commentary": "commentary",
    "audio_description": "audio description",
    "karaoke": "karaoke",
    "clean_effects": "music and effects without dialogue",
}
"""Roles of tracks that are not the programme's own sound, and what a person calls them."""

# Titles that say it where the disposition does not: English, French, German, Spanish, Italian, Portuguese,
# Dutch, Swedish, Danish, Norwegian, Finnish, Polish, Czech, Russian, Japanese, Korean, Chinese.
_TITLES: Final = (
    (
        "audio_description",
        re.compile(
            r"audio[ -]?descri|descriptive|described|visual(ly)?[ -]?impair|\bdvs\b|\bAD\b|narration for the blind"
            r"|audiod[eé]scription|malvoyant|h[öo]rfilm|bildbeschreibung|audiodeskription|f[üu]r blinde|sehbehindert"
            r"|audiodescrip|para ciegos|non vedenti|audiodescriç|blinden|syntolk|synstolk|kuvailutulk|audiodeskrypc"
            r"|niewidom|nevidom|тифлокоммент|音声解説|副音声|화면 ?해설|口述影像|视障|視障"
        ),
    ),
    (
        "commentary",
        re.compile(
            r"comment(ary|aries|ator)|director'?s? (track|cut talk)|commentaires?|kommentar|regiekommentar"
            r"|comentarios?|commento|commenti|coment[aá]rios?|commentaar|kommentaari|komentarz|koment[aá][rř]"
            r"|комментари|コメンタリー|解説|코멘터리|음성 ?해설|评论|評論|评述|導演講評"
        ),
    ),
    ("karaoke", re.compile(r"karaoke|sing[- ]?along|instrumental only|カラオケ|караоке|卡拉")),
    (
        "clean_effects",
        re.compile(r"\bm\s?&\s?e\b|music (and|&) effects|clean effects|isolated score|score only"),
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A track, and why it was chosen.

    Attributes:
        track: The track.
        reason: A sentence for a person to read (``track 2 of 3: the only one in German``).

    """

    track: AudioTrack
    reason: str


def choose(
    media: Media, *, number: int | None = None, language: str | None = None, every: bool = False
) -> tuple[Choice, ...]:
    """Choose the audio track or tracks to caption.

    Without a ``number``, commentaries, audio descriptions, karaoke and effects-only tracks stand back behind
    everything else. Among the rest count, in this order: the language wanted, being marked as the original,
    not being marked as a dub, being the file's default, not being a mix for the hard of hearing, and the
    order of the file.

    Args:
        media: The probed file.
        number: The track to take, 1 for the first audio track, whatever it is.
        language: A language wanted, as a BCP 47 tag, ISO 639 code or English name. A wish: where no track has
            it, the choice is made without it and says so.
        every: Take all tracks that can be decoded, in the file's order.

    Returns:
        One choice, or with ``every`` one for each track.

    Raises:
        NoAudio: there is no track, or none of that number.
        UnsupportedMedia: the codec of the track asked for, or of every track, is not decoded here.

    """
    if not media.audio:
        raise NoAudio(f"{media.path.name} has no audio track", hint="There is nothing to caption in it.")
    if number is not None:
        return (_numbered(media, number),)
    usable = [track for track in media.audio if _is_usable(track)]
    if not usable:
        raise UnsupportedMedia(
            f"Cannot decode any audio track of {media.path.name}: {describe(media)}",
            hint="Convert its sound with another program first.",
        )
    if every:
        return tuple(Choice(track, f"{_place(media, track)}: every track was asked for") for track in usable)
    wanted = bcp47(language) or language
    best = min(usable, key=lambda track: _rank(track, wanted))
    why = _why(best, usable, wanted)
    return (Choice(best, ": ".join([_place(media, best), *([why] if why else [])])),)


def roles_of(track: AudioTrack) -> frozenset[str]:
    """Return a track's roles: those its disposition states, and those only its title gives away."""
    title = track.title or ""
    told = {
        role
        for role, pattern in _TITLES
        # "AD" is an abbreviation only in capitals; everything else is found in any case.
        if pattern.search(title) or pattern.search(title.casefold())
    }
    if "audio_description" in told:
        told.discard("commentary")  # 解説 is part of 音声解説, and the Korean words overlap likewise
    return track.roles | told


def describe(media: Media) -> str:
    """Return one line that lists the audio tracks: number, language, title, codec, channels, what they are."""
    return "; ".join(_describe(track) for track in media.audio)


def _describe(track: AudioTrack) -> str:
    parts = [name_of(track.language) if track.language else "no language given"]
    if track.title:
        parts.append(f"“{track.title}”")
    parts.append(f"{track.codec} {track.layout}")
    parts += sorted(_ASIDE.get(role, role.replace("_", " ")) for role in roles_of(track))
    if track.default:
        parts.append("default")
    return f"track {track.number}: {', '.join(parts)}"


def _is_usable(track: AudioTrack) -> bool:
    return decodes(track.codec)


def _numbered(media: Media, number: int) -> Choice:
    for track in media.audio:
        if track.number == number:
            if not _is_usable(track):
                raise UnsupportedMedia(
                    f"Cannot decode track {number} of {media.path.name}: its codec is {track.codec}",
                    hint="Choose another track, or convert the sound with another program first.",
                )
            return Choice(track, f"{_place(media, track)}: asked for by number")
    count = len(media.audio)
    raise NoAudio(
        f"{media.path.name} has no audio track {number}: it has {count}",
        hint=f"Choose one of these: {describe(media)}",
    )


def _rank(track: AudioTrack, wanted: str | None) -> tuple[bool | int, ...]:
    roles = roles_of(track)
    return (
        bool(roles & _ASIDE.keys()),
        not track.channels,  # the prober saw none of its sound: it may be empty, or begin late
        wanted is not None and not matches(wanted, track.language),
        "original" not in roles,
        "dub" in roles,
        not track.default,
        "hearing_impaired" in roles,
        track.number,
    )


def _place(media: Media, track: AudioTrack) -> str:
    if len(media.audio) == 1:
        return "the only track"
    return f"track {track.number} of {len(media.audio)}"


def _why(track: AudioTrack, usable: list[AudioTrack], wanted: str | None) -> str:
    reasons = []
    if aside := roles_of(track) & _ASIDE.keys():
        reasons.append(f"there is nothing but {' and '.join(sorted(_ASIDE[role] for role in aside))}")
    rivals = [t for t in usable if not roles_of(t) & _ASIDE.keys()] if not aside else usable
    passed_over = len(usable) - len(rivals)
    if wanted is not None:
        speaking = [t for t in rivals if matches(wanted, t.language)]
        if track not in speaking:
            reasons.append(f"no track is marked as {name_of(wanted)}")
        elif len(speaking) == 1:
            reasons.append(f"the only one in {name_of(wanted)}")
        else:
            reasons.append(f"in {name_of(wanted)}")
        rivals = speaking or rivals
    if len(rivals) > 1:
        reasons.append(_tie_break(track, rivals))
    elif passed_over:
        reasons.append("the only one that is the programme's own sound")
    return ", ".join(reasons)


def _tie_break(track: AudioTrack, rivals: list[AudioTrack]) -> str:
    roles = roles_of(track)
    if "original" in roles and any("original" not in roles_of(t) for t in rivals):
        return "marked as the original"
    if any("dub" in roles_of(t) for t in rivals) and "dub" not in roles:
        return "not a dub"
    if track.default and not all(t.default for t in rivals):
        return "the file's default"
    return "the first in the file"
