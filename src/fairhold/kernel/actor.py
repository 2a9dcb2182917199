"""Who acts: a person by account, or one of the machines that may speak in a deal."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """The hat somebody wears towards one deal, listing or account."""

    BUYER = "buyer"
    SELLER = "seller"
    OWNER = "owner"
    OPERATOR = "operator"
    CLOCK = "clock"
    PROVIDER = "provider"
    CARRIER = "carrier"
    ISSUER = "issuer"
    PLATFORM = "platform"
    STRANGER = "stranger"


PEOPLE = frozenset({Role.BUYER, Role.SELLER, Role.OWNER, Role.OPERATOR, Role.STRANGER})


class Actor(Struct, frozen=True, gc=False):
    """The author of a command: ``account`` for a person (0 for a machine), ``machine`` otherwise.

    The shell vouches for the account (it signed the person in) and for the machine (it checked
    the signature); which role a person has in a deal is decided by the deal itself. ``operator``
    says that the account holds the operator role on this platform.
    """

    account: int = 0
    machine: Role | None = None
    operator: bool = False


CLOCK = Actor(machine=Role.CLOCK)
PROVIDER = Actor(machine=Role.PROVIDER)
CARRIER = Actor(machine=Role.CARRIER)
PLATFORM = Actor(machine=Role.PLATFORM)
