"""One operation, one verb, four doors: the same rows, and one audit event with the right actor."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEvent
from rollout import automatic, phases, plans
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.doors import an_api_key, effect_on, events_after, last_event, post, run

pytestmark = pytest.mark.django_db

Build = Callable[[], Plan]


@dataclass(frozen=True)
class Case:
    """One operation: the state it starts from, the verb, and how each door asks for it."""

    start: Build
    verb: Callable[[Plan], Any]
    action: str
    command: tuple[str, ...]
    api: tuple[str, dict[str, Any]]
    admin: tuple[str, dict[str, Any]]


def draft() -> Plan:
    return builders.a_plan()


def open_to_two() -> Plan:
    plan = builders.a_plan_in_phase(1)
    builders.open_gate(plan)
    return builders.engagement()


def in_phase_one() -> Plan:
    return builders.a_plan_in_phase(1)


def in_phase_two() -> Plan:
    return builders.a_plan_in_phase(2)


def paused_at_one() -> Plan:
    phases.pause(builders.a_plan_in_phase(1), actor=ROOT)
    builders.workspaces(["A0000"])
    return builders.engagement()


def rolled_back_to_one() -> Plan:
    phases.roll_back(builders.a_plan_in_phase(2), actor=ROOT)
    return builders.engagement()


def at_the_end() -> Plan:
    plan = builders.a_plan_in_phase(4)
    builders.open_gate(plan)
    return builders.engagement()


CASES = {
    "phase 1": Case(
        draft,
        lambda plan: phases.run(plan, 1, actor=ROOT),
        "rollout.phase_run",
        ("phase", "1"),
        ("phase", {"number": 1}),
        ("run", {}),
    ),
    "phase 2": Case(
        open_to_two,
        lambda plan: phases.run(plan, 2, actor=ROOT),
        "rollout.phase_run",
        ("phase", "2"),
        ("phase", {"number": 2}),
        ("run", {}),
    ),
    "raise to 30": Case(
        in_phase_one,
        lambda plan: phases.set_percentage(plan, 30, actor=ROOT),
        "rollout.percentage_set",
        ("set", "30"),
        ("set", {"percentage": 30}),
        ("set", {"percentage": 30}),
    ),
    "lower to 5": Case(
        in_phase_two,
        lambda plan: phases.set_percentage(plan, 5, actor=ROOT),
        "rollout.percentage_set",
        ("set", "5"),
        ("set", {"percentage": 5}),
        ("set", {"percentage": 5}),
    ),
    "set 0": Case(
        in_phase_two,
        lambda plan: phases.set_percentage(plan, 0, actor=ROOT),
        "rollout.percentage_set",
        ("set", "0"),
        ("set", {"percentage": 0}),
        ("set", {"percentage": 0}),
    ),
    "pause": Case(
        in_phase_one,
        lambda plan: phases.pause(plan, actor=ROOT, reason="errors"),
        "rollout.paused",
        ("pause", "errors"),
        ("pause", {"reason": "errors"}),
        ("pause", {"reason": "errors"}),
    ),
    "resume where it was": Case(
        paused_at_one,
        lambda plan: phases.resume(plan, 10, actor=ROOT),
        "rollout.resumed",
        ("resume", "10"),
        ("resume", {"percentage": 10}),
        ("resume", {"percentage": 10}),
    ),
    "resume at 15": Case(
        rolled_back_to_one,
        lambda plan: phases.resume(plan, 15, actor=ROOT),
        "rollout.resumed",
        ("resume", "15"),
        ("resume", {"percentage": 15}),
        ("resume", {"percentage": 15}),
    ),
    "roll back": Case(
        in_phase_two,
        lambda plan: phases.roll_back(plan, actor=ROOT, target=10, reason="errors"),
        "rollout.rolled_back",
        ("rollback", "errors", "--to", "10"),
        ("rollback", {"reason": "errors", "target": 10}),
        ("rollback", {"reason": "errors", "target": 10}),
    ),
    "complete": Case(
        at_the_end,
        lambda plan: phases.complete(plan, actor=ROOT),
        "rollout.completed",
        ("complete",),
        ("complete", {}),
        ("complete", {}),
    ),
}


def through_command(case: Case, plan: Plan) -> str:
    ran = run("rollout", *case.command)
    assert (ran.code, ran.err) == (0, "")
    return f"command:{getpass.getuser()}"


def through_api(case: Case, plan: Plan) -> str:
    operation, body = case.api
    response = post(f"/api/rollouts/patient_engagement/{operation}", body, an_api_key("rollout"))
    assert response.status_code == 200, response.json()
    return "api:product"


def through_admin(case: Case, plan: Plan) -> str:
    operation, inputs = case.admin
    client = Client()
    client.force_login(builders.a_person("ada", group="Product manager"))
    page = reverse("admin:rollout_plan_operate", args=[operation])
    response = client.post(page, {"object": f"{plan.pk}:{plan.version}", **inputs})
    assert response.status_code == 302, response.content.decode()
    return "admin:ada"


DOORS = {"command": through_command, "API": through_api, "admin": through_admin}


def expected(case: Case, plan: Plan) -> dict[str, Any]:
    """What the verb itself does, undone again."""
    with transaction.atomic():
        case.verb(plan)
        found = effect_on(plan)
        transaction.set_rollback(True)
    return found


def only_event(last: int, plan: Plan) -> AuditEvent:
    events = [event for event in events_after(last) if event.subject_type == "rollout.plan"]
    assert len(events) == 1, events
    assert events[0].subject_id == str(plan.pk)
    return events[0]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", CASES)
def test_every_door_leaves_the_same_rows_and_one_event_with_its_actor(name: str, door: str) -> None:
    case = CASES[name]
    plan = case.start()
    wanted = expected(case, plan)
    last = last_event()
    who = DOORS[door](case, plan)
    assert effect_on(plan) == wanted
    event = only_event(last, plan)
    assert (event.action, f"{event.door}:{event.actor}") == (case.action, who)
    assert builders.engagement().runs.latest("pk").by == who


def test_beat_runs_a_phase_as_the_other_doors_do() -> None:
    plan = open_to_two()
    plans.configure(plan, actor=ROOT, automatic=True)
    plan = builders.engagement()
    builders.a_verdict(plan)
    wanted = expected(CASES["phase 2"], plan)
    last = last_event()
    automatic.step()
    assert effect_on(plan) == wanted
    event = only_event(last, plan)
    assert (event.action, event.who) == ("rollout.phase_run", "beat:automatic-mode")


def test_beat_pauses_as_the_other_doors_do() -> None:
    plan = builders.a_plan()
    plans.configure(plan, actor=ROOT, automatic=True)
    phases.run(plan, 1, actor=ROOT)
    Plan.objects.filter(pk=plan.pk).update(recheck_at=timezone.now() - timedelta(minutes=1))
    plan = builders.engagement()
    builders.a_verdict(plan, "breach")
    wanted = expected(CASES["pause"], plan)
    last = last_event()
    automatic.step()
    assert effect_on(plan) == wanted
    event = only_event(last, plan)
    assert (event.action, event.who) == ("rollout.paused", "beat:automatic-mode")
