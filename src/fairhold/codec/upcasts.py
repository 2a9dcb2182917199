"""Pure functions that lift the data of an older event version to the next one.

Named ``(event name, version it reads)``; chained until the newest version is reached; never
deleted, because bytes of every version stay on record for ever.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTS: Mapping[tuple[str, int], Upcast] = MappingProxyType({})
