"""Pictures: uploading one, and looking at it."""

from typing import Annotated, Literal

from msgspec import Struct

from fairhold.engine import pictures
from fairhold.engine.vault import Gone
from fairhold.kernel.ids import public_id
from fairhold.kernel.wish import Refusal
from fairhold.web.api import shapes
from fairhold.web.api.once import once
from fairhold.web.api.operation import Access, Answer, Call, Operation

PictureId = Annotated[str, shapes.id_of(shapes.PICTURE)]
PICTURE_TYPES = "image/jpeg, image/png, image/webp"


class Size(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large: at most 1600 or at most 480 pixels on the longer side."""

    size: Literal["full", "small"] = "full"


class PictureShown(Struct, frozen=True, kw_only=True):
    """A stored picture, cleaned of everything but what it shows."""

    id: PictureId
    url: str
    livemode: bool
    object: Literal["picture"] = "picture"


def _upload(call: Call) -> Answer | Refusal:
    return once(call, lambda: _keep(call))


def _keep(call: Call) -> Answer | Refusal:
    number = pictures.keep(call.desk, call.actor, call.raw)
    if isinstance(number, Refusal):
        return number
    name = public_id(shapes.PICTURE, number)
    return Answer(body=PictureShown(id=name, url=f"/v1/pictures/{name}", livemode=call.livemode))


def _picture(call: Call) -> Answer | Refusal:
    read = pictures.small if call.query.size == "small" else pictures.full
    try:
        data = read(call.desk, call.path["picture"])
    except Gone:
        return Refusal("picture.unknown")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Answer(body=data, media=pictures.MEDIA_TYPE, headers=headers)


OPERATIONS = (
    Operation(
        id="uploadPicture",
        method="POST",
        path="/v1/pictures",
        tag="Listings",
        summary="Upload a picture: the raw bytes of a JPEG, PNG or WebP file of up to 10 MB",
        call=_upload,
        takes=PICTURE_TYPES,
        answers=PictureShown,
        status=201,
        scope="listings:write",
        keyed=True,
        refusals=("picture.too_large", "picture.not_a_picture"),
    ),
    Operation(
        id="getPicture",
        method="GET",
        path="/v1/pictures/{picture}",
        tag="Listings",
        summary="A picture",
        call=_picture,
        query=Size,
        answers=bytes,
        gives=pictures.MEDIA_TYPE,
        access=Access.PUBLIC,
        refusals=("picture.unknown",),
    ),
)
