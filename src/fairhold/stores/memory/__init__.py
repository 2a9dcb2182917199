"""A store in the memory of one process, for tests and simulation: nothing survives it.

It keeps the whole contract of the ports, fencing included, behind one lock.
"""

from fairhold.kernel.ids import PARTS_MAX
from fairhold.stores.memory.follow import MemoryFollowers
from fairhold.stores.memory.log import MemoryLane, MemoryLog
from fairhold.stores.memory.shelf import MemoryShelf
from fairhold.stores.memory.tree import MemoryTree

__all__ = ["MemoryLane", "MemoryStore"]


class MemoryStore(MemoryLog, MemoryFollowers, MemoryShelf, MemoryTree):
    """Everything a store offers, safe from any thread, gone when it is dropped."""

    def __init__(self, part_count: int = 1) -> None:
        """Begin empty, with ``part_count`` parts (1 to 256)."""
        if not 1 <= part_count <= PARTS_MAX:
            message = f"part_count must be 1 to {PARTS_MAX}, not {part_count}"
            raise ValueError(message)
        self.part_count = part_count
        super().__init__()

    def lane(self, part: int) -> MemoryLane:
        """Open the write side of one part."""
        return MemoryLane(self, part)

    def ping(self) -> None:
        """Memory always answers."""

    def close(self) -> None:
        """There is nothing to release."""
