# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips and markers of a scene. The interface differs between Blender 4.2 and 5; each difference is met here once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from .cues import Placed, Shown, Trouble

KEY = "media_captioner"
"""Strips with this custom property are ours. A marker has no custom properties that last in 4.2, so its name begins
with a sign instead."""
MARK = "\u200b"  # a zero-width space: our markers begin with it, and nobody sees it
_SIGNS = {"speech": "S", "music": "M", "ambience": "A", "effects": "E"}
COLOURS = {
    "speech": (1.0, 1.0, 1.0, 1.0),
    "music": (0.85, 0.7, 1.0, 1.0),
    "ambience": (0.7, 1.0, 0.75, 1.0),
    "effects": (1.0, 0.95, 0.55, 1.0),
}
_TAGS = {"speech": "COLOR_05", "music": "COLOR_06", "ambience": "COLOR_04", "effects": "COLOR_03"}


def collection(scene: Any) -> Any:
    """Return the strips of a scene, which 5.0 calls ``strips`` and 4.2 ``sequences``."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def media_of(strip: Any) -> Path | None:
    """Return the file that a strip shows, or None for strips without one."""
    if strip.type == "MOVIE":
        return Path(bpy.path.abspath(strip.filepath))
    if strip.type == "SOUND":
        return Path(bpy.path.abspath(strip.sound.filepath))
    return None


def candidates(scene: Any, *, selected: bool) -> list[Any]:
    """Return the strips to caption: one of a movie and its own sound that lie together."""
    found = [
        strip
        for strip in collection(scene)
        if media_of(strip) and not strip.mute and (strip.select or not selected)
    ]
    movies = {(media_of(s), s.frame_final_start, s.frame_final_end) for s in found if s.type == "MOVIE"}
    return [
        s
        for s in found
        if s.type == "MOVIE" or (media_of(s), s.frame_final_start, s.frame_final_end) not in movies
    ]


def shown(scene: Any, strip: Any) -> Shown:
    """Return how ``strip`` shows its media.

    Blender shows one frame of a movie on each frame of the scene, whatever their rates; sound keeps its own time.

    Raises:
        Trouble: the strip has retiming keys of several speeds, or plays backwards.

    """
    if getattr(strip, "use_reverse_frames", False):
        raise Trouble(f"{strip.name} plays backwards: its captions cannot follow")
    if len(getattr(strip, "retiming_keys", ())) > 2:
        raise Trouble(f"{strip.name} changes its speed midway: cut it there, then caption the parts")
    scene_rate = Fraction(scene.render.fps) / Fraction(str(round(scene.render.fps_base, 6)))
    rate = Fraction(str(round(strip.fps, 6))) if strip.type == "MOVIE" and strip.fps else scene_rate
    begin, factor = float(strip.frame_start), Fraction(1)
    keys = getattr(strip, "retiming_keys", ())
    if len(keys) == 2 and strip.frame_duration:
        span = Fraction(str(keys[1].timeline_frame)) - Fraction(str(keys[0].timeline_frame))
        factor = span / strip.frame_duration
    return Shown(strip.frame_final_start, strip.frame_final_end, begin, rate * factor)


def clear(scene: Any) -> int:
    """Take away our strips and markers; return how many strips and markers there were."""
    strips = collection(scene)
    ours = [strip for strip in strips if strip.get(KEY)]
    channel = ours[0].channel if ours else 0
    for strip in ours:
        strips.remove(strip)
    for marker in [marker for marker in scene.timeline_markers if marker.name.startswith(MARK)]:
        scene.timeline_markers.remove(marker)
    return channel


def put(scene: Any, cues: Iterable[Placed]) -> int:
    """Put cues as text strips on a channel of their own, with a marker each, in place of an earlier run's.

    Returns:
        The number of text strips.

    """
    before = clear(scene)
    strips = collection(scene)
    base = before or max((strip.channel for strip in strips), default=0) + 1
    ends: dict[int, int] = {}
    count = 0
    for cue in sorted(cues):
        channel = next(n for n in _upward(base) if ends.get(n, cue.start) <= cue.start)
        ends[channel] = cue.end
        _text(strips, cue, channel)
        scene.timeline_markers.new(
            f"{MARK}{_SIGNS.get(cue.category, '')}: {' '.join(cue.text.split())}"[:63], frame=cue.start
        )
        count += 1
    return count


def _upward(first: int) -> Iterator[int]:
    while True:
        yield first
        first += 1


def _text(strips: Any, cue: Placed, channel: int) -> None:
    new = {
        "name": " ".join(cue.text.split())[:50],
        "type": "TEXT",
        "channel": channel,
        "frame_start": cue.start,
    }
    if "length" in strips.bl_rna.functions["new_effect"].parameters.keys():  # noqa: SIM118 - 5.0; not a dict
        strip = strips.new_effect(length=cue.end - cue.start, **new)
    else:
        strip = strips.new_effect(frame_end=cue.end, **new)
    strip[KEY] = cue.category
    strip.text = cue.text
    strip.font_size = 48
    strip.wrap_width = 0.9
    strip.use_shadow = True
    strip.use_box = True
    strip.box_color = (0.0, 0.0, 0.0, 0.7)
    strip.color = COLOURS.get(cue.category, COLOURS["speech"])
    strip.color_tag = _TAGS.get(cue.category, "NONE")
    strip.location = (0.5, 0.08)
    if hasattr(strip, "anchor_x"):  # 4.4
        strip.anchor_x, strip.anchor_y, strip.alignment_x = "CENTER", "BOTTOM", "CENTER"
    else:
        strip.align_x, strip.align_y = "CENTER", "BOTTOM"
