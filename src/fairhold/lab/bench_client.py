"""A client that costs little: keep-alive connections that write a request and read an answer.

It speaks just enough HTTP/1.1 for the two servers of the bench, so that its own share of the
machine stays small beside theirs.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

import fairhold
from fairhold.lab.bench_door import Hello
from fairhold.lab.bench_work import Slice

STOP_WITHIN_S = 10.0
HERE = Path(fairhold.__file__).parent.parent
"""Where ``-m fairhold`` is found, installed or not."""
_HEADER_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@contextmanager
def server(*arguments: str) -> Iterator[Hello]:
    """A server of ``bench_door`` in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "fairhold.lab.bench_door", *arguments]
    child = subprocess.Popen(  # noqa: S603 — our own module
        command, stdout=subprocess.PIPE, cwd=HERE
    )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        assert line, "the server of the bench did not start"
        yield msgspec.json.decode(line, type=Hello)
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_WITHIN_S)
        if child.poll() is None:
            child.kill()
            child.wait()
        child.stdout.close()


async def measure(hello: Hello, connections: int, seconds: float, first: int) -> Slice:
    """Let so many connections ask for so long; ``first`` numbers the idempotency keys."""
    took: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    end = began + seconds
    counts = await asyncio.gather(
        *(_connection(hello, number, first, end, took) for number in range(connections))
    )
    return Slice(sum(counts), time.perf_counter() - began, time.process_time() - cpu, took)


async def _connection(hello: Hello, number: int, first: int, end: float, took: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", hello.port)
    clock, count = time.perf_counter, 0
    try:
        before = clock()
        while before < end:
            writer.write(_request(hello, number, f"{first}-{number}-{count}"))
            status = await _status(reader)
            assert status == b"200", f"the server answered {status.decode()}"
            now = clock()
            took.append(now - before)
            before = now
            count += 1
    finally:
        writer.close()
    return count


def _request(hello: Hello, number: int, key: str) -> bytes:
    body = b"{}"
    path = f"/v1/deals/{hello.deals[number % len(hello.deals)]}/renew_code" if hello.deals else "/"
    head = (
        f"POST {path} HTTP/1.1\r\n"
        f"host: 127.0.0.1:{hello.port}\r\n"
        f"authorization: Bearer {hello.key}\r\n"
        f"idempotency-key: {key}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> bytes:
    """Read one answer to its end; its status."""
    head = await reader.readuntil(_HEADER_END)
    lower = head.lower()
    place = lower.index(_LENGTH) + len(_LENGTH)
    length = int(lower[place : lower.index(b"\r\n", place)])
    await reader.readexactly(length)
    return head.split(b" ", 2)[1]
