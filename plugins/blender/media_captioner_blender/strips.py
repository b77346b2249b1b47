# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips and markers of a scene. The interface differs between Blender 4.2 and 5; each difference is met here once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from .cues import Placed, Shown, Trouble

KEY = "media_captioner"
"""Strips with this custom property are ours. A marker has no custom properties that last in 4.2, so its name begins
with a sign instead."""
MARK = "\u200b"  # a zero-width space: our markers begin with it, and nobody sees it
_SIGNS = {"speech": "S", "music": "M", "ambience": "A", "effects": "E"}
_NAMES = ("left_handle", "right_handle", "content_start", "duration",
          "left_handle_offset", "right_handle_offset", "content_trim_start", "content_trim_end")  # fmt: skip
_OLD_NAMES = ("frame_final_start", "frame_final_end", "frame_start", "frame_final_duration",
              "frame_offset_start", "frame_offset_end", "animation_offset_start", "animation_offset_end")  # fmt: skip
_ROUNDED = 2  # frames by which Blender rounds the length of a strip with a speed
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


def scene_of(context: Any) -> Any:
    """Return the scene that the sequencer shows: since 5.0 it need not be the window's."""
    return getattr(context, "sequencer_scene", None) or context.scene


def refusal(scene: Any, files: Iterable[Path]) -> str:
    """Return why captions cannot be put into a scene, and what to do, or nothing where they can.

    What is added to a linked scene is not saved with the project, and Blender says nothing of it.
    """
    if not scene.is_editable:
        return f"The scene {scene.name} is linked from {scene.library.filepath}: caption it there, or make it local"
    if any(not file.is_absolute() for file in files):
        return "Save the project first: its strips name their files relative to it"
    return ""


class Extent(NamedTuple):
    """Where a strip lies, in frames of the scene.

    Attributes:
        first: The first that it shows.
        end: The first that it does not show any more.
        begin: Where its media would begin if its handles were open.
        whole: How long it would be then.
        cut: Frames of the media that are cut off for good, at its beginning and at its end.

    """

    first: float
    end: float
    begin: float
    whole: float
    cut: tuple[float, float]


def extent_of(strip: Any) -> Extent:
    """Return where a strip lies. Blender 5.2 calls everything anew, and 6 will know the new names only."""
    new = hasattr(strip, "left_handle")
    names = _NAMES if new else _OLD_NAMES
    first, end, begin, duration, before, after, cut, cut_end = (getattr(strip, name, 0) for name in names)
    return Extent(first, end, begin, duration + before + after, (cut, cut_end))


def media_of(strip: Any) -> Path | None:
    """Return the file that a strip shows, or None for strips without one."""
    if strip.type == "MOVIE":
        return Path(bpy.path.abspath(strip.filepath))
    if strip.type == "SOUND":
        return Path(bpy.path.abspath(strip.sound.filepath))
    return None


def candidates(scene: Any, *, selected: bool) -> list[Within]:
    """Return the strips to caption, also those in meta strips: one of a movie and its own sound that lie together."""
    found = [
        each
        for each in _within(collection(scene), selected=selected)
        if media_of(each.strip) and not each.strip.mute
    ]
    movies = {_spot(each.strip) for each in found if each.strip.type == "MOVIE"}
    return [each for each in found if each.strip.type == "MOVIE" or _spot(each.strip) not in movies]


class Within(NamedTuple):
    """A strip, what of the timeline the meta strips around it show, and whether one of those changes the speed."""

    strip: Any
    first: float = -inf
    end: float = inf
    retimed: bool = False


def _within(strips: Any, around: Within = Within(None), *, selected: bool) -> Iterator[Within]:  # noqa: B008 - frozen
    for strip in strips:
        if selected and not strip.select:
            continue
        each = around._replace(strip=strip)
        if strip.type == "META" and not strip.mute:
            inside = strip.strips if hasattr(strip, "strips") else strip.sequences
            meta, parts = extent_of(strip), [extent_of(part) for part in inside]
            length = max((part.end for part in parts), default=0) - min(
                (part.first for part in parts), default=0
            )
            bounds = Within(
                None,
                max(around.first, meta.first),
                min(around.end, meta.end),
                around.retimed or abs(meta.whole - length) > _ROUNDED,  # a meta strip does not tell its speed
            )
            yield from _within(inside, bounds, selected=False)
        yield each


def _spot(strip: Any) -> tuple[Path | None, float, float]:
    extent = extent_of(strip)
    return media_of(strip), extent.first, extent.end


def shown(scene: Any, within: Within, seconds: Fraction) -> Shown:
    """Return how a strip shows its media.

    How long a strip would be untrimmed against how many frames its media has tells its speed, whatever made it so:
    "Adjust Playback Rate" (on by default, when a movie is added), or one speed set over the whole strip.

    Args:
        scene: The scene it is in.
        within: The strip.
        seconds: Length of the media, for the case that it is offline.

    Raises:
        Trouble: captions cannot follow: it has several speeds, plays backwards, or lies below a speed effect.

    """
    strip = within.strip
    if getattr(strip, "use_reverse_frames", False):
        raise Trouble(f"{strip.name} plays backwards: its captions cannot follow")
    if len(strip.retiming_keys) > 2:
        raise Trouble(f"{strip.name} changes its speed midway: cut it there, then caption the parts")
    if within.retimed:
        raise Trouble(
            f"{strip.name} lies in a meta strip with a speed of its own: set it on the strip itself"
        )
    if any(each.type == "SPEED" and each.input_1 == strip for each in collection(scene)):
        raise Trouble(f"{strip.name} lies below a speed effect: use Strip > Retiming instead")
    scene_rate = Fraction(scene.render.fps) / Fraction(str(round(scene.render.fps_base, 6)))
    rate = Fraction(str(round(strip.fps, 6))) if strip.type == "MOVIE" and strip.fps else scene_rate
    extent = extent_of(strip)
    frames = (_frames_of(scene, strip) or round(seconds * rate)) - sum(extent.cut)
    each = extent.whole / frames if frames > 0 else 1.0  # frames of the scene for one of the media
    return Shown(
        max(within.first, extent.first),
        min(within.end, extent.end),
        extent.begin - extent.cut[0] * each,
        rate * Fraction(each).limit_denominator(1_000_000),
    )


def _frames_of(scene: Any, strip: Any) -> int:
    """Return how many frames the media of a strip has, or 0 where it is offline.

    Only a new strip tells: since 4.4 ``frame_duration`` is that of the strip with its speed.
    """
    if not media_of(strip).is_file():
        return 0
    strips = collection(scene)
    new = strips.new_movie if strip.type == "MOVIE" else strips.new_sound
    try:
        fresh = new(
            name="media_captioner", filepath=str(media_of(strip)), channel=strip.channel, frame_start=1
        )
    except RuntimeError:
        return 0
    frames = round(extent_of(fresh).whole)
    strips.remove(fresh)
    return frames


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
