"""A private Fairhold for an experiment: a child process, a temporary folder, a test clock.

The folder belongs to whoever set the installation up, and so do the keys in it: the operator's
account is made before the first start, as the platform's own set-up would, and the log's
verifier key is pinned from there, not believed because the server says so.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from fairhold.engine.batching import Receipt
from fairhold.engine.clock import SystemClock
from fairhold.engine.desk import people
from fairhold.engine.desk.asked import Profile
from fairhold.evidence.note import Signer, VerifierKey
from fairhold.house import House
from fairhold.kernel.instant import Instant
from fairhold.lab.client import answers
from fairhold.settings import Keys, Settings, read_keys
from fairhold.web.security.api_keys import EVERY_SCOPE, ApiKeys, Issued

BEGINS: Instant = 1_780_300_800_000
"""2026-06-01T08:00:00Z: where the test clock of a private server begins."""
READY_WITHIN_S = 30.0
LOOK_S = 0.05
STOP_WITHIN_S = 8.0
TAIL = 2_000
OPERATOR = "Officer Chen"


class NotStarted(Exception):
    """The private server did not come up; the message ends with what it said last."""


class PrivateServer:
    """Started when entered, gone with its folder when left."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._folder = Path(tempfile.mkdtemp(prefix="fairhold-replay-"))
        self.var = self._folder / "var"
        self._port = _free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._child: subprocess.Popen[bytes] | None = None
        self.operator_key = ""

    def __enter__(self) -> Self:
        """Set up, start, and wait until it answers."""
        try:
            self.operator_key = self._set_up()
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and leave nothing behind."""
        self._end()

    @property
    def keys(self) -> Keys:
        """The secrets of this installation: what its provider and carrier sign with."""
        return read_keys(self.var / "keys" / "installation.json")

    @property
    def origin(self) -> str:
        """The name of its log."""
        return Settings().origin

    @property
    def verifier(self) -> VerifierKey:
        """The public key of its log, known before the server ever answered."""
        return Signer(self.origin, bytes.fromhex(self.keys.log_seed)).verifier

    @property
    def said(self) -> str:
        """Everything that the server wrote to its output."""
        file = self._folder / "output.txt"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def holds(self, word: str) -> tuple[str, ...]:
        """The files of the installation, its output included, that hold this in the clear."""
        plain = word.encode()
        return tuple(
            str(file.relative_to(self._folder))
            for file in sorted(self._folder.rglob("*"))
            if file.is_file() and plain in file.read_bytes()
        )

    def _set_up(self) -> str:
        """Make the operator's account and its key, before anybody can reach the server."""
        house = House(Settings(var=self.var, test_clock=BEGINS))
        try:
            profile = Profile(email="officer@operator.example", handle=OPERATOR)
            signed_up = people.sign_up(house.desk, profile)
            assert isinstance(signed_up, Receipt), f"an empty installation: {signed_up}"
            granted = people.grant_operator(house.desk, signed_up.stream)
            assert isinstance(granted, Receipt), granted
            keys = ApiKeys(house.store, SystemClock(), sandbox=True)
            issued = keys.issue(signed_up.stream, "replay", EVERY_SCOPE)
            assert isinstance(issued, Issued), issued
            return issued.secret
        finally:
            house.stop()

    def _start(self) -> None:
        command = [sys.executable, "-m", "fairhold", "serve", "--no-sample"]
        with (self._folder / "output.txt").open("wb") as output:
            self._child = subprocess.Popen(  # noqa: S603 — our own program
                command,
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end and self._child.poll() is None:
            if answers(f"{self.address}/ready"):
                return
            time.sleep(LOOK_S)
        raise NotStarted(self.said[-TAIL:])

    def _environment(self) -> Mapping[str, str]:
        """Nothing of the caller's own set-up reaches a private server."""
        return {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            "FAIRHOLD_VAR": str(self.var),
            "FAIRHOLD_TEST_CLOCK": str(BEGINS),
        }

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
