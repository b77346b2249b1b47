"""Clips that know their captions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moviepy import VideoClip, VideoFileClip

import media_captioner
from media_captioner import Captions, Settings, errors

TimeFunction = Callable[[float], float]


class CaptionedClip(VideoFileClip):  # type: ignore[misc]
    """A :class:`moviepy.VideoFileClip` with captions that follow its edits.

    Whatever moviepy does to a clip's time (``subclipped``, ``with_speed_scaled``, ``with_section_cut_out``, loops,
    mirrors) goes through :meth:`time_transform`, so that is where the edits are noted;
    :func:`media_captioner_moviepy.cues_of` maps the cues through them.

    Args:
        filename: The media file.
        captions: Its captions. By default they are read from the JSON sidecar beside it; where there is none, or it was
            written for another file of that name, the file is captioned now. Nothing is written.
        settings: How to caption.
        captioner: Who listens.
        options: What :class:`moviepy.VideoFileClip` takes.

    Attributes:
        captions: The captions of the whole file.
        edits: What was done to the clip's time, first edit first.

    Raises:
        media_captioner.errors.MediaCaptionerError: the file is missing, or cannot be captioned.

    """

    def __init__(
        self,
        filename: str | Path,
        *,
        captions: Captions | None = None,
        settings: Settings | None = None,
        captioner: Any = None,
        **options: Any,
    ) -> None:
        path = Path(filename)
        if not path.is_file():
            raise errors.MediaNotFound(f"Cannot open {path}: there is no such file")
        self.captions = captions or _known(path) or _heard(path, settings, captioner)
        self.edits: tuple[TimeFunction, ...] = ()
        super().__init__(str(path), **options)

    def time_transform(
        self, time_func: TimeFunction, apply_to: Any = None, keep_duration: bool = False
    ) -> CaptionedClip:
        """Return the clip with its time changed, as moviepy does, and remember how."""
        edited: CaptionedClip = super().time_transform(time_func, apply_to, keep_duration)
        edited.edits = (*self.edits, time_func)
        return edited

    def source_time(self, seconds: float) -> float:
        """Return the second of the media file that is shown at ``seconds`` of this clip."""
        for edit in reversed(self.edits):
            seconds = float(edit(seconds))
        return seconds


def caption_clip(clip: VideoClip, settings: Settings | None = None, *, captioner: Any = None) -> Captions:
    """Caption what a clip sounds like as it is now: composed, mixed, cut.

    Its sound goes to the captioner through a temporary WAV file (48 kHz, 16 bits, stereo), which is removed.

    Raises:
        media_captioner.errors.UnsupportedMedia: the clip has no sound, or no duration.
        media_captioner.errors.CaptionerError: the captioner cannot work.

    """
    if clip.audio is None:
        raise errors.UnsupportedMedia("Cannot caption the clip: it has no sound (clip.audio is None)")
    if clip.audio.duration is None:
        raise errors.UnsupportedMedia(
            "Cannot caption the clip: its sound has no duration; use with_duration first"
        )
    with tempfile.TemporaryDirectory(prefix="media_captioner_moviepy-") as folder:
        sound = Path(folder) / "clip.wav"
        # Small buffers: above half of the reader's buffer moviepy 2.2.1 returns near-silence.
        clip.audio.write_audiofile(str(sound), fps=48_000, codec="pcm_s16le", buffersize=2000, logger=None)
        return media_captioner.caption(sound, settings, captioner=captioner)


def _known(path: Path) -> Captions | None:
    try:
        captions = media_captioner.load(path)
    except errors.MediaNotFound:
        return None
    except errors.UnsupportedMedia as error:
        raise errors.UnsupportedMedia(
            str(error),
            hint="Caption the file again with media-captioner, or give its captions with captions=.",
        ) from error
    return captions if captions.media.fingerprint.size == path.stat().st_size else None


def _heard(path: Path, settings: Settings | None, captioner: Any) -> Captions:
    return media_captioner.caption(path, settings, captioner=captioner)
