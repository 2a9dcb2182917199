"""Bytes that were ever written are read for ever, and are written the same again."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from fairhold.codec import events as codec
from fairhold.codec.events import (
    UnknownEvent,
    decode,
    decode_lines,
    encode,
    encode_lines,
    envelope,
)
from fairhold.codec.names import EVENTS, NAME_OF
from fairhold.codec.upcasts import UPCASTS
from fairhold.domain import account, conversation, fingerprint, listing, wallet
from fairhold.domain.deal import deal
from fairhold.engine.kinds import KINDS
from fairhold.kernel.line import Line
from fairhold.kernel.wish import Event
from tests.codec.samples import FOLDER, file_of, golden, sample

NAMES = sorted(EVENTS)


@pytest.mark.parametrize("name", NAMES)
def test_every_event_has_golden_bytes_and_is_still_written_like_them(name: str) -> None:
    file = file_of(name, EVENTS[name][0])
    assert file.exists(), "a new event: python -m tests.codec.samples"
    assert golden(name) == file.read_bytes(), "another form: a new version and an upcast"


@pytest.mark.parametrize("name", NAMES)
def test_golden_bytes_of_every_version_are_read_as_the_newest(name: str) -> None:
    version, cls = EVENTS[name]
    for older in range(1, version + 1):
        data = file_of(name, older).read_bytes()
        assert isinstance(decode(data), cls)
        assert (envelope(data).type, envelope(data).v) == (name, older)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_comes_back_equal(name: str) -> None:
    version, cls = EVENTS[name]
    event = sample(cls)
    stored, data = encode(event, "deal_1", 7, "acct_1")
    assert stored == name
    assert decode(data) == event
    outer = envelope(data)
    assert (outer.type, outer.v, outer.stream) == (name, version, "deal_1")
    assert (outer.version, outer.at, outer.by) == (7, event.at, "acct_1")
    assert encode(decode(data), "deal_1", 7, "acct_1") == (stored, data)


def test_no_golden_file_is_of_an_event_that_is_gone() -> None:
    known = {
        file_of(name, older)
        for name, (version, _) in EVENTS.items()
        for older in range(1, version + 1)
    }
    assert set(FOLDER.iterdir()) == known


def test_every_event_of_the_domain_has_a_name_and_every_name_one_event() -> None:
    parts = (account, conversation, fingerprint, listing, wallet)
    of_domain = {event for part in parts for event in part.EVENTS} | set(deal.EVENTS)
    assert set(NAME_OF) == of_domain
    assert len(NAME_OF) == len(EVENTS)
    assert {NAME_OF[cls][0] for _, cls in EVENTS.values()} == set(EVENTS)


def test_names_are_a_subject_and_a_fact() -> None:
    for name in EVENTS:
        subject, _, fact = name.partition(".")
        assert subject.isalpha(), name
        assert fact.replace("_", "").isalpha(), name
        assert name == name.lower()


def test_every_older_version_has_its_upcast_and_no_other_is_there() -> None:
    wanted = {(name, older) for name, (newest, _) in EVENTS.items() for older in range(1, newest)}
    assert set(UPCASTS) == wanted


# -- a form that changed --------------------------------------------------------------------------


class Counted(Event, frozen=True, kw_only=True):
    """The third form: an amount and its unit; the first had one word, the second no unit."""

    amount: int
    unit: str


def split_word(body: dict[str, Any]) -> dict[str, Any]:
    return {"at": body["at"], "amount": int(body["word"])}


def add_unit(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "unit": "piece"}


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    names: Mapping[str, tuple[int, type[Event]]] = {"count.made": (3, Counted)}
    monkeypatch.setattr(codec, "EVENTS", names)
    upcasts = {("count.made", 1): split_word, ("count.made", 2): add_unit}
    monkeypatch.setattr(codec, "UPCASTS", upcasts)
    decoders = {"count.made": msgspec.json.Decoder(Counted)}
    monkeypatch.setattr(codec, "_decoders", decoders)


class Outer(Struct):
    """An envelope as somebody else would write it."""

    data: object
    type: str = "count.made"
    v: int = 1
    stream: str = "count_1"
    version: int = 1
    at: int = 5
    by: str = "clock"


def stored(outer: Outer) -> bytes:
    return msgspec.json.encode(outer)


@pytest.mark.usefixtures("planted")
def test_older_forms_are_lifted_step_by_step_to_the_newest() -> None:
    newest = Counted(at=5, amount=12, unit="piece")
    assert decode(stored(Outer({"at": 5, "word": "12"}))) == newest
    assert decode(stored(Outer({"at": 5, "amount": 12}, v=2))) == newest
    assert decode(stored(Outer({"at": 5, "amount": 12, "unit": "piece"}, v=3))) == newest


@pytest.mark.usefixtures("planted")
def test_lifting_does_not_touch_the_stored_bytes() -> None:
    data = stored(Outer({"at": 5, "word": "12"}))
    assert envelope(data).v == 1
    assert bytes(envelope(data).data) == b'{"at":5,"word":"12"}'


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    ("outer", "told"),
    [
        (Outer({}, type="count.unmade"), "count.unmade v1"),
        (Outer({}, v=4), "count.made v4"),
    ],
)
def test_a_record_that_is_newer_than_the_code_is_named_and_not_guessed_at(
    outer: Outer, told: str
) -> None:
    with pytest.raises(UnknownEvent, match=told):
        decode(stored(outer))


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("v", [0, -1])
def test_a_version_that_never_was_is_not_read(v: int) -> None:
    with pytest.raises(UnknownEvent):
        decode(stored(Outer({"at": 5, "word": "12"}, v=v)))


def test_bytes_that_are_no_event_are_an_error() -> None:
    for data in (b"", b"{}", b"[1]", b'{"type":"order.paid"', b"\xff\xfe"):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            decode(data)


def test_a_missing_field_is_an_error_and_never_a_default() -> None:
    data = msgspec.json.decode(golden("wallet.credited"))
    del data["data"]["amount"]
    with pytest.raises(msgspec.ValidationError, match="amount"):
        decode(msgspec.json.encode(data))


# -- postings and states --------------------------------------------------------------------------


def test_postings_come_back_equal_and_none_take_no_room() -> None:
    lines = (Line("clearing", 0, 12_00, "CNY"), Line("hold", 1 << 62, -12_00, "CNY"))
    assert decode_lines(encode_lines(lines)) == lines
    assert encode_lines(lines) == (
        b'[["clearing",0,1200,"CNY"],["hold",4611686018427387904,-1200,"CNY"]]'
    )
    assert encode_lines(()) == b""
    assert decode_lines(b"") == ()


def test_each_kind_of_stream_has_a_prefix_of_its_own() -> None:
    assert all(prefix == kind.prefix for prefix, kind in KINDS.items())
    assert len({kind.name for kind in KINDS.values()}) == len(KINDS)
    assert all(prefix.isalpha() and prefix.islower() for prefix in KINDS)


def test_events_hold_numbers_words_and_digests_only() -> None:
    """No field of an event is meant for text that a person wrote."""
    suspicious = {"text", "title", "description", "message", "name", "email", "address", "password"}
    allowed = {("order.reminded", "name")}  # the name of a clock
    found = {
        (name, field)
        for name, (_, cls) in EVENTS.items()
        for field in cls.__struct_fields__
        if field in suspicious
    }
    assert found == allowed
