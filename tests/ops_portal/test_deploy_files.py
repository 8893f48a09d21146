"""What ships under deploy/: checked by the programs that read it, and against what the portal tells."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from monitoring.alertmanager.wording import SEVERITIES
from ops_portal.exposition.catalogue import GAUGES, PREFIX
from ops_portal.exposition.reading.counts import RULE_LABEL, RULE_VALUE
from tests.monitoring.private_alertmanager import PrivateAlertmanager
from tests.ops_portal import shipped

NO_PROMTOOL = "" if shutil.which("promtool") else "promtool of Debian's package prometheus is not installed"
NO_AMTOOL = PrivateAlertmanager.why_not()
needs_promtool = pytest.mark.skipif(bool(NO_PROMTOOL), reason=NO_PROMTOOL)
needs_amtool = pytest.mark.skipif(bool(NO_AMTOOL), reason=NO_AMTOOL)

DASHBOARDS = sorted((shipped.GRAFANA / "dashboards").glob("*.json"))
DOCS = Path(settings.BASE_DIR) / "docs"
RUNBOOKS = DOCS / "prometheus-alerts.md"
# What processes count; a histogram is three names.
COUNTED = {
    *(
        f"ops_portal_{name}_duration_seconds_{part}"
        for name in ("http_request", "job")
        for part in ("bucket", "count", "sum")
    ),
    "ops_portal_job_failures_total",
}
GUIDES = {
    "HighErrorRate": "critical",
    "SlowAPIResponse": "warning",
    "HealthAPIHighErrorRate": "warning",
    "HealthDBSlowQueries": "critical",
    "HealthReminderFailures": "warning",
}
# The names of Grafana's variables in the place of what they stand for.
VARIABLES = {"$job": "ops-portal", "$module": ".+"}


def run(*command: str, folder: Path = shipped.DEPLOY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def boards() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in DASHBOARDS:
        yield path, json.loads(path.read_text())


def queries(board: dict[str, Any]) -> list[str]:
    """The expressions of a dashboard's panels."""
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


def metrics_in(expression: str) -> set[str]:
    """The names of the portal's metrics in an expression."""
    return set(re.findall(r"(?<![\w:])ops_portal_\w+", re.sub(r'"[^"]*"', "", expression)))


def recorded() -> set[str]:
    return {rule["record"] for rule in shipped.rules() if "record" in rule}


@needs_promtool
def test_promtool_finds_nothing_wrong_with_the_configuration_and_the_rules() -> None:
    checked = run("promtool", "check", "config", "prometheus.yml", folder=shipped.PROMETHEUS)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
@pytest.mark.parametrize("name", ["portal", "product"])
def test_each_alert_fires_when_it_should_and_keeps_still_when_it_should(name: str) -> None:
    checked = run("promtool", "test", "rules", f"{name}_test.yml", folder=shipped.PROMETHEUS / "tests")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_has_a_test_of_both() -> None:
    titles = [
        test["name"]
        for path in sorted((shipped.PROMETHEUS / "tests").glob("*.yml"))
        for test in yaml.safe_load(path.read_text())["tests"]
    ]
    for alert in shipped.alerts():
        for what in ("fires", "keeps still"):
            assert f"{alert['alert']} {what}" in titles


def test_the_guides_alerts_ship_with_the_guides_names_and_severities() -> None:
    found = {alert["alert"]: alert["labels"]["severity"] for alert in shipped.alerts()}
    assert GUIDES.items() <= found.items()


@pytest.mark.parametrize("alert", shipped.alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_says_what_the_portal_understands(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert {"summary", "description", "action", "runbook_url"} <= set(alert["annotations"])
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert page.endswith(RUNBOOKS.name)
    assert f"### {alert['alert']}\n" in RUNBOOKS.read_text()
    assert anchor == alert["alert"].lower()
    # By its label the portal tells its own from the others.
    about_the_portal = any(alert in group["rules"] for group in portals_groups())
    assert (alert["labels"].get(RULE_LABEL) == RULE_VALUE) is about_the_portal


def portals_groups() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load((shipped.PROMETHEUS / "rules" / "portal.yml").read_text())[
        "groups"
    ]
    return groups


def test_no_rule_about_alerts_counts_the_rules_own() -> None:
    about_alerts = re.compile(
        r"ops_portal_alert(s_(unacknowledged|overdue)|_oldest\w+)\{([^}]*)\}|ops_portal_alerts_open"
    )
    for alert in shipped.alerts():
        for found in about_alerts.finditer(alert["expr"]):
            assert 'origin="others"' in (found[3] or ""), alert["alert"]


def test_rules_and_dashboards_name_only_what_the_portal_tells() -> None:
    told = {PREFIX + name for name in GAUGES} | COUNTED
    expressions = [rule["expr"] for rule in shipped.rules()]
    expressions += [query for _, board in boards() for query in queries(board)]
    named = set().union(*map(metrics_in, expressions))
    assert named - told == set()
    # What nobody looks at need not be told. Grafana's list of modules comes from the plans' names.
    assert told - named == {"ops_portal_job_duration_seconds_bucket", "ops_portal_plan_info"}
    uses = {name for rule in shipped.rules() for name in re.findall(r"job:\w+:\w+", rule["expr"])}
    assert uses == recorded() & uses


@needs_promtool
def test_promtool_parses_each_query_of_each_dashboard(tmp_path: Path) -> None:
    rules = []
    for path, board in boards():
        for number, query in enumerate(queries(board)):
            whole = re.sub(r"\$\w+", lambda found: VARIABLES[found[0]], query)
            rules.append({"record": f"{path.stem.replace('-', '_')}:{number}", "expr": whole})
    assert len(rules) > 80
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = run("promtool", "check", "rules", "--lint=none", "queries.yml", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("path", "board"), list(boards()), ids=[path.stem for path in DASHBOARDS])
def test_a_dashboard_can_be_imported_anywhere(path: Path, board: dict[str, Any]) -> None:
    assert (board["uid"], board["id"]) == (path.stem, None)
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))
    variables = {each["name"]: each for each in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        if panel["type"] == "row":
            continue
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${datasource}"}
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters))
        used = {name for target in panel["targets"] for name in re.findall(r"\$(\w+)", target["expr"])}
        assert used <= set(variables)


def test_no_two_panels_of_a_dashboard_lie_on_each_other() -> None:
    for path, board in boards():
        places = [(panel["title"], panel["gridPos"]) for panel in board["panels"]]
        for number, (title, one) in enumerate(places):
            for other_title, other in places[number + 1 :]:
                beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
                below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
                assert beside or below, (path.stem, title, other_title)


def test_grafana_is_told_where_the_dashboards_and_prometheus_are() -> None:
    folder = shipped.GRAFANA / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "ops-portal.yml").read_text())["providers"]
    assert (provider["type"], provider["options"]["path"]) == (
        "file",
        "/var/lib/grafana/dashboards/ops-portal",
    )
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["type"] == "prometheus"


@needs_amtool
@pytest.mark.parametrize("name", ["ops-portal.yml", "by-severity.yml"])
def test_amtool_finds_nothing_wrong_with_the_routing(name: str) -> None:
    checked = run("amtool", "check-config", name, folder=shipped.ALERTMANAGER)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_amtool
@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=HighErrorRate severity=critical", "critical-alerts,ops-portal"),
        ("alertname=SlowAPIResponse severity=warning", "warning-alerts,ops-portal"),
        ("alertname=ElevatedErrorRate severity=error", "ops-portal"),
        (
            "alertname=OpsPortalDown severity=critical watches=ops_portal",
            "on-call-mail,critical-alerts,ops-portal",
        ),
        ("alertname=MessagesLate severity=error watches=ops_portal", "on-call-mail,ops-portal"),
        ("alertname=OpsPortal severity=critical ops_portal_alert=7", "nobody"),
        ("alertname=Watchdog severity=none", "nobody"),
    ],
)
def test_an_alert_goes_by_its_severity_and_always_to_the_portal(labels: str, receivers: str) -> None:
    routed = run(
        *("amtool", "config", "routes", "test", "--config.file=by-severity.yml"),
        *labels.split(),
        folder=shipped.ALERTMANAGER,
    )
    assert routed.stdout.strip() == receivers


def test_the_documentation_lists_each_metric_and_each_dashboard() -> None:
    page = (DOCS / "prometheus.md").read_text()
    histograms = {name.removesuffix("_bucket") for name in COUNTED if name.endswith("_bucket")}
    for name in {PREFIX + name for name in GAUGES} | histograms | {"ops_portal_job_failures_total"}:
        assert f"| `{name}` |" in page, name
    for name, gauge in GAUGES.items():
        labels = ", ".join(f"`{label}`" for label in gauge.labels) or "–"
        assert f"| `{PREFIX}{name}` | {labels} | {gauge.help} |" in page
    shown = (DOCS / "grafana.md").read_text()
    assert all(f"| {board['title']} |" in shown for _, board in boards())
