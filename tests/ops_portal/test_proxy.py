"""Behind a proxy each visitor has an address of their own, and nobody chooses it."""

from typing import Any

import pytest

from ops_portal.proxy import BehindProxy


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (None, "10.0.0.2"),
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("127.0.0.1, <script>", "10.0.0.2"),
        ("", "10.0.0.2"),
    ],
)
def test_the_address_is_the_last_one_that_the_proxy_wrote(forwarded: str | None, address: str) -> None:
    seen: dict[str, Any] = {"REMOTE_ADDR": "10.0.0.2"}
    if forwarded is not None:
        seen["HTTP_X_FORWARDED_FOR"] = forwarded

    BehindProxy(lambda environ, start: [])(seen, lambda *told: None)

    assert seen["REMOTE_ADDR"] == address
