"""Columns of a batch as PostgreSQL's binary arrays, packed in one go.

A batch goes to the server as one array per column. Packing them here takes a tenth of the time
that a driver needs to look at every value.
"""

import struct
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

import psycopg
from msgspec import Struct
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

BYTEA_OID, BYTEA_ARRAY_OID = 17, 1001
INT8_OID, INT8_ARRAY_OID = 20, 1016
TEXT_OID, TEXT_ARRAY_OID = 25, 1009

INT8_SIZE = 8

_EMPTY = struct.Struct("!iii")
_HEADER = struct.Struct("!iiiii")
_LENGTH = struct.Struct("!i")


class Packed(Struct, frozen=True):
    """An array in PostgreSQL's binary form."""

    data: bytes


class Numbers(Packed, frozen=True):
    """An array of bigint."""


class Texts(Packed, frozen=True):
    """An array of text."""


class Blobs(Packed, frozen=True):
    """An array of bytea."""


def _header(count: int, element: int) -> bytes:
    """Dimensions, no nulls, type of the elements, length, first index."""
    return _HEADER.pack(1, 0, element, count, 1) if count else _EMPTY.pack(0, 0, element)


def _pack(element: int, values: Sequence[bytes]) -> bytes:
    pieces = [_header(len(values), element)]
    length = _LENGTH.pack
    for value in values:
        pieces.append(length(len(value)))
        pieces.append(value)
    return b"".join(pieces)


def numbers(values: Sequence[int]) -> Numbers:
    """Pack 64-bit numbers."""
    count = len(values)
    pairs = chain.from_iterable(zip(repeat(INT8_SIZE), values, strict=False))
    return Numbers(_header(count, INT8_OID) + struct.pack("!" + "iq" * count, *pairs))


def texts(values: Iterable[str]) -> Texts:
    """Pack texts as UTF-8."""
    return Texts(_pack(TEXT_OID, [value.encode() for value in values]))


def blobs(values: Sequence[bytes]) -> Blobs:
    """Pack bytes."""
    return Blobs(_pack(BYTEA_OID, values))


class _PackedDumper(Dumper):
    """Hands an array over as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> Buffer | None:
        """The bytes for the wire."""
        return obj.data


class _NumbersDumper(_PackedDumper):
    oid = INT8_ARRAY_OID


class _TextsDumper(_PackedDumper):
    oid = TEXT_ARRAY_OID


class _BlobsDumper(_PackedDumper):
    oid = BYTEA_ARRAY_OID


def register(connection: psycopg.Connection) -> None:
    """Teach a connection these arrays."""
    connection.adapters.register_dumper(Numbers, _NumbersDumper)
    connection.adapters.register_dumper(Texts, _TextsDumper)
    connection.adapters.register_dumper(Blobs, _BlobsDumper)
