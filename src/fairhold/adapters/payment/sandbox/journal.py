"""The file that keeps a provider's business over a restart: one line a move, in order."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from fairhold.adapters.payment.sandbox.moves import Record


class Journal:
    """Records appended to a file, or kept nowhere when the path is empty."""

    def __init__(self, path: str) -> None:
        self._file = -1
        self.records: Sequence[Record] = ()
        if path:
            self._open(Path(path))

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes() if path.exists() else b""
        # A line without its end was being written when the process died: it was never answered.
        whole = data[: data.rfind(b"\n") + 1]
        self.records = [msgspec.json.decode(line, type=Record) for line in whole.splitlines()]
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, len(whole))

    def append(self, record: Record) -> None:
        """Write one move before it is answered."""
        if self._file >= 0:
            os.write(self._file, msgspec.json.encode(record) + b"\n")

    def close(self) -> None:
        """Close the file; appending afterwards keeps nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
