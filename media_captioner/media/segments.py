"""Cutting tracks into segments while they are decoded: one pass, bounded memory, first segment soon."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import Self

from media_captioner.errors import CorruptMedia, MediaError, NoAudio
from media_captioner.media.completeness import shortfall
from media_captioner.media.cutting import Cutter, Cutting
from media_captioner.media.decode import TrackDecoder
from media_captioner.media.demux import Demuxer
from media_captioner.media.lane import Lane
from media_captioner.media.policy import DEFAULT_LIMITS, MediaLimits
from media_captioner.media.sound import RATE
from media_captioner.model import AudioTrack, Media, Segment
from media_captioner.protocols import VoiceDetector
from media_captioner.timing import ZERO

__all__ = ["Cutting", "SegmentReader", "open_segments", "open_tracks"]


def open_segments(
    media: Media,
    track: AudioTrack,
    *,
    cutting: Cutting = Cutting(),  # noqa: B008 - frozen
    voice: VoiceDetector | None = None,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> SegmentReader:
    """Open one track for reading in segments.

    Args:
        media: The probed file.
        track: One of its audio tracks.
        cutting: How long segments are.
        voice: Helps to cut where nobody speaks.
        limits: Bounds on duration, errors and time.

    Raises:
        MediaNotFound: the file is gone.
        MediaChanged: another file has taken its place.
        MediaError: it cannot be opened any more; see :func:`media_captioner.media.probe.probe`.

    """
    return open_tracks(media, (track,), cutting=cutting, voice=voice, limits=limits)


def open_tracks(
    media: Media,
    tracks: Sequence[AudioTrack],
    *,
    cutting: Cutting = Cutting(),  # noqa: B008 - frozen
    voice: VoiceDetector | None = None,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> SegmentReader:
    """Open several tracks for reading in one pass over the file; their segments come interleaved.

    Arguments and errors are those of :func:`open_segments`.
    """
    return SegmentReader(media, tracks, cutting, voice, limits)


class SegmentReader:
    """Yields the segments of a track, or of several, as they are decoded.

    An iterator and a context manager: leaving the block closes the file, also in the middle of a track.
    Segments of a track come in order of time, except after a clock that turned back. It may be used from
    any thread, by one at a time.

    Attributes:
        partial: Once the reader is exhausted, why not all of the sound could be read, or None: the file is
            cut short, was still being written, or has places that cannot be decoded.
        end: Presentation time of the end of the last segment so far, seconds.

    """

    def __init__(
        self,
        media: Media,
        tracks: Sequence[AudioTrack],
        cutting: Cutting,
        voice: VoiceDetector | None,
        limits: MediaLimits,
    ) -> None:
        self.partial: str | None = None
        self.end = ZERO
        self._media = media
        self._ready: deque[Segment] = deque()
        self._lanes = {t.index: Lane(t, Cutter(cutting, RATE, voice), self._ready) for t in tracks}
        self._demuxer = Demuxer(media, tracks, self._lanes, limits)
        self._segments = self._run()

    def __iter__(self) -> Iterator[Segment]:
        return self

    def __next__(self) -> Segment:
        """Return the next segment.

        Raises:
            CorruptMedia: nothing of the track can be decoded.
            NoAudio: the track is empty.
            MediaLimitExceeded: a bound was reached.

        """
        segment = next(self._segments)
        self.end = max(self.end, segment.end)
        return segment

    def close(self) -> None:
        """Close the file. Closing twice is fine."""
        self._segments.close()
        self._demuxer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> Generator[Segment, None, None]:
        ready = self._ready
        try:
            for _ in self._demuxer.run(ready):
                while ready:
                    yield ready.popleft()
        finally:
            self._demuxer.close()
        ends = {index: lane.end for index, lane in self._lanes.items()}
        self.partial = shortfall(self._media, self._demuxer, ends)
        self._check_heard(self._demuxer.decoders)

    def _check_heard(self, decoders: Sequence[TrackDecoder]) -> None:
        if any(lane.segments for lane in self._lanes.values()):
            return
        raise _nothing_heard(self._media, decoders)


def _nothing_heard(media: Media, decoders: Sequence[TrackDecoder]) -> MediaError:
    names = " and ".join(f"track {d.track.number}" for d in decoders)
    if any(d.errors for d in decoders) or any(d.track.duration for d in decoders):
        return CorruptMedia(
            f"Cannot decode any sound of {names} of {media.path}",
            hint="The file is damaged, cut short or encrypted: play it in another program.",
        )
    return NoAudio(f"{media.path.name}: {names} holds no sound at all")
