"""Picture and mix into one MP4: H.264 and AAC, playable everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from street_scene.canvas import FPS, HEIGHT, WIDTH
from street_scene.sources import RATE, Sound

_BT709: Final = 1  # ISO/IEC 23091-2: primaries, transfer and matrix of BT.709 are all number 1
_AAC_FRAME: Final = 1024
_X264: Final = {"crf": "25", "preset": "slow", "tune": "animation", "refs": "4", "level": "3.1"}


def encode(frames: Iterable[np.ndarray], mix: Sound, path: Path) -> None:
    """Write RGB ``frames`` (height, width, 3; uint8) and the stereo ``mix`` to ``path``.

    The index goes first (faststart), so a player can begin before it has the whole file. The encoder's delay
    is taken away by the edit list: sound and picture both begin at 0.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = "A Short Storm"
        container.metadata["copyright"] = "CC BY-SA 4.0; credits in samples/README.md"
        video = container.add_stream("libx264", rate=FPS, options=_X264)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = video.codec_context
        context.thread_count, context.thread_type = 2, "FRAME"  # fixed, because the bytes depend on it
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = 1  # studio range
        audio = container.add_stream("aac", rate=RATE, layout="stereo")
        audio.bit_rate = 160_000
        audio.metadata["language"] = "eng"
        sounded = 0
        for index, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            container.mux(video.encode(picture))
            until = min((index + 1) * RATE // FPS, mix.shape[1])
            while sounded + _AAC_FRAME <= until:
                container.mux(audio.encode(_audio_frame(mix, sounded)))
                sounded += _AAC_FRAME
        while sounded < mix.shape[1]:
            container.mux(audio.encode(_audio_frame(mix, sounded)))
            sounded += _AAC_FRAME
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _audio_frame(mix: Sound, start: int) -> av.AudioFrame:
    block = np.ascontiguousarray(mix[:, start : start + _AAC_FRAME], dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
    return frame
