"""What of an event is shown to those who take part, and what stays inside."""

import msgspec
import pytest

from fairhold.codec.names import EVENTS
from fairhold.kernel.wish import Event
from fairhold.web.api.facts import HIDDEN, SHOWN

EVERY = [pytest.param(cls, id=name) for name, (_, cls) in EVENTS.items()]


@pytest.mark.parametrize("cls", EVERY)
def test_every_field_of_an_event_is_shown_or_hidden_on_purpose(cls: type[Event]) -> None:
    names = {field.name for field in msgspec.structs.fields(cls)} - {"at", "clock"}
    assert names <= set(SHOWN) | HIDDEN


def test_nothing_is_both_shown_and_hidden() -> None:
    assert not set(SHOWN) & HIDDEN
