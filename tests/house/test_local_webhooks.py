"""Webhooks reach this machine itself only where nobody else reaches the server."""

from pathlib import Path

import pytest

from fairhold.app import services_of
from fairhold.engine.webhooks import Message, Reply
from fairhold.house import House
from fairhold.settings import Settings, read_settings

HERE = "http://127.0.0.1:9/"


@pytest.mark.parametrize(
    ("environment", "reach"),
    [
        ({}, True),
        ({"HOST": "localhost"}, True),
        ({"HOST": "::1"}, True),
        ({"FAIRHOLD_BASE_URL": "http://localhost:8000"}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"HOST": ""}, False),
        ({"HOST": "203.0.113.7"}, False),
        ({"FAIRHOLD_BASE_URL": "https://fairhold.example"}, False),
        ({"HOST": "0.0.0.0", "FAIRHOLD_LOCAL_WEBHOOKS": "1"}, True),
    ],
)
def test_only_a_server_for_this_machine_alone_notifies_this_machine(
    environment: dict[str, str], *, reach: bool
) -> None:
    assert read_settings(environment).webhooks_reach_loopback is reach


@pytest.mark.parametrize(
    ("host", "error"),
    [("127.0.0.1", "ConnectError"), ("203.0.113.7", "target.not_https")],
)
def test_the_door_and_the_sender_agree(tmp_path: Path, host: str, error: str) -> None:
    house = House(Settings(var=tmp_path, database_url="memory:", host=host))
    secret = "whsec_" + "c2VjcmV0" * 4
    message = Message(url=HERE, secrets=[secret], id="msg_1", timestamp_s=1, body=b"{}")
    assert house.webhooks.post(message) == Reply(0, error)
    assert services_of(house).settings.webhooks_reach_loopback is (host == "127.0.0.1")
    house.stop()
