"""Pictures of listings: public, never changing, so a browser keeps them."""

from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from fairhold.engine import pictures
from fairhold.engine.vault import Gone
from fairhold.kernel.ids import public_id, read_public_id
from fairhold.web.pages.visitor import Serving

PREFIX: Final = "pic"
KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


def picture_url(number: int, *, small: bool = False) -> str:
    """Where a stored picture is."""
    return f"/pictures/{public_id(PREFIX, number)}{'?size=small' if small else ''}"


@get("/pictures/{name:str}", sync_to_thread=True)
def picture(services: Serving, name: FromPath[str], size: FromQuery[str] = "") -> Response[bytes]:
    """One picture; ``?size=small`` for lists."""
    number = read_public_id(PREFIX, name)
    if number is None:
        raise NotFoundException
    try:
        read = pictures.small if size == "small" else pictures.full
        data = read(services.desk, number)
    except Gone:
        raise NotFoundException from None
    return Response(data, media_type=pictures.MEDIA_TYPE, headers=KEPT)
