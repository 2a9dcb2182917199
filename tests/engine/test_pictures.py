"""What becomes of a picture that somebody hands in."""

import io
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from PIL import Image

from fairhold.engine import pictures
from fairhold.engine.pictures import Cleaned, clean
from fairhold.kernel.wish import Refusal


def drawn(size: tuple[int, int], form: str, mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 0).save(out, form, **more)
    return out.getvalue()


def cleaned(data: bytes) -> Cleaned:
    result = clean(data)
    assert isinstance(result, Cleaned), result
    return result


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_in_two_sizes(form: str) -> None:
    both = cleaned(drawn((2000, 1000), form))
    assert Image.open(io.BytesIO(both.full)).size == (1600, 800)
    assert Image.open(io.BytesIO(both.small)).size == (480, 240)


def test_a_small_picture_is_not_blown_up() -> None:
    assert Image.open(io.BytesIO(cleaned(drawn((40, 30), "PNG")).full)).size == (40, 30)


def test_place_and_camera_do_not_travel_along_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SpyCam"
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 43.0)
    both = cleaned(drawn((200, 100), "JPEG", exif=exif))
    kept = Image.open(io.BytesIO(both.full))
    assert kept.size == (100, 200)
    assert not kept.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(kept.info)
    assert b"SpyCam" not in both.full


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_a_plain_picture(mode: str) -> None:
    assert Image.open(io.BytesIO(cleaned(drawn((9, 9), "PNG", mode)).full)).mode == "RGB"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        drawn((30, 30), "GIF"),
        drawn((30, 30), "BMP"),
        drawn((30, 30), "PNG")[:60],
        drawn((300, 300), "JPEG")[:400],
    ],
    ids=["nothing", "gif head", "svg", "pdf", "gif", "bmp", "half a png", "half a jpeg"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert clean(data) == Refusal("picture.not_a_picture")


def test_too_many_bytes_are_refused_before_anything_is_decoded() -> None:
    assert clean(b"x" * (pictures.BYTES_MAX + 1)) == Refusal("picture.too_large")


def png_that_claims(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "size", [(8000, 6000), (6300, 6300), (4900, 4900), (30_000, 30_000), (60_000, 60_000)]
)
def test_a_bomb_of_pixels_is_refused_undecoded(size: tuple[int, int]) -> None:
    assert clean(png_that_claims(*size)) == Refusal("picture.too_large")


def test_one_picture_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes can claim a hundred megabytes: several at once would be too much."""
    opened: Callable[..., Image.Image] = Image.open
    meeting, inside, most = threading.Barrier(2), 0, 0

    def watched(*args: object, **more: object) -> Image.Image:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.2)
        try:
            return opened(*args, **more)
        finally:
            inside -= 1

    monkeypatch.setattr(Image, "open", watched)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(clean, [drawn((30, 30), "PNG")] * 3))
    assert all(isinstance(result, Cleaned) for result in results)
    assert most == 1


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("WEBP", "RGBA")]
)
def test_no_second_copy_is_made_of_a_large_picture_at_full_size(
    monkeypatch: pytest.MonkeyPatch, form: str, mode: str
) -> None:
    data = drawn((4800, 3000), form, mode)
    sizes: list[int] = []

    def watch(name: str) -> None:
        real: Callable[..., Image.Image] = getattr(Image.Image, name)

        def watched(self: Image.Image, *args: object, **more: object) -> Image.Image:
            made = real(self, *args, **more)
            sizes.append(made.width * made.height)
            return made

        monkeypatch.setattr(Image.Image, name, watched)

    for name in ("convert", "copy", "crop", "resize", "transpose"):
        watch(name)
    both = cleaned(data)
    assert Image.open(io.BytesIO(both.full)).size == (1600, 1000)
    assert max(sizes) <= 2400 * 1500


def test_a_picture_shrunk_in_bands_shows_what_it_showed() -> None:
    source = Image.new("RGBA", (4801, 3001), (0, 0, 255, 255))
    source.paste((255, 0, 0, 255), (0, 1500, 4801, 3001))
    source.paste((0, 255, 0, 0), (2400, 0, 4801, 1500))
    out = io.BytesIO()
    source.save(out, "PNG", compress_level=1)
    kept = Image.open(io.BytesIO(cleaned(out.getvalue()).full))
    assert kept.size == (1600, 1000)
    corners = [kept.getpixel(place) for place in ((40, 40), (1560, 40), (40, 960), (1560, 960))]
    expected = [(0, 0, 255), (255, 255, 255), (255, 0, 0), (255, 0, 0)]
    for found, wanted in zip(corners, expected, strict=True):
        assert isinstance(found, tuple)
        assert all(abs(one - other) <= 8 for one, other in zip(found, wanted, strict=True))
