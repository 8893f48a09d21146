"""A release's plan is judged by its module's vitals and tickets; its alerts are told as the module's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from monitoring import circumstances, health, plan_sources, tickets
from monitoring.alerts import finding, responding, routes, signals, silencing
from monitoring.levels import CRITICAL
from monitoring.models import Alert, HealthCheck, VitalsSource
from monitoring.slots import HOUR
from monitoring.sources.prometheus import PrometheusSource
from monitoring.watching import checks, lapsing, standing, stops
from operations.errors import NotFound
from rollout import parts, phases
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, post
from tests.monitoring.traffic import failing, flow

pytestmark = pytest.mark.django_db

BEGUN = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYBODY = builders.numbered(40)
KEY = "release_1.0.2"


@pytest.fixture
def release() -> Plan:
    """At nine a release of the module, which 10 of 40 workspaces have, is given to a quarter of them."""
    with time_machine.travel(BEGUN - 8 * DAY, tick=False):
        plan = builders.a_plan(eligible=40)
        for back in range(6, 20):
            flow(plan.module, EVERYBODY, BEGUN - back * DAY, BEGUN - back * DAY + 2 * HOUR)
        phases.set_percentage(plan, 25, actor=ROOT)
    with time_machine.travel(BEGUN, tick=False):
        phases.run(a_release(), 1, actor=ROOT)
    return the_release()


def a_release(**values: Any) -> Plan:
    given = {"name": "Release 1.0.2", "percentages": [25, 50, 100], "dwell": DAY, **values}
    return parts.create(builders.module(), key=KEY, actor=ROOT, **given)


def the_release() -> Plan:
    return Plan.objects.select_related("module__part_of").get(module__key=KEY)


def cohort(plan: Plan) -> list[str]:
    return list(plan.enrolments.open().values_list("workspace_id", flat=True))


def traffic(since: float, until: float, ill: list[str], errors: int = 60) -> None:
    fail = failing(ill, errors, BEGUN)
    flow(builders.module(), EVERYBODY, BEGUN + since * HOUR, BEGUN + until * HOUR, errors=fail)


def at(hours: float) -> time_machine.travel:
    return time_machine.travel(BEGUN + hours * HOUR + timedelta(minutes=10), tick=False)


def check_all(hours: float) -> dict[str, HealthCheck]:
    with at(hours):
        return {each.plan.module.key: each for each in health.check_due(actor=ROOT)}


def a_breach(release: Plan) -> HealthCheck:
    """The release's check after an hour in which its cohort failed."""
    traffic(0, 1, cohort(release))
    return check_all(1)[KEY]


def test_what_fails_in_its_cohort_turns_a_release_off_within_one_check_and_leaves_the_module(release) -> None:
    found = a_breach(release)

    assert (found.result, found.cause, found.action) == ("breach", "feature", "turned_off")
    stopped = the_release()
    assert (stopped.status, stopped.percentage, stopped.all_off) == ("rolled_back", 0, True)
    module = builders.engagement()
    assert (module.status, module.percentage) == ("running", 25)


def test_an_incident_of_the_platform_turns_no_release_off(release) -> None:
    traffic(0, 1, EVERYBODY)

    found = check_all(1)[KEY]

    assert (found.result, found.cause, found.action) == ("hold", "platform", "")
    assert the_release().percentage == 25


def test_a_healthy_release_is_measured_by_the_traffic_of_its_module(release) -> None:
    traffic(0, 24, [])

    found = check_all(24)[KEY]

    assert found.result == "pass"
    assert found.details["cohort"]["requests"] == 10 * 24 * 100
    assert found.details["control"]["requests"] == 30 * 24 * 100


def test_its_alerts_are_the_modules_and_say_which_release(release) -> None:
    check = a_breach(release)

    alert = Alert.objects.get(source="health", labels__rule="breach")
    assert (alert.module, alert.labels["part"], alert.health_check) == (builders.module(), KEY, check)
    assert alert.group_key == "patient_engagement"
    assert alert.title == "Release 1.0.2 does harm"
    assert "turned the flag off for everybody" in alert.done
    assert f"--module {KEY}" in alert.advice
    assert "deployment of a release follows" in alert.advice


def test_routes_and_silences_of_the_module_hold_for_its_releases(release, django_user_model) -> None:
    with at(0.5):
        silencing.silence(module=builders.module(), reason="we know", until=BEGUN + DAY, actor=ROOT)
    a_breach(release)

    with at(1):
        assert Alert.objects.get(labels__rule="breach").clock_at is None
    assert not any(gap.module == release.module for gap in routes.gaps())


def test_a_breach_of_the_module_and_of_its_release_are_two_alerts_of_one_incident(release) -> None:
    a_breach(release)
    known = Alert.objects.get(labels__rule="breach")
    [made] = signals.take(
        [signals.Signal(source="health", cause="breach", firing=True, module=known.module)]
    ).values()

    assert made.pk != known.pk
    assert (made.group_key, made.module) == (known.group_key, known.module)


def test_what_checks_raised_of_a_release_lapses_with_it_and_not_with_the_module(release) -> None:
    a_breach(release)
    with at(1.5):
        lapsing.lapse(health.watched())

    assert not Alert.objects.open().filter(labels__part=KEY).exists()
    assert health.watched().filter(module=builders.module()).exists()


def test_alerts_of_the_module_do_not_lapse_with_the_release(release) -> None:
    with at(0.5):
        phases.roll_back(release, all_off=True, actor=ROOT)
    traffic(0, 1, EVERYBODY[:10], errors=40)
    check_all(1)
    raised = set(Alert.objects.filter(source__in=["health", "rule"]).values_list("pk", flat=True))

    with at(1.5):
        lapsing.lapse(health.watched())

    assert raised
    assert set(Alert.objects.filter(pk__in=raised, resolved_at=None).values_list("pk", flat=True)) == raised


def test_a_stop_that_could_raise_no_alert_is_told_though_the_module_has_alerts(release, monkeypatch) -> None:
    monkeypatch.setattr(checks, "take", _no_room)
    check = a_breach(release)
    monkeypatch.undo()

    with at(1.2):
        stops.tell()
    told = Alert.objects.get(source="portal", health_check=check)
    assert told.title == "The portal has turned the plan of Release 1.0.2's flag off for everybody"
    assert told.module == builders.module()


def _no_room(signals: Any) -> None:
    raise RuntimeError("no room")


def test_critical_alerts_and_tickets_of_the_module_count_for_its_release(release) -> None:
    responding.raise_alert(title="Data is lost", level=CRITICAL, module=builders.module(), actor=ROOT)

    assert standing.open_critical(release.module) == 1
    assert standing.critical_since(release.module, BEGUN) is not None
    assert tickets.of_module(release.module, BEGUN) == tickets.of_module(builders.module(), BEGUN)


def test_a_release_is_measured_where_its_module_is(release) -> None:
    VitalsSource.objects.create(plan=builders.engagement(), kind="prometheus", requests="shop_requests_total")

    source = plan_sources.source_of(release)

    assert isinstance(source, PrometheusSource)
    assert source.settings.requests == "shop_requests_total"
    assert set(source.membership.cohort) == set(cohort(release))


def test_a_release_may_have_a_source_of_its_own(release) -> None:
    VitalsSource.objects.create(plan=builders.engagement(), kind="prometheus")
    VitalsSource.objects.create(plan=release, kind="pushed")

    assert not isinstance(plan_sources.source_of(release), PrometheusSource)


def test_the_page_of_its_alert_leads_to_the_plan_of_the_release(release) -> None:
    a_breach(release)
    alert = Alert.objects.get(labels__rule="breach")

    page = builders.signed_in("Administrator").get(f"/admin/monitoring/alert/{alert.pk}/change/")

    assert reverse("admin:rollout_plan_change", args=[release.pk]) in page.content.decode()


def test_a_breach_names_the_release_beside_the_plan(release) -> None:
    [said] = circumstances.other_changes(builders.engagement(), BEGUN + HOUR)

    assert said.startswith("Release 1.0.2 (25 % since ")


def test_alerts_are_found_by_the_release_and_none_is_raised_for_it_alone(release) -> None:
    a_breach(release)

    assert finding.find(status="all", module=KEY).filter(labels__part=KEY).exists()
    with pytest.raises(NotFound, match="is a part of the module 'patient_engagement'"):
        finding.module_of(KEY)


def test_a_complete_release_is_checked_with_its_module_after_a_day(release) -> None:
    with at(1):
        plan = phases.set_percentage(release, 100, actor=ROOT).plan
        builders.a_verdict(plan)
        phases.complete(plan, override="in a test", actor=ROOT)
        assert health.watched().filter(pk=release.pk).exists()
    with at(26):
        assert not health.watched().filter(pk=release.pk).exists()
        assert health.watched().filter(module=builders.module()).exists()


def test_metrics_and_tickets_are_of_whole_modules() -> None:
    builders.modules()
    a_release()
    key = an_api_key("ingest", "feedback")
    sample = {"workspace": "W1", "at": timezone.now().isoformat(), "requests": 3, "errors": 0}

    counted = post("/api/monitoring/metrics", {"batch": "1", "module": KEY, "samples": [sample]}, key)
    told = post(
        "/api/monitoring/feedback",
        {"category": "bug_report", "title": "It fails", "description": "Always.", "module": KEY},
        key,
    )

    assert (counted.status_code, "module" in counted.json()["error"]["fields"]) == (400, True)
    assert (told.status_code, "module" in told.json()["error"]["fields"]) == (400, True)


def test_nobody_chooses_a_release_where_modules_are_chosen() -> None:
    builders.modules()
    a_release()
    client = builders.signed_in("Administrator")
    pages = [
        reverse("admin:monitoring_route_operate", args=["add"]),
        reverse("admin:monitoring_silence_operate", args=["add"]),
        reverse("admin:monitoring_alert_operate", args=["raise"]),
        reverse("admin:feedback_ticket_operate", args=["add"]),
        "/admin/monitoring/alert/",
        "/admin/monitoring/silence/",
        "/admin/rollout/workspace/",
        "/admin/feedback/ticket/summary/",
        "/admin/feedback/ticket/",
    ]

    for page in pages:
        shown = client.get(page, follow=True)
        assert shown.status_code == 200, page
        assert "Release 1.0.2" not in shown.content.decode(), page
