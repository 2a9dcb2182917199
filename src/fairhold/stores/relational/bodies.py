"""Encrypted bodies and the wrapped keys of their subjects.

A body is kept in the part that its id names. Subject keys have no id; they are kept in part 0,
because rotation walks them by name and they are small.
"""

from collections.abc import Sequence

from fairhold.engine.ports import BodyRow
from fairhold.kernel.ids import part_of
from fairhold.stores.relational.database import Database

SUBJECT_KEY = "SELECT wrapped FROM subject_key WHERE part = 0 AND subject = ?"
PUT_SUBJECT_KEY = (
    "INSERT INTO subject_key (part, subject, wrapped) VALUES (0, ?, ?) "
    "ON CONFLICT (part, subject) DO UPDATE SET wrapped = subject_key.wrapped RETURNING wrapped"
)
"""A row that is there is rewritten as it was, so that one statement returns what is in force."""

BODY = "SELECT id, subject, kind, data FROM body WHERE part = ? AND id = ?"
PUT_BODY = (
    "INSERT INTO body (part, id, subject, kind, data) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (part, id) DO UPDATE SET kind = body.kind RETURNING id, subject, kind, data"
)


class Bodies(Database):
    """Bodies and subject keys."""

    def put_body(self, row: BodyRow) -> None:
        """Store a body durably; raise ValueError when the id stands for another one."""
        values = (part_of(row.id), row.id, row.subject, row.kind, row.data)
        [stored] = self._returning(PUT_BODY, values)
        if BodyRow(*stored) != row:
            message = f"body {row.id} is already there and differs"
            raise ValueError(message)

    def body(self, id_: int) -> BodyRow | None:
        """Read a body."""
        rows = self._read(BODY, (part_of(id_), id_))
        return BodyRow(*rows[0]) if rows else None

    def drop_body(self, id_: int) -> None:
        """Remove a body; no error when it is not there."""
        self._change("DELETE FROM body WHERE part = ? AND id = ?", (part_of(id_), id_))

    def put_subject_key(self, subject: str, wrapped: bytes) -> bytes:
        """Store a subject's wrapped key unless there is one; return the one in force."""
        [(stored,)] = self._returning(PUT_SUBJECT_KEY, (subject, wrapped))
        return bytes(stored)

    def subject_key(self, subject: str) -> bytes | None:
        """A subject's wrapped key; None when it never was or was destroyed."""
        rows = self._read(SUBJECT_KEY, (subject,))
        return rows[0][0] if rows else None

    def replace_subject_key(self, subject: str, old: bytes, new: bytes) -> bool:
        """Re-wrap: swap the stored key if it still equals ``old`` (rotation of the master key)."""
        changed = self._change(
            "UPDATE subject_key SET wrapped = ? WHERE part = 0 AND subject = ? AND wrapped = ?",
            (new, subject, old),
        )
        return changed == 1

    def drop_subject_key(self, subject: str) -> None:
        """Erase: without the key the subject's bodies are unreadable for ever."""
        self._change("DELETE FROM subject_key WHERE part = 0 AND subject = ?", (subject,))

    def subjects(self, after: str, limit: int) -> Sequence[str]:
        """Subjects that have a key, by name (rotation walks them)."""
        rows = self._read(
            "SELECT subject FROM subject_key WHERE part = 0 AND subject > ? "
            "ORDER BY subject LIMIT ?",
            (after, limit),
        )
        return [subject for (subject,) in rows]
