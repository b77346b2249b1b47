"""One track on its way through a session: decoded, described and placed, segment by segment, all at once.

Segments are decoded in a thread, at most a few ahead of their turn, so memory stays flat however long the
track is and the first request leaves as soon as the first segment is cut.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypeVar

from media_captioner.captioners.limits import choose_format
from media_captioner.config import Settings
from media_captioner.cues import rollup
from media_captioner.cues.continuity import Soundtrack
from media_captioner.errors import CaptionerError, CaptionerUnavailable, Postponed
from media_captioner.hooks.events import SegmentDescribed
from media_captioner.media.encode import encode
from media_captioner.media.halves import SHORTEST, halve
from media_captioner.media.segments import SegmentReader
from media_captioner.model import (
    AudioTrack,
    CaptionedSegment,
    Clip,
    Description,
    Facts,
    Landmarks,
    Media,
    Segment,
    Usage,
)
from media_captioner.placing import locate
from media_captioner.protocols import Context, Progress, Reporter, Service, VoiceDetector
from media_captioner.schedule.gate import Lane
from media_captioner.schedule.question import Question
from media_captioner.schedule.scheduler import Asking, Heard, Unheard
from media_captioner.session import Session

T = TypeVar("T")

_AHEAD: Final = 2  # segments that decoding may be ahead of their turn
_HALVINGS: Final = 2  # times that a segment is halved: quarters of half a minute are short enough for anybody


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


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a segment is encoded for a service.

    Attributes:
        format: Clip format.
        bit_rate: Bits per second, or None where the format has no choice.

    """

    format: str
    bit_rate: int | None = None

    def name(self, rate: int) -> str:
        """Return it as the journal names it, for sound of ``rate`` samples per second."""
        return f"{self.format}@{rate}" + (f"/{self.bit_rate}" if self.bit_rate else "")


def encoding_for(service: Service, seconds: Fraction, settings: Settings) -> Encoding:
    """Return how ``service`` likes a clip of ``seconds`` best, among what fits its limits.

    Raises:
        ClipRejected: nothing fits.

    """
    if service.max_data_url is None and service.max_upload is None:  # it listens on this machine
        return Encoding(service.formats[0])
    chosen = choose_format(service, seconds, way=settings.way)
    return Encoding(chosen.format, chosen.bit_rate)


@dataclass(frozen=True, slots=True)
class Seat:
    """An asset's seat in a session.

    Attributes:
        session: Who listens, and what is remembered.
        lane: Its line at the captioner.
        content: What its bytes are.
        root: Path of the watched folder that it lies below, or None.

    """

    session: Session
    lane: Lane
    content: str
    root: str | None = None

    @property
    def folder(self) -> Path | None:
        """The watched folder as a path, or None."""
        return None if self.root is None else Path(self.root)


@dataclass(slots=True)
class Listening:
    """One track on its way through a session.

    Attributes:
        media: The asset.
        track: The track.
        settings: How to caption.
        seat: The asset's seat in a session.
        reporter: Whom to tell how far it is.
        voice: Tells where somebody speaks.

    """

    media: Media
    track: AudioTrack
    settings: Settings
    seat: Seat
    reporter: Reporter
    voice: VoiceDetector | None = None
    _done: dict[int, tuple[CaptionedSegment, ...]] = field(default_factory=dict)
    _languages: Counter[str] = field(default_factory=Counter)
    _until: Fraction = Fraction(0)
    _unanswered: list[CaptionerError] = field(default_factory=list)

    async def all(self, reader: SegmentReader) -> tuple[CaptionedSegment, ...]:
        """Describe every segment that ``reader`` gives, and return them in order of time.

        Raises:
            MediaError: the track cannot be decoded.
            CaptionerError: the captioner cannot work at all; a failure at one segment leaves a gap instead.
            Postponed: the service does not answer for now.

        """
        queue: asyncio.Queue[Segment | None] = asyncio.Queue(_AHEAD)
        workers = self.seat.session.limiter.limits.concurrency
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_decode(iter(reader), queue, workers))
                for _ in range(workers):
                    group.create_task(self._work(queue))
        except BaseExceptionGroup as failed:
            # The first failure ended the others; callers want it, not the group around it.
            raise failed.exceptions[0] from None
        segments = [segment for index in sorted(self._done) for segment in self._done[index]]
        if self._unanswered and all(segment.description is None for segment in segments):
            # Not one segment was answered: that is the service, and not this asset.
            error = self._unanswered[0]
            raise Postponed(error.message, hint=error.hint) from error
        return tuple(replace(segment, index=index) for index, segment in enumerate(segments))

    async def _work(self, queue: asyncio.Queue[Segment | None]) -> None:
        while (segment := await queue.get()) is not None:
            done = await self._describe(segment)
            self._done[segment.index] = done
            self._until = max(self._until, segment.end)
            self._report(done[-1])
            if self.seat.session.host.wants("segment.described"):
                for each in done:
                    event = SegmentDescribed(self.media.path, self.track.number, each, self.seat.folder)
                    await self.seat.session.host.tell(event)

    async def _describe(self, segment: Segment, halvings: int = 0) -> tuple[CaptionedSegment, ...]:
        captioned = CaptionedSegment(
            segment.index,
            segment.start,
            segment.end,
            segment.cut,
            segment.silent,
            measurements=segment.measurements,
        )
        if segment.silent:  # silence costs nothing, and is never asked about: it invites invention
            return (captioned,)
        try:
            found = [await self._ask(segment, sample) for sample in range(1, self.settings.samples + 1)]
        except CaptionerError as error:
            if error.scope != "clip":
                raise
            if isinstance(error, CaptionerUnavailable):
                self._unanswered.append(error)
            return (self._gap(captioned, error.message),)
        heard = [each for each in found if isinstance(each, Heard)]
        if heard:
            return (await self._heard(captioned, segment, heard),)
        (refused, *_) = (each for each in found if isinstance(each, Unheard))
        if refused.halve and halvings < _HALVINGS and segment.end - segment.start >= SHORTEST:
            first, second = halve(segment)
            return (
                *await self._describe(first, halvings + 1),
                *await self._describe(second, halvings + 1),
            )
        return (self._gap(captioned, refused.reason),)

    async def _ask(self, segment: Segment, sample: int) -> Heard | Unheard:
        service = self.seat.session.captioner.service
        try:
            encoding = encoding_for(service, segment.end - segment.start, self.settings)
        except CaptionerError as error:
            return Unheard(error.message, halve=True)
        question = Question(
            content=self.seat.content,
            track=self.track.index,
            start=segment.start,
            end=segment.end,
            encoding=encoding.name(segment.rate),
            captioner=self.seat.session.identity(self._hint()),
            sample=sample,
        )

        async def clip() -> Clip:
            return await in_thread(_encoded, segment, encoding)

        asking = Asking(question, clip, lambda: self._context(segment), self.seat.root)
        return await self.seat.session.scheduler.describe(self.seat.lane, asking)

    async def _heard(
        self, captioned: CaptionedSegment, segment: Segment, heard: list[Heard]
    ) -> CaptionedSegment:
        descriptions = [_costing(each) for each in heard]
        first = descriptions[0]
        facts: Facts
        marks: Landmarks
        facts, marks = await in_thread(locate, descriptions, segment, self.voice)
        if len(descriptions) > 1:
            first = _with_samples(first, descriptions)
        for speech in facts.speech:
            if speech.language and speech.language_sure and speech.span:
                self._languages[speech.language] += float(speech.span.duration)  # type: ignore[assignment]
        return replace(
            captioned,
            clip_sha256=heard[0].clip,
            description=replace(first, facts=None),
            facts=facts,
            landmarks=marks,
        )

    def _gap(self, captioned: CaptionedSegment, reason: str) -> CaptionedSegment:
        self.reporter.notice("warning", f"{reason} (at {float(captioned.start):.1f} s)")
        return replace(captioned, gap=reason)

    def _hint(self) -> str | None:
        return self.settings.language or self.track.language

    def _context(self, segment: Segment) -> Context:
        before = self._done.get(segment.index - 1)
        return Context(
            languages=dict(self._languages),
            language_hint=self._hint(),
            previous=before[-1].description if before else None,
        )

    def _report(self, segment: CaptionedSegment) -> None:
        total = self.track.duration or self.media.duration
        limits = self.seat.session.limiter.limits
        left = None
        if total is not None and self._done:
            each = self._until / len(self._done)
            ahead = max(Fraction(0), total - self._until) / each if each else Fraction(0)
            left = limits.seconds_for(round(ahead) * self.settings.samples)
        price = self.seat.session.captioner.service.price
        self.reporter.progress(
            Progress(
                self.media.path.name,
                "describe",
                self._until,
                total,
                rollup.summary([segment], Soundtrack.of([segment])) or ("silence" if segment.silent else ""),
                dollars=None if price is None else self.seat.session.scheduler.spent.dollars,
                seconds_left=left,
            )
        )


async def _decode(segments: Iterator[Segment], queue: asyncio.Queue[Segment | None], readers: int) -> None:
    while (segment := await in_thread(next, segments, None)) is not None:
        await queue.put(segment)
    for _ in range(readers):
        await queue.put(None)


def _encoded(segment: Segment, encoding: Encoding) -> Clip:
    return encode(segment, encoding.format, bit_rate=encoding.bit_rate)


def _costing(heard: Heard) -> Description:
    """Return the description with what it cost here: the same sound elsewhere was paid for there."""
    return replace(heard.description, usage=Usage()) if heard.elsewhere else heard.description


def _with_samples(first: Description, samples: list[Description]) -> Description:
    """Return the first description, with the others kept in its evidence and the cost of all."""
    others: list[dict[str, Any]] = [
        {"prose": each.prose, "request_id": each.request_id, "truncated": each.truncated}
        for each in samples[1:]
    ]
    return replace(
        first,
        usage=sum((each.usage for each in samples), Usage()),
        evidence={**first.evidence, "samples": others},
    )
