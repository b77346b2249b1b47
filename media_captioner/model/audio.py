"""Sound on its way to a captioner."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from media_captioner.model.media import AudioTrack
from media_captioner.timing import from_samples

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pcm: TypeAlias = npt.NDArray[np.int16]
else:
    Pcm = "numpy.ndarray"

CutReason = Literal["pause", "voice", "change", "forced", "hole", "splice", "end"]
"""Why a segment ends where it does.

``pause``: the longest dip of energy in the search window. ``voice``: a voice detector found nobody speaking
there. ``change``: the scene of sound changes. ``forced``: nothing better before the limit, so the next
segment overlaps it. ``hole``: the track has no samples for a while. ``splice``: the clock of the recording
jumps. ``end``: the track ends.
"""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured of a stretch of sound, beside what anybody says about it.

    Attributes:
        seconds: How long the stretch is.
        peak: Highest sample of any channel before mixing, dBFS (0 is full scale), ``-inf`` for digital silence.
        clipped: Samples at full scale before mixing.
        loudness: Integrated loudness of the mono mix in LUFS (ITU-R BS.1770-4, gated), ``-inf`` where
            nothing passes the absolute gate of -70 LUFS.
        noise_floor: 5th percentile of the level in 100 ms windows, dBFS.
        channels: How the channels relate: ``mono``, ``dual mono`` (the same twice), ``stereo``,
            ``inverted`` (opposite polarity), ``one-sided`` (one channel is silent), ``split`` (left and right
            carry different programmes at once, so only one of them is in the mix), ``surround``.

    """

    seconds: Fraction
    peak: float
    clipped: int
    loudness: float
    noise_floor: float
    channels: str


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A span of a track, decoded.

    Attributes:
        index: 0 for the first segment of the track.
        track: Where it comes from.
        start: Presentation time of its first sample, seconds.
        end: Presentation time just after its last sample, seconds.
        pcm: Its sound: ``int16``, shape ``(samples,)``, mono.
        rate: Samples per second of ``pcm`` (16,000 unless asked otherwise).
        anchors: Pairs of (sample, presentation time), ascending, the first at sample 0. Between two anchors
            time runs straight; after the last it runs at ``rate``.
        cut: Why it ends where it ends.
        overlap: Seconds at its start that the previous segment holds too.
        silent: Whether measurement finds nothing to hear in it.
        measurements: What was measured of it.

    """

    index: int
    track: AudioTrack
    start: Fraction
    end: Fraction
    pcm: Pcm
    rate: int
    anchors: tuple[tuple[int, Fraction], ...]
    cut: CutReason
    overlap: Fraction = Fraction(0)
    silent: bool = False
    measurements: Measurements | None = None

    def time_at(self, seconds: Fraction) -> Fraction:
        """Return the presentation time of the moment ``seconds`` after the segment's first sample."""
        position = seconds * self.rate
        place = max(0, bisect_right([Fraction(sample) for sample, _ in self.anchors], position) - 1)
        sample, time = self.anchors[place]
        if place + 1 < len(self.anchors):
            next_sample, next_time = self.anchors[place + 1]
            return time + (position - sample) * (next_time - time) / (next_sample - sample)
        return time + (position - sample) * from_samples(1, self.rate)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A segment encoded for a captioner.

    Attributes:
        segment: What was encoded.
        data: The encoded file.
        format: ``wav``, ``mp3``, ``aac``, ``amr``, ``3gp`` or ``wav_gsm_ms``.
        media_type: Its MIME type.
        delay: Seconds that a decoder puts before the first sample (the encoder's priming). A time that a
            captioner gives for the clip is this much late.
        sha256: Of ``data``, hexadecimal.

    """

    segment: Segment
    data: bytes
    format: str
    media_type: str
    delay: Fraction
    sha256: str
