"""Every variable: what it accepts, and that a bad value is refused by name, without repeating it."""

import stat
import threading
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ops_portal import env
from tests.ops_portal.processes import python

NAME = "TESTED_VARIABLE"
HTTP = frozenset({"http", "https"})


def read(reader: Callable[[], Any], value: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(NAME, value)
    return reader()


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (lambda: env.text(NAME, "default"), " word ", "word"),
        (lambda: env.text(NAME, "default"), "", "default"),
        (lambda: env.boolean(NAME, default=False), "True", True),
        (lambda: env.boolean(NAME, default=True), "off", False),
        (lambda: env.boolean(NAME, default=True), "", True),
        (lambda: env.listing(NAME), "a, b,,c ", ["a", "b", "c"]),
        (lambda: env.listing(NAME, ["x"]), "", ["x"]),
        (lambda: env.percentage(NAME), "", None),
        (lambda: env.percentage(NAME), "0", 0),
        (lambda: env.percentage(NAME), "100", 100),
        (lambda: env.secret(NAME, 64), "", ""),
        (lambda: env.secret(NAME, 64), "s" * 64, "s" * 64),
        (lambda: env.time_zone(NAME, "UTC"), "Europe/London", "Europe/London"),
        (lambda: env.rate(NAME, "60/min"), "", "60/min"),
        (lambda: env.rate(NAME, "60/min"), "5/s", "5/s"),
        (lambda: env.url(NAME, HTTP), "", ""),
        (lambda: env.url(NAME, HTTP), "http://host:9090", "http://host:9090"),
        (
            lambda: env.origins(NAME),
            "https://a.example, http://b:8000",
            ["https://a.example", "http://b:8000"],
        ),
        (lambda: env.origin(NAME, "http://a:1"), "https://a.example/", "https://a.example"),
        (lambda: env.origin(NAME, "http://a:1"), "", "http://a:1"),
        (lambda: env.port(NAME, 8000), "65535", 65535),
        (lambda: env.port(NAME, 8000), "", 8000),
        (lambda: env.networks(NAME), "10.1.0.0/16, ::1", [ip_network("10.1.0.0/16"), ip_network("::1")]),
        (lambda: env.networks(NAME), "", []),
        (lambda: env.hosts(NAME), "Chat.example.org, 10.0.0.1:8080", ["chat.example.org", "10.0.0.1:8080"]),
        (lambda: env.hosts(NAME), "", []),
        (lambda: env.email_address(NAME), "Ops <ops@example.org>", "Ops <ops@example.org>"),
        (lambda: env.email_address(NAME), "ops@example.org", "ops@example.org"),
    ],
)
def test_a_good_value_is_read(
    reader: Callable[[], Any], value: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(reader, value, monkeypatch) == expected


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda: env.boolean(NAME, default=False), "maybe"),
        (lambda: env.percentage(NAME), "101"),
        (lambda: env.percentage(NAME), "-1"),
        (lambda: env.percentage(NAME), "12.5"),
        (lambda: env.percentage(NAME), "12 %"),
        (lambda: env.percentage(NAME), "\u0661"),
        (lambda: env.secret(NAME, 64), "s" * 63),
        (lambda: env.time_zone(NAME, "UTC"), "Mars/Olympus"),
        (lambda: env.time_zone(NAME, "UTC"), "Europe"),
        (lambda: env.time_zone(NAME, "UTC"), "../etc/passwd"),
        (lambda: env.rate(NAME, "60/min"), "0/min"),
        (lambda: env.rate(NAME, "60/min"), "60"),
        (lambda: env.rate(NAME, "60/min"), "60/fortnight"),
        (lambda: env.url(NAME, HTTP), "host:9090"),
        (lambda: env.url(NAME, HTTP), "ftp://host"),
        (lambda: env.url(NAME, HTTP), "http://"),
        (lambda: env.url(NAME, HTTP), "http://host:99999"),
        (lambda: env.origins(NAME), "portal.example.org"),
        (lambda: env.origins(NAME), "https://portal.example.org/path"),
        (lambda: env.origins(NAME), "https://user:hunter2@portal.example.org"),
        (lambda: env.origins(NAME), "http://["),
        (lambda: env.origin(NAME, ""), "portal.example.org"),
        (lambda: env.origin(NAME, ""), "https://portal.example.org/path"),
        (lambda: env.origin(NAME, ""), "https://portal.example.org:99999"),
        (lambda: env.port(NAME, 8000), "0"),
        (lambda: env.port(NAME, 8000), "65536"),
        (lambda: env.port(NAME, 8000), "http"),
        (lambda: env.networks(NAME), "10.1.2.3/16"),
        (lambda: env.networks(NAME), "receiver.example.org"),
        (lambda: env.hosts(NAME), "https://chat.example.org"),
        (lambda: env.hosts(NAME), "chat.example.org/path"),
        (lambda: env.hosts(NAME), "chat.example.org:0"),
        (lambda: env.hosts(NAME), "*.example.org"),
        (lambda: env.email_address(NAME), "nobody"),
        (lambda: env.email_address(NAME), "Ops <ops>"),
        (lambda: env.database(NAME, ""), "mysql://user:hunter2@host/name"),
        (lambda: env.database(NAME, ""), "postgres://user:hunter2@host:port/name"),
        (lambda: env.database(NAME, ""), "postgres://user:hunter2@host"),
        (lambda: env.database(NAME, ""), "sqlite://"),
        (lambda: env.database(NAME, ""), "/var/portal.sqlite3"),
        (lambda: env.email(NAME, ""), "carrier-pigeon://user:hunter2@host"),
        (lambda: env.email(NAME, ""), "smtp://user:hunter2@host:port"),
        (lambda: env.email(NAME, ""), "smtp://"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_not_repeated(
    reader: Callable[[], Any], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} must ") as refusal:
        read(reader, value, monkeypatch)
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


BAD = {
    "PORT": "http",
    "PORTAL_URL": "https://portal.example.org/path",
    "HEARTBEAT_URL": "hc-ping.com",
    "DATABASE_URL": "oracle://host/name",
    "REDIS_URL": "memcached://host",
    "SECRET_KEY": "short",
    "DEBUG": "perhaps",
    "HTTPS": "perhaps",
    "EMAIL_URL": "pigeon://",
    "DEFAULT_FROM_EMAIL": "nobody",
    "TIME_ZONE": "Mars/Olympus",
    "CSRF_TRUSTED_ORIGINS": "portal.example.org",
    "API_RATE": "often",
    "API_ANONYMOUS_RATE": "seldom",
    "AUDIT_HEAD_EMAIL": "nobody",
    "MONITORING_CRON_SECRET": "s" * 63,
    "PROMETHEUS_URL": "host:9090",
    "ALERTMANAGER_URL": "host:9093",
    "PROMETHEUS_METRICS_ENABLED": "perhaps",
    "PUBLIC_FEEDBACK_FORM": "perhaps",
    "ENABLE_HEALTH_MGMT": "perhaps",
    "HEALTH_MGMT_BETA_PERCENTAGE": "5.5",
    "HEALTH_MGMT_ROLLOUT_PERCENTAGE": "101",
}
REPORT = """
import importlib, os, sys
from django.core.exceptions import ImproperlyConfigured
for name, value in {bad!r}.items():
    os.environ[name] = value
    try:
        importlib.reload(sys.modules["ops_portal.settings"]) if "ops_portal.settings" in sys.modules else (
            importlib.import_module("ops_portal.settings"))
    except ImproperlyConfigured as error:
        print(error)
    else:
        print("accepted", name)
    del os.environ[name]
"""


def test_every_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    run = python(tmp_path, "-c", REPORT.format(bad=BAD))
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(BAD)
    assert all(line.split()[1] == "must" for line in lines)


def test_the_example_file_shows_every_variable_and_its_default(tmp_path: Path) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    lines = [
        line.removeprefix("#") for line in example.splitlines() if line[:1] == "#" and line[1:2].isupper()
    ]
    assert set(BAD) < {line.partition("=")[0] for line in lines}
    file = tmp_path / "example"
    file.write_text("\n".join(line for line in lines if not line.startswith("VAR_DIR")))
    show = (
        "from ops_portal import settings as s;"
        "hidden = {'SECRET_KEY', 'UNFOLD'};"
        "print({k: v for k, v in sorted(vars(s).items()) if k.isupper() and k not in hidden})"
    )
    plain = python(tmp_path / "var", "-c", show)
    read_from_file = python(tmp_path / "var", "-c", show, ENV_FILE=str(file))
    assert plain.returncode == read_from_file.returncode == 0, read_from_file.stderr
    assert read_from_file.stdout == plain.stdout


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("TIME_ZONE=Europe/Paris\nDEBUG=true\n")
    show = "from ops_portal import settings as s; print(s.TIME_ZONE, s.DEBUG)"
    run = python(tmp_path, "-c", show, ENV_FILE=str(file), TIME_ZONE="Europe/London")
    assert run.stdout.split() == ["Europe/London", "True"]


@pytest.mark.parametrize(("value", "enabled"), [("", None), ("false", None), ("true", True), ("TRUE", True)])
def test_only_true_switches_the_health_module_on(
    value: str, enabled: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENABLE_HEALTH_MGMT", value)
    monkeypatch.setenv("HEALTH_MGMT_INTERNAL_USERS", "u1, u2")
    monkeypatch.setenv("HEALTH_MGMT_BETA_PERCENTAGE", "5")
    monkeypatch.delenv("HEALTH_MGMT_ROLLOUT_PERCENTAGE", raising=False)
    assert env.health_management() == {
        "enabled": enabled,
        "internal": ["u1", "u2"],
        "beta_percentage": 5,
        "rollout_percentage": None,
    }


def test_the_secret_key_is_made_once_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "secret_key"
    keys: list[str] = []
    starts = [
        threading.Thread(target=lambda: keys.append(env.secret_key("SECRET_KEY", file))) for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert len(keys) == 8
    assert set(keys) == {file.read_text()}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_an_empty_key_file_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "secret_key"
    file.touch()
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is unset and .* holds no key"):
        env.secret_key("SECRET_KEY", file)
