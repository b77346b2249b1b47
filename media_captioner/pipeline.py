"""Caption one track of an asset: the only place that knows the whole way of the data.

Decoding, describing and composing overlap: segments are decoded in a thread, at most a few ahead of the
captioner, so memory stays flat however long the asset is and the first description is under way at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

from media_captioner.captioners.limits import choose_format
from media_captioner.config import Settings
from media_captioner.config.schema import longest_segment
from media_captioner.cues import rollup
from media_captioner.cues.arrange import Arrangement
from media_captioner.cues.block import Block
from media_captioner.cues.compose import compose
from media_captioner.cues.lint import lint
from media_captioner.cues.profiles import Profile, profile_named
from media_captioner.errors import CaptionerError
from media_captioner.media.encode import encode
from media_captioner.media.policy import MediaLimits
from media_captioner.media.probe import probe
from media_captioner.media.segments import Cutting, SegmentReader, open_segments
from media_captioner.media.tracks import Choice, choose
from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Captions,
    Clip,
    Cue,
    Media,
    Segment,
    Usage,
)
from media_captioner.placing import locate
from media_captioner.protocols import (
    Captioner,
    Context,
    Progress,
    Reporter,
    Service,
    SilentReporter,
    VoiceDetector,
)

T = TypeVar("T")

CAPTION_LANGUAGE: Final = "en"
"""Captions are written in English: the captioners describe in English."""

_AHEAD: Final = 2  # segments that decoding may be ahead of describing


def limits_of(settings: Settings) -> MediaLimits:
    """Return the bounds on media that ``settings`` ask for."""
    return replace(MediaLimits(), max_seconds=Fraction(settings.max_hours) * 3600)


def cutting_of(settings: Settings, service: Service) -> Cutting:
    """Return how long segments are: as long as the settings ask, as short as the service needs."""
    seconds = Fraction(longest_segment(settings))
    if service.max_seconds is not None:
        seconds = min(seconds, service.max_seconds)
    return Cutting(target=seconds, first=min(Cutting().first, seconds))


def encode_for(service: Service, segment: Segment, settings: Settings) -> Clip:
    """Encode a segment as ``service`` likes it best among what fits its limits.

    Raises:
        ClipRejected: nothing fits.

    """
    if service.max_data_url is None and service.max_upload is None:  # it listens on this machine
        return encode(segment, service.formats[0])
    encoding = choose_format(service, segment.end - segment.start, way=settings.way)
    return encode(segment, encoding.format, bit_rate=encoding.bit_rate)


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
) -> Captions:
    """Caption one track from its first sample to its last.

    Args:
        media: The probed asset.
        track: One of its tracks.
        settings: How to caption.
        captioner: Who listens.
        reporter: Whom to tell how far it is.
        voice: Helps to cut where nobody speaks.

    Raises:
        MediaError: the track cannot be decoded.
        CaptionerError: the captioner cannot work at all; a failure at one clip leaves a gap instead.

    """
    reporter = reporter or SilentReporter()
    cutting = cutting_of(settings, captioner.service)
    with open_segments(media, track, cutting=cutting, voice=voice, limits=limits_of(settings)) as reader:
        run = _Run(media, track, captioner, reporter, settings, voice)
        await run.describe_all(reader)
        end = max(reader.end, media.duration or reader.end)
        unread = reader.partial
    segments = tuple(run.done[index] for index in sorted(run.done))
    return assemble(
        Captions(
            media=media,
            track=track,
            language=CAPTION_LANGUAGE,
            spoken=(),
            cues=(),
            segments=segments,
            captioner=captioner.name,
            model=captioner.model,
            usage=sum((s.description.usage for s in segments if s.description), Usage()),
            partial=unread,
        ),
        profile_named(settings.profile),
        end=end,
    )


def assemble(captions: Captions, profile: Profile, *, end: Fraction | None = None) -> Captions:
    """Make cues, summary, keywords and chapters of the segments in ``captions``, whatever it held before.

    This costs no captioner: it is all that is needed after a change of profile.
    """
    segments = captions.segments
    video = captions.media.video
    rate = video.frame_rate.rate if video and video.frame_rate else None
    finish = end or max((s.end for s in segments), default=Fraction(0))
    arrangement: Arrangement = compose(
        segments, profile, language=captions.language, frame_rate=rate, end=finish
    )
    broken = lint(arrangement.cues, profile, frame_rate=rate, end=finish)
    return replace(
        captions,
        cues=arrangement.cues,
        omitted=tuple(_omitted(block) for block in arrangement.left_out),
        exceptions=tuple(violation.message for violation in broken),
        spoken=rollup.spoken_languages(segments),
        summary=rollup.summary(segments),
        keywords=rollup.keywords(segments),
        chapters=rollup.chapters(segments),
    )


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


@dataclass(slots=True)
class _Run:
    """One track on its way through the captioner."""

    media: Media
    track: AudioTrack
    captioner: Captioner
    reporter: Reporter
    settings: Settings
    voice: VoiceDetector | None = None
    done: dict[int, CaptionedSegment] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    heard_until: Fraction = Fraction(0)

    async def describe_all(self, reader: SegmentReader) -> None:
        queue: asyncio.Queue[Segment | None] = asyncio.Queue(_AHEAD)
        workers = max(1, self.captioner.service.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_decode(iter(reader), queue, workers))
                for _ in range(workers):
                    group.create_task(self._work(queue))
        except BaseExceptionGroup as failed:
            # The first failure ended the others; callers want it, not the group around it.
            raise failed.exceptions[0] from None

    async def _work(self, queue: asyncio.Queue[Segment | None]) -> None:
        while (segment := await queue.get()) is not None:
            self.done[segment.index] = await self._describe(segment)
            self.heard_until = max(self.heard_until, segment.end)
            self._report(self.done[segment.index])

    async def _describe(self, segment: Segment) -> CaptionedSegment:
        captioned = CaptionedSegment(
            segment.index,
            segment.start,
            segment.end,
            segment.cut,
            segment.silent,
            measurements=segment.measurements,
        )
        if segment.silent:  # silence costs nothing, and is never asked about: it invites invention
            return captioned
        clip = await in_thread(encode_for, self.captioner.service, segment, self.settings)
        captioned = replace(captioned, clip_sha256=clip.sha256)
        try:
            description = await self.captioner.describe(clip, self._context(segment))
        except CaptionerError as error:
            if error.scope != "clip":
                raise
            self.reporter.notice("warning", f"{error.message} (at {float(segment.start):.1f} s)")
            return replace(captioned, gap=error.message)
        facts, marks = await in_thread(locate, description, segment, self.voice)
        for speech in facts.speech:
            if speech.language and speech.language_sure and speech.span:
                self.languages[speech.language] += float(speech.span.duration)  # type: ignore[assignment]
        return replace(captioned, description=replace(description, facts=None), facts=facts, landmarks=marks)

    def _context(self, segment: Segment) -> Context:
        before = self.done.get(segment.index - 1)
        return Context(
            languages=dict(self.languages),
            language_hint=self.settings.language or self.track.language,
            previous=before.description if before else None,
        )

    def _report(self, segment: CaptionedSegment) -> None:
        self.reporter.progress(
            Progress(
                self.media.path.name,
                "describe",
                self.heard_until,
                self.track.duration or self.media.duration,
                rollup.summary([segment]) or ("silence" if segment.silent else ""),
            )
        )


async def _decode(segments: Iterator[Segment], queue: asyncio.Queue[Segment | None], readers: int) -> None:
    while (segment := await in_thread(next, segments, None)) is not None:
        await queue.put(segment)
    for _ in range(readers):
        await queue.put(None)


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Run ``function`` in a thread and, when cancelled, wait until it is out of there.

    A thread cannot be stopped, and whatever it reads from must not be closed under it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


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
    from media_captioner.captioners import create

    settings = settings or Settings()
    media, choices = await in_thread(inspect, Path(path), settings)
    own = captioner or create(settings.captioner, settings, reporter)
    try:
        return await caption_track(media, choices[0].track, settings, own, reporter, voice_detector())
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
    """Caption the main audio track of a media file: :func:`caption_async` for programs without an event loop."""
    return asyncio.run(caption_async(path, settings, captioner=captioner, reporter=reporter))
