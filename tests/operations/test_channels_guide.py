"""docs/channels.md says what is so."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from operations.outgoing import signing
from operations.outgoing.addresses import is_allowed
from operations.receivers.apprise_services import SERVICES

GUIDE = Path(__file__).parents[2] / "docs" / "channels.md"
TEXT = GUIDE.read_text()
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
NETWORKS = re.findall(r"`([0-9a-f:.]+/\d+)`", TEXT.partition("Where messages may go")[2])


def test_both_ways_to_verify_a_signature_work() -> None:
    secrets, body = [signing.new_secret(), signing.new_secret()], '{"type":"channel.test","a":"ö"}'.encode()
    headers = signing.headers(secrets, "an-id", timezone.now(), body)
    library, plain = PYTHON
    known: dict[str, Any] = {}
    exec(plain, known)  # noqa: S102 - the guide's own words
    for secret in secrets:
        found: dict[str, Any] = {"secret": secret, "body": body, "headers": headers}
        exec(library, found)  # noqa: S102
        assert found["message"] == {"type": "channel.test", "a": "ö"}
        assert known["is_genuine"](secret, body, headers)
        assert not known["is_genuine"](secret, body + b" ", headers)
        assert not known["is_genuine"](secret, body, {**headers, "webhook-timestamp": "1"})
    assert not known["is_genuine"](signing.new_secret(), body, headers)


@pytest.mark.parametrize("network", [each for each in NETWORKS if each not in {"2000::/3", "10.1.0.0/16"}])
def test_a_network_that_it_says_is_refused_is_so(network: str) -> None:
    found = ip_network(network)
    assert not is_allowed(found[0])
    assert not is_allowed(found[-1])


def test_it_names_every_service_and_no_other() -> None:
    named = set(re.findall(r"`([a-z0-9]+)://`", TEXT))
    assert named <= set(SERVICES)
    assert {SERVICES[each].name for each in named} == {each.name for each in SERVICES.values()}
