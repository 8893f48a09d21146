"""What several tests of this folder need."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.operations.receiver import Receiver


@pytest.fixture
def receive(settings: Any) -> Iterator[Callable[..., Receiver]]:
    """Starts receivers on this machine, which webhooks may go to."""
    settings.OUTGOING_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    started: list[Receiver] = []

    def start(*answers: Any, **options: Any) -> Receiver:
        started.append(Receiver(*answers, **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody signed, with its key."""
    found = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(found), "-out", f"{found}.crt", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost"),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("needs openssl")
    with found.open("a") as stream:
        stream.write(Path(f"{found}.crt").read_text())
    return found


@pytest.fixture
def secured(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
