"""The webhook port over real HTTP, to receivers on this machine."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import ClassVar

import pytest

from fairhold.adapters.webhook import verify
from fairhold.adapters.webhook_http import HttpWebhooks
from fairhold.engine.webhooks import Message, Reply

PATIENCE_S = 10.0
"""How long a test waits for what comes at once, before it fails."""


class _Handler(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.status)
        self.send_header("Retry-After", "7")
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(b"whatever")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — its name there
        """Keep quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    _Handler.got.clear()
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hooks?x=1"
    server.shutdown()
    server.server_close()
    thread.join()


SECRET = "whsec_" + "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


def message_to(url: str) -> Message:
    return Message(url=url, secrets=[SECRET], id="msg_1", timestamp_s=1_800_000_000, body=b"{}")


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_receiver_can_verify_what_arrives_and_redirects_are_not_followed(
    address: str, status: int
) -> None:
    _Handler.status = status
    sender = HttpWebhooks(allow_loopback=True)
    reply = sender.post(message_to(address))
    sender.close()
    assert (reply.status, reply.retry_after) == (status, 7_000)
    ((headers, body),) = _Handler.got
    assert verify([SECRET], headers, body, 1_800_000_000_000) == "msg_1"
    assert headers["host"] == address.split("/")[2]


def test_nobody_at_the_other_end_is_an_answer_of_its_own() -> None:
    sender = HttpWebhooks(allow_loopback=True)
    reply = sender.post(message_to("http://127.0.0.1:9/"))
    sender.close()
    assert reply.status == 0
    assert reply.error


def test_the_address_that_was_checked_is_the_one_that_is_reached(address: str) -> None:
    """A name that answers differently the second time does not slip past the check."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    sender = HttpWebhooks(allow_loopback=True, resolver=lambda _host, _port: next(answers))
    url = address.replace("127.0.0.1", "rebinding.test")
    assert sender.post(message_to(url)).status
    assert sender.post(message_to(url)) == Reply(0, "target.private_address")
    sender.close()


def drip(listener: socket.socket, gone: Event) -> None:
    """Answer a byte at a time, each well within any limit for a single read."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(200):
                if gone.wait(0.02):
                    break
                connection.sendall(b"a")
            connection.sendall(b"\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            gone.set()


def test_a_receiver_that_drips_its_answer_is_left_when_time_is_up() -> None:
    gone = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=drip, args=(listener, gone), daemon=True)
        thread.start()
        sender = HttpWebhooks(allow_loopback=True, deadline_s=0.3)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert sender.post(message_to(url)) == Reply(0, "Timeout")
        assert gone.wait(PATIENCE_S)
        sender.close()
        thread.join()


def test_a_name_that_is_looked_up_for_ever_is_left_when_time_is_up() -> None:
    known = Event()

    def resolver(_host: str, _port: int) -> list[str]:
        known.wait(PATIENCE_S)
        return ["127.0.0.1"]

    sender = HttpWebhooks(allow_loopback=True, resolver=resolver, deadline_s=0.1)
    assert sender.post(message_to("http://slow.test/")) == Reply(0, "Timeout")
    assert not known.is_set()
    known.set()
    sender.close()


def test_closing_ends_an_attempt_under_way() -> None:
    replies = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = HttpWebhooks(allow_loopback=True)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread = Thread(target=lambda: replies.append(sender.post(message_to(url))), daemon=True)
        thread.start()
        connection, _ = listener.accept()
        sender.close()
        thread.join(PATIENCE_S)
        connection.close()
    assert replies == [Reply(0, "Closed")]
    assert sender.post(message_to(url)) == Reply(0, "Closed")


def test_a_cookie_of_one_receiver_is_not_carried_to_the_next() -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(65_536).lower())
                    connection.sendall(b"HTTP/1.1 204 OK\r\nSet-Cookie: a=b; Path=/\r\n\r\n")

        thread = Thread(target=answer, daemon=True)
        thread.start()
        sender = HttpWebhooks(allow_loopback=True)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert [sender.post(message_to(url)).status for _ in range(2)] == [204, 204]
        sender.close()
        thread.join()
    assert not any(b"cookie" in head for head in asked)
