"""Moves pages from the WAL into the database file, beside the writers instead of inside one."""

import sqlite3
from pathlib import Path
from threading import Event, Lock, Thread

from fairhold.stores.sqlite.connection import connect

ROWS_BETWEEN = 4_000
"""So many rows written make a checkpoint worth its flushes (some 5 to 10 MB of WAL)."""

PAUSE_S = 0.2
"""At most one checkpoint in this time: a busy disk is for commits."""

FRAMES_MAX = 16_384
"""64 MB of WAL: then the writers wait once for the checkpoint to catch up, or it never would."""


class Checkpointer:
    """A background thread that keeps the WAL short."""

    def __init__(self, path: Path, write_lock: Lock) -> None:
        self._write_lock = write_lock
        self._connection = connect(path)
        self._written = ROWS_BETWEEN  # a process that was killed may have left a long WAL
        self._wake = Event()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="sqlite-checkpoint", daemon=True)

    def start(self) -> None:
        """Begin to work in the background."""
        self._thread.start()

    def note(self, rows: int) -> None:
        """Hear from a writer that it committed so many rows.

        Two threads may lose a count here; that only moves a checkpoint by a little.
        """
        self._written += rows
        if self._written >= ROWS_BETWEEN:
            self._wake.set()

    def stop(self) -> None:
        """End the thread and its connection; calling it again does nothing."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stop.is_set():
                return
            self._written = 0
            try:
                frames, moved = self._checkpoint()
                if frames >= FRAMES_MAX and moved < frames:
                    with self._write_lock:
                        self._checkpoint()
            except sqlite3.OperationalError:
                # A full or busy disk fails the writers, who tell; here it only means later.
                self._written = 0
            self._stop.wait(PAUSE_S)

    def _checkpoint(self) -> tuple[int, int]:
        """Move what no reader holds back; return the frames in the WAL and those moved."""
        row = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(row[1]), int(row[2])
