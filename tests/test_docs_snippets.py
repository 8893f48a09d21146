"""What the README tells a developer to copy is run as it stands there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feedback.models import Ticket
from monitoring.models import WorkspaceHour
from rollout import phases
from rollout.models import Workspace
from tests import builders
from tests.builders import ROOT as SOMEBODY
from tests.documents import ROOT, blocks_of
from tests.doors import an_api_key
from tests.rollout.ofrep.calling import Product, served

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "http://127.0.0.1:8000"
# Where `npm install` of the README's packages was run, for whoever wants to run its JavaScript as well.
NODE_MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))


@pytest.fixture
def portal(transactional_db: None) -> Iterator[tuple[str, str]]:
    """The address of a portal where FA002 is in phase 1, and a key."""
    plan = builders.a_plan(0)
    builders.workspaces(["FA002"])
    phases.run(plan, 1, actor=SOMEBODY)
    product = Product(an_api_key("evaluate"))
    with served(product.door) as address:
        yield address, product.key


def snippet(language: str, address: str) -> str:
    [code] = blocks_of("README.md", language)
    assert HERE in code
    return code.replace(HERE, address)


def said_by(*command: str, key: str = "", folder: Path = ROOT) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_python_snippet_hears_that_the_feature_is_on(portal: tuple[str, str]) -> None:
    address, key = portal
    code = f"KEY = {key!r}\n" + snippet("python", address)
    assert said_by(sys.executable, "-c", code) == "True"


def test_the_javascript_snippet_hears_that_the_feature_is_on(portal: tuple[str, str], tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "@openfeature" / "ofrep-provider").is_dir():
        pytest.skip(f"no node, or no OpenFeature packages in {NODE_MODULES}: set NODE_MODULES")
    address, key = portal
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    code = f"const KEY = {key!r};\n" + snippet("js", address)
    (tmp_path / "ask.mjs").write_text(code)
    assert said_by(node, "ask.mjs", folder=tmp_path) == "true"


def test_the_calls_with_curl_are_taken(live_server: Any) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    builders.modules()
    [block] = [code for code in blocks_of("README.md", "") if "curl -X PUT" in code]
    key = an_api_key("workspaces", "ingest", "feedback")
    calls = block.replace(HERE, live_server.url).replace("curl ", "curl -sS --fail-with-body ")
    said_by("bash", "-euc", calls, key=key)
    assert Workspace.objects.get().pk == "FA002"
    assert WorkspaceHour.objects.get().requests == 640
    assert Ticket.objects.get().title == "Appointment reminders not sending"
