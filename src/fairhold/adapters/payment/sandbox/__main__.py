"""Run the sandbox provider as a process of its own: ``python -m …payment.sandbox --help``."""

import argparse
import asyncio
import time
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import uvicorn
from msgspec import Struct

from fairhold.adapters.notices import NoticeSender, deliver_over_http
from fairhold.adapters.payment.sandbox.app import create_provider_app
from fairhold.adapters.payment.sandbox.provider import Provider
from fairhold.adapters.payment.sandbox.words import ProviderSettings


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """The file of keys: two bearer keys and the secret that signs notices."""

    api_key: str
    control_key: str
    webhook_secret: str


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m fairhold.adapters.payment.sandbox",
        description="A payment provider to trade without real money.",
        epilog="The file of keys is a JSON object: api_key, control_key, webhook_secret (whsec_…).",
    )
    parser.add_argument("--keys", required=True, type=Path, help="file of keys")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--notify", default="", help="address that notices are posted to")
    parser.add_argument("--journal", default="", help="file that keeps the business")
    parser.add_argument("--public-url", default="", help="what checkout addresses begin with")
    parser.add_argument("--merchant", default="Fairhold")
    return parser.parse_args()


def _settings(arguments: argparse.Namespace) -> ProviderSettings:
    try:
        keys = msgspec.json.decode(arguments.keys.read_bytes(), type=Keys)
    except (OSError, msgspec.DecodeError) as problem:
        message = f"The file of keys cannot be read: {problem}"
        raise SystemExit(message) from None
    base = arguments.public_url or f"http://{arguments.host}:{arguments.port}"
    return ProviderSettings(
        api_key=keys.api_key,
        control_key=keys.control_key,
        webhook_secret=keys.webhook_secret,
        public_url=base.rstrip("/"),
        merchant=arguments.merchant,
        journal=arguments.journal,
    )


def _clock() -> int:
    return time.time_ns() // 1_000_000


async def _serve(arguments: argparse.Namespace) -> None:
    provider = Provider(_settings(arguments), _clock)
    config = uvicorn.Config(
        create_provider_app(provider),
        host=arguments.host,
        port=arguments.port,
        timeout_graceful_shutdown=3,
        log_level="warning",
    )
    try:
        async with httpx.AsyncClient(timeout=10.0) as client:
            sending = None
            if arguments.notify:
                sender = NoticeSender(provider, deliver_over_http(client, arguments.notify))
                sending = asyncio.create_task(sender.run())
            try:
                await uvicorn.Server(config).serve()
            finally:
                if sending is not None:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
    finally:
        provider.close()


def main() -> None:
    """Serve until interrupted."""
    # The server stops in order at an interrupt and raises it again when that is done.
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
