"""From decoded frames to 16 kHz mono: the part of the work that every sample goes through.

PyAV costs microseconds for each frame and each attribute of it, and a film has half a million frames. So all
that happens per frame is that FFmpeg queues it; measuring, mixing and resampling take whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import soxr
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame

from media_captioner.media.channels import ChannelLayout
from media_captioner.media.downmix import COLUMNS, Cells, Downmix, Floats
from media_captioner.model import Pcm

RATE: Final = 16_000
"""Samples per second of every segment."""

_BLOCK: Final = 4  # seconds that are worked on at once: large enough that calls cost little
_FIRST_BLOCK: Final = 10  # seconds of stereo that are looked at before anything is mixed
_LOWEST_RATE: Final = 1_000
_HIGHEST_RATE: Final = 800_000

# FFmpeg's sample formats: type, full scale, zero.
_FORMATS: Final[dict[str, tuple[type[np.generic], float, float]]] = {
    "u8": (np.uint8, 128.0, 128.0),
    "s16": (np.int16, 32768.0, 0.0),
    "s32": (np.int32, 2147483648.0, 0.0),
    "s64": (np.int64, 9223372036854775808.0, 0.0),
    "flt": (np.float32, 1.0, 0.0),
    "dbl": (np.float64, 1.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The format of a frame's samples.

    Attributes:
        rate: Samples per second.
        format: FFmpeg's name of the sample format (``fltp``).
        names: FFmpeg's names of the channels.

    """

    rate: int
    format: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, frame: AudioFrame, layout: ChannelLayout) -> Shape:
        """Return the shape of ``frame``, which is of a track with such channels."""
        return cls(frame.sample_rate, frame.format.name, layout.of(frame))

    @property
    def usable(self) -> bool:
        """Whether such samples can be worked on; damaged headers claim rates of a few samples per second."""
        return (
            _LOWEST_RATE <= self.rate <= _HIGHEST_RATE
            and len(self.names) > 0
            and self.format.removesuffix("p") in _FORMATS
        )


class _Resampler(Protocol):
    def resample_chunk(self, x: Floats, last: bool = False) -> Floats: ...


class Run:
    """Sound of one shape without a break, on its way to 16 kHz mono.

    Frames may be gathered first: they stand behind the others, but count only once they are accepted.

    Args:
        shape: The shape of every frame in it.

    Attributes:
        samples: How many samples of its own rate were put in.
        stamps: The time stamps of the frames gathered.
        sizes: How many samples each of those has.

    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.samples = 0
        self.stamps: list[int | None] = []
        self.sizes: list[int] = []
        self._dtype, self._full, self._zero = _FORMATS[shape.format.removesuffix("p")]
        self._channels = len(shape.names)
        self._width = 1 if shape.format.endswith("p") else self._channels  # values of one sample in a plane
        # Frames go back to the decoder at once, which fills the same memory again while it is in the cache.
        self._queue = _queue_for(shape)
        self._waiting = 0
        self._downmix = Downmix(shape.names, shape.rate)
        self._enough = shape.rate * (_FIRST_BLOCK if self._channels == 2 else _BLOCK)
        self._resampler: _Resampler | None = None
        if shape.rate != RATE:
            self._resampler = soxr.ResampleStream(shape.rate, RATE, 1, dtype="float32", quality="HQ")

    @property
    def split(self) -> bool:
        """Whether left and right carry different programmes, so that one of them is taken."""
        return self._downmix.split

    @property
    def cell_seconds(self) -> float:
        """How long a cell of the measurements lasts."""
        return self._downmix.cell / self.shape.rate

    def gather(self, frame: AudioFrame) -> bool:
        """Put a frame behind the others, not counted yet, and return whether it is of this run's shape."""
        if frame.layout.nb_channels != self._channels:
            return False
        try:
            self._queue.write(frame)
        except ValueError:  # another rate or format
            return False
        self.stamps.append(frame.pts)
        self.sizes.append(frame.samples)
        return True

    def accept(self) -> bool:
        """Count the frames gathered, and return whether there is a block to be worked on."""
        self._count(sum(self.sizes))
        self.stamps, self.sizes = [], []
        return self._waiting >= self._enough

    def withdraw(self) -> list[AudioFrame]:
        """Take the frames gathered out again, and return them."""
        counted = _read(self._queue, self._waiting)
        frames = []
        for stamp, size in zip(self.stamps, self.sizes, strict=True):
            for frame in _read(self._queue, size):
                frame.pts = stamp
                frames.append(frame)
        self.stamps, self.sizes = [], []
        for frame in counted:
            self._queue.write(frame)
        return frames

    def add(self, frame: AudioFrame, skip: int = 0) -> bool:
        """Append a frame, less its first ``skip`` samples, and return whether there is a block to be worked on."""
        if skip:
            whole = _queue_for(self.shape)
            whole.write(frame)
            _read(whole, skip)
            frames = _read(whole, whole.samples)
        else:
            frames = [frame]
        for rest in frames:
            self._queue.write(rest)
            self._count(rest.samples)
        return self._waiting >= self._enough

    def add_silence(self, samples: int) -> None:
        """Append digital silence."""
        self._queue.write(_silence(self.shape, samples, int(self._zero)))
        self._count(samples)

    def _count(self, samples: int) -> None:
        self.samples += samples
        self._waiting += samples

    def take(self, *, last: bool = False) -> tuple[Pcm, Cells]:
        """Return what is ready.

        Args:
            last: Nothing follows: take the rest, and what the resampler still holds.

        Returns:
            ``int16``, shape ``(samples,)`` at 16 kHz, and measurements of the sound it was made from, a table
            of cells as :class:`~media_captioner.media.downmix.Downmix` makes it.

        """
        cell = self._downmix.cell
        count = self._waiting if last else self._waiting // cell * cell
        cells, mono = np.empty((0, COLUMNS)), np.empty(0, np.float32)
        for block in _read(self._queue, count):
            planes = self._planes(block)
            cells = self._downmix.measure(planes)
            if not np.isfinite(cells).all():  # damaged floating point sound
                planes = [np.nan_to_num(plane, nan=0.0, posinf=1.0, neginf=-1.0) for plane in planes]
                cells = self._downmix.measure(planes)
            mono = self._downmix.mono(planes, cells)
        self._waiting -= count
        self._shorten_blocks()
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono, last=last)
        return _to_pcm(mono), cells

    def _shorten_blocks(self) -> None:
        """Work on short blocks from now on.

        The queue never shrinks, and one that held ten seconds would always go through memory that no cache has.
        """
        enough = self.shape.rate * _BLOCK
        if self._enough > enough:
            self._enough = enough
            rest = _read(self._queue, self._waiting)
            self._queue = _queue_for(self.shape)
            for frame in rest:
                self._queue.write(frame)

    def _planes(self, block: AudioFrame) -> list[Floats]:
        """Return the samples of each channel, full scale 1; they may share memory with the block."""
        count = block.samples
        rows = [np.frombuffer(memoryview(plane), self._dtype, count * self._width) for plane in block.planes]
        if self._width > 1:
            rows = list(rows[0].reshape(count, self._width).T)
        return [self._scaled(row) for row in rows]

    def _scaled(self, samples: npt.NDArray[np.generic]) -> Floats:
        floats: Floats = samples.astype(np.float32, copy=False)
        if self._zero:
            floats = floats - np.float32(self._zero)
        return floats * np.float32(1 / self._full) if self._full != 1.0 else floats


def _silence(shape: Shape, samples: int, zero: int) -> AudioFrame:
    frame = AudioFrame(shape.format, f"{len(shape.names)} channels", samples)
    frame.sample_rate = shape.rate
    for plane in frame.planes:
        plane.update(bytes((zero,)) * plane.buffer_size)
    return frame


def _queue_for(shape: Shape) -> AudioFifo:
    """Return an empty queue that refuses frames of another rate or format, but does not look at stamps."""
    queue = AudioFifo()
    queue.write(_silence(shape, 1, 0))  # it takes after the first frame; this one has no time base
    queue.read()
    return queue


def _read(queue: AudioFifo, samples: int) -> list[AudioFrame]:
    """Return the next samples as one frame; none where there are none."""
    frame = queue.read(samples) if samples else None  # 0 would mean all
    return [] if frame is None else [frame]


def _to_pcm(mono: Floats) -> Pcm:
    scaled = mono * np.float32(32768)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return scaled.astype(np.int16)


def joined(parts: Sequence[npt.NDArray[np.int16]]) -> Pcm:
    """Return the parts as one array."""
    return np.concatenate(parts) if len(parts) != 1 else parts[0]
