"""The file that keeps a sandbox's business: one line a record, in order, shared by processes.

A sandbox is a state machine, and its journal the one order of everything that happened to it. Any
number of processes may share a journal. Each keeps the whole machine in memory; before it does or
says anything it takes its turn, and then performs first what the others have written since.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

import msgspec

R = TypeVar("R")

log = logging.getLogger(__name__)


class Journal(Generic[R]):
    """Records appended to a file, or kept nowhere when the path is empty.

    ``perform`` does what a record says: for every record of the file, in order, those of other
    processes included, but never for one's own, which are done before they are appended. It is
    called under :attr:`turn`, for the first time before the journal is made: whatever it needs
    has to be there by then. A record that cannot be performed is passed over and logged, since a
    sandbox that never starts again is worse than one that has forgotten something.

    ``turn`` is a context, entered again freely by the thread that is in it: one thread of one
    process at a time. All looking and all doing belongs inside.
    """

    turn: AbstractContextManager[object]

    def __init__(
        self, path: str, decode: Callable[[bytes], R], perform: Callable[[R], object]
    ) -> None:
        self._file: _SharedFile | None = None
        self._decode = decode
        self._perform = perform
        if path:
            self._file = _SharedFile(Path(path), self._hear)
            self.turn = self._file
            with self.turn:
                pass
        else:
            self.turn = threading.RLock()

    def append(self, record: R) -> None:
        """Write one record before it is answered; only in one's turn."""
        if self._file is not None:
            self._file.append(msgspec.json.encode(record) + b"\n")

    def may_send(self) -> bool:
        """Whether it falls to this process to send notices.

        Of those who share the journal one sends, until it closes the journal or dies; then the
        next one who asks does.
        """
        return self._file is None or self._file.may_send()

    def close(self) -> None:
        """Close the file; appending afterwards keeps nothing."""
        if self._file is not None:
            self._file.close()

    def _hear(self, line: bytes, place: int) -> None:
        try:
            self._perform(self._decode(line))
        except Exception as error:  # noqa: BLE001 - no line may keep a sandbox from starting
            # The line itself may hold a letter or a token: a log is no place for them.
            kind = type(error).__name__
            log.error("a journal's record at byte %d is passed over: %s", place, kind)  # noqa: TRY400


class _SharedFile:
    """A file of lines that processes take turns with, by a lock that the system takes back.

    The lock is on a file beside it, so that nothing hangs on who made or wrote the lines.
    """

    def __init__(self, path: Path, hear: Callable[[bytes, int], None]) -> None:
        self._path = path
        self._hear = hear
        self._mutex = threading.RLock()
        self._depth = 0
        self._read = 0
        self._sender = -1
        self._open = True
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _own_file(path.with_name(path.name + ".lock"))
        self._lines = _own_file(path, os.O_APPEND)

    def __enter__(self) -> None:
        self._mutex.acquire()
        try:
            if not self._depth and self._open:
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                self._catch_up()
        except BaseException:
            self._leave()
            raise
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        self._leave()

    def _leave(self) -> None:
        if not self._depth and self._open:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._mutex.release()

    def _catch_up(self) -> None:
        size = os.fstat(self._lines).st_size
        if size == self._read:
            return
        data = os.pread(self._lines, size - self._read, self._read)
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            # Whoever writes holds the lock: a line without its end was being written when its
            # process died, and was never answered.
            os.ftruncate(self._lines, self._read + len(whole))
        for line in whole.splitlines(keepends=True):
            place = self._read
            self._read += len(line)
            self._hear(line, place)

    def append(self, line: bytes) -> None:
        if not self._open:
            return
        assert self._depth, "records are written in one's turn"
        written = 0
        while written < len(line):
            written += os.write(self._lines, line[written:])
        self._read += written

    def may_send(self) -> bool:
        with self._mutex:
            if self._sender >= 0 or not self._open:
                return self._sender >= 0
            sender = _own_file(self._path.with_name(self._path.name + ".sender"))
            try:
                fcntl.flock(sender, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(sender)
                return False
            self._sender = sender
            return True

    def close(self) -> None:
        with self._mutex:
            if not self._open:
                return
            self._open = False
            for file in (self._lines, self._lock, self._sender):
                if file >= 0:
                    os.close(file)
            self._sender = -1


def _own_file(path: Path, how: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
