"""The evening after the storm: two buskers, their listeners, and the light of the lamp."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

from street_scene.canvas import GROUND, HEIGHT, INK, SKIN, WIDTH, Canvas, Colour, Palette, Point, mix
from street_scene.people import face
from street_scene.street import LAMP

_WOOD: Final = (176, 96, 52)
_BEAT: Final = 0.684
"""Seconds between the beats of the reel, measured from the recording."""

_LISTENERS: Final[tuple[tuple[float, float, Colour, Colour, Colour], ...]] = (
    (852, 1.0, (214, 106, 96), (66, 48, 56), (240, 196, 164)),
    (918, 0.72, (242, 194, 96), (150, 92, 52), (198, 142, 108)),
    (982, 1.04, (92, 128, 168), (40, 38, 50), (146, 98, 74)),
    (1052, 0.96, (126, 164, 122), (206, 200, 196), (240, 196, 164)),
)
"""Place, size, coat, hair and skin of those who listen."""


@cache
def _glow() -> Image.Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    distance = np.hypot((x - LAMP[0]) / 330, (y - LAMP[1] - 90) / 330)
    alpha = np.clip(1 - distance, 0, 1) ** 1.6 * 120
    layer = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer[..., :3] = (255, 214, 140)
    layer[..., 3] = alpha.astype(np.uint8)
    return Image.fromarray(layer, "RGBA")


def draw_glow(frame: Image.Image) -> None:
    glow = _glow()
    frame.paste(glow, (0, 0), glow)


def draw_buskers(frame: Image.Image, palette: Palette, t: float, playing: float) -> None:
    """Draw the fiddler, standing, and the mandolin player, on a crate; ``playing`` is the level of the music."""
    active = min(playing * 4, 1.0)
    beat = math.sin(math.tau * t / _BEAT)
    canvas = Canvas(300, 330, (480, GROUND - 320))
    _mandolin_player(canvas, (540, GROUND), beat * active, t)
    _fiddler(canvas, (626, GROUND), beat * active, t)
    canvas.rect(574, GROUND - 8, 604, GROUND, INK, 3)
    canvas.oval((589, GROUND - 8), 17, 5, mix(INK, (90, 60, 60), 0.5))
    canvas.paste_on(frame, palette.tint)


def _fiddler(canvas: Canvas, feet: Point, beat: float, t: float) -> None:
    x, y = feet
    tap = max(beat, 0) * 4
    canvas.line([(x - 9, y - 66), (x - 12, y - 4)], (58, 62, 92), 14)
    canvas.line([(x + 9, y - 66), (x + 14, y - 5 - tap)], (58, 62, 92), 14)
    canvas.line([(x - 12, y - 4), (x - 1, y - 4)], INK, 7)
    canvas.line([(x + 14, y - 4 - tap), (x + 26, y - 4 - tap * 1.6)], INK, 7)
    canvas.rect(x - 24, y - 142, x + 24, y - 58, (150, 62, 74), 12)
    head = (x + 2 * beat, y - 166)
    canvas.rect(x - 7, y - 152, x + 7, y - 136, SKIN, 3)
    face(canvas, head, 22, 0.0, -0.6)
    canvas.pie((head[0], head[1] - 3), 24, 170, 370, (178, 86, 48))
    canvas.oval((head[0] - 3, head[1] + 17), 15, 10, (178, 86, 48))
    chin, scroll = (x - 14, y - 136), (x - 74, y - 150 + 3 * math.sin(t * 3))
    canvas.line([(x + 18, y - 128), (x + 6, y - 100), (scroll[0] + 8, scroll[1] + 6)], (128, 50, 62), 12)
    canvas.line([chin, scroll], (92, 52, 34), 6)
    canvas.oval((x - 26, y - 136), 20, 11, _WOOD)
    canvas.oval((x - 40, y - 139), 13, 8, _WOOD)
    canvas.disc((scroll[0] + 6, scroll[1] + 3), 6, SKIN)
    slide = 26 * beat
    grip = (x + 10 + slide * 0.8, y - 102 + slide * 0.5)
    tip = (x - 62 + slide * 0.8, y - 168 + slide * 0.5)
    canvas.line([(x + 20, y - 132), (x + 38 + slide * 0.3, y - 104), grip], (128, 50, 62), 12)
    canvas.line([grip, tip], (238, 224, 200), 3)
    canvas.disc(grip, 6, SKIN)


def _mandolin_player(canvas: Canvas, feet: Point, beat: float, t: float) -> None:
    x, y = feet
    canvas.rect(x - 30, y - 48, x + 22, y, (128, 96, 66), 3)
    for dy in (-32, -16):
        canvas.line([(x - 28, y + dy), (x + 20, y + dy)], (98, 72, 50), 2)
    for dx in (-4, 14):
        canvas.line([(x - 6 + dx, y - 54), (x + 26 + dx, y - 50), (x + 24 + dx, y - 5)], (70, 84, 74), 14)
        canvas.line([(x + 24 + dx, y - 4), (x + 37 + dx, y - 4 - max(beat, 0) * 3)], INK, 7)
    canvas.rect(x - 26, y - 126, x + 20, y - 46, (84, 124, 128), 14)
    head = (x - 2 + 1.5 * beat, y - 150)
    canvas.rect(x - 8, y - 138, x + 5, y - 120, (146, 98, 74), 3)
    face(canvas, head, 21, 0.0, 0.5, (146, 98, 74))
    canvas.pie((head[0], head[1] - 4), 23, 180, 360, (40, 38, 50))
    canvas.line([(x - 10, y - 82), (x + 56, y - 110)], (92, 52, 34), 6)
    canvas.oval((x - 8, y - 82), 25, 20, _WOOD)
    canvas.disc((x - 4, y - 84), 6, (70, 40, 30))
    pluck = 9 * math.sin(math.tau * t / (_BEAT / 2)) * abs(beat)
    canvas.line([(x - 22, y - 112), (x - 36, y - 84), (x - 8, y - 80 + pluck)], (66, 102, 108), 12)
    canvas.disc((x - 6, y - 80 + pluck), 6, (146, 98, 74))
    canvas.line([(x + 16, y - 112), (x + 32, y - 88), (x + 44, y - 102)], (66, 102, 108), 12)
    canvas.disc((x + 45, y - 103), 6, (146, 98, 74))


def draw_notes(frame: Image.Image, t: float, start: float, end: float) -> None:
    """Draw a note that rises from the instruments on every beat of the music."""
    canvas = Canvas(340, 300, (430, 210), scale=2)
    for i in range(int((end - start) / _BEAT)):
        age = (t - start - i * _BEAT) / 2.2
        if not 0 <= age <= 1:
            continue
        x = 560 + (i * 47) % 70 + 18 * math.sin(age * 6 + i)
        y = GROUND - 170 - 150 * age
        alpha = round(235 * math.sin(math.pi * age) ** 0.7)
        colour = (255, 240, 204, alpha)
        canvas.oval((x, y), 7, 5, colour)
        canvas.line([(x + 6, y - 2), (x + 6, y - 26)], colour, 2.4)
        if i % 2:
            canvas.line([(x + 6, y - 26), (x + 15, y - 18)], colour, 3)
        else:
            canvas.oval((x + 22, y + 3), 7, 5, colour)
            canvas.line([(x + 6, y - 26), (x + 28, y - 23), (x + 28, y + 1)], colour, 2.6)
    canvas.paste_on(frame)


def draw_listeners(frame: Image.Image, palette: Palette, t: float, clapping: float) -> None:
    """Draw four people who listen and, as far as ``clapping`` goes from 0 to 1, clap their hands."""
    canvas = Canvas(330, 260, (790, GROUND - 250))
    for i, (x, size, coat, hair, skin) in enumerate(_LISTENERS):
        sway = 2.5 * math.sin(math.tau * t / (2 * _BEAT) + i)
        hop = 5 * clapping * abs(math.sin(t * 8 + i))
        y = GROUND - hop

        def at(dx: float, dy: float, *, x: float = x + sway, y: float = y, size: float = size) -> Point:
            return x + dx * size, y + dy * size

        for dx in (-9, 9):
            canvas.line([at(dx, -64), at(dx, -5)], mix(coat, INK, 0.6), 14 * size)
        canvas.rect(*at(-24, -140), *at(24, -56), coat, 13 * size)
        canvas.rect(*at(-6, -150), *at(6, -134), skin, 3)
        face(canvas, at(0, -164), 21 * size, 0.7 * clapping, -0.7, skin)
        canvas.pie(at(2, -168), 23 * size, 190, 395 if i % 2 else 370, hair)
        gap = 4 + 13 * abs(math.sin(t * (11.5 + 0.9 * i) + i)) if clapping > 0.1 else 8
        lift = -30 * clapping
        for side in (-1, 1):
            hand = at(-30 + side * gap * 0.7, -98 + lift - side * gap * 0.5)
            canvas.line([at(side * 19, -128), at(side * 22 - 8, -96), hand], mix(coat, INK, 0.14), 11 * size)
            canvas.disc(hand, 6.5 * size, skin)
    canvas.paste_on(frame, palette.tint)
