"""One sample of every event, made from the types of its fields; its bytes are kept as golden files.

``python -m tests.codec.samples`` writes the files that are missing. It never changes one that is
there: those bytes are on record somewhere.
"""

import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct

from fairhold.codec.events import encode
from fairhold.codec.names import EVENTS
from fairhold.kernel.ids import make_id, public_id
from fairhold.kernel.money import Money
from fairhold.kernel.wish import Event

AT = 1_795_000_000_000
STREAM = make_id(AT, 3, 77)
FOLDER = Path(__file__).resolve().parent.parent / "golden" / "events"


def sample(event: type[Event]) -> Event:
    """An event whose every field says which field it is."""
    made = fill(event)
    assert isinstance(made, Event)
    return msgspec.structs.replace(made, at=AT)


def fill(kind: type[Struct]) -> Struct:
    hints = typing.get_type_hints(kind)
    return kind(**{name: value(hints[name], name) for name in kind.__struct_fields__})


def value(hint: Any, name: str) -> Any:  # noqa: ANN401 - whatever a field's type asks for
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return value(arguments[0], name)
    if origin in {types.UnionType, typing.Union}:
        return value(next(each for each in arguments if each is not type(None)), name)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return (value(arguments[0], name), value(arguments[0], f"{name}!"))
        return tuple(value(each, f"{name}{place}") for place, each in enumerate(arguments))
    if origin is not None and issubclass(origin, Mapping):
        return {f"{name}?": value(arguments[1], name)}
    return plain(hint, name)


def plain(hint: type, name: str) -> object:
    if hint is Money:
        return Money(4_800 + len(name), "CNY")
    if issubclass(hint, Struct):
        return fill(hint)
    if issubclass(hint, Enum):
        return list(hint)[-1]
    if hint is bool:
        return True
    if hint is int:
        return 1_000 + sum(name.encode())
    assert hint is str, f"no sample of {hint} for {name}"
    return f"{name}·样"


def golden(name: str) -> bytes:
    """The bytes of the sample of one event, as the newest code writes them."""
    version, event = EVENTS[name]
    stream = public_id(name.partition(".")[0][:4], STREAM)
    _, data = encode(sample(event), stream, version + 4, "clock")
    return data


def file_of(name: str, version: int) -> Path:
    return FOLDER / f"{name}.v{version}.json"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (version, _) in EVENTS.items():
        file = file_of(name, version)
        if not file.exists():
            file.write_bytes(golden(name))
            print(file.name)


if __name__ == "__main__":
    main()
