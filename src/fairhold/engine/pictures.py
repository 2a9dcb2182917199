"""Pictures that people hand in: looked at by decoding them, cleaned, and kept in two sizes.

What is stored is always drawn anew: no metadata (place, camera, owner), no trailing bytes, nothing
that only claims to be a picture ever reaches another person's browser.
"""

import io
import warnings
from typing import Final

from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

from fairhold.engine.desk.desk import Desk
from fairhold.engine.desk.market import keep_picture, picture
from fairhold.kernel.actor import Actor
from fairhold.kernel.wish import Refusal

BYTES_MAX: Final = 10_000_000
PIXELS_MAX: Final = 40_000_000
SIDE_FULL: Final = 1_600
SIDE_SMALL: Final = 480
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE: Final = "image/webp"
SPACE: Final = "picture"
"""On the shelf: which stored picture is the small one of another."""
_QUALITY: Final = 82


class Cleaned(Struct, frozen=True):
    """A picture drawn anew, at most 1600 and at most 480 pixels on its longer side."""

    full: bytes
    small: bytes


def clean(data: bytes) -> Cleaned | Refusal:
    """Decode, turn upright, drop everything but the pixels, and encode again."""
    if len(data) > BYTES_MAX:
        return Refusal("picture.too_large")
    try:
        with warnings.catch_warnings():
            # Our own limit is lower than the one that the library warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            source = Image.open(io.BytesIO(data), formats=FORMATS)
            if source.width * source.height > PIXELS_MAX:
                return Refusal("picture.too_large")
            source.load()
            upright = ImageOps.exif_transpose(source)
    except Image.DecompressionBombError:
        return Refusal("picture.too_large")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError):
        return Refusal("picture.not_a_picture")
    pixels = _flat(upright)
    return Cleaned(_encode(pixels, SIDE_FULL), _encode(pixels, SIDE_SMALL))


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
