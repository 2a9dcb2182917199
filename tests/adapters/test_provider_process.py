"""The sandbox provider as a process of its own, spoken to over the wire."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import httpx
import pytest

from fairhold.adapters.payment import sandbox
from fairhold.adapters.payment.http import SandboxPayment
from fairhold.engine.outside import Declined
from tests.adapters.payments import SECRET, yuan

FAR = 4_000_000_000_000
FOLDER = Path(str(sandbox.__file__)).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def heard() -> Iterator[tuple[str, "Queue[tuple[dict[str, str], bytes]]"]]:
    queue: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            queue.put((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/notices", queue
    server.shutdown()
    thread.join()
    server.server_close()


def start(
    folder: Path, port: int, notify: str, stderr: int | None = None
) -> "subprocess.Popen[bytes]":
    keys = folder / "keys.json"
    keys.write_text(
        json.dumps({"api_key": "shop", "control_key": "stage", "webhook_secret": SECRET})
    )
    command = [sys.executable, "-m", "fairhold.adapters.payment.sandbox", "--port", str(port)]
    command += ["--keys", str(keys), "--notify", notify, "--journal", str(folder / "j.jsonl")]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parents[3])}
    return subprocess.Popen(command, env=environment, stderr=stderr)


def wait_until_open(process: "subprocess.Popen[bytes]", url: str) -> None:
    while True:
        assert process.poll() is None, "the provider ended"
        try:
            if httpx.get(f"{url}/checkout.css").is_success:
                return
        except httpx.ConnectError:
            continue


def test_a_killed_provider_forgets_nothing_that_it_answered(
    tmp_path: Path, heard: tuple[str, "Queue[tuple[dict[str, str], bytes]]"]
) -> None:
    notify, queue = heard
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    client = SandboxPayment.at(url, "shop", [SECRET])
    process = start(tmp_path, port, notify)
    try:
        wait_until_open(process, url)
        checkout = client.open_checkout("deal_1", yuan(700), f"{url}/checkout.css", FAR, "o1")
        paid = httpx.post(checkout.url, data={"choice": "pay"})
        assert paid.headers["location"] == f"{url}/checkout.css"
        headers, body = queue.get(timeout=20)
        stamp = int({name.lower(): value for name, value in headers.items()}["webhook-timestamp"])
        notice = client.verify_notice(headers, body, stamp * 1_000)
        assert (notice.kind.value, notice.payment) == ("authorised", checkout.payment)
        client.capture(checkout.payment, "c1")
        process.kill()
        process.wait()
        process = start(tmp_path, port, notify)
        wait_until_open(process, url)
        client.capture(checkout.payment, "c1")
        client.refund(checkout.payment, yuan(700), "f1")
        with pytest.raises(Declined):
            client.refund(checkout.payment, yuan(1), "f2")
        kinds = [line.kind.value for line in client.statement("", 10)]
        assert kinds == ["authorised", "captured", "refunded"]
    finally:
        process.terminate()
        process.wait()
        client.close()


def test_an_interrupted_provider_ends_without_a_word(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, port, "http://127.0.0.1:9/notices", stderr=subprocess.PIPE)
    wait_until_open(process, f"http://127.0.0.1:{port}")
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=20)
    assert (process.returncode, words) == (0, b"")


def test_the_provider_needs_its_keys(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    command = [sys.executable, "-m", "fairhold.adapters.payment.sandbox", "--keys", str(missing)]
    path = {**os.environ, "PYTHONPATH": str(FOLDER.parents[3])}
    ended = subprocess.run(command, env=path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "The file of keys cannot be read" in ended.stderr


def test_the_provider_knows_nothing_of_a_deal() -> None:
    allowed = re.compile(r"fairhold\.adapters\.(payment\.sandbox|notices|journal|webhook)\b")
    for module in FOLDER.glob("*.py"):
        for name in re.findall(r"^(?:from|import) (fairhold\S*)", module.read_text(), re.MULTILINE):
            assert allowed.match(name), f"{module.name} imports {name}"
