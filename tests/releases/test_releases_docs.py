"""docs/releases-api.md and docs/releases-command.md say what is so."""

import json
import re
import shlex
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class
from django.utils import timezone

from operations.outgoing import signing
from releases.api.serializers import DeployBody, RollBackBody, StepReportBody

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "releases-api.md").read_text()
COMMAND = (DOCS / "releases-command.md").read_text()
JOB = json.loads(re.findall(r"```json\n(.*?)```", API, re.DOTALL)[1])


def rows_after(heading: str) -> set[str]:
    """What stands in backticks in the first column of the first table after a heading."""
    table = API.partition(heading)[2].partition("\n\n|")[2].partition("\n\n")[0]
    return {name for line in f"|{table}".splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}


@pytest.fixture
def portal() -> Iterator[HTTPServer]:
    """A portal that takes one report and keeps it in `said`."""

    class Handler(BaseHTTPRequestHandler):
        def do_PATCH(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.said = (self.path, self.headers["Authorization"], json.loads(body))  # type: ignore[attr-defined]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *said: Any) -> None:
            """Say nothing."""

    found = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def test_the_ci_of_the_guide_verifies_and_reports(portal: Any) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", API, re.DOTALL)
    known: dict[str, Any] = {}
    exec(code, known)  # noqa: S102 - the guide's own words
    secret = signing.new_secret()
    address = f"http://127.0.0.1:{portal.server_address[1]}/api/deployments/7/steps/automated_testing"
    body = json.dumps({**JOB, "data": {**JOB["data"], "callback": address}}).encode()
    headers = signing.headers([secret], "an-id", timezone.now(), body)
    known["work"](secret, "k3y", body, headers, lambda job: {"status": "succeeded", "note": job["title"]})
    assert portal.said == (
        "/api/deployments/7/steps/automated_testing",
        "Bearer k3y",
        {"attempt": 1, "status": "succeeded", "note": "Automated Testing"},
    )
    with pytest.raises(known["Webhook"].verify.__globals__["WebhookVerificationError"]):
        known["work"](signing.new_secret(), "k3y", body, headers, dict)


def test_every_field_of_the_request_and_of_the_report_is_told() -> None:
    assert rows_after("## The steps of the CI") >= set(JOB["data"])
    assert rows_after("### Report") == set(StepReportBody().fields)
    for body in (DeployBody, RollBackBody):
        assert [name for name in body().fields if f"`{name}`" not in API] == []


def test_every_reason_that_keeps_a_deployment_from_starting_is_told() -> None:
    source = (Path(__file__).parents[2] / "releases" / "deployments" / "readiness.py").read_text()
    codes = {*re.findall(r'Reason\(\s*"(\w+)"', source), "freeze", "maintenance"}
    assert rows_after("for programs:") == codes


def test_the_examples_for_other_cis_are_yaml() -> None:
    github, gitlab = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", API, re.DOTALL))
    assert github["jobs"]["step"]["steps"][1]["run"] in gitlab["step"]["script"]


def test_every_word_of_the_command_stands_in_its_table_and_no_other() -> None:
    parser = load_command_class("releases", "bug_fix").create_parser("manage.py", "bug_fix")
    (words,) = (action.choices for action in parser._actions if action.dest == "subcommand")
    told = {
        word
        for line in COMMAND.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`(\w+)", line.split(" | ")[0])
    }
    assert told == set(words or ())


def test_every_example_of_the_command_can_be_read() -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", COMMAND, re.DOTALL)
    parser = load_command_class("releases", "bug_fix").create_parser("manage.py", "bug_fix")
    for line in script.splitlines():
        assert parser.parse_args(shlex.split(line)[2:]).do
