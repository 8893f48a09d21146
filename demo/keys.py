"""The two keys that the demo needs, made as the README says and ended with it."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from demo.surroundings import Stopped, command

PRODUCT = ("evaluate", "workspaces", "ingest", "feedback")
TEAM = ("read", "rollout", "respond", "deploy", "demo")


@dataclass(frozen=True)
class Keys:
    """The product's key, and that of the people around it and their tools."""

    product: str
    team: str


@contextmanager
def keys() -> Iterator[Keys]:
    """Make both keys, and revoke them whatever happens. Raises Stopped where they cannot be made."""
    mark = secrets.token_hex(3)
    wanted = {f"demo-product-{mark}": PRODUCT, f"demo-team-{mark}": TEAM}
    try:
        with ThreadPoolExecutor() as pool:
            made = list(pool.map(_made, wanted, wanted.values()))
        if faults := [said for said in made if not said.startswith("ops_")]:
            raise Stopped(f"No API key could be made: {faults[0]}")
        yield Keys(*made)
    finally:
        # One that was not made is none to revoke: the command says so, and nobody needs to hear it.
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: command("api_key", "revoke", name), wanted))


def _made(name: str, scopes: tuple[str, ...]) -> str:
    """The key's text, or why there is none."""
    ran = command("api_key", "create", name, "--scope", *scopes, "--json")
    if ran.returncode:
        return ran.stderr.strip() or "the command failed"
    found: str = json.loads(ran.stdout)["key"]
    return found
