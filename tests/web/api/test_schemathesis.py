"""What a machine finds that reads the document and tries everything it allows and forbids."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from msgspec.structs import replace
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from fairhold.house import House
from fairhold.web.server import create_app
from fairhold.web.services import Services
from tests.web.api.conftest import Caller, Market
from tests.web.api.test_talk_and_wallet import upload

SEED = 20261121
EXAMPLES = 8
PLAIN = re.compile("[!-~]{1,255}")


@pytest.fixture
def things(market: Market, house: House) -> dict[str, str]:
    """One of everything, so that the machine gets further than "not found"."""
    deal = market.opened()
    picture = upload(market.seller)
    endpoint = market.buyer.made("/webhook_endpoints", {"url": "http://127.0.0.1:9/"})
    event = market.buyer.got(f"/deals/{deal['id']}/events")["data"][0]["id"]
    key = market.buyer.made("/api_keys", {"name": "spare"})
    house.settle()
    house.integrator.sign(house.clock.now())
    return {
        "deal": deal["id"],
        "listing": deal["listing"],
        "conversation": deal["conversation"],
        "picture": picture,
        "endpoint": endpoint["id"],
        "event": event,
        "delivery": "dlv_000000000000001-0-1",
        "api_key": key["id"],
        "consumer": "payments",
        "address": "0/000.p/1",
    }


def failures(schema: schemathesis.BaseSchema) -> Iterator[str]:
    """Everything that a run finds, one line each."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        request = event.recorder.interactions[case_id].request
                        failure = check.failure_info.failure
                        yield (
                            f"{event.recorder.label} | {check.name} | {failure.title}: "
                            f"{failure.message} | {request.method} {request.uri} {request.body!r}"
                        )
        elif isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.value!r}"
        elif isinstance(event, events.FatalError):
            raise event.exception


def configuration(caller: Caller, things: dict[str, str]) -> SchemathesisConfig:
    """A bounded, repeatable run as one caller."""
    understood = ["2xx", "401", "403", "404", "409", "422"]
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "auth": {"openapi": {"key": {"bearer": caller.secret}}},
            "parameters": {f"path.{name}": value for name, value in things.items()},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            # 400 says that the form is wrong: what the document allows never gets one.
            "checks": {"positive_data_acceptance": {"expected-statuses": understood}},
            "cache": {"enabled": False},
            "phases": {"stateful": {"enabled": False}},
        }
    )


@contextmanager
def fresh_keys() -> Iterator[None]:
    """Each request is another one: as clients do, it gets a key that was never used."""
    numbers = itertools.count(1)

    def before_call(
        _context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, object]
    ) -> None:
        key = case.headers.get("Idempotency-Key") if case.headers else None
        if key is not None and PLAIN.fullmatch(str(key)):
            case.headers["Idempotency-Key"] = f"machine-{next(numbers)}"

    schemathesis.hook(before_call)
    try:
        yield
    finally:
        schemathesis.hooks.unregister(before_call)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_tries_everything_finds_nothing(
    services: Services, things: dict[str, str], market: Market
) -> None:
    services.settings = replace(services.settings, limits=None, trusted_hosts=("*",))
    app = create_app(services)
    config = configuration(market.buyer, things)
    whole = schemathesis.openapi.from_asgi("/v1/openapi.json", app, config=config)
    schema = whole.exclude(operation_id="closeAccount")  # nothing would come after it
    with fresh_keys():
        assert list(failures(schema)) == []
