"""Dockerfile, compose.yaml and nginx: as far as they can be looked at without a container."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from ops_portal import supervisor

BASE = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((BASE / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (BASE / "Dockerfile").read_text()
OURS = ("migrate", "web-1", "web-2", "worker", "beat")
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?][^}]*)?\}")


def named(text: str) -> dict[str, str]:
    """The variables that a text is filled in from, and what stands behind each name."""
    return {name: rest or "" for name, rest in VARIABLE.findall(text.replace("$$", ""))}


def in_example(file: str) -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (BASE / file).read_text(), re.M))


def test_every_variable_of_compose_is_told_of_and_none_that_matters_has_a_default() -> None:
    text = (BASE / "compose.yaml").read_text()
    assert set(named(text)) <= in_example("deploy/compose/env.example")
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "GRAFANA_PASSWORD", "PORTAL_HOST"):
        assert f"${{{name}:?" in text, name
        assert f"${{{name}:-" not in text, name


def test_what_the_portal_is_told_are_settings_of_the_portal() -> None:
    known = in_example(".env.example")
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known, name
        assert SERVICES[name]["environment"]["HTTPS"] == "true"
    set_in_image = set(re.findall(r"^(?:ENV| {4})\s*([A-Z_]+)=", DOCKERFILE, re.M))
    assert {"VAR_DIR", "STATIC_ROOT", "BACKUP_DIR"} <= set_in_image


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_exists(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = VARIABLE.sub(lambda found: (found[2] or "")[2:], str(mount)).split(":")[0]
        if source.startswith("./"):
            assert (BASE / source).exists() or "grafana" in source, source


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_nothing_is_published_but_the_proxy(name: str) -> None:
    service = SERVICES[name]
    tag = service["image"].rpartition(":")[2]
    assert (
        tag.startswith("${PORTAL_VERSION")
        or tag[0].isdigit()
        or tag[0] == "v"
        or "PORTAL" in service["image"]
    )
    if name == "proxy":
        assert all(port.startswith("${PROXY_ADDRESS:-127.0.0.1}") for port in service["ports"])
    else:
        assert "ports" not in service


@pytest.mark.parametrize("name", OURS)
def test_the_portals_own_run_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["init"]


@pytest.mark.parametrize("name", ["web-1", "web-2", "worker", "beat"])
def test_nothing_starts_before_the_migrations_are_done(name: str) -> None:
    after = SERVICES[name]["depends_on"]
    assert after["migrate"] == {"condition": "service_completed_successfully"}
    assert after["postgres"] == after["redis"] == {"condition": "service_healthy"}


def test_the_processes_are_those_that_make_run_starts() -> None:
    started = supervisor.commands(8000, 2)
    web = re.search(r"CMD \[(\"granian.*?)\]$", DOCKERFILE.replace("\\\n", ""), re.S | re.M)
    assert web is not None
    words = re.findall(r'"([^"]*)"', web[1])
    assert words[-1] == started["web server"][-1] == "ops_portal.wsgi:application"
    assert words[words.index("--interface") + 1] == "wsgi"
    assert words[words.index("--blocking-threads") + 1] == str(supervisor.BLOCKING_THREADS)
    assert int(words[words.index("--workers") + 1]) >= 2
    for name in ("worker", "beat"):
        assert SERVICES[name]["command"][:4] == ["celery", "-A", "ops_portal", name]
        assert name in started[name]
    assert "command" not in SERVICES["web-1"]


def test_the_image_has_the_programs_of_backups_in_the_version_of_the_server() -> None:
    client = re.search(r"postgresql-client-(\d+)", DOCKERFILE.split("FROM ${PYTHON}\n")[1])
    server = re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])
    assert client
    assert server
    assert client[1] == server[1]
    assert int(server[1]) >= 15


def test_the_image_holds_every_app_and_no_secret() -> None:
    ignored = (BASE / ".dockerignore").read_text().splitlines()
    assert ignored[[line.startswith("#") for line in ignored].index(False)] == "*"
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M) for word in line.split()
    }
    assert copied <= kept
    packages = {path.parent.name for path in BASE.glob("*/__init__.py")} - {"tests", "demo"}
    assert packages | {"templates", "manage.py", "requirements.txt"} <= kept
    assert "USER 10001" in DOCKERFILE
    assert not re.search(r"(PASSWORD|TOKEN|_SECRET)=", DOCKERFILE)


def test_requirements_are_exact() -> None:
    lines = [line.split("#")[0].strip() for line in (BASE / "requirements.txt").read_text().splitlines()]
    assert all("==" in line for line in lines if line)


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    wanted = set(re.findall(r"\$\{(\w+):\?", (BASE / "compose.yaml").read_text()))
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **dict.fromkeys(wanted, "/filled/in")}
    for more in ((), ("-f", "deploy/compose/grafana-on-loopback.yaml")):
        done = subprocess.run(
            [program, "-f", "compose.yaml", *more, "config", "-q"],
            cwd=BASE,
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    del env["SECRET_KEY"]
    done = subprocess.run(
        [program, "-f", "compose.yaml", "config", "-q"], cwd=BASE, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0


def test_hadolint_finds_nothing() -> None:
    program = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([program, str(BASE / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("upstream", ["deploy/nginx/upstream.conf", "deploy/compose/upstream.conf"])
def test_nginx_accepts_its_files(upstream: str, tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    pair = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=portal.example.org",
            *pair,
        ],
        check=True,
        capture_output=True,
    )
    site = (BASE / "deploy/nginx/ops-portal.conf").read_text().replace("/etc/nginx/tls", str(tmp_path))
    # This machine may have an nginx that looks names up once, and it knows none of these.
    servers = (BASE / upstream).read_text().replace(" resolve ", " ")
    servers = re.sub(r"web-\d", "127.0.0.1", servers)
    for port in ("80", "443"):
        site = site.replace(f"listen {port} ", f"listen 2{port} ").replace(f"]:{port} ", f"]:2{port} ")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in kinds)
    (tmp_path / "nginx.conf").write_text(
        f"error_log stderr; pid {tmp_path}/pid; events {{}}\n"
        f"http {{ access_log off; {folders}\n{servers}\n{site}\n}}"
    )
    done = subprocess.run([program, "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_proxys_limits_are_those_of_the_portal() -> None:
    site = (BASE / "deploy/nginx/ops-portal.conf").read_text()
    assert "client_max_body_size 10m;" in site.split("location / {")[0]
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 10 * 2**20
    assert "X-Forwarded-For $remote_addr" in site
    assert "proxy_add_x_forwarded_for" not in site


@pytest.mark.parametrize("file", ["prometheus.yml", "alertmanager.yml"])
def test_the_files_for_compose_differ_from_the_ones_to_copy_by_names_alone(file: str) -> None:
    ours = yaml.safe_load((BASE / "deploy/compose" / file).read_text())
    other = "prometheus/prometheus.yml" if file == "prometheus.yml" else "alertmanager/ops-portal.yml"
    theirs = yaml.safe_load((BASE / "deploy" / other).read_text())
    if file == "prometheus.yml":
        assert ours["rule_files"] == theirs["rule_files"]
        [mine], [job] = (
            ours["scrape_configs"],
            [each for each in theirs["scrape_configs"] if each["job_name"] == "ops-portal"],
        )
        mine.pop("static_configs"), job.pop("static_configs")
        assert mine == job
    else:
        assert ours["route"] == theirs["route"]
