"""How one process is set up: read once from the environment, all faults told at once."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, structs

PORT_MAX = 65_535


class Settings(Struct, frozen=True, kw_only=True):
    """The frozen answer to every question of set-up; ``docs/settings.md`` explains each."""

    host: str = "127.0.0.1"
    port: int = 8000
    var: Path = Path("var")
    database_url: str = ""
    base_url: str = ""
    origin: str = "fairhold.example/log"
    provider_url: str = ""
    test_clock: int = 0
    """Where a test clock begins, in milliseconds since the epoch; 0 for the machine's clock."""
    secure_cookies: bool = False
    local_webhooks: bool = False
    """Whether webhooks may go to this machine although others reach the server."""
    proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose word on who is asking is believed."""

    @property
    def address(self) -> str:
        """What links of this server begin with."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def webhooks_reach_loopback(self) -> bool:
        """Whether webhooks may go to this machine itself.

        Only where nobody else reaches the server: who chooses the address of a notice could
        otherwise knock at every port that is closed to the outside. A base address elsewhere tells
        of a proxy in front.
        """
        elsewhere = self.base_url and not _is_loopback(urlsplit(self.base_url).hostname or "")
        return self.local_webhooks or (_is_loopback(self.host) and not elsewhere)


class WrongSettings(Exception):
    """What is set cannot be used; the message names each variable and what it should be."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read HOST, PORT and the FAIRHOLD_… variables; raise WrongSettings with every fault."""
    faults = []
    port = environment.get("PORT", "8000")
    if not port.isdecimal() or not 0 <= int(port) <= PORT_MAX:
        faults.append(f"PORT is {port!r}: give a number from 0 to {PORT_MAX}.")
    clock = environment.get("FAIRHOLD_TEST_CLOCK", "0")
    if not clock.isdecimal():
        faults.append("FAIRHOLD_TEST_CLOCK counts milliseconds since 1970: give a whole number.")
    url = environment.get("FAIRHOLD_DATABASE_URL", "")
    if url and not url.startswith(("postgresql://", "postgres://", "memory:")):
        faults.append(
            "FAIRHOLD_DATABASE_URL begins with postgresql:// or is not set (SQLite in var/)."
        )
    proxies = tuple(
        filter(None, map(str.strip, environment.get("FAIRHOLD_PROXIES", "").split(",")))
    )
    faults += [
        f"FAIRHOLD_PROXIES has {proxy!r}: give IP addresses or networks, with commas between."
        for proxy in proxies
        if not _is_network(proxy)
    ]
    if faults:
        raise WrongSettings("\n".join(faults))
    return Settings(
        host=environment.get("HOST", "127.0.0.1"),
        port=int(port),
        var=Path(environment.get("FAIRHOLD_VAR", "var")),
        database_url=url,
        base_url=environment.get("FAIRHOLD_BASE_URL", "").rstrip("/"),
        origin=environment.get("FAIRHOLD_ORIGIN", "fairhold.example/log"),
        provider_url=environment.get("FAIRHOLD_PROVIDER_URL", "").rstrip("/"),
        test_clock=int(clock),
        secure_cookies=environment.get("FAIRHOLD_SECURE_COOKIES", "") == "1",
        local_webhooks=environment.get("FAIRHOLD_LOCAL_WEBHOOKS", "") == "1",
        proxies=proxies,
    )


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Keys(Struct, frozen=True, kw_only=True):
    """The secrets of one installation, kept in a file beside the database and never in it."""

    current: str
    masters: Mapping[str, str]
    log_seed: str
    provider_key: str
    provider_control: str
    provider_webhook: str
    carrier_webhook: str
    issuer_secret: str


def read_keys(file: Path) -> Keys:
    """The installation's keys; made once, readable by the owner alone.

    Two processes that begin at once agree on the file that was first.
    """
    if not file.exists():
        # One by one: the mode holds for the last folder only, and the one above is as private.
        for folder in (file.parent.parent, file.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Keys(
            current="m1",
            masters={"m1": secrets.token_hex(32)},
            log_seed=secrets.token_hex(32),
            provider_key=secrets.token_urlsafe(32),
            provider_control=secrets.token_urlsafe(32),
            provider_webhook=_webhook_secret(),
            carrier_webhook=_webhook_secret(),
            issuer_secret=secrets.token_hex(32),
        )
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        _write(draft, fresh)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return msgspec.json.decode(file.read_bytes(), type=Keys)


def add_master(file: Path) -> Keys:
    """Add a master key and make it current; the older ones stay, to read what they wrapped.

    The first master key is never removed: fingerprints hang on it.
    """
    keys = read_keys(file)
    name = f"m{len(keys.masters) + 1}"
    masters = {**keys.masters, name: secrets.token_hex(32)}
    newer = structs.replace(keys, current=name, masters=masters)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    _write(draft, newer)
    draft.replace(file)
    return newer


def _write(file: Path, keys: Keys) -> None:
    text = json.dumps(msgspec.to_builtins(keys), indent=1).encode()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
