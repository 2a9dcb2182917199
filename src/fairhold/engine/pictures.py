"""Pictures that people hand in: looked at by decoding them, cleaned, and kept in two sizes.

What is stored is always drawn anew: no metadata (place, camera, owner), no trailing bytes, nothing
that only claims to be a picture ever reaches another person's browser. A small file can claim very
many pixels, so memory is bounded: one picture is decoded at a time, and no second copy of it is
made at full size.
"""

import io
import threading
import warnings
from typing import Final

from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

from fairhold.engine.desk.desk import Desk
from fairhold.engine.desk.market import keep_picture, picture
from fairhold.kernel.actor import Actor
from fairhold.kernel.wish import Refusal

BYTES_MAX: Final = 10_000_000
PIXELS_MAX: Final = 24_000_000
SIDE_FULL: Final = 1_600
SIDE_SMALL: Final = 480
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE: Final = "image/webp"
SPACE: Final = "picture"
"""On the shelf: which stored picture is the small one of another."""
_QUALITY: Final = 82
_BAND: Final = 1_000_000
"""About how many pixels are copied at a time while a picture is shrunk."""
_ENOUGH: Final = SIDE_FULL * 5 // 4
"""A picture is first shrunk by whole numbers, but not below this: the last step stays smooth."""
_ORIENTATION: Final = 0x0112

_decoding = threading.Lock()
"""Held while a picture is in memory at full size: up to 4 bytes a pixel, more while decoding."""


class Cleaned(Struct, frozen=True):
    """A picture drawn anew, at most 1600 and at most 480 pixels on its longer side."""

    full: bytes
    small: bytes


def clean(data: bytes) -> Cleaned | Refusal:
    """Decode, turn upright, drop everything but the pixels, and encode again."""
    if len(data) > BYTES_MAX:
        return Refusal("picture.too_large")
    try:
        with _decoding, warnings.catch_warnings():
            # Our own limit is lower than the one that the library warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            pixels = _decoded(data)
    except Image.DecompressionBombError:
        return Refusal("picture.too_large")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError):
        return Refusal("picture.not_a_picture")
    if isinstance(pixels, Refusal):
        return pixels
    return Cleaned(_encode(pixels, SIDE_FULL), _encode(pixels, SIDE_SMALL))


def _decoded(data: bytes) -> Image.Image | Refusal:
    """Upright plain RGB, as large as it is kept at most."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as source:
        if source.width * source.height > PIXELS_MAX:
            return Refusal("picture.too_large")
        if source.format == "JPEG":
            # A JPEG can be decoded at a half, a quarter or an eighth of its size.
            source.draft(None, (_ENOUGH, _ENOUGH))
        source.load()
        shrunk = _shrunk(source)
        shrunk.thumbnail((SIDE_FULL, SIDE_FULL), Image.Resampling.LANCZOS)
        # Turned only now: turning copies the whole.
        shrunk.getexif()[_ORIENTATION] = source.getexif().get(_ORIENTATION, 1)
    return ImageOps.exif_transpose(shrunk)


def _shrunk(image: Image.Image) -> Image.Image:
    """Plain RGB, shrunk by a whole number, band by band: never a second copy at full size."""
    factor = max(1, max(image.size) // _ENOUGH)
    width, height = (-(-side // factor) for side in image.size)
    drawn = Image.new("RGB", (width, height))
    step = max(1, _BAND // (image.width * factor))
    for top in range(0, height, step):
        below = min((top + step) * factor, image.height)
        band = _flat(image.crop((0, top * factor, image.width, below)))
        drawn.paste(band.reduce(factor), (0, top))
    return drawn


def _flat(image: Image.Image) -> Image.Image:
    """Plain RGB; what was transparent becomes white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")


def _encode(image: Image.Image, side: int) -> bytes:
    fitted = image.copy()
    fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
    # A new picture has no metadata that could travel along.
    bare = Image.new("RGB", fitted.size)
    bare.paste(fitted)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()


def keep(desk: Desk, actor: Actor, data: bytes) -> int | Refusal:
    """Clean a picture and store it in both sizes; its number."""
    cleaned = clean(data)
    if isinstance(cleaned, Refusal):
        return cleaned
    number = keep_picture(desk, actor, cleaned.full)
    lesser = keep_picture(desk, actor, cleaned.small)
    desk.store.shelf_put(SPACE, str(number), str(lesser).encode())
    return number


def full(desk: Desk, number: int) -> bytes:
    """A stored picture; raises Gone."""
    return picture(desk, number)


def small(desk: Desk, number: int) -> bytes:
    """The small form of a stored picture, or the picture itself; raises Gone."""
    lesser = desk.store.shelf_get(SPACE, str(number), desk.engine.now())
    return picture(desk, int(lesser) if lesser is not None else number)
