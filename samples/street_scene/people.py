"""The people of the day: the man who reads at his window and the traveller at the telephone."""

from __future__ import annotations

import math

from PIL import Image

from street_scene.canvas import GROUND, INK, SKIN, Canvas, Colour, Palette, Point, ease, mix
from street_scene.street import PHONE_BOX, READER_WINDOW

_HAIR = (92, 58, 48)
_JUMPER = (76, 109, 140)
_PAPER = (250, 246, 236)
_COAT = (196, 154, 84)
_TROUSERS = (74, 78, 105)
_CASE = (140, 84, 60)


def face(
    canvas: Canvas, centre: Point, radius: float, mouth: float, looks: float = 0.0, skin: Colour = SKIN
) -> None:
    """Draw a face with its mouth ``mouth`` (0 to 1) open, looking ``looks`` (-1 left to 1 right)."""
    x, y = centre
    shift = looks * radius * 0.32
    canvas.disc(centre, radius, skin)
    for side in (-1, 1):
        canvas.disc((x + shift + side * radius * 0.36, y - radius * 0.08), radius * 0.1, INK)
    if mouth < 0.12:
        canvas.arc((x + shift, y + radius * 0.3), radius * 0.28, 20, 160, (150, 70, 70), 1.8)
    else:
        canvas.oval(
            (x + shift, y + radius * 0.46), radius * 0.22, radius * (0.06 + 0.22 * mouth), (132, 44, 52)
        )


def draw_reader(
    frame: Image.Image, palette: Palette, mouth: float, *, reading: bool, fright: float = 0.0
) -> None:
    """Draw the man at his window; ``fright`` (0 to 1) makes him start back."""
    left, top, right, bottom = READER_WINDOW
    canvas = Canvas(round(right - left), round(bottom - top), (left, top))
    middle = (left + right) / 2
    nod = 2.5 * mouth - 9 * fright
    canvas.polygon(
        [
            (middle - 26, bottom - 68),
            (middle + 26, bottom - 68),
            (middle + 52, bottom),
            (middle - 52, bottom),
        ],
        _JUMPER,
    )
    canvas.oval((middle, top + 64 + nod), 27, 25, _HAIR)
    canvas.rect(middle - 8, top + 66, middle + 8, top + 86, SKIN, 4)
    looks = -0.25 if reading else 0.5
    face(canvas, (middle, top + 56 + nod), 25, 0.0, looks)
    _beard(canvas, (middle, top + 56 + nod), 25, max(mouth, fright), looks)
    canvas.pie((middle, top + 47 + nod), 26, 190, 350, _HAIR)
    if reading:
        for side in (-1, 1):
            canvas.line([(middle + side * 38, bottom - 26), (middle + side * 30, bottom - 12)], _JUMPER, 13)
            canvas.polygon(
                [
                    (middle, bottom - 38),
                    (middle + side * 34, bottom - 46),
                    (middle + side * 34, bottom - 8),
                    (middle, bottom - 2),
                ],
                _PAPER if side < 0 else mix(_PAPER, _JUMPER, 0.12),
            )
            canvas.disc((middle + side * 33, bottom - 16), 6, SKIN)
        canvas.line([(middle, bottom - 38), (middle, bottom - 2)], (170, 80, 70), 2.5)
    else:
        canvas.line([(middle - 40, bottom - 8), (middle + 40, bottom - 8)], _JUMPER, 14)
        canvas.disc((middle + 38, bottom - 9), 7, SKIN)
    canvas.paste_on(frame, palette.tint)


def _beard(canvas: Canvas, centre: Point, radius: float, mouth: float, looks: float) -> None:
    """Draw a full beard over the lower half of a face, with its mouth ``mouth`` (0 to 1) open."""
    x, y = centre[0] + looks * radius * 0.32, centre[1]
    canvas.pie((centre[0], y + 1), radius + 1, 12, 168, _HAIR)
    canvas.oval((centre[0], y + radius * 0.72), radius * 0.74, radius * (0.5 + 0.1 * mouth), _HAIR)
    canvas.oval((x, y + radius * 0.24), radius * 0.42, radius * 0.14, _HAIR)
    height = radius * (0.07 + 0.2 * mouth)
    canvas.oval((x, y + radius * 0.42 + height * 0.5), radius * 0.26, height, (150, 60, 62))


def draw_shutters(frame: Image.Image, palette: Palette, closed: float) -> None:
    """Draw the shutters of the reader's window drawn across it, ``closed`` 0 to 1."""
    if closed <= 0:
        return
    left, top, right, bottom = READER_WINDOW
    canvas = Canvas(round(right - left) + 24, round(bottom - top) + 16, (left - 12, top - 8))
    half = (right - left) / 2 + 8
    for side in (-1, 1):
        outer = left - 8 if side < 0 else right + 8
        inner = outer - side * half * closed
        a, b = min(outer, inner), max(outer, inner)
        canvas.rect(a, top - 6, b, bottom + 4, palette.wood, 3)
        for y in range(int(top) + 6, int(bottom) - 2, 12):
            canvas.line([(a + 5, y), (max(b - 5, a + 5), y)], mix(palette.wood, palette.trim, 0.22), 2)
    canvas.paste_on(frame)


def draw_traveller(frame: Image.Image, palette: Palette, t: float, *, speaking: float) -> None:
    """Draw the man who walks to the telephone, hears that weasels have eaten it, and leaves in the rain."""
    arrival, departure = 20.9, 27.6
    stand = PHONE_BOX[0] - 34
    if t < arrival:
        x, walking = stand - 118 * (arrival - t), True
    elif t < departure:
        x, walking = stand, False
    else:
        x, walking = stand - 150 * (t - departure), True
    if not -80 < x < 1380:
        return
    facing = 1 if t < departure else -1
    phase = math.sin(t * 7.5) if walking else 0.0
    bob = abs(phase) * 3
    canvas = Canvas(240, 250, (x - 120, GROUND - 240))
    hip = GROUND - 58 - bob
    for side in (-1, 1):
        canvas.line([(x + side * 4, hip), (x + side * (4 + 20 * phase), GROUND - 5)], _TROUSERS, 12)
        canvas.line(
            [
                (x + side * (4 + 20 * phase), GROUND - 4),
                (x + side * (4 + 20 * phase) + facing * 9, GROUND - 4),
            ],
            INK,
            7,
        )
    canvas.polygon([(x - 20, hip - 66), (x + 20, hip - 66), (x + 26, hip + 12), (x - 26, hip + 12)], _COAT)
    canvas.rect(x - 22, hip - 72, x + 22, hip - 40, _COAT, 10)
    canvas.line([(x, hip - 60), (x, hip + 8)], mix(_COAT, INK, 0.25), 2)
    _case(canvas, (x - facing * 34, hip + 30 if walking else GROUND - 20))
    if walking:
        canvas.line([(x - facing * 20, hip - 58), (x - facing * 32, hip + 2)], mix(_COAT, INK, 0.12), 12)
    _head_and_arm(canvas, (x, hip - 92), t, facing, speaking)
    umbrella = ease(t, 26.5, 27.3)
    if umbrella > 0:
        _umbrella(canvas, (x + facing * 12, hip - 60), umbrella)
    canvas.paste_on(frame, palette.tint)


def _case(canvas: Canvas, centre: Point) -> None:
    x, y = centre
    canvas.arc((x, y - 16), 8, 180, 360, INK, 3)
    canvas.rect(x - 24, y - 16, x + 24, y + 18, _CASE, 5)
    for dx in (-13, 13):
        canvas.line([(x + dx, y - 15), (x + dx, y + 17)], (226, 186, 120), 3)


def _head_and_arm(canvas: Canvas, head: Point, t: float, facing: int, speaking: float) -> None:
    x, y = head
    lifted = ease(t, 21.0, 21.5) * (1 - ease(t, 25.2, 25.8))
    shock = ease(t, 23.4, 23.7) * (1 - ease(t, 25.6, 26.2))
    canvas.rect(x - 6, y + 14, x + 6, y + 26, SKIN, 3)
    face(canvas, (x, y + 4), 20, 0.9 * shock, 0.7 * facing)
    canvas.oval((x, y - 9), 28, 5, _TROUSERS)
    canvas.rect(x - 17, y - 25, x + 17, y - 8, _TROUSERS, 6)
    shoulder = (x + facing * 16, y + 36)
    if lifted > 0:
        receiver = (x + facing * 25, y + 6 + 52 * (1 - lifted))
        canvas.line([receiver, (PHONE_BOX[0] + 10, GROUND - 96)], INK, 2)
        canvas.line([shoulder, (shoulder[0] + 14, receiver[1] + 26), receiver], mix(_COAT, INK, 0.12), 11)
        canvas.line([(receiver[0] - 4, receiver[1] - 11), (receiver[0] - 4, receiver[1] + 12)], INK, 7)
        canvas.disc((receiver[0], receiver[1]), 6, SKIN)
        _rays(canvas, (receiver[0] + 6, receiver[1] - 10), speaking)
    elif t >= 26.5:
        canvas.line([shoulder, (x + facing * 12, y + 50)], mix(_COAT, INK, 0.12), 11)
    else:
        swing = math.sin(t * 7.5) * 12 if t < 20.9 else 0
        canvas.line([shoulder, (x + facing * (18 + swing), y + 84)], mix(_COAT, INK, 0.12), 11)


def _rays(canvas: Canvas, centre: Point, strength: float) -> None:
    """Draw three short strokes that go out from something that sounds."""
    if strength < 0.15:
        return
    for angle in (-70, -35, 0):
        a = math.radians(angle)
        inner, outer = 8, 10 + 13 * strength
        canvas.line(
            [
                (centre[0] + inner * math.cos(a), centre[1] + inner * math.sin(a)),
                (centre[0] + outer * math.cos(a), centre[1] + outer * math.sin(a)),
            ],
            (230, 90, 70),
            3,
        )


def _umbrella(canvas: Canvas, hand: Point, opened: float) -> None:
    x, y = hand
    top = y - 92
    canvas.line([(x, y + 14), (x, top)], INK, 3)
    if opened < 0.5:
        canvas.polygon([(x, top - 6), (x + 6, top + 50), (x - 6, top + 50)], (176, 58, 72))
        return
    radius = 62 * opened
    canvas.pie((x, top + radius * 0.72), radius, 180, 360, (176, 58, 72))
    canvas.pie((x, top + radius * 0.72), radius * 0.36, 180, 360, (204, 86, 94))
