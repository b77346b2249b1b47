"""Frames of a video, for people to look at: few, and decoded only on request.

Captioning never decodes pictures. Where somebody asks to see some, only decoders on this list run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from media_captioner.errors import MediaLimitExceeded, UnsupportedMedia
from media_captioner.media.container import open_file, reading
from media_captioner.media.policy import DEFAULT_LIMITS
from media_captioner.model import Media

if TYPE_CHECKING:
    from PIL.Image import Image

CODECS: Final = frozenset(
    """
    av1 dnxhd dvvideo ffv1 flv1 h261 h263 h263p h264 hevc libdav1d libvpx libvpx-vp9 mjpeg mpeg1video mpeg2video
    mpeg4 msmpeg4v2 msmpeg4v3 prores rawvideo theora vc1 vp8 vp9 wmv1 wmv2 wmv3
    """.split()
)
"""FFmpeg decoders of pictures that may run: what cameras, editors and the web write."""

_LARGEST: Final = 8192 * 4320  # pixels
_FORWARD: Final = 250  # frames decoded after a key frame to come to a moment; then the nearest so far will do
_NEAR: Final = Fraction(10)  # seconds: wanted moments further apart than this are shown by their key frames


def check_picture(media: Media) -> None:
    """Make sure that the picture may be decoded.

    Raises:
        UnsupportedMedia: there is none, or its codec is not on the list.
        MediaLimitExceeded: it is too large.

    """
    video = media.video
    if video is None:
        raise UnsupportedMedia(f"{media.path} has no picture")
    if video.codec not in CODECS:
        raise UnsupportedMedia(
            f"Did not decode the picture of {media.path}: {video.codec} is not on the list"
        )
    if video.width * video.height > _LARGEST:
        raise MediaLimitExceeded(
            f"Did not decode the picture of {media.path}: {video.width} x {video.height} is too large"
        )


def frames_at(media: Media, moments: Sequence[Fraction], *, height: int) -> Iterator[Image]:
    """Yield a picture for each moment, in the order given, scaled to ``height`` pixels.

    Args:
        media: The probed file, with a picture.
        moments: Presentation times, seconds, ascending.
        height: Pixels.

    Raises:
        MediaError: the picture may not or cannot be decoded.

    """
    check_picture(media)
    assert media.video is not None  # noqa: S101 - for the type checker; just checked
    exact = all(later - before <= _NEAR for before, later in pairwise(moments))
    options = {"codec_whitelist": ",".join(sorted(CODECS))}
    with open_file(media.path, DEFAULT_LIMITS, options=options) as opened, reading(media.path):
        stream = opened.container.streams[media.video.index]
        context: Any = stream.codec_context
        context.thread_count = 2
        if not exact:
            context.skip_frame = "NONKEY"
        last = None
        for moment in moments:
            wanted = media.start + moment
            opened.container.seek(int(wanted * 1_000_000), backward=True)
            last = _frame_near(opened.container.decode(stream), wanted, exact=exact) or last
            if last is not None:
                width = max(1, round(last.width * height / last.height))
                yield last.to_image(width=width, height=height)


def _frame_near(frames: Iterator[Any], wanted: Fraction, *, exact: bool) -> Any:
    best = None
    for count, frame in enumerate(frames):
        if frame.pts is not None and frame.pts * frame.time_base > wanted and best is not None:
            break
        best = frame
        if not exact or count >= _FORWARD or frame.pts is None:
            break
    return best
