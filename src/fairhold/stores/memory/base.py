"""The lock that all parts of the memory store share."""

from threading import RLock


class MemoryBase:
    """Begins the chain of initialisers; each part adds its own tables."""

    def __init__(self) -> None:
        """Make the one lock that stands for a transaction."""
        self._lock = RLock()
