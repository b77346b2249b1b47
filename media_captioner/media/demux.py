"""Reading packets off a file, once, for every track that is wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Final

from av.audio.stream import AudioStream
from av.error import ExitError, FFmpegError
from av.packet import Packet
from av.stream import Stream

from media_captioner.errors import CorruptMedia, MediaChanged, MediaLimitExceeded, reason_of
from media_captioner.media.container import open_file
from media_captioner.media.decode import Sink, TrackDecoder
from media_captioner.media.policy import SPLICING_FORMATS, MediaLimits
from media_captioner.media.splices import Splices
from media_captioner.model import AudioTrack, Media
from media_captioner.system.clock import SYSTEM_CLOCK, Clock

_log = logging.getLogger(__name__)

_BATCH: Final = 192  # packets, of sound mostly: four seconds of AAC
_BATCH_BYTES: Final = 1 << 20  # where packets are large
_MOST_FAILURES: Final = 50  # reads in a row that may fail before the rest of the file is given up


class Demuxer:
    """Feeds the packets of a file to the decoders of its tracks.

    Args:
        media: The probed file.
        tracks: The tracks wanted.
        sinks: Where each track's sound goes, by stream index.
        limits: Bounds on time and errors.
        clock: Where time comes from.

    Attributes:
        decoders: One for each track.
        fingerprint: What ``stat`` said of the file when it was opened.
        picture_end: Time of the file's own clock that the picture got to, or None where it is not watched.
        failure: Why reading ended early, or None.

    """

    def __init__(
        self,
        media: Media,
        tracks: Sequence[AudioTrack],
        sinks: Mapping[int, Sink],
        limits: MediaLimits,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.picture_end: float | None = None
        self.failure: str | None = None
        self._media = media
        self._limits = limits
        self._clock = clock
        self._opened = open_file(media.path, limits)
        self.fingerprint = self._opened.fingerprint
        try:
            self._check_same(media)
            splicing = not SPLICING_FORMATS.isdisjoint(media.format.split(","))
            self._splices = Splices(pictured=media.video is not None) if splicing else None
            streams = self._opened.container.streams
            audio = [_audio_stream(streams.get(), track, media) for track in tracks]
            self.decoders = [
                TrackDecoder(
                    stream,
                    self._opened.layouts[track.index],
                    track,
                    media.start,
                    sinks[track.index],
                    self._splices,
                    limits,
                )
                for stream, track in zip(audio, tracks, strict=True)
            ]
            self._picture = self._picture_stream(tracks, splicing=splicing)
            self._wanted: list[Stream] = [*audio, *([self._picture] if self._picture else [])]
            _discard_others(streams.get(), self._wanted)
        except BaseException:
            self._opened.close()
            raise

    def close(self) -> None:
        """Close the file. Closing twice is fine."""
        self._opened.close()

    def run(self, ready: Sized) -> Iterator[None]:
        """Feed the decoders to the end of the file, pausing whenever something is ``ready``.

        Raises:
            MediaLimitExceeded: a bound was reached.

        """
        spent, started = 0.0, self._clock.monotonic()
        for batch in self._batches():
            for decoder in self.decoders:
                decoder.feed(batch[decoder.track.index])
            self._check_time(spent + self._clock.monotonic() - started)
            if ready:
                spent += self._clock.monotonic() - started
                yield
                started = self._clock.monotonic()
        for decoder in self.decoders:
            decoder.feed((None,))
            decoder.finish()
        if ready:
            yield

    def _batches(self) -> Iterator[dict[int, list[Packet[AudioStream]]]]:
        """Read packets in batches, by stream: working on them in turn, the processor finds its code in its cache."""
        batch, count, size = self._empty_batch(), 0, 0
        for packet in self._packets():
            count += 1
            size += packet.size
            packets = batch.get(packet.stream_index)
            if packets is None:
                self._watch(packet)
            else:
                packets.append(packet)  # type: ignore[arg-type]
            if count >= _BATCH or size >= _BATCH_BYTES:
                yield batch
                batch, count, size = self._empty_batch(), 0, 0
        yield batch

    def _empty_batch(self) -> dict[int, list[Packet[AudioStream]]]:
        return {decoder.track.index: [] for decoder in self.decoders}

    def _packets(self) -> Iterator[Packet[Stream]]:
        """Read packets, over places that cannot be read."""
        count = failed_at = failures = 0
        while True:
            try:
                for packet in self._opened.container.demux(self._wanted):
                    count += 1
                    # The empty ones that drain decoders at the end do not say which stream they are of.
                    if packet.size:
                        yield packet
                break
            except FFmpegError as error:
                failures = failures + 1 if count == failed_at else 1
                failed_at = count
                if self._gives_up(error, failures):
                    break

    def _check_time(self, spent: float) -> None:
        if spent > self._limits.max_wall_seconds:
            raise MediaLimitExceeded(
                f"Stopped reading {self._media.path} after {self._limits.max_wall_seconds:.0f} seconds of work"
            )

    def _gives_up(self, error: FFmpegError, failures: int) -> bool:
        """Return whether a failed read ends the file; most damaged places can be read over."""
        if isinstance(error, ExitError):
            raise MediaLimitExceeded(
                f"Stopped reading {self._media.path}: nothing came for {self._limits.read_seconds:g} seconds",
                hint="The disk may stall.",
            ) from error
        _log.info("reading %s: %s", self._media.path, error)
        if failures <= _MOST_FAILURES:
            return False
        self.failure = reason_of(error)
        return True

    def _watch(self, packet: Packet[Stream]) -> None:
        """Take note of how far the picture is."""
        picture = self._picture
        time = packet.dts if packet.dts is not None else packet.pts
        if picture is None or time is None or packet.time_base is None:
            return
        tick = float(packet.time_base)
        seconds = (packet.duration or 0) * tick
        end = time * tick + seconds
        self.picture_end = end if self.picture_end is None else max(end, self.picture_end)
        if self._splices is not None:
            self._splices.picture(time * tick, seconds)

    def _picture_stream(self, tracks: Sequence[AudioTrack], *, splicing: bool) -> Stream | None:
        """Return the picture if it says something that the sound does not: where splices are, how long the file is."""
        video = self._media.video
        if video is None or not (splicing or any(track.duration is None for track in tracks)):
            return None
        return self._opened.container.streams[video.index]

    def _check_same(self, media: Media) -> None:
        now, probed = self.fingerprint, media.fingerprint
        if (now.inode, now.device) != (probed.inode, probed.device):
            raise MediaChanged(
                f"Another file has taken the place of {media.path} since it was looked at",
                hint="Try again once nothing changes it any more.",
            )


def _audio_stream(streams: Sequence[Stream], track: AudioTrack, media: Media) -> AudioStream:
    stream = streams[track.index] if track.index < len(streams) else None
    if not isinstance(stream, AudioStream):
        raise CorruptMedia(
            f"Cannot find track {track.number} of {media.path} any more",
            hint="The file may have changed since it was looked at: try again.",
        )
    return stream


def _discard_others(streams: Sequence[Stream], wanted: Sequence[Stream]) -> None:
    # PyAV 16 cannot; there the demuxer skips the packets one by one.
    from av import stream as pyav

    discard = getattr(pyav, "Discard", None)
    if discard is None:
        return
    for stream in streams:
        if not any(stream is kept for kept in wanted):
            stream.discard = discard.all
