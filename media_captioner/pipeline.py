"""Caption one track of an asset: the only place that knows the whole way of the data."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final, get_args

from media_captioner.condensing import condense, name_of
from media_captioner.config import Settings
from media_captioner.config.schema import longest_segment
from media_captioner.cues import rollup
from media_captioner.cues.arrange import Arrangement
from media_captioner.cues.block import Block
from media_captioner.cues.compose import compose
from media_captioner.cues.continuity import Soundtrack
from media_captioner.cues.lint import lint
from media_captioner.cues.profiles import Profile, derived, profile_named
from media_captioner.errors import CaptionerError
from media_captioner.listening import Listening, Seat, in_thread
from media_captioner.media.policy import MediaLimits
from media_captioner.media.probe import probe
from media_captioner.media.segments import Cutting, open_segments
from media_captioner.media.tracks import Choice, choose
from media_captioner.model import AudioTrack, Captions, Category, Cue, Media, Usage
from media_captioner.protocols import Captioner, Reporter, Service, SilentReporter, VoiceDetector
from media_captioner.schedule.consulting import Consultant
from media_captioner.schedule.journal import open_journal
from media_captioner.session import budget_of, passing_session
from media_captioner.system.clock import SYSTEM_CLOCK

CAPTION_LANGUAGE: Final = "en"
"""Captions are written in English unless settings choose labels of another language: captioners describe in English."""


def caption_language(settings: Settings) -> str:
    """Return the tag of the language that captions are written in."""
    return settings.labels or CAPTION_LANGUAGE


def limits_of(settings: Settings) -> MediaLimits:
    """Return the bounds on media that ``settings`` ask for."""
    return replace(MediaLimits(), max_seconds=Fraction(settings.max_hours) * 3600)


def cutting_of(settings: Settings, service: Service) -> Cutting:
    """Return how long segments are: as long as the settings ask, as short as the service needs."""
    seconds = Fraction(longest_segment(settings))
    if service.max_seconds is not None:
        seconds = min(seconds, service.max_seconds)
    if service.max_data_url is None and service.max_upload is None:
        # It listens in this process: nothing is gained by asking early, and a cut in a sentence costs words.
        return Cutting(target=seconds, first=seconds)
    return Cutting(target=seconds, first=min(Cutting().first, seconds))


def profile_of(settings: Settings) -> Profile:
    """Return the style guide that ``settings`` name: one of their own, or a known one.

    Raises:
        ConfigError: there is none, or its figures make no sense.

    """
    own = settings.profiles.get(settings.profile)
    if own is None:
        return profile_named(settings.profile)
    return derived(settings.profile, profile_named(own.base), own.rules())


def layers_of(settings: Settings) -> tuple[Category, ...]:
    """Return the layers of the soundtrack that ``settings`` want captioned."""
    wanted: tuple[Category, ...] = settings.include_layers or get_args(Category)
    return tuple(layer for layer in wanted if layer not in settings.exclude_layers)


def inspect(path: Path, settings: Settings) -> tuple[Media, tuple[Choice, ...]]:
    """Probe a file and choose its tracks.

    Raises:
        MediaError: it is no media, or has no track to caption.

    """
    media = probe(path, limits=limits_of(settings))
    return media, choose(media, number=settings.track, language=settings.language, every=settings.all_tracks)


def voice_detector() -> VoiceDetector | None:
    """Return a detector that helps to cut where nobody speaks, or None where the local captioner is not installed."""
    from importlib.util import find_spec

    if find_spec("onnxruntime") is None or find_spec("faster_whisper") is None:
        return None
    from media_captioner.captioners.local.voice import SileroVoice

    return SileroVoice()


async def caption_track(
    media: Media,
    track: AudioTrack,
    settings: Settings,
    captioner: Captioner,
    reporter: Reporter | None = None,
    voice: VoiceDetector | None = None,
    *,
    seat: Seat | None = None,
) -> Captions:
    """Caption one track from its first sample to its last.

    Args:
        media: The probed asset.
        track: One of its tracks.
        settings: How to caption.
        captioner: Who listens.
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.
        seat: Its seat in a session that other assets share; by default it has one for itself, which
            remembers nothing.

    Raises:
        ConfigError: there is no such profile; nobody has listened then.
        MediaError: the track cannot be decoded.
        CaptionerError: the captioner cannot work at all; a failure at one clip leaves a gap instead.
        Postponed: the service does not answer for now; what it answered so far is remembered.

    """
    if seat is None:
        with passing_session(captioner) as session:
            alone = Seat(session, session.lane(media.path.name), f"passing:{media.path}")
            try:
                return await caption_track(media, track, settings, captioner, reporter, voice, seat=alone)
            finally:
                await session.drain(0)
    profile = profile_of(settings)  # whoever listens may be paid: what cannot be used is found out first
    cutting = cutting_of(settings, captioner.service)
    with open_segments(media, track, cutting=cutting, voice=voice, limits=limits_of(settings)) as reader:
        listening = Listening(media, track, settings, seat, reporter or SilentReporter(), voice)
        segments = await listening.all(reader)
        end = max(reader.end, media.duration or reader.end)
        unread = reader.partial
    return assemble(
        Captions(
            media=media,
            track=track,
            language=caption_language(settings),
            spoken=(),
            cues=(),
            segments=segments,
            captioner=captioner.name,
            model=captioner.model,
            usage=sum((s.description.usage for s in segments if s.description), Usage()),
            partial=unread,
        ),
        profile,
        end=end,
        layers=layers_of(settings),
    )


def assemble(
    captions: Captions,
    profile: Profile,
    *,
    end: Fraction | None = None,
    layers: Collection[Category] = get_args(Category),
) -> Captions:
    """Make cues, summary, keywords and chapters of the segments in ``captions``, whatever it held before.

    This costs no captioner: it is all that is needed after a change of profile or of layers.
    """
    segments, soundtrack = captions.segments, Soundtrack.of(captions.segments)
    video = captions.media.video
    rate = video.frame_rate.rate if video and video.frame_rate else None
    finish = end or max((s.end for s in segments), default=Fraction(0))
    arrangement: Arrangement = compose(
        soundtrack, profile, language=captions.language, frame_rate=rate, end=finish, layers=layers
    )
    broken = lint(arrangement.cues, profile, frame_rate=rate, end=finish)
    return replace(
        captions,
        cues=arrangement.cues,
        omitted=tuple(_omitted(block) for block in arrangement.left_out),
        exceptions=tuple(violation.message for violation in broken),
        spoken=rollup.spoken_languages(soundtrack),
        summary=rollup.summary(segments, soundtrack),
        keywords=rollup.keywords(soundtrack),
        chapters=rollup.chapters(segments),
    )


async def condensed(
    captions: Captions, settings: Settings, journal: Path | None, *, content: str = ""
) -> Captions:
    """Return the captions, shortened by the chat model that ``settings`` name; as they are where they name none.

    Args:
        captions: Composed captions.
        settings: Whom to ask, the profile and the caps.
        journal: What was answered before is there; None: nothing is remembered.
        content: Identity of the media's bytes, as far as it is known.

    Raises:
        ConfigError: the journal cannot be used.
        OutputError: it cannot be written.

    """
    condenser = settings.condenser
    if condenser is None:
        return captions
    with contextlib.closing(open_journal(journal, doing="shortening captions")) as books:
        consultant = Consultant(
            name_of(condenser),
            books.store,
            budget_of(settings, {}),
            run=str(books.owner),
            clock=SYSTEM_CLOCK,
        )
        return await condense(captions, condenser, profile_of(settings), consultant, content=content)


def _omitted(block: Block) -> Cue:
    return Cue(
        block.start,
        max(block.end, block.start + Fraction(1, 1000)),
        block.text,
        block.category,
        block.anchor,
        confidence=block.confidence,
        evidence=block.evidence,
    )


async def caption_async(
    path: str | Path,
    settings: Settings | None = None,
    *,
    captioner: Captioner | None = None,
    reporter: Reporter | None = None,
) -> Captions:
    """Caption the main audio track of a media file. Nothing is written.

    Args:
        path: A video or audio file.
        settings: How to caption; the defaults suit most.
        captioner: Who listens; by default whom ``settings`` name. It is not closed.
        reporter: Whom to tell how far it is.

    Raises:
        MediaError: the file cannot be captioned.
        CaptionerError: the captioner cannot work.
        ConfigError: the settings cannot be used.

    """
    from media_captioner.hooks import captioner_named

    settings = settings or Settings()
    media, choices = await in_thread(inspect, Path(path), settings)
    own = captioner or captioner_named(settings.captioner, settings, reporter)
    try:
        found = await caption_track(media, choices[0].track, settings, own, reporter, voice_detector())
        return await condensed(found, settings, None)
    finally:
        if captioner is None:
            with contextlib.suppress(CaptionerError):
                await own.close()


def caption(
    path: str | Path,
    settings: Settings | None = None,
    *,
    captioner: Captioner | None = None,
    reporter: Reporter | None = None,
) -> Captions:
    """Caption the main audio track of a media file. Nothing is written: :func:`media_captioner.save` does that.

    Args:
        path: A video or audio file.
        settings: How to caption; the defaults suit most.
        captioner: Who listens; by default whom ``settings`` name. It is not closed.
        reporter: Whom to tell how far it is.

    Raises:
        MediaError: the file cannot be captioned.
        CaptionerError: the captioner cannot work.
        ConfigError: the settings cannot be used.
        RuntimeError: an event loop runs already, as in a notebook: there :func:`caption_async` is awaited.

    """
    if _runs_in_a_loop():
        raise RuntimeError(
            "caption() cannot be called where an event loop runs, as in a notebook: write"
            " await media_captioner.caption_async(...) there"
        )
    return asyncio.run(caption_async(path, settings, captioner=captioner, reporter=reporter))


def _runs_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
