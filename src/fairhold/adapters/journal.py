"""The file that keeps a sandbox's business over a restart: one line a record, in order."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

R = TypeVar("R")


class Journal(Generic[R]):
    """Records appended to a file, or kept nowhere when the path is empty.

    Doing again what the ``records`` say, in their order, makes the same sandbox.
    """

    def __init__(self, path: str, decode: Callable[[bytes], R]) -> None:
        self._file = -1
        self._decode = decode
        self.records: Sequence[R] = ()
        if path:
            self._open(Path(path))

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes() if path.exists() else b""
        # A line without its end was being written when the process died: it was never answered.
        whole = data[: data.rfind(b"\n") + 1]
        self.records = [self._decode(line) for line in whole.splitlines()]
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, len(whole))

    def append(self, record: R) -> None:
        """Write one record before it is answered."""
        if self._file >= 0:
            os.write(self._file, msgspec.json.encode(record) + b"\n")

    def close(self) -> None:
        """Close the file; appending afterwards keeps nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
