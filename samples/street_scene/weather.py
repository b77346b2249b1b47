"""Sun, clouds, rain, lightning, and the window pane that does not outlive the storm."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

from street_scene.canvas import HEIGHT, WIDTH, Canvas, Colour, Palette, Point, ease, mix
from street_scene.score import LIGHTNING
from street_scene.street import PANE

_BOLT: Final = ((742, 0), (722, 66), (748, 74), (716, 150), (740, 158), (698, 262))
_DROPS: Final = 130
_SHARDS: Final = 10


@cache
def _cloud(colour: Colour, seed: int) -> Image.Image:
    canvas = Canvas(330, 130, scale=2)
    rng = np.random.default_rng(seed)
    for i in range(7):
        x = 60 + i * 35
        radius = 30 + 22 * math.sin((i + 0.5) / 7 * math.pi) + 8 * rng.random()
        canvas.disc((x, 92 - radius * 0.45), radius, colour)
    canvas.rect(34, 74, 300, 112, colour, 19)
    return canvas.image()


def draw_sky(frame: Image.Image, t: float, storm: float) -> None:
    """Draw sun and clouds; ``storm`` goes from 0 (fair) to 1 (covered)."""
    if storm < 1:
        canvas = Canvas(180, 180, (690, 20), scale=2)
        strength = 1 - storm
        canvas.disc((780, 110), 74, (255, 244, 200, round(70 * strength)))
        canvas.disc((780, 110), 48, (255, 226, 138, round(255 * strength)))
        canvas.paste_on(frame)
    for i, (x, y) in enumerate(((330, 44), (930, 30), (40, 8))):
        if storm < 1:
            _fade_on(frame, _cloud((255, 255, 255), i), (round(x + t * (5 + i)), y), 0.85 * (1 - storm))
    for i in range(6):
        left = i * 235.0 - 120 + (1 - storm) * (620 if i % 2 else -620) + 3 * t
        _fade_on(
            frame,
            _cloud((70 + 8 * (i % 3), 78 + 8 * (i % 3), 98 + 8 * (i % 3)), 10 + i),
            (round(left), -40 + 22 * (i % 3)),
            storm,
        )


def _fade_on(frame: Image.Image, image: Image.Image, at: tuple[int, int], opacity: float) -> None:
    if opacity > 0.01:
        mask = image.getchannel("A").point([round(v * opacity) for v in range(256)])
        frame.paste(image, at, mask)


@cache
def _rain_seeds() -> np.ndarray:
    return np.random.default_rng(27).random((_DROPS, 3))


def draw_rain(frame: Image.Image, t: float, level: float) -> None:
    """Draw the rain, ``level`` from 0 to 1: slanting streaks, and splashes on the road."""
    count = round(_DROPS * level)
    if count == 0:
        return
    canvas = Canvas(scale=1)
    for across, phase, depth in _rain_seeds()[:count]:
        speed = 900 + 500 * depth
        y = (phase * (HEIGHT + 80) + t * speed) % (HEIGHT + 80) - 60
        x = (across * (WIDTH + 200) - 0.16 * y) % (WIDTH + 200) - 60
        length = 26 + 22 * depth
        canvas.line(
            [(x, y), (x - 0.16 * length, y + length)], (214, 228, 242, round(90 + 80 * depth)), 1 + depth
        )
    for i in range(round(26 * level)):
        beat = t * 4.5 + i * 0.618
        age = beat % 1
        x = (math.floor(beat) * 397 + i * 211) % WIDTH
        y = 630 + (math.floor(beat) * 53 + i * 29) % 78
        alpha = round(150 * (1 - age))
        canvas.arc((x, y), 3 + 7 * age, 180, 360, (220, 232, 244, alpha), 1)
    canvas.paste_on(frame)


def draw_lightning(frame: Image.Image, t: float) -> Image.Image:
    """Return ``frame`` with the flash on it: two pulses within half a second."""
    age = t - LIGHTNING
    if not 0 <= age < 0.6:
        return frame
    strength = max(math.exp(-9 * age), 0.8 * math.exp(-9 * (age - 0.2)) if age >= 0.2 else 0.0)
    if strength > 0.3:
        canvas = Canvas(120, 280, (670, 0))
        canvas.line(_BOLT, (255, 252, 226), 7)
        canvas.line([_BOLT[2], (776, 128), (766, 176)], (255, 252, 226), 4)
        canvas.paste_on(frame)
    return Image.blend(frame, Image.new("RGB", frame.size, (236, 240, 255)), 0.72 * strength)


def draw_pane(frame: Image.Image, palette: Palette, t: float, breaking: float) -> None:
    """Draw the window that a twig from the tree breaks at second ``breaking``."""
    left, top, right, bottom = PANE
    middle, hit = ((left + right) / 2, (top + bottom) / 2 + 6), t >= breaking
    canvas = Canvas(260, 460, (left - 30, top - 30))
    canvas.rect(left - 8, top - 8, right + 8, bottom + 4, palette.trim, 4)
    canvas.rect(left, top, right, bottom, palette.glass)
    canvas.polygon(
        [(left, bottom - 40), (right, top + 20), (right, top + 48), (left, bottom - 10)],
        mix(palette.glass, palette.trim, 0.35),
    )
    if hit:
        hole = [
            (middle[0] + r * math.cos(a), middle[1] + r * math.sin(a))
            for a, r in ((i * math.tau / 16, (17, 38, 22, 44)[i % 4]) for i in range(16))
        ]
        canvas.polygon([(x, min(max(y, top), bottom)) for x, y in hole], mix(palette.roof, (0, 0, 0), 0.35))
        for i in range(8):
            a = i * math.tau / 8 + 0.3
            end = (middle[0] + 62 * math.cos(a), middle[1] + 62 * math.sin(a))
            canvas.line(
                [middle, (min(max(end[0], left), right), min(max(end[1], top), bottom))], palette.trim, 1.2
            )
        _shards(canvas, palette, middle, t - breaking)
    canvas.rect(left - 14, bottom + 2, right + 14, bottom + 12, palette.trim, 3)
    canvas.paste_on(frame)
    flight = ease(t, breaking - 0.45, breaking)
    if flight > 0 and not hit:
        _twig(
            frame,
            (500 + (middle[0] - 500) * flight, 400 + (middle[1] - 400) * flight - 60 * flight * (1 - flight)),
            t,
        )


def _twig(frame: Image.Image, at: Point, t: float) -> None:
    canvas = Canvas(80, 80, (at[0] - 40, at[1] - 40))
    dx, dy = 22 * math.cos(t * 22), 22 * math.sin(t * 22)
    canvas.line([(at[0] - dx, at[1] - dy), (at[0] + dx, at[1] + dy)], (96, 66, 54), 5)
    canvas.oval((at[0] + dx, at[1] + dy), 9, 6, (58, 94, 80))
    canvas.paste_on(frame)


def _shards(canvas: Canvas, palette: Palette, middle: Point, age: float) -> None:
    for i in range(_SHARDS):
        x = middle[0] + (i - _SHARDS / 2) * 5 + (i - _SHARDS / 2 + 1.5) * 17 * age
        y = middle[1] + (i % 3) * 9 + 40 * age + 520 * age * age
        if y > 590:
            continue
        turn, size = i * 1.3 + age * (7 + i), 5 + i % 4 * 2
        canvas.polygon(
            [(x + size * math.cos(turn + k * 2.1), y + size * math.sin(turn + k * 2.1)) for k in range(3)],
            mix(palette.glass, palette.trim, 0.5),
        )
