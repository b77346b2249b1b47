"""From decoded frames to 16 kHz mono: the part of the work that every sample goes through.

PyAV costs microseconds for each frame and each attribute of it, and a film has half a million frames. So all
that happens per frame is that it is put on a list; joining, measuring, mixing and resampling take whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import soxr
from av.audio.frame import AudioFrame

from media_captioner.media.channels import ChannelLayout
from media_captioner.media.downmix import COLUMNS, Cells, Downmix, Floats
from media_captioner.model import Pcm

RATE: Final = 16_000
"""Samples per second of every segment."""

_BLOCK: Final = 2  # seconds that are worked on at once: large enough that calls cost little
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

    Args:
        shape: The shape of every frame in it.

    Attributes:
        samples: How many samples of its own rate were put in.
        split: Whether left and right carry different programmes.

    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.samples = 0
        self._dtype, self._full, self._zero = _FORMATS[shape.format.removesuffix("p")]
        channels = len(shape.names)
        planar = shape.format.endswith("p")
        self._width = 1 if planar else channels  # values of one sample in a plane
        # What waits is copied into one place that is used again and again: frames go back to the decoder while
        # they are in the processor's cache, and no block costs pages that the system must clear first.
        self._room = np.empty((channels if planar else 1, 0), self._dtype)
        self._waiting = 0
        self._downmix = Downmix(shape.names, shape.rate)
        self._enough = shape.rate * (_FIRST_BLOCK if channels == 2 else _BLOCK)
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

    def add(self, frame: AudioFrame, skip: int = 0) -> bool:
        """Append a frame, less its first ``skip`` samples, and return whether there is a block to be worked on."""
        return self.add_all((frame,), skip)

    def add_all(self, frames: Sequence[AudioFrame], skip: int = 0) -> bool:
        """Append frames, less the first ``skip`` samples, and return whether there is a block to be worked on."""
        item = self._room.itemsize
        sizes = [frame.samples * self._width * item for frame in frames]
        start = self._grow(sum(sizes) // (self._width * item) - skip) * item
        planes: list[Sequence[Any]] = [frame.planes for frame in frames]  # any: each offers its bytes
        for row, column in zip(self._room, zip(*planes, strict=False), strict=False):
            room = memoryview(row).cast("B")
            at, first = start, skip * self._width * item
            for plane, size in zip(column, sizes, strict=True):
                part = memoryview(plane)[first:size]  # planes may be padded: those of AAC are twice as long
                end = at + size - first
                room[at:end] = part
                at, first = end, 0
        return self._waiting >= self._enough

    def add_silence(self, samples: int) -> None:
        """Append digital silence."""
        first = self._grow(samples)  # before the room is looked at, which it may replace
        self._room[:, first : first + samples * self._width] = self._zero

    def _grow(self, samples: int) -> int:
        """Make room for more samples, and return the place of their first value in a row."""
        first = self._waiting * self._width
        self._waiting += samples
        self.samples += samples
        end = self._waiting * self._width
        if end > self._room.shape[1]:
            more = np.empty((len(self._room), max(end, 2 * self._room.shape[1])), self._dtype)
            more[:, :first] = self._room[:, :first]
            self._room = more
        return first

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
        if count:
            planes = self._planes(count)
            cells = self._downmix.measure(planes)
            if not np.isfinite(cells).all():  # damaged floating point sound
                planes = [np.nan_to_num(plane, nan=0.0, posinf=1.0, neginf=-1.0) for plane in planes]
                cells = self._downmix.measure(planes)
            mono = self._downmix.mono(planes, cells)
        else:
            cells, mono = np.empty((0, COLUMNS)), np.empty(0, np.float32)
        self._enough = self.shape.rate * _BLOCK
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono, last=last)
        pcm = _to_pcm(mono)
        self._drop(count)
        return pcm, cells

    def _planes(self, count: int) -> list[Floats]:
        """Return the first ``count`` samples of each channel, full scale 1; they may share memory with the room."""
        rows = self._room[:, : count * self._width]
        if self._width > 1:
            rows = rows.reshape(count, self._width).T
        return [self._scaled(row) for row in rows]

    def _drop(self, count: int) -> None:
        """Forget the first ``count`` samples."""
        first, end = count * self._width, self._waiting * self._width
        self._room[:, : end - first] = self._room[:, first:end].copy()
        self._waiting -= count

    def _scaled(self, samples: npt.NDArray[np.generic]) -> Floats:
        floats: Floats = samples.astype(np.float32, copy=False)
        if self._zero:
            floats = floats - np.float32(self._zero)
        return floats * np.float32(1 / self._full) if self._full != 1.0 else floats


def _to_pcm(mono: Floats) -> Pcm:
    scaled = mono * np.float32(32768)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return scaled.astype(np.int16)


def joined(parts: Sequence[npt.NDArray[np.int16]]) -> Pcm:
    """Return the parts as one array."""
    return np.concatenate(parts) if len(parts) != 1 else parts[0]
