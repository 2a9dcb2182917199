"""Pictures for the sample market, drawn here: flat shapes on a soft ground, no file needed."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIZE = 900
SCALE = 2
_Draw = ImageDraw.ImageDraw


def draw(name: str, ground: str, accent: str) -> bytes:
    """A PNG of a thing; ``ground`` and ``accent`` are colours such as ``#f4efe6``."""
    side = SIZE * SCALE
    image = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(image)
    _shadow(pen)
    THINGS[name](pen, accent)
    image = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _box(*edges: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = (edge * SIZE * SCALE for edge in edges)
    return (left, top, right, bottom)


def _round(pen: _Draw, edges: tuple[float, float, float, float], radius: float, fill: str) -> None:
    pen.rounded_rectangle(_box(*edges), radius * SIZE * SCALE, fill=fill)


def _shadow(pen: _Draw) -> None:
    pen.ellipse(_box(0.2, 0.78, 0.8, 0.86), fill="#d8d3ca")


def _card(pen: _Draw, accent: str) -> None:
    _round(pen, (0.15, 0.3, 0.85, 0.72), 0.04, accent)
    _round(pen, (0.15, 0.38, 0.85, 0.46), 0.0, "#f7f3ec")
    _round(pen, (0.21, 0.54, 0.36, 0.62), 0.015, "#f2c14e")
    for row, right in ((0.54, 0.77), (0.6, 0.7)):
        _round(pen, (0.42, row, right, row + 0.03), 0.012, "#ffffff")


def _phone(pen: _Draw, accent: str) -> None:
    _round(pen, (0.33, 0.14, 0.67, 0.82), 0.05, "#2b2d33")
    _round(pen, (0.355, 0.175, 0.645, 0.785), 0.025, accent)
    pen.ellipse(_box(0.47, 0.19, 0.53, 0.2), fill="#2b2d33")
    _round(pen, (0.4, 0.3, 0.6, 0.34), 0.02, "#ffffff")
    for left in (0.4, 0.48, 0.56):
        _round(pen, (left, 0.66, left + 0.05, 0.71), 0.014, "#ffffff")


def _lipstick(pen: _Draw, accent: str) -> None:
    _round(pen, (0.4, 0.5, 0.6, 0.82), 0.02, "#2b2b2f")
    _round(pen, (0.42, 0.4, 0.58, 0.52), 0.01, "#d9b26f")
    pen.polygon(
        [
            (SIZE * SCALE * x, SIZE * SCALE * y)
            for x, y in ((0.44, 0.4), (0.44, 0.24), (0.56, 0.16), (0.56, 0.4))
        ],
        fill=accent,
    )


def _book(pen: _Draw, accent: str) -> None:
    _round(pen, (0.26, 0.2, 0.74, 0.82), 0.02, accent)
    _round(pen, (0.26, 0.2, 0.32, 0.82), 0.01, "#3d4a5c")
    _round(pen, (0.38, 0.3, 0.68, 0.34), 0.01, "#ffffff")
    _round(pen, (0.38, 0.37, 0.6, 0.4), 0.01, "#ffffff")


def _lamp(pen: _Draw, accent: str) -> None:
    _round(pen, (0.485, 0.4, 0.515, 0.8), 0.01, "#4a4a50")
    _round(pen, (0.36, 0.79, 0.64, 0.83), 0.02, "#4a4a50")
    pen.polygon(
        [
            (SIZE * SCALE * x, SIZE * SCALE * y)
            for x, y in ((0.38, 0.18), (0.62, 0.18), (0.74, 0.46), (0.26, 0.46))
        ],
        fill=accent,
    )


def _jacket(pen: _Draw, accent: str) -> None:
    pen.polygon(
        [
            (SIZE * SCALE * x, SIZE * SCALE * y)
            for x, y in (
                (0.38, 0.2),
                (0.62, 0.2),
                (0.8, 0.34),
                (0.74, 0.6),
                (0.66, 0.56),
                (0.66, 0.82),
                (0.34, 0.82),
                (0.34, 0.56),
                (0.26, 0.6),
                (0.2, 0.34),
            )
        ],
        fill=accent,
    )
    _round(pen, (0.49, 0.24, 0.51, 0.82), 0.004, "#ffffff")
    pen.ellipse(_box(0.44, 0.16, 0.56, 0.25), fill="#f7f3ec")


def _console(pen: _Draw, accent: str) -> None:
    _round(pen, (0.12, 0.32, 0.88, 0.7), 0.1, accent)
    _round(pen, (0.3, 0.37, 0.7, 0.65), 0.02, "#22252b")
    pen.ellipse(_box(0.17, 0.42, 0.26, 0.51), fill="#ffffff")
    for centre in ((0.79, 0.43), (0.79, 0.55), (0.75, 0.49), (0.83, 0.49)):
        x, y = centre
        pen.ellipse(_box(x - 0.018, y - 0.018, x + 0.018, y + 0.018), fill="#ffffff")


THINGS: dict[str, Callable[[_Draw, str], None]] = {
    "card": _card,
    "phone": _phone,
    "lipstick": _lipstick,
    "book": _book,
    "lamp": _lamp,
    "jacket": _jacket,
    "console": _console,
}
