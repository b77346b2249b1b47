"""One track on its way from decoded chunks to segments."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import numpy as np

from media_captioner.media import levels
from media_captioner.media.cutting import Cutter
from media_captioner.media.downmix import COLUMNS, Cells
from media_captioner.media.sound import RATE, joined
from media_captioner.media.timemap import TimeMap
from media_captioner.model import AudioTrack, CutReason, Pcm, Segment
from media_captioner.timing import from_samples


class Lane:
    """Cuts the chunks of one track into segments: the sink of its decoder.

    Args:
        track: The track.
        cutter: Decides on the cuts.
        ready: Where segments go.

    Attributes:
        segments: How many there were so far.
        end: Presentation time at which the latest one ends, or None before the first.

    """

    def __init__(self, track: AudioTrack, cutter: Cutter, ready: deque[Segment]) -> None:
        self.segments = 0
        self.end: Fraction | None = None
        self._track = track
        self._cutter = cutter
        self._ready = ready
        self._map = TimeMap(RATE)
        self._parts: list[Pcm] = []
        self._waiting = 0  # samples in them
        self._first = 0  # sample of the track at which they begin
        self._chunk = 0  # sample of the track at which the chunk begins
        self._overlap = 0  # samples at their start that the segment before has too
        self._cells = np.empty((0, COLUMNS))
        self._cell_ends = np.empty(0)  # sample of the track at which each ends
        self._cells_end = 0.0
        self._channels = track.channels
        self._split = False

    def begin_chunk(self, time: Fraction) -> None:
        """Begin a chunk at a presentation time."""
        self._chunk = self._first
        self._cells_end = float(self._first)
        self._map.restart(self._first, time)

    def take(self, pcm: Pcm, cells: Cells, cell_samples: float, *, channels: int, split: bool) -> None:
        """Take the next block of the chunk, and cut as far as can be decided."""
        self._note(cells, cell_samples)
        self._channels, self._split = channels, split
        if len(pcm):
            self._parts.append(pcm)
            self._waiting += len(pcm)
        if self._waiting >= self._cutter.wanted:
            self._cut(complete=False)

    def bend(self, sample: int, time: Fraction) -> None:
        """Learn that a sample of the chunk is heard at ``time``."""
        self._map.anchor(self._chunk + sample, time)

    def end_chunk(self, reason: CutReason) -> None:
        """End the chunk: what waits is cut up whole."""
        if not self._waiting:
            return
        self._cut(complete=True)
        rest = joined(self._parts)
        self._emit(rest, reason)
        self._keep_from(len(rest), rest)
        self._overlap = 0

    def _note(self, cells: Cells, cell_samples: float) -> None:
        if not len(cells):
            return
        ends = self._cells_end + np.arange(1, len(cells) + 1) * cell_samples
        self._cells_end = float(ends[-1])
        self._cells = np.concatenate([self._cells, cells])
        self._cell_ends = np.concatenate([self._cell_ends, ends])

    def _cut(self, *, complete: bool) -> None:
        while complete or self._waiting >= self._cutter.wanted:
            pcm = joined(self._parts)
            decision = self._cutter.next_cut(pcm, complete=complete)
            if decision is None:
                self._parts = [pcm]
                return
            cut, overlap = decision
            self._emit(pcm[: cut.sample], cut.reason)
            self._keep_from(cut.sample - overlap, pcm)
            self._overlap = overlap

    def _keep_from(self, sample: int, pcm: Pcm) -> None:
        self._parts = [pcm[sample:]]
        self._waiting = len(pcm) - sample
        self._first += sample
        self._map.forget(self._first)
        old = int(np.searchsorted(self._cell_ends, self._first, "right"))
        self._cells, self._cell_ends = self._cells[old:], self._cell_ends[old:]

    def _emit(self, pcm: Pcm, reason: CutReason) -> None:
        end = self._first + len(pcm)
        anchors, finish = self._map.span(self._first, end)
        # Every tenth of a second that the segment has a part in.
        cells = self._cells[: int(np.searchsorted(self._cell_ends, end)) + 1]
        self._ready.append(
            Segment(
                index=self.segments,
                track=self._track,
                start=anchors[0][1],
                end=finish,
                pcm=np.ascontiguousarray(pcm),
                rate=RATE,
                anchors=anchors,
                cut=reason,
                overlap=from_samples(self._overlap, RATE),
                silent=levels.is_silent(cells),
                measurements=levels.measure(pcm, RATE, cells, self._channels, split=self._split),
            )
        )
        self.segments += 1
        self.end = finish if self.end is None else max(self.end, finish)
