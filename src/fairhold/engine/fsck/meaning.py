"""What Fairhold's own events mean to fsck: read by the codec, folded and posted by their kind."""

from collections.abc import Sequence

from fairhold.codec.events import UnknownEvent, decode, encode_lines, envelope
from fairhold.domain.deal import parcel, returns, secret
from fairhold.engine.fsck.finding import Facts
from fairhold.engine.kinds import KINDS, Kind, encode_state, fold
from fairhold.engine.ports import LogRow
from fairhold.kernel.ids import read_public_id
from fairhold.kernel.wish import Event


def _kind(stream: str) -> tuple[Kind, int]:
    """The kind and the number behind the public id in an event's envelope."""
    prefix, _, _ = stream.partition("_")
    number = read_public_id(prefix, stream)
    if prefix not in KINDS or number is None:
        message = f"{stream} is no stream of a known kind"
        raise ValueError(message)
    return KINDS[prefix], number


def _event(row: LogRow) -> Event:
    try:
        return decode(row.data)
    except UnknownEvent as error:
        message = f"no class of ours reads {error}"
        raise ValueError(message) from error


def _check_complete(event: Event) -> None:
    """What a deal stands on is named by its fact: no empty vault counts as sealed."""
    match event:
        case secret.Sealed(body=body, digest=digest, fingerprints=fingerprints):
            complete = bool(body and digest and fingerprints and all(fingerprints))
        case parcel.Booked(tracking=tracking) | returns.ReturnBooked(tracking=tracking):
            complete = bool(tracking)
        case _:
            return
    if not complete:
        message = f"{type(event).__name__} names nothing"
        raise ValueError(message)


def facts(row: LogRow) -> Facts:
    """All that the bytes of an event settle about its row, its postings included.

    Raises ValueError or a msgspec error when the bytes cannot be read, or name nothing where
    something has to be: the body of a sealed secret, the number of a label.
    """
    outer = envelope(row.data)
    kind, number = _kind(outer.stream)
    event = _event(row)
    _check_complete(event)
    lines = encode_lines(kind.postings(event, number))
    return Facts(type=outer.type, at=outer.at, stream=number, version=outer.version, lines=lines)


def refold(rows: Sequence[LogRow]) -> bytes:
    """The bytes that the state of these events must have."""
    kind, _ = _kind(envelope(rows[0].data).stream)
    return encode_state(kind, fold(kind, None, [_event(row) for row in rows]))
