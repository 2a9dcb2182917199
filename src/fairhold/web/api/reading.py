"""Reading what a caller sends: every fault at once, each with a JSON pointer (RFC 6901)."""

import re
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from fairhold.web.problems import Fault

FAULTS_MAX = 50
"""More than so many faults help nobody."""


_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def read_json(raw: bytes, type_: type[Struct]) -> tuple[Any, list[Fault]]:
    """A body as a value of its type; when there are faults the value says nothing."""
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None, [Fault("", "not_json", "The body is not JSON in UTF-8.")]
    except RecursionError:
        return None, [Fault("", "too_deep", "The body is nested too deeply.")]
    return _checked(plain, type_, "", strict=True)


def read_query(pairs: Sequence[tuple[str, str]], type_: type[Struct]) -> tuple[Any, list[Fault]]:
    """The query as a value of its type; a name given twice is a fault."""
    plain: dict[str, str] = {}
    faults = []
    for name, value in pairs:
        if name in plain:
            faults.append(Fault(_point("", name), "repeated", "Given more than once."))
        plain[name] = value
    value, more = _checked(plain, type_, "", strict=False)
    return value, [*faults, *more]


def _checked(
    plain: object, type_: type[Struct], pointer: str, *, strict: bool
) -> tuple[Any, list[Fault]]:
    faults = _faults(plain, type_, pointer, strict=strict)[:FAULTS_MAX]
    return (None, faults) if faults else (msgspec.convert(plain, type_, strict=strict), [])


def _faults(plain: object, type_: Any, pointer: str, *, strict: bool) -> list[Fault]:  # noqa: ANN401 — any type
    struct = _struct_in(type_, plain)
    if struct is None:
        return _fault_of(plain, type_, pointer, strict=strict)
    if not isinstance(plain, Mapping):
        return [Fault(pointer, "wrong_type", "Expected an object.")]
    found: list[Fault] = []
    known = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name, field in known.items():
        if name in plain:
            found += _faults(plain[name], field.type, _point(pointer, name), strict=strict)
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


def _fault_of(plain: object, type_: Any, pointer: str, *, strict: bool) -> list[Fault]:  # noqa: ANN401 — any type
    try:
        msgspec.convert(plain, type_, strict=strict)
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
