"""The picture over time: what is drawn at each moment, and the cards before, between and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from street_scene import creatures, evening, people, weather
from street_scene.canvas import (
    EVENING,
    FPS,
    GROUND,
    HEIGHT,
    MORNING,
    STORM,
    WIDTH,
    Canvas,
    Palette,
    ease,
    mix,
)
from street_scene.score import EVENTS, LENGTH
from street_scene.sources import RATE, Sound
from street_scene.street import draw_street

if TYPE_CHECKING:
    from moviepy import VideoClip

_TITLE_END: Final = 1.9
_DAY_END: Final = 41.3
_EVENING_START: Final = 42.5
_EVENING_END: Final = 58.0
_CROSS: Final = 0.5
_PAPER: Final = (250, 243, 231)
_TIMES: Final = {event.name: tuple(take.at for take in event.takes) for event in EVENTS}


@dataclass(frozen=True)
class Levels:
    """How loud each event is in each frame, 0 to 1 of its own loudest: it moves mouths, bows and hands."""

    tracks: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, stems: Mapping[str, Sound]) -> Levels:
        """Measure the root mean square of every stem over the 40 ms of each frame."""
        step = RATE // FPS
        tracks = {}
        for name, stem in stems.items():
            frames = stem[:, : stem.shape[1] // step * step].reshape(2, -1, step)
            level = np.sqrt(np.square(frames).mean(axis=(0, 2)))
            tracks[name] = level / max(float(level.max()), 1e-9)
        return cls(tracks)

    def at(self, name: str, t: float) -> float:
        track = self.tracks[name]
        return float(track[min(int(t * FPS), len(track) - 1)])


def film(levels: Levels) -> VideoClip:
    """Return the whole picture as a moviepy clip of ``LENGTH`` seconds."""
    from moviepy import CompositeVideoClip, ImageClip, VideoClip, vfx

    day = _Day(levels)
    night = _Evening(levels)
    parts = [
        (ImageClip(_title()).with_duration(_TITLE_END), 0.0, []),
        (VideoClip(lambda s: day.frame(s + _TITLE_END - _CROSS), duration=_DAY_END - _TITLE_END + _CROSS),
         _TITLE_END - _CROSS, [vfx.CrossFadeIn(_CROSS)]),
        (ImageClip(_card("That evening")).with_duration(_EVENING_START + _CROSS - _DAY_END + _CROSS),
         _DAY_END - _CROSS, [vfx.CrossFadeIn(_CROSS)]),
        (VideoClip(lambda s: night.frame(s + _EVENING_START), duration=_EVENING_END + _CROSS - _EVENING_START),
         _EVENING_START, [vfx.CrossFadeIn(_CROSS)]),
        (ImageClip(_credits()).with_duration(LENGTH - _EVENING_END), _EVENING_END, [vfx.CrossFadeIn(_CROSS)]),
    ]  # fmt: skip
    clips = [clip.with_effects(effects).with_start(start) for clip, start, effects in parts]
    return CompositeVideoClip(clips, size=(WIDTH, HEIGHT)).with_duration(LENGTH)


class _Day:
    """Morning and storm."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._fair = draw_street(MORNING, lit=False)
        self._dark = draw_street(STORM, lit=False)

    def frame(self, t: float) -> np.ndarray:
        level = self._levels.at
        storm = ease(t, 20.5, 27.0)
        palette = _between(MORNING, STORM, storm)
        frame = Image.blend(self._fair, self._dark, storm)
        sky = frame.crop((0, 0, WIDTH, 330))
        weather.draw_sky(sky, t, storm)
        frame.paste(sky, (0, 0), _sky_mask(self._fair))
        creatures.draw_bell(frame, palette, t, _TIMES["bell"])
        creatures.draw_birds(frame, palette, t, level("birds", t), _TIMES["far thunder"][0] + 0.5)
        reads = t < 25.4 or 35.4 < t < 38.6
        fright = max(
            ease(t, 25.4, 25.6) * (1 - ease(t, 26.6, 27.2)), ease(t, 31.4, 31.6) * (1 - ease(t, 32.8, 33.6))
        )
        mouth = max(level("young man", t), level("amiable", t)) ** 0.6
        people.draw_reader(frame, palette, mouth, reading=reads and fright < 0.1, fright=fright)
        people.draw_shutters(frame, palette, ease(t, 39.0, 39.9))
        weather.draw_pane(frame, palette, t, _TIMES["glass"][0])
        people.draw_traveller(frame, palette, t, speaking=level("weasels", t))
        creatures.draw_weasel(frame, palette, t)
        self._dog(frame, palette, t)
        creatures.draw_car(frame, palette, t, level("horn", t))
        weather.draw_rain(frame, t, ease(t, 26.7, 30.0) * (1 - ease(t, 38.6, 41.0)))
        return np.asarray(weather.draw_lightning(frame, t))

    def _dog(self, frame: Image.Image, palette: Palette, t: float) -> None:
        x = 250 + (t - 14.5) * 415
        y = GROUND + 92 * (1 - ease(x, 560, 960)) - 2
        creatures.draw_dog(frame, palette, (x, y), t, self._levels.at("dog", t), running=True)


class _Evening:
    """The street after the storm."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._street = draw_street(EVENING, lit=True)

    def frame(self, t: float) -> np.ndarray:
        level = self._levels.at
        frame = self._street.copy()
        start, end = _TIMES["fiddle"][0], _TIMES["applause"][0]
        clapping = min(ease(t, end, end + 0.4), 1 - ease(t, 57.9, 58.6))
        creatures.draw_bell(frame, EVENING, t, ())
        weather.draw_pane(frame, EVENING, t, 0.0)
        people.draw_reader(frame, EVENING, 0.0, reading=False)
        evening.draw_glow(frame)
        creatures.draw_dog(frame, EVENING, (424, GROUND), t, level("dog again", t), running=False)
        evening.draw_listeners(frame, EVENING, t, clapping)
        evening.draw_buskers(frame, EVENING, t, level("fiddle", t))
        evening.draw_notes(frame, t, start, end)
        return np.asarray(frame)


def _between(first: Palette, second: Palette, share: float) -> Palette:
    fields = Palette.__dataclass_fields__
    return Palette(**{name: mix(getattr(first, name), getattr(second, name), share) for name in fields})


_MASKS: Final[dict[int, Image.Image]] = {}


def _sky_mask(street: Image.Image) -> Image.Image:
    """Return where the street shows nothing but sky, so that clouds pass behind the roofs.

    The sky is the same in every column of a row, so a pixel is sky where it equals the row's leftmost one.
    """
    if id(street) not in _MASKS:
        pixels = np.asarray(street)[:330].astype(np.int16)
        same = np.abs(pixels - pixels[:, :1]).max(axis=2) <= 1
        _MASKS[id(street)] = Image.fromarray((same * 255).astype(np.uint8), "L")
    return _MASKS[id(street)]


def _title() -> np.ndarray:
    canvas = Canvas()
    canvas.rect(0, 0, WIDTH, HEIGHT, MORNING.awning)
    for i in range(16):
        stripe = _PAPER if i % 2 else MORNING.awning
        canvas.rect(i * 80, 0, i * 80 + 80, 70, stripe)
        canvas.pie((i * 80 + 40, 70), 40, 0, 180, stripe)
    canvas.rect(0, 0, WIDTH, 14, MORNING.roof)
    canvas.text((640, 330), "A Short Storm", 92, _PAPER)
    canvas.text((640, 424), "a street, one day", 34, (252, 214, 186))
    canvas.line([(560, 474), (720, 474)], _PAPER, 3)
    return np.asarray(canvas.image().convert("RGB"))


def _card(words: str) -> np.ndarray:
    canvas = Canvas()
    canvas.rect(0, 0, WIDTH, HEIGHT, EVENING.sky_top)
    for i in range(60):
        x, y = (i * 277 + 90) % WIDTH, (i * 173 + 17) % HEIGHT
        canvas.disc((x, y), 1 + (i % 3) * 0.5, mix(EVENING.sky_top, (255, 244, 214), 0.3 + 0.2 * (i % 4)))
    canvas.text((640, 350), words, 64, (255, 232, 196))
    return np.asarray(canvas.image().convert("RGB"))


def _credits() -> np.ndarray:
    canvas = Canvas()
    canvas.rect(0, 0, WIDTH, HEIGHT, EVENING.sky_top)
    canvas.text((640, 150), "Heard", 44, (255, 232, 196))
    lines = (
        "peakfiddler  ·  LibriVox  ·  Carlo Flora  ·  Mike Koenig  ·  Marianne Gagnon",
        "Magne Djupvik  ·  SnapJunkie  ·  lsprice  ·  cmusounddesign",
        "MIT Scratch  ·  The MegaGlest Team",
        "",
        "A Short Storm: CC BY-SA 4.0",
    )
    for i, line in enumerate(lines):
        canvas.text((640, 250 + i * 54), line, 27, _PAPER if i < 3 else (236, 170, 150))
    return np.asarray(canvas.image().convert("RGB"))
