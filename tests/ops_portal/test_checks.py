"""System checks of the settings."""

from typing import Any

import pytest

from ops_portal.checks import links_lead_to_the_portal


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://portal.example.org", ""),
        ("https://portal.example.org:8443", ""),
        ("http://127.0.0.1:8000", "whoever follows"),
        ("http://[::1]:8000", "whoever follows"),
        ("https://other.example.org", "ALLOWED_HOSTS"),
    ],
)
def test_links_must_lead_to_a_name_that_the_portal_answers_to(url: str, said: str, settings: Any) -> None:
    settings.PORTAL_URL, settings.ALLOWED_HOSTS = url, ["portal.example.org", "localhost", "127.0.0.1"]
    found = links_lead_to_the_portal(None)
    assert [warning.id for warning in found] == (["ops_portal.W004"] if said else [])
    assert all(said in warning.msg for warning in found)
