"""The cues of an edited clip, in its own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from moviepy import CompositeVideoClip, VideoClip

from media_captioner import Cue, errors
from media_captioner_moviepy.clip import CaptionedClip

_FRAME_RATE = 25  # frames per second at which a clip without a frame rate is looked through


def cues_of(clip: VideoClip) -> tuple[Cue, ...]:
    """Return the cues that belong to a clip as it is now, seconds from its beginning, ascending.

    Cues that were cut away are left out, cues that were cut in two are shortened, and a speed change stretches them. A
    cue that is shown twice, because its part of the clip is, comes twice. In a ``CompositeVideoClip``, and in what
    ``concatenate_videoclips(..., method="compose")`` returns, the cues of all captioned layers are found.

    Raises:
        media_captioner.errors.UnsupportedMedia: the clip's parts cannot be seen any more, or it has no duration.

    """
    return tuple(sorted(_cues(clip), key=lambda cue: (cue.start, cue.end)))


def _cues(clip: Any) -> Iterator[Cue]:
    if isinstance(clip, CaptionedClip):
        yield from _edited(clip) if clip.edits else clip.captions.cues
    elif isinstance(clip, CompositeVideoClip):
        if "frame_function" in vars(clip):
            raise errors.UnsupportedMedia(
                "Cannot follow the cues: this composition was cut or sped up after it was put together",
                hint="Cut and speed up its parts first, then compose them.",
            )
        for layer in clip.clips if clip.created_bg else (clip.bg, *clip.clips):
            yield from _moved(layer, clip)
    elif hasattr(clip, "timings"):
        raise errors.UnsupportedMedia(
            "Cannot follow the cues: concatenate_videoclips hides the parts of this clip",
            hint='Join them with concatenate_videoclips(clips, method="compose").',
        )


def _moved(layer: Any, whole: Any) -> Iterator[Cue]:
    begin = _fraction(layer.start)
    last = min(end for end in (layer.end, whole.duration, float("inf")) if end is not None)
    for cue in _cues(layer):
        start, end = max(begin, cue.start + begin), cue.end + begin
        if last != float("inf"):
            end = min(end, _fraction(last))
        if start < end:
            yield replace(cue, start=start, end=end)


def _edited(clip: CaptionedClip) -> Iterator[Cue]:
    """Find where each cue shows by looking at every frame, and its edges between two frames by halving."""
    if clip.duration is None:
        raise errors.UnsupportedMedia(
            "Cannot follow the cues: the clip has no duration; use with_duration first"
        )
    rate = clip.fps or _FRAME_RATE
    times = np.append(np.arange(0, clip.duration, 1 / rate), clip.duration - 1e-9)
    source = np.array([clip.source_time(float(time)) for time in times])
    for cue in clip.captions.cues:
        first, last = float(cue.start), float(cue.end)
        shown = (source >= first) & (source < last)
        steps = np.diff(np.concatenate(([False], shown, [False])).astype(np.int8))

        def visible(time: float, first: float = first, last: float = last) -> bool:
            return first <= clip.source_time(time) < last

        for begin, end in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
            start = 0.0 if begin == 0 else _edge(visible, float(times[begin]), float(times[begin - 1]))
            stop = (
                clip.duration
                if end == len(times)
                else _edge(visible, float(times[end - 1]), float(times[end]))
            )
            if _fraction(start) < _fraction(stop):
                yield replace(cue, start=_fraction(start), end=_fraction(stop))


def _edge(visible: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return the moment between two others at which a cue appears or goes, to a tenth of a microsecond."""
    while abs(outside - inside) > 1e-7:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if visible(middle) else (inside, middle)
    return (inside + outside) / 2


def _fraction(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)
