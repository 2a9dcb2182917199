"""The follower that keeps the read models: reads each touched stream once per batch."""

from collections.abc import Iterable, Sequence

import msgspec

from fairhold.codec.events import decode
from fairhold.domain.conversation import Posted, Recalled
from fairhold.engine.followers import Projection
from fairhold.engine.kinds import ACCOUNT, CONVERSATION, DEAL, LISTING, decode_state
from fairhold.engine.ports import Drop, LogRow, Put, Store
from fairhold.projections import views
from fairhold.projections.documents import ListingDocument, MessageDocument

NAME = "views"


def follower(store: Store) -> Projection:
    """The projection of everything in ``projections.views``."""
    return Projection(NAME, store, lambda rows: project(store, rows))


def project(store: Store, rows: Sequence[LogRow]) -> Iterable[Put | Drop]:
    """The documents of the streams that these rows touch, as the streams stand now."""
    changes: dict[tuple[str, str], Put | Drop] = {}
    last: dict[int, LogRow] = {}
    for row in rows:
        last[row.stream] = row
        if row.type.startswith("conversation."):
            _message(store, row, changes)
    for stream, row in last.items():
        document = _document(store, stream, row, changes)
        if document is not None:
            changes[document.view, document.id] = _put(document)
    return changes.values()


def rebuild(store: Store) -> None:
    """Throw the read models away; the follower makes them again from the log.

    The cursor goes back before and after: whoever is cut off in between, or follows meanwhile,
    leaves no entry out.
    """
    store.reset_cursor(NAME)
    store.drop_view(views.VIEWS)
    store.reset_cursor(NAME)


def _put(document: views.Document) -> Put:
    return Put(document.view, document.id, document.data, document.index)


def _document(
    store: Store, stream: int, row: LogRow, changes: dict[tuple[str, str], Put | Drop]
) -> views.Document | None:
    stored = store.state(stream)
    assert stored is not None, "a stream with events has a state"
    kind, state = decode_state(stored.data)
    if kind is DEAL:
        return views.of_deal(stream, state)
    if kind is LISTING:
        return views.of_listing(stream, state, _first_at(store, stream, row, changes))
    if kind is CONVERSATION:
        return views.of_conversation(stream, state, row.at)
    if kind is ACCOUNT:
        return views.of_account(stream, state)
    return None


def _first_at(
    store: Store, stream: int, row: LogRow, changes: dict[tuple[str, str], Put | Drop]
) -> int:
    """When a listing was first published: from its document, or from its first event."""
    if row.version == 1:
        return row.at
    known = changes.get(("listing", str(stream)))
    data = known.data if isinstance(known, Put) else store.document("listing", str(stream))
    if data is not None:
        return msgspec.json.decode(data, type=ListingDocument).published_at
    return store.history(stream)[0].at


def _message(store: Store, row: LogRow, changes: dict[tuple[str, str], Put | Drop]) -> None:
    event = decode(row.data)
    if isinstance(event, Posted):
        document = views.of_message(row.stream, event, recalled=False)
        changes[document.view, document.id] = _put(document)
    elif isinstance(event, Recalled):
        id_ = views.message_id(row.stream, event.number)
        known = changes.get(("message", id_))
        data = known.data if isinstance(known, Put) else store.document("message", id_)
        assert data is not None, "a message is recalled after it was posted"
        old = msgspec.json.decode(data, type=MessageDocument)
        posted = Posted(
            at=old.at,
            number=old.number,
            author=old.author,
            body=old.body,
            digest="",
            signals=old.signals,
        )
        document = views.of_message(row.stream, posted, recalled=True)
        changes[document.view, document.id] = _put(document)
