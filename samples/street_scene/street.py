"""The street itself: sky, hills, church, two houses, lamp, telephone box, pavement and road."""

from __future__ import annotations

from typing import Final

from PIL import Image

from street_scene.canvas import GROUND, HEIGHT, WIDTH, Canvas, Palette, Point, mix

READER_WINDOW: Final = (96.0, 212.0, 236.0, 356.0)
"""Left, top, right, bottom of the window at which the man reads."""

PANE: Final = (290.0, 226.0, 380.0, 350.0)
"""The window that breaks."""

BELFRY: Final = (612.0, 250.0)
"""The point from which the bell hangs."""

WIRE: Final = ((430.0, 176.0), (860.0, 190.0))
LAMP: Final = (672.0, 338.0)
PHONE_BOX: Final = (772.0, 432.0, 838.0, GROUND)


def draw_street(palette: Palette, *, lit: bool) -> Image.Image:
    """Return the whole street with nobody in it; ``lit`` switches lamp and windows on."""
    canvas = Canvas()
    _sky(canvas, palette, stars=lit)
    _hills_and_church(canvas, palette)
    _left_house(canvas, palette)
    _right_house(canvas, palette, lit=lit)
    _ground(canvas, palette)
    _wire(canvas, palette)
    _tree(canvas, palette)
    _lamp(canvas, palette, lit=lit)
    _phone_box(canvas, palette)
    return canvas.image().convert("RGB")


def _sky(canvas: Canvas, palette: Palette, *, stars: bool) -> None:
    for y in range(0, 580, 2):
        canvas.rect(0, y, WIDTH, y + 2, mix(palette.sky_top, palette.sky_low, (y / 580) ** 1.3))
    if stars:
        for i in range(46):
            x, y = (i * 277 + 90) % WIDTH, (i * 113 + 17) % 230
            canvas.disc(
                (x, y), 0.8 + (i % 3) * 0.45, mix(palette.sky_top, (255, 244, 214), 0.35 + 0.2 * (i % 4))
            )


def _hills_and_church(canvas: Canvas, palette: Palette) -> None:
    canvas.oval((520, 640), 420, 200, palette.hills)
    canvas.oval((860, 660), 420, 190, mix(palette.hills, palette.tower, 0.25))
    x, _ = BELFRY
    for side, colour in ((-1, palette.tower), (1, palette.tower_shade)):
        canvas.rect(min(x, x + side * 46), 216, max(x, x + side * 46), 580, colour)
        canvas.polygon([(x, 110), (x + side * 56, 216), (x, 216)], mix(palette.roof, colour, 0.25))
    canvas.line([(x, 84), (x, 112)], palette.roof, 3)
    canvas.line([(x - 8, 94), (x + 8, 94)], palette.roof, 3)
    canvas.rect(x - 27, 240, x + 27, 312, palette.roof, 4)
    canvas.pie((x, 241), 27, 180, 360, palette.roof)
    canvas.rect(x - 34, 312, x + 34, 320, palette.trim)
    canvas.disc((x, 366), 24, palette.trim)
    canvas.line([(x, 366), (x, 351)], palette.roof, 3)
    canvas.line([(x, 366), (x + 10, 370)], palette.roof, 3)


def _window(canvas: Canvas, palette: Palette, box: tuple[float, float, float, float], *, lit: bool) -> None:
    left, top, right, bottom = box
    middle = (left + right) / 2
    canvas.rect(left - 8, top - 8, right + 8, bottom + 4, palette.trim, 4)
    canvas.rect(left, top, right, bottom, palette.room if lit else palette.glass)
    if not lit:
        canvas.polygon(
            [(left, bottom - 34), (right, top + 22), (right, top + 48), (left, bottom - 8)],
            mix(palette.glass, palette.trim, 0.35),
        )
    canvas.rect(middle - 3, top, middle + 3, bottom, palette.trim)
    canvas.rect(left, top + (bottom - top) * 0.45, right, top + (bottom - top) * 0.45 + 5, palette.trim)
    canvas.rect(left - 14, bottom + 2, right + 14, bottom + 12, palette.trim, 3)


def _left_house(canvas: Canvas, palette: Palette) -> None:
    canvas.rect(40, 150, 430, 580, palette.left)
    canvas.rect(404, 150, 430, 580, palette.left_shade)
    canvas.polygon([(20, 156), (70, 84), (400, 84), (450, 156)], palette.roof)
    canvas.rect(300, 48, 340, 110, palette.left_shade)
    canvas.rect(294, 42, 346, 54, palette.roof)
    canvas.rect(28, 150, 442, 164, palette.trim)
    canvas.rect(40, 392, 430, 402, palette.trim)
    left, top, right, bottom = READER_WINDOW
    canvas.rect(left - 8, top - 8, right + 8, bottom + 4, palette.trim, 4)
    canvas.rect(left, top, right, bottom, palette.room)
    canvas.rect(left + 10, top + 10, left + 52, top + 50, mix(palette.room, palette.trim, 0.16))
    for side in (-1, 1):
        edge = left - 8 if side < 0 else right + 8
        canvas.rect(
            min(edge, edge + side * 34), top - 4, max(edge, edge + side * 34), bottom + 2, palette.wood, 3
        )
        for y in range(int(top) + 6, int(bottom) - 4, 12):
            canvas.line(
                [(edge + side * 6, y), (edge + side * 28, y)], mix(palette.wood, palette.trim, 0.22), 2
            )
    canvas.rect(left - 14, bottom + 2, right + 14, bottom + 12, palette.trim, 3)
    canvas.rect(72, 432, 150, 580, palette.wood, 4)
    canvas.rect(84, 446, 138, 500, palette.glass, 3)
    canvas.disc((140, 520), 4, palette.trim)
    canvas.rect(186, 446, 394, 556, palette.trim, 4)
    canvas.rect(194, 454, 386, 548, palette.glass)
    for i, colour in enumerate((palette.right, palette.right_shade, palette.left_shade, palette.right)):
        canvas.oval((222 + i * 46, 538), 18, 9, colour)
    canvas.rect(180, 412, 400, 442, palette.wood, 4)
    canvas.text((290, 427), "BAKERY", 21, palette.trim)


def _right_house(canvas: Canvas, palette: Palette, *, lit: bool) -> None:
    canvas.rect(862, 176, 1246, 580, palette.right)
    canvas.rect(862, 176, 884, 580, palette.right_shade)
    canvas.polygon([(844, 182), (890, 104), (1218, 104), (1264, 182)], palette.roof)
    canvas.rect(850, 176, 1258, 190, palette.trim)
    for i, x in enumerate((926, 1036, 1146)):
        _window(canvas, palette, (x, 236, x + 62, 336), lit=lit and i != 1)
        if lit and i == 1:
            canvas.rect(x, 236, x + 62, 336, (*palette.roof[:3], 190))
    canvas.rect(862, 388, 1246, 398, palette.trim)
    canvas.rect(906, 446, 1128, 556, palette.trim, 4)
    canvas.rect(914, 454, 1120, 548, palette.room if lit else palette.glass)
    canvas.rect(1012, 454, 1019, 548, palette.trim)
    canvas.rect(1154, 440, 1222, 580, palette.wood, 4)
    canvas.rect(1166, 454, 1210, 520, palette.room if lit else palette.glass, 3)
    for i in range(8):
        x = 896 + i * 30
        colour = palette.awning if i % 2 == 0 else palette.trim
        canvas.polygon([(x + 4, 410), (x + 34, 410), (x + 32, 452), (x, 452)], colour)
        canvas.pie((x + 16, 452), 16, 0, 180, colour)
    canvas.text((1188, 418), "CAFE", 21, palette.wood)


def _ground(canvas: Canvas, palette: Palette) -> None:
    canvas.rect(0, 574, WIDTH, 612, palette.pavement)
    for x in range(-20, WIDTH, 92):
        canvas.line([(x + 22, 576), (x, 610)], mix(palette.pavement, palette.kerb, 0.6), 1.6)
    canvas.rect(0, 610, WIDTH, 622, palette.kerb)
    canvas.rect(0, 622, WIDTH, HEIGHT, palette.road)
    for x in range(30, WIDTH, 190):
        canvas.rect(x, 684, x + 96, 690, palette.mark, 2)


def _wire(canvas: Canvas, palette: Palette) -> None:
    canvas.line([wire_point(i / 24) for i in range(25)], mix(palette.roof, palette.sky_top, 0.2), 2)


def wire_point(share: float) -> Point:
    """Return the point of the slack wire ``share`` (0 to 1) of the way from left to right."""
    (x0, y0), (x1, y1) = WIRE
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + 34 * 4 * share * (1 - share)


def _tree(canvas: Canvas, palette: Palette) -> None:
    canvas.line([(492, 584), (494, 470)], mix(palette.roof, palette.left, 0.35), 17)
    canvas.line([(494, 500), (520, 462)], mix(palette.roof, palette.left, 0.35), 8)
    for x, y, radius in ((462, 440, 44), (520, 442, 42), (492, 400, 54)):
        canvas.disc((x, y), radius, palette.leaf)
    for x, y, radius in ((470, 420, 24), (508, 388, 28), (532, 432, 18)):
        canvas.disc((x, y), radius, palette.leaf_light)
    canvas.rect(458, 578, 530, 592, palette.stone, 5)


def _lamp(canvas: Canvas, palette: Palette, *, lit: bool) -> None:
    x, y = LAMP
    canvas.line([(x, y + 34), (x, GROUND - 4)], palette.roof, 7)
    canvas.rect(x - 12, GROUND - 16, x + 12, GROUND, palette.roof, 4)
    canvas.polygon(
        [(x - 12, y), (x + 12, y), (x + 8, y + 34), (x - 8, y + 34)], (255, 236, 178) if lit else palette.trim
    )
    canvas.polygon([(x - 17, y), (x + 17, y), (x, y - 16)], palette.roof)
    canvas.rect(x - 10, y + 34, x + 10, y + 40, palette.roof)


def _phone_box(canvas: Canvas, palette: Palette) -> None:
    left, top, right, bottom = PHONE_BOX
    dark = mix(palette.awning, palette.roof, 0.35)
    canvas.rect(left, top, right, bottom, palette.awning, 5)
    canvas.rect(left - 4, top - 6, right + 4, top + 8, dark, 5)
    canvas.rect(left + 6, top + 10, right - 6, top + 24, palette.trim, 2)
    canvas.text(((left + right) / 2, top + 17), "TELEPHONE", 8.5, palette.roof)
    for row in range(4):
        for column in range(2):
            x, y = left + 9 + column * 26, top + 32 + row * 29
            canvas.rect(x, y, x + 22, y + 24, palette.glass, 2)
    canvas.rect(left - 4, bottom - 10, right + 4, bottom, dark, 3)
