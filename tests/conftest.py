"""What every test may rely on: chosen chance, and no network beyond this machine."""

import importlib.util
import ipaddress
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# PostgreSQL is started by the tests that ask for it, and only by them.
pytest_plugins = ["tests.postgres"] if importlib.util.find_spec("tests.postgres") else []

# `make test` says the same every time; `night` explores, and what it finds becomes a test.
settings.register_profile(
    "dev",
    max_examples=50,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=300)
settings.register_profile(
    "night", settings.get_profile("dev"), max_examples=20_000, derandomize=False
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


class StrangerReachedError(Exception):
    """A test tried to talk to another machine."""


def refuse_strangers(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: a test connects to this machine or not at all."""
    if event != "socket.connect" or not isinstance(args[1], tuple):
        return  # a socket with a path as its address is on this machine
    host = str(args[1][0]).partition("%")[0]
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    if not near:
        message = f"tests stay on this machine; {host} is another"
        raise StrangerReachedError(message)


sys.addaudithook(refuse_strangers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what could not be tested here; a quiet run shows no header."""
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        terminalreporter.write_line("NO CHROMIUM: the browser tests were skipped", yellow=True)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parent.parent
