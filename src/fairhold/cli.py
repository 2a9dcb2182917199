"""The command line: serve, replay, prove, sim, bench, fsck, rebuild."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from fairhold import __version__
from fairhold.settings import Settings, WrongSettings, read_settings

app = App(name="fairhold", version=__version__, help="A deal is held until it has been fair.")


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except WrongSettings as faults:
        sys.exit(str(faults))


@app.command
def serve(*, sample: bool = True) -> None:
    """Run the server, with a sample market when the database is empty.

    Parameters
    ----------
    sample
        Whether an empty database gets people, listings and deals to look at.

    """
    from fairhold.app import run  # noqa: PLC0415 — each command loads what it needs

    run(_settings(), sample=sample)


@app.command
def replay(*stories: str, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Play the stories over HTTP against a private server and say how each ended here."""
    from fairhold.lab.replay import main as play  # noqa: PLC0415

    sys.exit(play(stories, as_json=as_json))


@app.command
def prove(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Walk every state that a deal can reach and check the invariants."""
    from fairhold.lab.prove import main as walk  # noqa: PLC0415

    sys.exit(walk(json=as_json))


@app.command
def sim(*, seed: int | None = None, seeds: int = 100) -> None:
    """Let random people trade while the store and the provider fail; check after every step."""
    from fairhold.lab.sim import main as simulate  # noqa: PLC0415

    sys.exit(simulate(seed=seed, seeds=seeds))


@app.command
def bench(*, full: bool = False, out: Path = Path("build/bench.json")) -> None:
    """Measure durable deal commands a second beside baselines of the same run."""
    from fairhold.lab.bench import main as measure  # noqa: PLC0415

    sys.exit(measure(out, full=full))


@app.command
def fsck(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Derive everything again from the stored bytes and name what is wrong."""
    from fairhold.engine.fsck import fsck as check  # noqa: PLC0415
    from fairhold.engine.fsck.meaning import facts, refold  # noqa: PLC0415
    from fairhold.evidence.note import Signer  # noqa: PLC0415
    from fairhold.settings import read_keys  # noqa: PLC0415
    from fairhold.stores import open_store  # noqa: PLC0415

    settings = _settings()
    store = open_store(settings.database_url or None, settings.var)
    keys = read_keys(settings.var / "keys" / "installation.json")
    verifier = Signer(settings.origin, bytes.fromhex(keys.log_seed)).verifier
    found = 0
    for finding in check(store, settings.origin, [verifier], facts, refold):
        found += 1
        print(json.dumps(finding.__dict__) if as_json else finding)
    events = sum(store.log_head(part) for part in store.parts())
    if not as_json:
        print(f"{events} events, {store.tree_size()} in the tree, {found} findings.")
    store.close()
    sys.exit(1 if found else 0)


@app.command
def rebuild() -> None:
    """Throw the read models away and make them again from the log."""
    from fairhold.engine import views  # noqa: PLC0415
    from fairhold.stores import open_store  # noqa: PLC0415

    settings = _settings()
    store = open_store(settings.database_url or None, settings.var)
    views.rebuild(store)
    follower, done = views.follower(store), 0
    while step := follower.step():
        done += step
    print(f"Read models made again from {done} events.")
    store.close()


@app.command
def rotate() -> None:
    """Make a new master key and wrap every subject's key with it; the old one may then go."""
    from fairhold.engine.clock import SystemClock  # noqa: PLC0415
    from fairhold.engine.vault import Keyring, Vault  # noqa: PLC0415
    from fairhold.settings import add_master, read_keys  # noqa: PLC0415
    from fairhold.stores import open_store  # noqa: PLC0415

    settings = _settings()
    file = settings.var / "keys" / "installation.json"
    read_keys(file)
    keys = add_master(file)
    store = open_store(settings.database_url or None, settings.var)
    masters = {name: bytes.fromhex(key) for name, key in keys.masters.items()}
    vault = Vault(store, Keyring(keys.current, masters), SystemClock())
    print(f"{vault.rotate()} keys wrapped again under master key {keys.current}.")
    print("Restart every server of this installation, so that it knows the new key.")
    store.close()


def main() -> None:
    """Run one command."""
    app()
