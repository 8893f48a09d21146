"""What tickets tell a health check: open issues, and satisfaction of no fewer than five ratings."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback.models import Ticket
from feedback.tickets import merging
from monitoring import documents, examining, measuring, membership, plan_sources, slots, tickets
from monitoring.judging.criteria import phase_criteria
from monitoring.judging.findings import Criterion
from monitoring.tickets import RATED_WITHIN, TicketFigures
from rollout.models import Plan
from tests import builders
from tests.builders import ROOT
from tests.feedback.builders import a_ticket, in_quarantine, take

pytestmark = pytest.mark.django_db

MODULE = "patient_engagement"


@pytest.fixture
def plan() -> Plan:
    return builders.a_plan_in_phase(2)


def issue(severity: str, module: str = MODULE, **given: Any) -> Ticket:
    return a_ticket(severity=severity, module=module, **given)


def ratings(*scores: int, age: timedelta = timedelta(hours=2), **given: Any) -> None:
    for score in scores:
        said = {"category": "general_feedback", "module": MODULE, "satisfaction_rating": score}
        a_ticket(received_at=timezone.now() - age, **{**said, **given})


def told(plan: Plan) -> TicketFigures:
    return tickets.of_module(plan.module, timezone.now())


def criterion(plan: Plan, name: str) -> Criterion:
    members = membership.of_plan(plan)
    source, slot = plan_sources.source_of(plan, members), slots.newest(timezone.now())
    evidence = measuring.evidence_of(plan, source, members, told(plan), slot, keep=False)
    return next(each for each in phase_criteria(evidence) if each.name == name)


def test_nobody_said_anything(plan: Plan) -> None:
    assert told(plan) == TicketFigures(critical=0, high=0, satisfaction=None, ratings=0)


def test_issues_are_open_bug_reports_of_the_module(plan: Plan) -> None:
    builders.modules()
    issue("critical")
    issue("high")
    issue("high")
    issue("medium")
    issue("critical", module="")
    issue("critical", module="health_management")
    issue("critical", category="feature_request")
    in_quarantine(severity="critical", module=MODULE)
    take(take(issue("critical"), "triage"), "resolve")
    merging.merge(issue("critical"), issue("low"), actor=ROOT)
    assert told(plan)[:2] == (1, 2)


@pytest.mark.parametrize(
    ("scores", "expected"), [((5, 5, 5, 5), (None, 4)), ((5, 4, 4, 4, 3), (4.0, 5)), ((1,) * 6, (1.0, 6))]
)
def test_satisfaction_is_unknown_below_five_ratings(plan: Plan, scores: Any, expected: Any) -> None:
    ratings(*scores)
    assert told(plan)[2:] == expected


def test_only_the_modules_ratings_of_the_last_week_count(plan: Plan) -> None:
    ratings(5, 5, 5, 5, 5)
    ratings(1, age=RATED_WITHIN + timedelta(minutes=1))
    ratings(1, age=-timedelta(minutes=1))
    ratings(1, module="")
    in_quarantine(module=MODULE, satisfaction_rating=1)
    assert told(plan)[2:] == (5.0, 5)


def test_a_rating_counts_whatever_became_of_its_ticket(plan: Plan) -> None:
    ratings(5, 5, 5, 5)
    take(
        a_ticket(module=MODULE, satisfaction_rating=1, received_at=timezone.now() - timedelta(days=1)),
        "decline",
    )
    assert told(plan)[2:] == (4.2, 5)


def test_three_queries_whatever_the_number(plan: Plan, django_assert_num_queries: Any) -> None:
    ratings(5, 4, 3)
    issue("critical")
    with django_assert_num_queries(3):
        told(plan)


@pytest.fixture
def first_phase() -> Plan:
    return builders.a_plan_in_phase(1)


def test_an_open_critical_issue_closes_the_gate_until_it_is_fixed(first_phase: Plan) -> None:
    assert criterion(first_phase, "critical_issues").met is True
    ticket = issue("critical")
    found = criterion(first_phase, "critical_issues")
    assert (found.met, found.holds, found.breaks, found.value) == (False, True, False, 1)
    take(take(ticket, "triage"), "resolve")
    assert criterion(first_phase, "critical_issues").met is True


def test_the_phase_that_asks_for_it_goes_by_the_mean_of_the_ratings(plan: Plan) -> None:
    assert criterion(plan, "satisfaction").met is None
    ratings(4, 4, 4, 4, 3)
    found = criterion(plan, "satisfaction")
    assert (found.met, found.holds, found.breaks, found.value, found.n) == (False, True, False, 3.8, 5)
    ratings(5, 5)
    assert criterion(plan, "satisfaction").met is True


def test_both_scores_deduct_for_issues_and_the_source_need_not_answer(plan: Plan) -> None:
    issue("critical")
    issue("high")
    ratings(3, 3, 3, 3, 3)
    check = examining.examine(plan, keep=False).check
    taken = {
        score: {(each["group"], each["points"]) for each in check.details["deductions"][score]}
        for score in ("rollout", "postLaunch")
    }
    assert {("issues", 20), ("issues", 10)} <= taken["rollout"]
    assert {("stability", 5), ("quality", 10)} <= taken["postLaunch"]
    unknown = check.details["unknown"]
    assert not {"critical issues", "high issues"} & set(unknown["rollout"])
    assert not {"user satisfaction", "high-priority issues"} & set(unknown["postLaunch"])


def test_the_systems_health_tells_them_to_programs(plan: Plan) -> None:
    issue("critical")
    issue("high")
    ratings(5, 4, 4, 4, 4)
    found = documents.system_health_of(plan, now=timezone.now())
    assert found["stability"] == {"criticalErrors": 0, "openCritical": 1, "openHigh": 1}
    assert found["quality"]["userSatisfactionScore"] == 4.2
    assert found["quality"]["userSatisfactionRatings"] == 5
