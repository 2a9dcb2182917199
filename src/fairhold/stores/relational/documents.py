"""Read models: documents and the indexes that they stand in.

A document row remembers its index entries, so that a change touches only the entries that differ
and no second index by document is needed.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fairhold.engine.ports import Drop, Found, Put
from fairhold.stores.documents import Entry, entries_of, last_changes
from fairhold.stores.relational.database import Database, Parameters, Session

PUT = (
    "INSERT INTO document (view, id, data, entries) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (view, id) DO UPDATE SET data = excluded.data RETURNING entries"
)
"""Returns the entries that the document stood in before: a new one is written with none."""

PAGE = (
    "SELECT document.id, document.data FROM document_index JOIN document "
    "ON document.view = document_index.view AND document.id = document_index.id "
    "WHERE document_index.view = ? AND document_index.name = ? AND document_index.value = ? "
)
NEWEST_FIRST = "ORDER BY document_index.sort DESC, document_index.id DESC LIMIT ?"
OLDEST_FIRST = "ORDER BY document_index.sort, document_index.id LIMIT ?"
OLDER = "AND (document_index.sort, document_index.id) < (?, ?) "
NEWER = "AND (document_index.sort, document_index.id) > (?, ?) "

_Stored = list[tuple[str, str, int]]
_decoder = msgspec.json.Decoder(_Stored)
_encode = msgspec.json.Encoder().encode
NO_ENTRIES = b"[]"


def _packed(entries: dict[Entry, int]) -> bytes:
    return _encode([(*entry, sort) for entry, sort in sorted(entries.items())])


def _unpacked(stored: bytes) -> dict[Entry, int]:
    return {(index, value): sort for index, value, sort in _decoder.decode(stored)}


def apply(session: Session, changes: Iterable[Put | Drop]) -> None:
    """Write the changes of read models inside a follower's transaction."""
    last = last_changes(changes)
    puts = [change for change in last if isinstance(change, Put)]
    gone: list[Parameters] = []
    new: list[Parameters] = []
    moved: list[Parameters] = []
    if puts:
        written = session.rows_each(PUT, [(p.view, p.id, p.data, NO_ENTRIES) for p in puts])
        for put, rows in zip(puts, written, strict=True):
            before, after = _unpacked(rows[0][0]), entries_of(put)
            if before != after:
                moved.append((_packed(after), put.view, put.id))
                gone += _differing(put.view, put.id, before, after)
                new += _differing(put.view, put.id, after, before)
    drops = [change for change in last if isinstance(change, Drop)]
    if drops:
        dropped = session.rows_each(
            "DELETE FROM document WHERE view = ? AND id = ? RETURNING entries",
            [(drop.view, drop.id) for drop in drops],
        )
        for drop, rows in zip(drops, dropped, strict=True):
            for (stored,) in rows:
                gone += _differing(drop.view, drop.id, _unpacked(stored), {})
    _write_entries(session, gone, new, moved)


def _differing(
    view: str, id_: str, these: dict[Entry, int], others: dict[Entry, int]
) -> list[Parameters]:
    return [(view, *entry, sort, id_) for entry, sort in these.items() if others.get(entry) != sort]


def _write_entries(
    session: Session, gone: list[Parameters], new: list[Parameters], moved: list[Parameters]
) -> None:
    if gone:
        session.run_each(
            "DELETE FROM document_index "
            "WHERE view = ? AND name = ? AND value = ? AND sort = ? AND id = ?",
            gone,
        )
    if new:
        session.run_each(
            "INSERT INTO document_index (view, name, value, sort, id) VALUES (?, ?, ?, ?, ?)", new
        )
    if moved:
        session.run_each("UPDATE document SET entries = ? WHERE view = ? AND id = ?", moved)


class Documents(Database):
    """Reads of the read models, and forgetting them."""

    def document(self, view: str, id_: str) -> bytes | None:
        """One document of a read model."""
        rows = self._read("SELECT data FROM document WHERE view = ? AND id = ?", (view, id_))
        return rows[0][0] if rows else None

    def find(
        self,
        view: str,
        index: str,
        value: str,
        *,
        limit: int,
        after: str | None = None,
        before: str | None = None,
    ) -> Found:
        """Documents under one index value, newest first.

        ``more`` says whether there are further documents beyond the page, in the direction that
        was asked for.
        """
        assert after is None or before is None, "a page lies after one id or before one"
        place: Parameters = (view, index, value)
        anchor = after if after is not None else before
        if anchor is None:
            rows = self._read(PAGE + NEWEST_FIRST, (*place, limit + 1))
            return Found(rows=rows[:limit], more=len(rows) > limit)
        sort = self._sort_of(view, index, value, anchor)
        if sort is None:
            return Found(rows=(), more=False)
        if before is None:
            rows = self._read(PAGE + OLDER + NEWEST_FIRST, (*place, sort, anchor, limit + 1))
            return Found(rows=rows[:limit], more=len(rows) > limit)
        rows = self._read(PAGE + NEWER + OLDEST_FIRST, (*place, sort, anchor, limit + 1))
        return Found(rows=rows[:limit][::-1], more=len(rows) > limit)

    def _sort_of(self, view: str, index: str, value: str, id_: str) -> int | None:
        rows = self._read("SELECT entries FROM document WHERE view = ? AND id = ?", (view, id_))
        return _unpacked(rows[0][0]).get((index, value)) if rows else None

    def count(self, view: str, index: str, value: str) -> int:
        """How many documents stand under one index value."""
        [(count,)] = self._read(
            "SELECT count(*) FROM document_index WHERE view = ? AND name = ? AND value = ?",
            (view, index, value),
        )
        return int(count)

    def drop_view(self, views: Sequence[str]) -> None:
        """Forget read models (documents and index entries), to rebuild them."""
        names = [(view,) for view in sorted(set(views))]
        if names:
            with self._write() as session:
                session.run_each("DELETE FROM document_index WHERE view = ?", names)
                session.run_each("DELETE FROM document WHERE view = ?", names)
