"""Whether all of a track was there to be read.

A file that is cut short, or that is still being written, ends without any error: only the header knows that
there should be more.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from media_captioner.media import claims
from media_captioner.media.demux import Demuxer
from media_captioner.model import AudioTrack, Media
from media_captioner.system import identity
from media_captioner.timing import ZERO, clock_time

_TOLERATED: Final = Fraction(1)  # seconds that headers and sound may differ by
_TOLERATED_SHARE: Final = Fraction(1, 500)
_WITHOUT_HEADER: Final = frozenset(
    {
        "aac",
        "ac3",
        "eac3",
        "dts",
        "dtshd",
        "amr",
        "amrnb",
        "amrwb",
        "gsm",
        "mlp",
        "truehd",
        "mpeg",
        "mpegvideo",
    }
    | {"mpegts", "mpegtsraw"}
)
"""Formats whose duration FFmpeg estimates, from the bit rate or from what is left of the file."""


def shortfall(media: Media, demuxer: Demuxer, ends: Mapping[int, Fraction | None]) -> str | None:
    """Say why not all of the sound could be read.

    Args:
        media: The file as it was probed.
        demuxer: Who read it, to the end.
        ends: For each track by stream index, the presentation time at which its sound ended, or None.

    Returns:
        A sentence for a person, or None where nothing is missing.

    """
    reasons = []
    if _changed(media, demuxer):
        reasons.append("the file changed while it was read: it was still being written")
    if demuxer.failure is not None:
        reasons.append(f"the rest of the file cannot be read ({demuxer.failure})")
    for decoder in demuxer.decoders:
        track = decoder.track
        of_track = f" of track {track.number}" if len(demuxer.decoders) > 1 else ""
        expected = None if decoder.spliced else _expected_end(media, track, demuxer)
        end = ends[track.index] or ZERO
        if expected is not None and end < expected - _TOLERATED - expected * _TOLERATED_SHARE:
            reasons.append(
                f"the file is cut short: the sound{of_track} ends at {clock_time(end)} of {clock_time(expected)}"
            )
        if decoder.errors_inside:
            places = "1 place" if decoder.errors_inside == 1 else f"{decoder.errors_inside} places"
            reasons.append(f"{places}{of_track} could not be decoded")
    if not reasons and claims.ends_inside(media.path, media.format):
        reasons.append("the file is cut short: it ends in the middle of what its header announces")
    return "; ".join(reasons) or None


def _changed(media: Media, demuxer: Demuxer) -> bool:
    try:
        now = identity.fingerprint(media.path)
    except OSError:
        return True
    return not now == demuxer.fingerprint == media.fingerprint


def _expected_end(media: Media, track: AudioTrack, demuxer: Demuxer) -> Fraction | None:
    if not _WITHOUT_HEADER.isdisjoint(media.format.split(",")):
        return None
    if media.format == "mp3":
        return claims.mp3_duration(media.path, track.sample_rate)
    if track.duration is not None:
        return (track.start or ZERO) + track.duration
    if media.duration is None:
        return None
    if demuxer.picture_end is not None:
        # Sound may end before the picture; the file is cut short only if both do.
        picture = Fraction(demuxer.picture_end).limit_denominator(1000) - media.start
        if picture >= media.duration - _TOLERATED - media.duration * _TOLERATED_SHARE:
            return None
    return media.duration
