"""How the goods change hands: a word that listings and deals share."""

from enum import StrEnum


class Delivery(StrEnum):
    """How the goods change hands."""

    SECRET = "secret"
    PARCEL = "parcel"
    MEETING = "meeting"
