"""The first weeks of Patient Engagement on 631 real pharmacies, from the command line."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from rollout import answers, cohorts, facts
from rollout.models import Workspace
from tests import builders
from tests.pharmacies import IMPORT, codes, needs_pharmacies

pytestmark = [pytest.mark.django_db, needs_pharmacies]

CORE = "patient_engagement_module"


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture(autouse=True)
def imported() -> None:
    builders.modules()
    found = run(*IMPORT)
    assert (found["read"], found["created"], found["errors"]) == (631, 631, [])


def cohort() -> list[str]:
    return list(cohorts.members(facts.state_of(builders.module())).values_list("pk", flat=True))


def test_phase_one_is_for_the_64_lowest_codes_and_a_quarter_contains_them() -> None:
    preview = run("rollout", "phase", "1", "--dry-run")
    assert preview["gaining"] == codes()[:50]
    assert run("rollout", "phase", "1", "ada@example.org")["gain"] == 64
    assert cohort() == codes()[:64]
    status = run("rollout", "status")
    assert (status["percentage"], status["enabled"], status["eligible"]) == (10, 64, 631)
    run("rollout", "phase", "2", "--override", "the first week went well")
    assert cohort() == codes()[:158]


def test_a_low_code_is_in_at_once_and_a_lapsed_one_out_until_it_is_renewed() -> None:
    run("rollout", "phase", "1")
    builders.workspaces(["FA001"])
    assert answers.explain(CORE, "FA001").value
    lapsing = Workspace.objects.filter(pk=codes()[3])
    lapsing.update(status="expired")
    assert not answers.explain(CORE, codes()[3]).value
    lapsing.update(status="active")
    assert answers.explain(CORE, codes()[3]).value


def test_pause_resume_at_fifteen_and_set_to_zero() -> None:
    run("rollout", "phase", "1")
    run("rollout", "pause", "Critical error rate detected", "ada@example.org")
    builders.workspaces(["FA001"])
    assert "FA001" not in cohort()
    assert run("rollout", "resume", "15")["gain"] == 30 + 1  # and the newcomer who waited
    assert cohort() == sorted([*codes(), "FA001"])[:95]
    assert run("rollout", "set", "0")["lose"] == 95
    assert cohort() == []
