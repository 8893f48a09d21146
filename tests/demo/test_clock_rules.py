"""Where the demo's clock may run: never where anybody else uses the portal."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ops_portal.demo_clock import CLOCK, checks, rules
from tests.ops_portal.processes import python

ALONE = {
    "embedded": True,
    "https": False,
    "portal_url": "http://127.0.0.1:8000",
    "allowed_hosts": ["localhost", "127.0.0.1", "[::1]"],
}
SEEN = [
    ({"https": True}, "HTTPS"),
    ({"portal_url": "https://portal.example.org"}, "PORTAL_URL"),
    ({"allowed_hosts": ["localhost", "portal.example.org"]}, "ALLOWED_HOSTS"),
    ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS"),
]
FACTS = """
import json, django
django.setup()
from django.conf import settings
from django.utils import timezone
from operations.models import ApiKey
print(json.dumps({
    "on": settings.DEMO_CLOCK, "age": settings.SESSION_COOKIE_AGE, "ours": timezone.now.__code__.co_filename,
    "default": ApiKey._meta.get_field("created_at").default is timezone.now,
}))
"""


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_CLOCK", raising=False)


def wanted(**facts: Any) -> bool:
    return rules.wanted(**{**ALONE, **facts})


def test_it_is_on_by_itself_where_make_run_serves_this_machine_alone() -> None:
    assert wanted()


def test_it_is_off_by_itself_on_a_database_server() -> None:
    assert not wanted(embedded=False)


@pytest.mark.parametrize(("facts", "name"), SEEN)
def test_it_is_off_by_itself_where_others_see_the_portal(facts: dict[str, Any], name: str) -> None:
    assert not wanted(**facts)


@pytest.mark.parametrize(("facts", "name"), SEEN)
def test_production_refuses_it_by_name(
    facts: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_CLOCK", "true")
    with pytest.raises(ImproperlyConfigured, match=rf"DEMO_CLOCK must not be true where {name} .* refuses"):
        wanted(**facts)


def test_it_may_be_asked_for_on_a_database_server_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_CLOCK", "true")
    assert wanted(embedded=False)


def test_false_turns_it_off_and_a_bad_value_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_CLOCK", "false")
    assert not wanted()
    monkeypatch.setenv("DEMO_CLOCK", "fast")
    with pytest.raises(ImproperlyConfigured, match="DEMO_CLOCK must be true or false"):
        wanted()


def test_a_portal_seen_by_others_does_not_start_with_it(tmp_path: Path) -> None:
    run = python(tmp_path, "-m", "ops_portal.supervisor", DEMO_CLOCK="true", HTTPS="true")
    assert run.returncode == 1
    assert run.stderr.startswith("The portal cannot start: DEMO_CLOCK must not be true where HTTPS is true")
    assert run.stderr.count("\n") == 1


def test_where_it_is_on_models_take_its_time_and_people_stay_signed_in(tmp_path: Path) -> None:
    run = python(tmp_path, "-c", FACTS, DJANGO_SETTINGS_MODULE="ops_portal.settings")
    facts = json.loads(run.stdout)
    assert facts["on"]
    assert facts["default"]
    assert facts["age"] >= 90 * 24 * 60 * 60
    assert facts["ours"].endswith("demo_clock/clock.py")


def test_where_it_is_off_time_is_djangos_own(tmp_path: Path) -> None:
    run = python(tmp_path, "-c", FACTS, DJANGO_SETTINGS_MODULE="ops_portal.settings", DEMO_CLOCK="false")
    facts = json.loads(run.stdout)
    assert not facts["on"]
    assert facts["age"] == 12 * 60 * 60
    assert facts["ours"].endswith("django/utils/timezone.py")
    assert not (tmp_path / "demo_clock").exists()


def test_migrations_do_not_change_by_it(tmp_path: Path) -> None:
    run = python(tmp_path, "manage.py", "makemigrations", "--check", "--dry-run", DEMO_CLOCK="true")
    assert run.returncode == 0, run.stdout


def test_the_check_for_production_warns_of_it_and_says_how_far_it_is_ahead(
    tmp_path: Path, settings: Any
) -> None:
    settings.DEMO_CLOCK = False
    assert checks.clock_is_the_worlds(None) == []
    settings.DEMO_CLOCK = True
    [warning] = checks.clock_is_the_worlds(None)
    assert (warning.id, "A demo may move the clock" in warning.msg) == ("ops_portal.W005", True)
    CLOCK.attach(tmp_path / "demo_clock")
    try:
        CLOCK.move(timedelta(days=28))
        assert "28 days ahead" in checks.clock_is_the_worlds(None)[0].msg
    finally:
        CLOCK.detach()
