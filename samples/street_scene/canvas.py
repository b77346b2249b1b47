"""Drawing: a supersampled canvas, the size of the picture, and the colours of the three times of day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1280
HEIGHT: Final = 720
FPS: Final = 25

Colour = tuple[int, int, int] | tuple[int, int, int, int]
Point = tuple[float, float]

GROUND: Final = 596.0
"""Where people stand, in pixels from the top."""

SKIN: Final = (240, 196, 164)
INK: Final = (43, 45, 66)


@dataclass(frozen=True)
class Palette:
    """The colours of the street at one time of day."""

    sky_top: Colour
    sky_low: Colour
    hills: Colour
    tower: Colour
    tower_shade: Colour
    left: Colour
    left_shade: Colour
    right: Colour
    right_shade: Colour
    roof: Colour
    stone: Colour
    trim: Colour
    glass: Colour
    room: Colour
    wood: Colour
    awning: Colour
    leaf: Colour
    leaf_light: Colour
    pavement: Colour
    kerb: Colour
    road: Colour
    mark: Colour
    tint: Colour
    """What every moving thing is multiplied with."""


MORNING: Final = Palette(
    sky_top=(142, 202, 230), sky_low=(253, 236, 205), hills=(171, 206, 178), tower=(203, 188, 176),
    tower_shade=(178, 162, 152), left=(224, 122, 95), left_shade=(201, 101, 77), right=(242, 204, 143),
    right_shade=(224, 180, 112), roof=(109, 89, 96), stone=(214, 205, 193), trim=(250, 243, 231),
    glass=(174, 216, 230), room=(96, 84, 92), wood=(61, 90, 108), awning=(214, 64, 69), leaf=(94, 148, 104),
    leaf_light=(129, 178, 129), pavement=(221, 212, 200), kerb=(186, 177, 167), road=(120, 124, 136),
    mark=(232, 226, 214), tint=(255, 255, 255),
)  # fmt: skip

STORM: Final = Palette(
    sky_top=(58, 68, 88), sky_low=(120, 132, 146), hills=(86, 108, 106), tower=(112, 112, 120),
    tower_shade=(94, 95, 106), left=(136, 84, 80), left_shade=(118, 70, 70), right=(150, 134, 112),
    right_shade=(132, 116, 98), roof=(66, 60, 74), stone=(128, 128, 134), trim=(168, 170, 174),
    glass=(104, 124, 142), room=(236, 190, 110), wood=(44, 62, 80), awning=(136, 50, 60), leaf=(58, 94, 80),
    leaf_light=(74, 110, 92), pavement=(122, 126, 134), kerb=(98, 102, 112), road=(66, 72, 86),
    mark=(150, 154, 160), tint=(176, 186, 206),
)  # fmt: skip

EVENING: Final = Palette(
    sky_top=(38, 36, 78), sky_low=(238, 138, 106), hills=(84, 72, 108), tower=(92, 78, 110),
    tower_shade=(76, 64, 98), left=(140, 74, 84), left_shade=(120, 62, 76), right=(162, 118, 110),
    right_shade=(140, 98, 100), roof=(54, 46, 74), stone=(132, 112, 128), trim=(190, 164, 160),
    glass=(255, 209, 120), room=(255, 201, 105), wood=(48, 48, 82), awning=(150, 48, 72), leaf=(58, 74, 88),
    leaf_light=(74, 88, 98), pavement=(136, 116, 130), kerb=(106, 90, 112), road=(68, 62, 90),
    mark=(160, 144, 150), tint=(226, 196, 200),
)  # fmt: skip


class Canvas:
    """A transparent picture drawn at three times its size, in the pixels of the film.

    ``origin`` is the point of the film that lies in the upper left corner, so a figure is drawn in the
    coordinates of the street and pasted back where it belongs.
    """

    def __init__(
        self, width: int = WIDTH, height: int = HEIGHT, origin: Point = (0, 0), scale: int = 3
    ) -> None:
        self.origin = (round(origin[0]), round(origin[1]))
        self._size = (width, height)
        self._scale = scale
        self._image = Image.new("RGBA", (width * scale, height * scale), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def _at(self, point: Point) -> Point:
        return (point[0] - self.origin[0]) * self._scale, (point[1] - self.origin[1]) * self._scale

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self._draw.polygon([self._at(p) for p in points], fill=fill)

    def rect(
        self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0
    ) -> None:
        box = [self._at((left, top)), self._at((right, bottom))]
        self._draw.rounded_rectangle(box, radius * self._scale, fill=fill)

    def oval(self, centre: Point, across: float, down: float, fill: Colour) -> None:
        """Draw an ellipse by its half-axes."""
        x, y = centre
        self._draw.ellipse([self._at((x - across, y - down)), self._at((x + across, y + down))], fill=fill)

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        self.oval(centre, radius, radius, fill)

    def pie(self, centre: Point, radius: float, start: float, end: float, fill: Colour) -> None:
        """Draw a slice; degrees clockwise from three o'clock."""
        x, y = centre
        box = [self._at((x - radius, y - radius)), self._at((x + radius, y + radius))]
        self._draw.pieslice(box, start, end, fill=fill)

    def arc(self, centre: Point, radius: float, start: float, end: float, fill: Colour, width: float) -> None:
        x, y = centre
        box = [self._at((x - radius, y - radius)), self._at((x + radius, y + radius))]
        self._draw.arc(box, start, end, fill=fill, width=round(width * self._scale))

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        """Draw a line with round ends and joints."""
        scaled = [self._at(p) for p in points]
        self._draw.line(scaled, fill=fill, width=max(1, round(width * self._scale)), joint="curve")
        radius = width * self._scale / 2
        for x, y in (scaled[0], scaled[-1]):
            self._draw.ellipse([(x - radius, y - radius), (x + radius, y + radius)], fill=fill)

    def text(self, centre: Point, words: str, size: float, fill: Colour) -> None:
        """Write in Pillow's own typeface (Aileron), which comes with it and so is always the same."""
        font = ImageFont.load_default(size * self._scale)
        self._draw.text(self._at(centre), words, fill=fill, font=font, anchor="mm", align="center")

    def image(self) -> Image.Image:
        return self._image.resize(self._size, Image.Resampling.BOX)

    def paste_on(self, frame: Image.Image, tint: Colour = (255, 255, 255)) -> None:
        """Lay the drawing over ``frame``, its colours multiplied by ``tint``."""
        image = self.image()
        if tint[:3] != (255, 255, 255):
            image = tinted(image, tint)
        frame.paste(image, self.origin, image)


def tinted(image: Image.Image, tint: Colour) -> Image.Image:
    """Return an RGBA picture with its colours multiplied by ``tint``."""
    bands = list(image.split())
    for i in range(3):
        factor = tint[i] / 255
        bands[i] = bands[i].point([round(v * factor) for v in range(256)])
    return Image.merge("RGBA", bands)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour that lies ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first[:3], second[:3], strict=True))
    return r, g, b


def ease(t: float, start: float, end: float) -> float:
    """Return 0 before ``start``, 1 after ``end`` and a smooth way between them."""
    x = min(max((t - start) / (end - start), 0.0), 1.0)
    return x * x * (3 - 2 * x)
