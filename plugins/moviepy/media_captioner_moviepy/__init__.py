"""Captions of the whole soundtrack for people who edit video with moviepy.

>>> from media_captioner_moviepy import CaptionedClip, burn_in
>>> clip = CaptionedClip("film.mp4").subclipped(60, 90)  # doctest: +SKIP
>>> burn_in(clip).write_videofile("part.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

try:
    import media_captioner
except ImportError as error:
    raise ImportError(
        "media_captioner_moviepy needs the package media-captioner: install it first"
    ) from error
if not media_captioner.__version__.startswith("0."):
    raise ImportError(
        f"media_captioner_moviepy 0.1 works with media-captioner 0.x, not {media_captioner.__version__}: update it"
    )

import moviepy

if tuple(int(part) for part in moviepy.__version__.split(".")[:2]) < (2, 1):
    raise ImportError(f"media_captioner_moviepy needs moviepy 2.1 or newer, not {moviepy.__version__}")

from media_captioner_moviepy.clip import CaptionedClip, caption_clip
from media_captioner_moviepy.drawing import burn_in, safe_font, subtitles_clip
from media_captioner_moviepy.edits import cues_of

__version__ = "0.1.0"
__all__ = ["CaptionedClip", "burn_in", "caption_clip", "cues_of", "safe_font", "subtitles_clip"]
