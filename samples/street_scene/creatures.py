"""What else moves by day: dog, birds, weasel, car and bell."""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

from street_scene.canvas import GROUND, INK, Canvas, Palette, Point, ease, mix
from street_scene.street import BELFRY, PHONE_BOX, wire_point

_FUR: Final = (168, 112, 66)
_FUR_DARK: Final = (120, 76, 46)
_CAR: Final = (42, 140, 150)
_TYRE: Final = (48, 48, 58)
PERCHES: Final = (0.13, 0.22, 0.66, 0.85)


def sound_arcs(canvas: Canvas, centre: Point, strength: float, facing: float, reach: float = 16.0) -> None:
    """Draw the arcs that tell the eye that something sounds, opening towards ``facing`` degrees."""
    if strength < 0.12:
        return
    for i in range(3):
        radius = reach * (0.7 + 0.55 * i)
        alpha = round(255 * max(strength - 0.18 * i, 0))
        canvas.arc(centre, radius, facing - 32, facing + 32, (255, 255, 255, alpha), 3)


def draw_dog(
    frame: Image.Image, palette: Palette, at: Point, t: float, bark: float, *, running: bool
) -> None:
    """Draw the dog with its feet at ``at``: running to the right, or sitting."""
    x, y = at
    if not -120 < x < 1400:
        return
    canvas = Canvas(240, 150, (x - 110, y - 125))
    hop = 7 * abs(math.sin(t * 11)) if running else 0
    y -= hop
    wag = math.sin(t * 16) * 9
    if running:
        for phase, dx, colour in (
            (0.0, -30, _FUR_DARK),
            (1.6, 26, _FUR_DARK),
            (3.1, -26, _FUR),
            (4.7, 30, _FUR),
        ):
            swing = 17 * math.sin(t * 22 + phase)
            canvas.line([(x + dx, y - 34), (x + dx + swing, y - 4 + hop * 0.4)], colour, 8)
        canvas.line([(x - 42, y - 48), (x - 62, y - 68 + wag)], _FUR, 8)
        canvas.oval((x, y - 44), 48, 19, _FUR)
        head = (x + 54, y - 66)
        canvas.line([(x + 36, y - 48), head], _FUR, 22)
    else:
        canvas.line([(x - 28, y - 8), (x - 52, y - 14 + wag * 0.6)], _FUR, 8)
        canvas.oval((x - 8, y - 22), 30, 24, _FUR)
        canvas.polygon(
            [(x - 26, y - 34), (x + 12, y - 76), (x + 28, y - 62), (x + 20, y - 2), (x - 10, y - 2)], _FUR
        )
        canvas.line([(x + 18, y - 48), (x + 20, y - 4)], _FUR_DARK, 9)
        head = (x + 24, y - 80)
    _dog_head(canvas, head, bark)
    canvas.paste_on(frame, palette.tint)


def _dog_head(canvas: Canvas, head: Point, bark: float) -> None:
    x, y = head
    y -= 4 * bark
    canvas.disc((x, y), 18, _FUR)
    opening = 11 * bark
    canvas.polygon(
        [(x + 4, y - 8), (x + 34, y - 2 - opening * 0.4), (x + 33, y + 5 - opening * 0.4), (x, y + 8)], _FUR
    )
    canvas.polygon(
        [(x, y + 5), (x + 29, y + 6 + opening * 0.7), (x + 27, y + 11 + opening * 0.7), (x - 4, y + 14)], _FUR
    )
    canvas.disc((x + 33, y - opening * 0.4), 4, INK)
    canvas.disc((x + 7, y - 6), 2.6, INK)
    canvas.polygon([(x - 12, y - 14), (x + 2, y - 14), (x - 8, y + 14), (x - 20, y + 8)], _FUR_DARK)
    sound_arcs(canvas, (x + 36, y + 4), bark, 0)


def draw_birds(frame: Image.Image, palette: Palette, t: float, song: float, leaving: float) -> None:
    """Draw the birds on the wire; from ``leaving`` on they fly away, one after the other."""
    for i, share in enumerate(PERCHES):
        x, y = wire_point(share)
        away = max(t - leaving - 0.12 * i, 0.0)
        side = -1 if share < 0.5 else 1
        x, y = x + side * 260 * away, y - 9 - 170 * away
        if y < -30:
            continue
        turn = 1 if math.sin(t * 0.7 + i * 2) > 0 else -1
        sings = song * (0.4 + 0.6 * (math.sin(t * (3 + i) + i) > 0))
        canvas = Canvas(80, 60, (x - 40, y - 30))
        body = ((86, 98, 132), (112, 84, 96), (86, 98, 132), (74, 110, 120))[i]
        facing = side if away else turn
        if away:
            lift = math.sin(t * 26 + i)
            for wing in (-1, 1):
                canvas.polygon([(x - 4, y), (x + 6, y), (x + wing * 22, y - 16 * lift)], mix(body, INK, 0.25))
        canvas.polygon(
            [(x - facing * 6, y), (x - facing * 21, y + 5), (x - facing * 7, y + 6)], mix(body, INK, 0.25)
        )
        canvas.oval((x, y), 11, 8.5, body)
        canvas.disc((x + facing * 8, y - 7), 6.5, body)
        gape = 2.6 * sings
        tip = x + facing * 20
        canvas.polygon(
            [(x + facing * 13, y - 9), (tip, y - 7 - gape), (x + facing * 13, y - 6)], (240, 176, 72)
        )
        canvas.polygon(
            [(x + facing * 13, y - 7), (tip, y - 6 + gape), (x + facing * 13, y - 4)], (226, 150, 58)
        )
        canvas.disc((x + facing * 9.5, y - 8.5), 1.4, (250, 250, 250))
        canvas.paste_on(frame, palette.tint)


def draw_weasel(frame: Image.Image, palette: Palette, t: float) -> None:
    """Draw the culprit, who looks out from behind the telephone box while the line is read."""
    out = ease(t, 22.7, 23.2) * (1 - ease(t, 24.6, 24.9))
    if out <= 0:
        return
    edge, foot = PHONE_BOX[2], GROUND - 34
    canvas = Canvas(90, 90, (edge, foot - 60))
    x = edge - 26 + 44 * out
    canvas.line([(edge - 14, foot + 18), (x, foot - 8)], _FUR_DARK, 20)
    canvas.disc((x - 7, foot - 26), 6, _FUR_DARK)
    canvas.oval((x + 2, foot - 14), 16, 13, _FUR_DARK)
    canvas.oval((x + 10, foot - 8), 11, 7, (246, 232, 214))
    canvas.disc((x + 20, foot - 10), 3.4, INK)
    canvas.disc((x + 6, foot - 19), 2.2, INK)
    chew = 3 * math.sin(t * 22)
    canvas.line([(x + 12, foot - 3), (x + 24, foot + 5 + chew), (x + 17, foot + 16)], (74, 78, 105), 3)
    canvas.paste_on(frame, palette.tint)


def car_place(t: float) -> float | None:
    """Return the middle of the car, or None while it is not in the street."""
    brake, start = 16.75, 18.25
    if t < 15.6:
        return None
    if t < brake:
        left: float = (brake - t) / (brake - 15.6)
        return 1092 + 360 * math.pow(left, 1.6)
    x = 1092.0 if t < start else 1092 - 172 * math.pow(t - start, 2)
    return x if x > -200 else None


def draw_car(frame: Image.Image, palette: Palette, t: float, horn: float) -> None:
    """Draw the car that brakes for the dog, sounds its horn and drives off to the left."""
    x = car_place(t)
    if x is None:
        return
    y = GROUND + 70
    canvas = Canvas(400, 190, (x - 220, y - 140))
    shake = 1.6 * math.sin(t * 60) * horn
    canvas.oval((x, y + 2), 128, 8, (0, 0, 0, 60))
    canvas.polygon(
        [
            (x - 62, y - 58 + shake),
            (x - 32, y - 104 + shake),
            (x + 62, y - 104 + shake),
            (x + 92, y - 58 + shake),
        ],
        mix(_CAR, INK, 0.18),
    )
    for points in (
        [(x - 50, y - 60), (x - 26, y - 96), (x + 8, y - 96), (x + 8, y - 60)],
        [(x + 18, y - 60), (x + 18, y - 96), (x + 56, y - 96), (x + 80, y - 60)],
    ):
        canvas.polygon([(px, py + shake) for px, py in points], (198, 230, 238))
    canvas.disc((x - 16, y - 74 + shake), 12, (224, 172, 138))
    canvas.pie((x - 16, y - 77 + shake), 13, 180, 360, INK)
    canvas.rect(x - 120, y - 62 + shake, x + 116, y - 18 + shake, _CAR, 18)
    canvas.rect(x - 122, y - 28 + shake, x + 120, y - 16 + shake, mix(_CAR, INK, 0.3), 5)
    canvas.oval((x - 112, y - 44 + shake), 8, 9, (255, 240, 190))
    canvas.rect(x + 106, y - 52 + shake, x + 116, y - 36 + shake, (214, 64, 69), 3)
    for wheel in (x - 70, x + 70):
        canvas.disc((wheel, y - 18), 23, _TYRE)
        canvas.disc((wheel, y - 18), 12, (206, 210, 216))
        for k in range(3):
            angle = -x / 23 + k * math.pi / 3
            dx, dy = 12 * math.cos(angle), 12 * math.sin(angle)
            canvas.line([(wheel - dx, y - 18 - dy), (wheel + dx, y - 18 + dy)], _TYRE, 2)
    sound_arcs(canvas, (x - 126, y - 52), horn, 190, 26)
    canvas.paste_on(frame, palette.tint)


def draw_bell(frame: Image.Image, palette: Palette, t: float, strokes: tuple[float, ...]) -> None:
    """Draw the church bell, swinging after each of its ``strokes`` (seconds)."""
    x, y = BELFRY
    canvas = Canvas(140, 110, (x - 70, y - 20))
    angle = sum(0.5 * math.exp(-0.8 * (t - s)) * math.sin(5.2 * (t - s)) for s in strokes if t >= s)
    heard = max((math.exp(-1.6 * (t - s)) for s in strokes if t >= s), default=0.0)

    def turned(dx: float, dy: float) -> Point:
        return x + dx * math.cos(angle) - dy * math.sin(angle), y + dx * math.sin(angle) + dy * math.cos(
            angle
        )

    bronze = (214, 164, 72)
    canvas.disc(turned(0, 46), 4.5, mix(bronze, INK, 0.5))
    canvas.polygon([turned(*p) for p in ((-6, 4), (6, 4), (10, 26), (18, 42), (-18, 42), (-10, 26))], bronze)
    canvas.polygon(
        [turned(*p) for p in ((0, 4), (6, 4), (10, 26), (18, 42), (6, 42))], mix(bronze, INK, 0.18)
    )
    sound_arcs(canvas, (x + 18, y + 24), heard, 0, 24)
    sound_arcs(canvas, (x - 18, y + 24), heard, 180, 24)
    canvas.paste_on(frame, palette.tint)
