"""`GET /api/metrics`: what is read from the database, how it is told, and what it costs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from feedback.models import Ticket
from monitoring import slots
from monitoring.alerts import responding
from monitoring.models import HealthCheck, WorkspaceHour
from operations import outbox
from operations.models import Backup, OutboxMessage, ScheduledJob
from ops_portal.exposition.catalogue import GAUGES, PREFIX
from ops_portal.exposition.reading import counts
from rollout import phases, reports
from rollout.models import Flag, Module, Phase, Plan, Verdict
from tests import builders
from tests.builders import ROOT
from tests.monitoring import alert_states, seeds
from tests.releases import builders as releases

pytestmark = pytest.mark.django_db

OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
# The state in four, whatever is in the database.
QUERIES = 4


class Told:
    """One exposition, as a parser of Prometheus' reads it."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.response = client.get("/api/metrics", headers=headers)
        assert self.response.status_code == 200, self.response.content
        read: Any = open_metrics if "openmetrics" in self.response["Content-Type"] else plain_text
        self.families = {family.name: family for family in read(self.response.content.decode())}

    def series(self, name: str) -> dict[tuple[str, ...], float]:
        """The values of a gauge by its labels' values, in the catalogue's order."""
        labels = GAUGES[name].labels
        samples = self.families[PREFIX + name].samples if PREFIX + name in self.families else ()
        return {tuple(each.labels[label] for label in labels): each.value for each in samples}

    def value(self, name: str, *labels: str) -> float | None:
        return self.series(name).get(labels)


def a_hook(client: Client, **headers: str) -> Told:
    return Told(client, **headers)


def test_a_scraper_gets_the_format_that_it_asks_for(client: Client) -> None:
    builders.a_plan_in_phase(1)
    told = Told(client, accept=OPEN_METRICS)
    assert told.response["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert told.response.content.endswith(b"# EOF\n")
    assert told.response["Cache-Control"] == "no-store"
    plain = Told(client, accept="text/plain;version=0.0.4")
    assert plain.response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.series("plan_percentage") == told.series("plan_percentage")
    assert Told(client, accept="*/*").response["Content-Type"].startswith("text/plain; version=0.0.4")


def test_a_long_answer_is_packed_for_who_can_unpack_it(client: Client) -> None:
    response = client.get("/api/metrics", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert response.content.startswith(b"\x1f\x8b")


def test_each_gauge_stands_in_the_catalogue_with_its_help_and_is_told_once(client: Client) -> None:
    everything(client)
    told = Told(client, accept=OPEN_METRICS)
    gauges = {name for name, family in told.families.items() if family.type == "gauge"}
    assert gauges == {PREFIX + name for name in GAUGES}
    assert all(told.families[PREFIX + name].documentation == gauge.help for name, gauge in GAUGES.items())


def everything(client: Client) -> None:
    """Something of each kind."""
    plan = builders.a_plan_in_phase(2)
    seeds.a_check(plan)
    now = timezone.now()
    WorkspaceHour.objects.create(
        module=plan.module, hour=slots.newest(now) - slots.HOUR, workspace="W00000", requests=10, le_inf=10
    )
    OutboxMessage.objects.filter(pk=outbox.put("mail", {}).pk).update(dead_at=now)
    outbox.put("channel", {}, lane="channel:7")
    ScheduledJob.objects.create(name="tick", due_at=now - timedelta(hours=1), last_done_at=now)
    a_backup(now)
    releases.in_staging(releases.a_release())


def a_backup(at: Any, name: str = "one") -> None:
    Backup.objects.create(
        name=name, engine="sqlite", created_at=at, size=1, digest="d", verified_at=at, verified_by="beat"
    )


def test_a_plan_is_told_as_the_api_tells_it(client: Client) -> None:
    plan = builders.a_plan_in_phase(2)
    builders.a_verdict(plan, "hold")
    status, told = reports.status_of(builders.engagement()), Told(client)
    key = "patient_engagement"
    assert status["enabled"] == 10
    for name in ("percentage", "eligible", "enabled", "control", "phase"):
        assert told.value(f"plan_{name}", key) == status[name], name
    assert told.value("plan_share_ratio", key) == status["share"]
    assert [labels for labels, value in told.series("plan_status").items() if value and labels[0] == key] == [
        (key, "running")
    ]
    assert [labels for labels, value in told.series("plan_verdict").items() if value] == [(key, "hold")]
    assert told.value("plan_info", key, "", "workspace") == 1


def test_the_known_users_of_a_user_module_are_counted_by_the_rule(client: Client) -> None:
    from rollout.models import Member

    builders.a_plan(0)
    builders.workspaces(builders.numbered(4))
    Member.objects.bulk_create(
        Member(workspace_id=f"W0000{number % 4}", member=f"user-{number}", role="pharmacist")
        for number in range(200)
    )
    phases.set_percentage(builders.health(), 50, actor=ROOT)
    status, told = reports.status_of(builders.health()), Told(client)
    assert status["eligible"] == 200
    assert 0 < status["enabled"] < 200
    for name in ("eligible", "enabled", "control"):
        assert told.value(f"plan_{name}", "health_management") == status[name], name


def test_a_draft_says_that_nothing_has_begun(client: Client) -> None:
    builders.a_plan(eligible=7)
    told = Told(client)
    assert told.value("plan_phase", "patient_engagement") == 0
    assert told.value("plan_eligible", "patient_engagement") == 7
    assert told.series("plan_verdict") == {}
    assert told.series("plan_unchecked_seconds") == {}


def test_ages_of_checks_and_vitals_count_seconds(client: Client) -> None:
    now = slots.newest(timezone.now()) + timedelta(minutes=30)
    with time_machine.travel(now - timedelta(hours=3), tick=False):
        plan = builders.a_plan_in_phase(1)
    with time_machine.travel(now, tick=False):
        told = Told(client)
        assert told.value("plan_unchecked_seconds", "patient_engagement") == 3 * 3600
        assert told.value("health_check_age_seconds", "patient_engagement") is None
        seeds.a_check(plan, slot=slots.newest(now), made_at=now - timedelta(minutes=20), rollout_score=88)
        hour = slots.full_hour(now) - timedelta(hours=2)
        WorkspaceHour.objects.create(module=plan.module, workspace="W00001", hour=hour)
        told = Told(client)
        assert told.value("plan_unchecked_seconds", "patient_engagement") == 1200
        assert told.value("health_check_age_seconds", "patient_engagement") == 1200
        assert told.value("plan_rollout_score", "patient_engagement") == 88
        assert told.value("vitals_age_seconds", "patient_engagement") == 3600 + 1800


def test_the_last_full_hour_of_vitals_is_summed_over_workspaces(client: Client) -> None:
    plan = builders.a_plan(2)
    hour = slots.newest(timezone.now()) - slots.HOUR
    for number, errors in enumerate((1, 3)):
        WorkspaceHour.objects.create(
            module=plan.module,
            workspace=f"W0000{number}",
            hour=hour,
            requests=100,
            errors=errors,
            latency_sum_ms=20_000,
            le_100=50,
            le_200=50,
            le_300=100,
            **dict.fromkeys(("le_500", "le_1000", "le_2000", "le_5000", "le_inf"), 100),
        )
    # Hours before and after are not in it.
    WorkspaceHour.objects.create(module=plan.module, workspace="W00000", hour=hour - slots.HOUR, requests=7)
    told = Told(client)
    assert told.value("vitals_requests", "patient_engagement") == 200
    assert told.value("vitals_errors", "patient_engagement") == 4
    assert told.value("vitals_mean_seconds", "patient_engagement") == 0.2
    assert told.value("vitals_p95_seconds", "patient_engagement") == pytest.approx(0.29)


def test_a_plan_that_a_breach_stopped_says_so_until_somebody_decides(client: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    check = seeds.a_check(plan, "breach", plan_version=plan.version)
    phases.pause(plan, actor=ROOT, reason="breach")
    assert Told(client).value("plan_stopped", "patient_engagement") == 0
    HealthCheck.objects.filter(pk=check.pk).update(action=HealthCheck.Action.PAUSED)
    assert Told(client).value("plan_stopped", "patient_engagement") == 1
    phases.set_percentage(builders.engagement(), 5, actor=ROOT)
    assert Told(client).value("plan_stopped", "patient_engagement") == 0


def test_open_alerts_are_counted_by_level_and_module_and_none_is_said_as_0(client: Client) -> None:
    builders.modules()
    alert_states.raised(module=builders.module())
    alert_states.raised("Search is slow", "warning")
    alert_states.resolved()
    alert_states.pending()
    opened = Told(client).series("alerts_open")
    assert {labels: count for labels, count in opened.items() if count} == {
        ("critical", "patient_engagement"): 1,
        ("warning", ""): 1,
    }
    assert opened["error", "health_management"] == 0


def test_what_nobody_acknowledged_is_told_apart_by_its_origin(client: Client) -> None:
    builders.modules()
    alert_states.late()
    own = alert_states.measured("unanswered", "critical", labels={"watches": "ops_portal"})
    alert_states.ago(own, timedelta(minutes=30))
    alert_states.measured("errors", "critical", labels={"job": "api"})
    told = Told(client)
    assert told.value("alerts_unacknowledged", "critical", "others") == 2
    assert told.value("alerts_unacknowledged", "critical", "portal_rules") == 1
    assert told.value("alerts_overdue", "critical", "others") == 1
    assert told.value("alerts_overdue", "critical", "portal_rules") == 1
    oldest = told.series("alert_oldest_unacknowledged_seconds")
    assert oldest["critical", "others"] == pytest.approx(17 * 60, abs=60)
    assert oldest["critical", "portal_rules"] == pytest.approx(30 * 60, abs=60)
    assert oldest["warning", "others"] == 0
    responding.acknowledge(own, actor=ROOT)
    assert Told(client).value("alerts_unacknowledged", "critical", "portal_rules") == 0


def test_tickets_deployments_and_messages_are_counted_in_their_lists(client: Client) -> None:
    everything(client)
    now = timezone.now()
    a_ticket(severity="critical", due_at=now - timedelta(hours=1))
    a_ticket(severity="critical", state="closed", resolved_at=now, resolution_minutes=1)
    told = Told(client)
    assert told.value("tickets_open", "critical", "bug_report", "new") == 1
    assert sum(told.series("tickets_open").values()) == 1
    assert told.value("tickets_overdue", "critical") == 1
    assert told.value("releases", "in_staging") == 1
    assert told.value("deployments", "staging", "running") == 1
    assert list(told.series("deployment_step_age_seconds")) == [("staging", "1.0.2", "automated_testing")]
    assert told.value("outbox_waiting", "channel", "channel") == 1
    assert told.value("outbox_dead", "mail", "none") == 1
    assert told.value("outbox_dead_24h", "mail", "none") == 1
    assert told.value("job_overdue_seconds", "tick") == pytest.approx(3600, abs=60)
    assert told.value("backups_proven") == 1


def a_ticket(**values: Any) -> Ticket:
    now = timezone.now()
    return Ticket.objects.create(
        **{
            "category": "bug_report",
            "title": "It fails",
            "description": "It fails",
            "source": "api",
            "received_on": now.date(),
            "clock_at": now,
            **values,
        }
    )


def test_without_a_database_it_still_answers_with_what_processes_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    client.get("/api/status")

    def refuse(*_: Any) -> None:
        raise OperationalError("could not connect to 10.0.0.1 as portal:hunter2")

    # Found late, so that half of the state was read.
    monkeypatch.setattr(counts, "read", refuse)
    told = Told(client)
    assert told.value("database_up") == 0
    assert told.series("plan_percentage") == {}
    assert "ops_portal_http_request_duration_seconds" in told.families
    assert b"hunter2" not in told.response.content
    monkeypatch.undo()
    assert Told(client).value("database_up") == 1


def test_no_name_of_a_customer_and_no_word_of_a_ticket_is_told(client: Client) -> None:
    everything(client)
    a_ticket(title="Mrs Miller", description="Mrs Miller", reporter_email="miller@example.org")
    alert_states.raised("About Mrs Miller")
    client.get("/api/rollouts/W00000")
    text = Told(client).response.content.decode()
    for secret in ("W00000", "Miller", "miller@", "Pharmacy"):
        assert secret not in text


@pytest.mark.parametrize("plans", [1, 50])
def test_a_scrape_takes_four_queries_however_much_there_is(
    client: Client, plans: int, django_assert_num_queries: Any
) -> None:
    builders.a_plan_in_phase(1)
    many_plans(plans - 1)
    alert_states.a_storm(3 * plans)
    for number in range(plans):
        a_ticket(severity=Ticket.Severity.values[number % 4])
        OutboxMessage.objects.create(kind="mail", lane=f"mail:{number}@example.org")
    with django_assert_num_queries(QUERIES):
        told = Told(client)
    assert len(told.series("plan_percentage")) >= plans


def many_plans(count: int) -> None:
    """Running plans of modules of their own, each with a phase, a verdict and a check."""
    now = timezone.now()
    for number in range(count):
        unit = Module.Unit.USER if number % 10 == 0 else Module.Unit.WORKSPACE
        module = Module.objects.create(key=f"module_{number}", name=f"Module {number}", unit=unit)
        Flag.objects.create(module=module, key=f"flag_{number}", name=f"Flag {number}")
        plan = Plan.objects.create(
            module=module,
            name=module.name,
            status="running",
            percentage=10,
            started_at=now,
            share_changed_at=now,
        )
        Phase.objects.create(plan=plan, number=1, name="One", percentage=10)
        seeds.a_check(plan)


def test_plans_of_releases_are_told_while_they_move(client: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    part = Module.objects.create(key="release_9.0.0", name="Release 9.0.0", part_of=plan.module)
    of_release = Plan.objects.create(
        module=part, name="9.0.0", status="complete", percentage=100, share_changed_at=timezone.now()
    )
    told = Told(client)
    assert told.value("plan_info", "release_9.0.0", "patient_engagement", "workspace") == 1
    assert told.value("plan_unchecked_seconds", "release_9.0.0") is None
    Plan.objects.filter(pk=of_release.pk).update(share_changed_at=timezone.now() - timedelta(days=8))
    assert Told(client).value("plan_info", "release_9.0.0", "patient_engagement", "workspace") is None


def test_switched_off_it_is_not_there(client: Client, settings: Any) -> None:
    settings.PROMETHEUS_METRICS_ENABLED = False
    response = client.get("/api/metrics")
    assert response.status_code == 404
    assert "PROMETHEUS_METRICS_ENABLED" in response.json()["error"]["message"]


def test_with_a_token_it_is_told_to_those_who_send_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-scrapers"
    headers: Mapping[str, str]
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic a-token-of-the-scrapers"},
    ):
        response = client.get("/api/metrics", headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "not_authenticated" or "METRICS_TOKEN" in str(
            response.json()
        )
    assert Told(client, authorization="Bearer a-token-of-the-scrapers").value("database_up") == 1


def test_guesses_of_the_token_are_throttled_and_scrapes_are_not(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token-of-the-scrapers"
    wrong = {client.get("/api/metrics").status_code for _ in range(70)}
    assert wrong == {401, 429}
    assert Told(client, authorization="Bearer a-token-of-the-scrapers").value("database_up") == 1


def test_the_latest_verdict_is_of_the_newest_measurement(client: Client) -> None:
    plan = builders.a_plan_in_phase(1)
    builders.a_verdict(plan, "breach", age=timedelta(hours=1))
    builders.a_verdict(plan, "pass", age=timedelta(minutes=5))
    told = Told(client)
    assert told.value("plan_verdict", "patient_engagement", "pass") == 1
    assert told.value("plan_verdict_age_seconds", "patient_engagement") == pytest.approx(300, abs=30)
    assert Verdict.objects.count() >= 2
