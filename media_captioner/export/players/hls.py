"""Segmented WebVTT for HTTP Live Streaming (RFC 8216, 3.5), with its media playlist."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from media_captioner.export.base import ExportContext
from media_captioner.export.players.webvtt import write_cue
from media_captioner.export.seals import is_sealed_lines, sealed_lines
from media_captioner.export.timeline import end_of
from media_captioner.model import Captions
from media_captioner.timing import clock_time, decimal_seconds

_CLOCK: Final = 90_000  # MPEG-2 transport streams count time in 90 kHz, in 33 bits
_WRAP: Final = 2**33
_BEFORE: Final = "#EXTM3U\n## "


class HlsCaptions:
    """A media playlist and its segments of WebVTT, for a subtitles rendition."""

    name = "hls"
    suffix = ".media_captioner/hls/{language}.m3u8"
    readers = "HLS players, after the playlist is named in the master playlist (EXT-X-MEDIA, TYPE=SUBTITLES)"
    loss = "as for vtt; a cue that spans segments stands in each of them"

    def write(self, captions: Captions, context: ExportContext) -> bytes:
        """Return the playlist."""
        length = Fraction(context.options.hls_segment_seconds)
        end = end_of(captions)
        lines = [
            "#EXT-X-VERSION:3",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            f"#EXT-X-TARGETDURATION:{context.options.hls_segment_seconds}",
            "#EXT-X-MEDIA-SEQUENCE:0",
        ]
        for number in range(_count(captions, context)):
            # The last segment has at least a millisecond: EXTINF of zero is refused by players.
            lasts = max(Fraction(1, 1000), min(length, end - number * length))
            lines += [f"#EXTINF:{decimal_seconds(lasts, 3)},", _name(captions, number)]
        return sealed_lines(_BEFORE, "", ("\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n").encode())

    def companions(self, captions: Captions, context: ExportContext) -> Mapping[str, bytes]:
        """Return the segments. Their time map puts 0 on the first picture's time stamp in the stream."""
        from webvtt.segmenter import slice_segments

        blocks = dict(enumerate(captions.cues, 1))
        # The segmenter looks at these two members only; with fractions in them it is exact.
        shown: Any = [_Span(cue.start, cue.end, number) for number, cue in blocks.items()]
        slices: Any = slice_segments(shown, context.options.hls_segment_seconds)
        head = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{first_pts(captions, context)},LOCAL:{clock_time(Fraction(0))}\n\n"
        segments = {}
        for number in range(_count(captions, context)):
            spans = slices[number] if number < len(slices) else []
            body = "\n".join(write_cue(blocks[span.number], span.number) for span in spans)
            segments[_name(captions, number)] = (head + body).encode()
        return segments

    def is_ours(self, data: bytes) -> bool:
        """Return whether the playlist's seal holds."""
        return is_sealed_lines(_BEFORE, "", data)


class _Span:
    """What the segmenter needs to know of a cue."""

    def __init__(self, start: Fraction, end: Fraction, number: int) -> None:
        self.start_in_seconds = start
        self.end_in_seconds = max(end, start)
        self.number = number


def _name(captions: Captions, number: int) -> str:
    return f"{captions.language}-{number:05d}.vtt"


def _count(captions: Captions, context: ExportContext) -> int:
    seconds = context.options.hls_segment_seconds
    ends = [end_of(captions)]
    # The segmenter gives a cue that ends on a boundary to the segment after it as well.
    ends += [max(cue.end for cue in captions.cues)] if captions.cues else []
    last = max(ends) / seconds
    return max(1, -(-last.numerator // last.denominator))


def first_pts(captions: Captions, context: ExportContext) -> int:
    """Return the 90 kHz time stamp of presentation time 0, from 0 to 2**33 - 1.

    It must be that of the first picture in the HLS stream. A stream that was packaged without moving its time stamps
    begins where the source begins; where the packager moved them the option says where to.
    """
    if context.options.hls_first_pts is not None:
        return context.options.hls_first_pts
    return round(captions.media.start * _CLOCK) % _WRAP
