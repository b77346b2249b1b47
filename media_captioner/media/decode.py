"""Decoding one track in one pass, in order, onto its time map.

What comes out are chunks: sound without a break, handed to a sink block by block. A chunk ends where the track
has a hole too long to be filled, where its clock turns back, and where it ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final, Protocol, cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet

from media_captioner.errors import MediaLimitExceeded
from media_captioner.media.channels import ChannelLayout
from media_captioner.media.downmix import Cells
from media_captioner.media.policy import MediaLimits
from media_captioner.media.sound import RATE, Run, Shape
from media_captioner.media.splices import Splice, Splices
from media_captioner.media.timemap import FILLED, JUMP, Follower, Judgement
from media_captioner.model import AudioTrack, CutReason, Pcm
from media_captioner.timing import ZERO

_log = logging.getLogger(__name__)

_EXACT: Final = 1e-6  # samples by which stamps may be off that are as far apart as their frames last
_MOST_HELD: Final = 200  # frames without a stamp of their own that may wait behind a suspect one


class Sink(Protocol):
    """Takes the chunks of a track. Samples count from the track's first, at 16 kHz."""

    def begin_chunk(self, time: Fraction) -> None:
        """Begin a chunk at a presentation time."""
        ...

    def take(self, pcm: Pcm, cells: Cells, cell_samples: float, *, channels: int, split: bool) -> None:
        """Take the next block: its samples, and the measurements of the sound they were made from.

        Cells last ``cell_samples`` samples each; they may run ahead of the samples by the resampler's delay.
        ``channels`` is how many there were, ``split`` whether left and right carry different programmes.
        """
        ...

    def bend(self, sample: int, time: Fraction) -> None:
        """Learn that a sample of the chunk, counted from its first, is heard at ``time``."""
        ...

    def end_chunk(self, reason: CutReason) -> None:
        """End the chunk."""
        ...


class TrackDecoder:
    """Decodes one track into a sink.

    Args:
        stream: PyAV's stream.
        layout: Its channels.
        track: The same as the prober saw it.
        start: The container's start time, seconds.
        sink: Where chunks go.
        splices: The jumps of the file's clock, for containers whose clock may jump, shared by all its tracks.
        limits: Bounds on errors and duration.

    Attributes:
        errors: Packets that could not be decoded.
        errors_inside: Those of them with sound before and after: what was lost in the middle.
        spliced: Whether the clock was found to start anew somewhere.
        seconds: Sound decoded so far.

    """

    def __init__(
        self,
        stream: AudioStream,
        layout: ChannelLayout,
        track: AudioTrack,
        start: Fraction,
        sink: Sink,
        splices: Splices | None,
        limits: MediaLimits,
    ) -> None:
        self.track = track
        self.errors = 0
        self.errors_inside = 0
        self.spliced = False
        self.seconds = ZERO
        self._layout = layout
        self._decode: Callable[[Packet[AudioStream] | None], list[AudioFrame]] = stream.codec_context.decode
        self._time_base = stream.time_base or Fraction(1, 1)
        self._tick = float(self._time_base)
        self._start = start
        self._shift = -float(start)  # what is added to a stamp for presentation time
        self._sink = sink
        self._splices = splices
        self._applied = 0
        self._limits = limits
        self._follower = Follower()
        self._run: Run | None = None
        self._shape_key: tuple[object, ...] = ()
        self._chunk_open = False
        self._chunk_samples = 0  # 16 kHz samples of the chunk's finished runs
        self._run_start = 0.0  # seconds of the chunk before the present run
        self._held: list[AudioFrame] = []  # frames that wait for others to confirm or deny their stamps
        self._held_samples = 0
        self._errors_outside: int | None = None  # errors since the last sound; None before the first

    def feed(self, packets: Iterable[Packet[AudioStream] | None]) -> None:
        """Decode packets; None drains the decoder.

        Raises:
            MediaLimitExceeded: too many errors, or more sound than allowed.

        """
        decode, gather = self._decode, self._gatherer()
        for packet in packets:
            try:
                frames = decode(packet)
            except FFmpegError as error:
                self._note_error(error)
                continue
            if self._errors_outside != 0 and frames:
                self.errors_inside += self._errors_outside or 0
                self._errors_outside = 0
            for frame in frames:
                if gather is None or not gather(frame):
                    self._settle()
                    self._take(frame)
                    gather = self._gatherer()
        self._settle()

    def finish(self) -> None:
        """Hand on what is still held back, and end the last chunk."""
        if self._held:  # nothing can confirm the last stamp any more: believe it
            self._jump(self._follower.jump, last=True)
        self._end_chunk("end")

    def _note_error(self, error: FFmpegError) -> None:
        self.errors += 1
        if self._errors_outside is not None:
            self._errors_outside += 1
        _log.debug("track %d: %s", self.track.number, error)
        if self.errors > self._limits.max_decode_errors:
            raise MediaLimitExceeded(
                f"Gave up on track {self.track.number}: more than {self._limits.max_decode_errors} places "
                "could not be decoded",
                hint="The file is badly damaged: play it in another program.",
            )

    def _gatherer(self) -> Callable[[AudioFrame], bool] | None:
        """Return what gathers frames that are looked at together, which is some ten times cheaper, if that can be."""
        run = self._run
        return None if run is None or not self._chunk_open or self._held else run.gather

    def _settle(self) -> None:
        """Take the frames gathered: at once where nothing is remarkable about their stamps, else one by one."""
        run = self._run
        if run is None or not run.sizes:
            return
        if not self._follow(run):
            for frame in run.withdraw():
                self._take(frame)
        elif run.accept():
            self._hand_on(run)

    def _follow(self, run: Run) -> bool:
        """Return whether the stamps of all frames gathered follow; if so, take note of them."""
        stamps, sizes, rate = run.stamps, run.sizes, run.shape.rate
        if None in stamps or 0 in sizes:
            return False
        first, size, count = cast("int", stamps[0]), sizes[0], len(sizes)
        alike = sizes.count(size) == count
        total = size * count if alike else sum(sizes)
        position = self._run_start + run.samples / rate
        step = round(size / rate / self._tick)
        if (
            alike
            and abs(step * self._tick * rate - size) < _EXACT
            and stamps == [*range(first, first + step * count, step)]
        ):
            return self._follower.follows_evenly(position, first * self._tick + self._shift, total / rate)
        firsts = np.arange(0, total, size) if alike else np.cumsum([0, *sizes[:-1]])
        times = np.array(stamps, np.float64) * self._tick + self._shift
        return self._follower.follows(position + firsts / rate, times, total / rate)

    def _take(self, frame: AudioFrame) -> None:
        samples = frame.samples
        if not samples:
            return
        key = (frame.sample_rate, frame.format.name, frame.layout.nb_channels)
        if key != self._shape_key and not self._reshape(frame, key):
            return
        run = self._run
        assert run is not None  # noqa: S101 - for the type checker: a shape has its run
        stamp = frame.pts
        if stamp is not None:
            if not self._chunk_open:
                self._begin_chunk(stamp * self._time_base - self._start + self._offset())
            rate = key[0]
            position = self._run_start + (run.samples + self._held_samples) / rate
            judgement = self._follower.judge(position, stamp * self._tick + self._shift, samples / rate)
            if judgement != "follows":
                self._doubt(frame, judgement)
                return
        elif not self._chunk_open:
            self._begin_chunk(self.track.start or ZERO)
        if self._held:
            if stamp is None and len(self._held) < _MOST_HELD:
                self._hold(frame)
                return
            self._release_held()
        if run.add(frame):
            self._hand_on(run)

    def _doubt(self, frame: AudioFrame, judgement: Judgement) -> None:
        """Take a frame whose stamp does not follow from those before."""
        if judgement == "suspect":
            self._release_held()
            self._hold(frame)
        else:
            self._hold(frame)
            self._jump(self._follower.jump)

    def _hold(self, frame: AudioFrame) -> None:
        self._held.append(frame)
        self._held_samples += frame.samples

    def _take_held(self) -> list[AudioFrame]:
        held, self._held, self._held_samples = self._held, [], 0
        return held

    def _offset(self) -> Fraction:
        """What splices have added to stamps, seconds."""
        return Fraction(round((self._shift + float(self._start)) * 1_000_000), 1_000_000)

    def _reshape(self, frame: AudioFrame, key: tuple[object, ...]) -> bool:
        """Start a new run, and return whether samples of this shape can be worked on at all."""
        shape = Shape.of(frame, self._layout)
        if not shape.usable:
            self.errors += 1
            return False
        if self._run is not None:
            _log.info("track %d changes to %s", self.track.number, shape)
            self._release_held()
            self._end_run()
        self._run = Run(shape)
        self._shape_key = key
        return True

    def _release_held(self) -> None:
        """Take frames whose stamps were held in doubt for what they are: the next ones."""
        for frame in self._take_held():
            self._add(frame)

    def _add(self, frame: AudioFrame, skip: int = 0) -> None:
        run = self._run
        assert run is not None  # noqa: S101 - for the type checker: nothing is added before the first shape
        if run.add(frame, skip):
            self._hand_on(run)

    def _jump(self, jump: float, *, last: bool = False) -> None:
        """Act on stamps that run ``jump`` seconds later from the first held frame on."""
        stamp = self._held[0].pts or 0
        if self._splices is not None and abs(jump) > FILLED:
            waited = _MOST_HELD if last else len(self._held)
            splice = self._splices.resolve(self._applied, jump, stamp * self._tick, waited)
            if splice is False:
                return  # the frames stay held, and the next one asks again
            if isinstance(splice, Splice):
                self._applied = splice.number
                self._shift -= splice.seconds
                jump -= splice.seconds
                self.spliced = True
                _log.info("track %d: the clock starts anew, by %.3f s", self.track.number, splice.seconds)
        held = self._take_held()
        self._follower.settle()
        run = self._run
        assert run is not None  # noqa: S101 - for the type checker: held frames have a run
        skip = 0
        if JUMP < jump <= FILLED:
            run.add_silence(round(jump * run.shape.rate))
        elif -FILLED <= jump < -JUMP:
            skip = round(-jump * run.shape.rate)
        elif abs(jump) > FILLED:
            self._end_chunk("hole" if jump > 0 else "splice")
            self._begin_chunk(stamp * self._time_base - self._start + self._offset())
        for frame in held:
            self._add(frame, min(skip, frame.samples))
            skip = max(0, skip - frame.samples)

    def _begin_chunk(self, time: Fraction) -> None:
        if time > self._limits.max_seconds:
            raise MediaLimitExceeded(
                f"Stopped decoding track {self.track.number}: its clock jumps to {float(time):.0f} seconds, "
                f"and the limit is {float(self._limits.max_seconds):.0f}"
            )
        self._follower.start(float(time))
        self._sink.begin_chunk(time)
        self._chunk_open = True
        self._chunk_samples = 0
        self._run_start = 0.0

    def _hand_on(self, run: Run, *, last: bool = False) -> None:
        pcm, cells = run.take(last=last)
        self._chunk_samples += len(pcm)
        self._bend()
        self._sink.take(pcm, cells, run.cell_seconds * RATE, channels=len(run.shape.names), split=run.split)
        self.seconds += Fraction(len(pcm), RATE)
        if self.seconds > self._limits.max_seconds:
            raise MediaLimitExceeded(
                f"Stopped decoding track {self.track.number} after {float(self.seconds):.0f} seconds of sound: "
                "that is the limit"
            )

    def _bend(self) -> None:
        moves = self._follower.moves
        for position, time in moves:
            self._sink.bend(round(position * RATE), Fraction(round(time * 1_000_000), 1_000_000))
        moves.clear()

    def _end_run(self) -> None:
        run = self._run
        if run is None or not run.samples:
            return
        self._hand_on(run, last=True)
        self._run_start = self._chunk_samples / RATE

    def _end_chunk(self, reason: CutReason) -> None:
        if not self._chunk_open:
            return
        run = self._run
        assert run is not None  # noqa: S101 - for the type checker: an open chunk has a run
        self._follower.finish(self._run_start + run.samples / run.shape.rate)
        self._end_run()
        self._sink.end_chunk(reason)
        self._chunk_open = False
        self._run = Run(run.shape)
