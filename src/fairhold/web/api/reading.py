"""Reading what a caller sends: every fault at once, each with a JSON pointer (RFC 6901)."""

import functools
import re
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from fairhold.web.problems import Fault

FAULTS_MAX = 50
"""More than so many faults help nobody."""


_fields = functools.cache(msgspec.structs.fields)
"""The fields of a shape; to ask anew costs more than to read a request."""
_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def read_json(raw: bytes, type_: type[Struct]) -> tuple[Any, list[Fault]]:
    """A body as a value of its type; when there are faults the value says nothing."""
    try:
        plain = _whole(msgspec.json.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, [Fault("", "not_json", "The body is not JSON in UTF-8.")]
    except RecursionError:
        return None, [Fault("", "too_deep", "The body is nested too deeply.")]
    faults = _faults(plain, type_, "")[:FAULTS_MAX]
    return (None, faults) if faults else (msgspec.convert(plain, type_), [])


def _whole(plain: Any) -> Any:  # noqa: ANN401 — any JSON
    """5.0 is a whole number to JSON Schema, so it is one here; there are no others in this API."""
    if isinstance(plain, dict):
        return {name: _whole(value) for name, value in plain.items()}
    if isinstance(plain, list):
        return [_whole(value) for value in plain]
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def read_query(pairs: Sequence[tuple[str, str]], type_: type[Struct]) -> tuple[Any, list[Fault]]:
    """The query as a value of its type; a name given twice is a fault."""
    known = {field.encode_name: field for field in _fields(type_)}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, text in pairs:
        pointer = _point("", name)
        if name not in known:
            faults.append(Fault(pointer, "unknown", "Unknown name."))
        elif name in values:
            faults.append(Fault(pointer, "repeated", "Given more than once."))
        else:
            values[name] = text
            bare = _present(known[name].type)
            try:
                values[name] = msgspec.convert(text, bare, strict=False)
            except msgspec.ValidationError as error:
                faults.append(Fault(pointer, "invalid", str(error)))
    for name, field in known.items():
        if field.required and name not in values:
            faults.append(Fault(_point("", name), "missing", "This is required."))
    return (None, faults[:FAULTS_MAX]) if faults else (type_(**values), [])


def _present(type_: Any) -> Any:  # noqa: ANN401 — any type
    """What a value is when it is there: a query says null by saying nothing."""
    if get_origin(type_) not in {Union, UnionType}:
        return type_
    return next(choice for choice in get_args(type_) if choice is not NoneType)


def _faults(plain: object, type_: Any, pointer: str) -> list[Fault]:  # noqa: ANN401 — any type
    struct = _struct_in(type_, plain)
    if struct is None:
        return _fault_of(plain, type_, pointer)
    if not isinstance(plain, Mapping):
        return [Fault(pointer, "wrong_type", "Expected an object.")]
    found: list[Fault] = []
    known = {field.encode_name: field for field in _fields(struct)}
    for name, field in known.items():
        if name in plain:
            found += _faults(plain[name], field.type, _point(pointer, name))
        elif field.required:
            found.append(Fault(_point(pointer, name), "missing", "This is required."))
    if struct.__struct_config__.forbid_unknown_fields:
        strange = [name for name in plain if name not in known]
        found += [Fault(_point(pointer, name), "unknown", "Unknown name.") for name in strange]
    return found


def _struct_in(type_: Any, plain: object) -> type[Struct] | None:  # noqa: ANN401 — any type
    """The struct that a value has to be, unless it may be absent and is."""
    origin = get_origin(type_)
    if origin is Annotated:
        return _struct_in(get_args(type_)[0], plain)
    if origin in {Union, UnionType}:
        choices = get_args(type_)
        if plain is None and NoneType in choices:
            return None
        return next(filter(None, (_struct_in(choice, plain) for choice in choices)), None)
    return type_ if isinstance(type_, type) and issubclass(type_, Struct) else None


def _fault_of(plain: object, type_: Any, pointer: str) -> list[Fault]:  # noqa: ANN401 — any type
    try:
        msgspec.convert(plain, type_)
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        where = pointer + (_pointer(at["path"]) if at else "")
        return [Fault(where, "invalid", _AT.sub("", text))]
    return []


def _pointer(path: str) -> str:
    return "".join(_point("", name or index) for name, index in _STEP.findall(path))


def _point(pointer: str, name: str) -> str:
    """One step further: ``~`` and ``/`` are escaped."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
